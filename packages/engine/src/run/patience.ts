/** Waiting for code that may never answer. */
import { type Clock, errorText, type Logger, type Timer } from '@kuiper/base';

/** Waits for a promise that does not fail, but not longer than `ms`. @returns whether it was given up */
export async function patiently(clock: Clock, ms: number, step: Promise<unknown>): Promise<boolean> {
  let timer: Timer | null = null;
  const late = new Promise<boolean>((resolve) => {
    timer = clock.setTimer(clock.now() + ms, () => resolve(true));
  });
  const isLate = await Promise.race([step.then(() => false), late]);
  (timer as Timer | null)?.cancel();
  return isLate;
}

/** A step of closing that fails is logged; the other steps still happen. */
export async function settle(step: Promise<unknown>, logger: Logger): Promise<void> {
  try {
    await step;
  } catch (error) {
    logger.error(errorText(error));
  }
}
