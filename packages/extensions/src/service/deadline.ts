/** Attempts with an end: the user's patience, or the end of the run. */
import type { Clock } from '@kuiper/base';
import { type CallFailure, callFailure } from './errors.ts';

/**
 * Starts something that stops when its signal aborts, and aborts it after `timeoutMs` or with the outer signal.
 * @param lateText why the promise rejects when it took too long
 */
export async function withDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  outer: AbortSignal,
  lateText: () => string,
  start: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (outer.aborted) throw cancelled();
  const controller = new AbortController();
  let end: CallFailure | null = null;
  const stop = (failure: CallFailure): void => {
    end ??= failure;
    controller.abort(end);
  };
  const cancel = (): void => stop(cancelled());
  outer.addEventListener('abort', cancel, { once: true });
  const timer = clock.setTimer(clock.now() + timeoutMs, () => stop(callFailure('timeout', lateText())));
  try {
    return await start(controller.signal);
  } catch (error) {
    throw end ?? error;
  } finally {
    timer.cancel();
    outer.removeEventListener('abort', cancel);
  }
}

function cancelled(): CallFailure {
  return callFailure('cancelled', 'the call was cancelled, its rule has stopped');
}
