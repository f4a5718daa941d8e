/** Attempts with an end: the user's patience, or the end of the run. */
import type { Clock } from '@kuiper/base';
import { CallSignal } from './call-signal.ts';
import { callFailure } from './errors.ts';

/**
 * Starts something that stops when its signal aborts, and aborts it after `timeoutMs` or with the outer signal.
 * @param lateText why the promise rejects when it took too long
 */
export async function withDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  outer: CallSignal,
  lateText: () => string,
  start: (signal: CallSignal) => Promise<T>,
): Promise<T> {
  if (outer.reason !== null) throw outer.reason;
  const signal = new CallSignal();
  const cancel = (): void => signal.abort(outer.reason as Error);
  outer.on('abort', cancel);
  const timer = clock.setTimer(clock.now() + timeoutMs, () => signal.abort(callFailure('timeout', lateText())));
  try {
    return await start(signal);
  } catch (error) {
    throw signal.reason ?? error;
  } finally {
    timer.cancel();
    outer.removeListener('abort', cancel);
  }
}
