import type { Clock, Timer } from './clock.ts';
import { TimerQueue } from './timer-queue.ts';

/** Time that stands still until a test moves it. */
export class ManualClock implements Clock {
  readonly #queue = new TimerQueue();
  #nowMs: number;

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimer(atMs: number, callback: () => void): Timer {
    return this.#queue.add(atMs, callback);
  }

  /** Timers that will still run. */
  get pendingTimers(): number {
    return this.#queue.size;
  }

  /** The moment of the next timer, Infinity when there is none. */
  get nextTimerMs(): number {
    return this.#queue.nextMs();
  }

  advance(byMs: number): void {
    this.advanceTo(this.#nowMs + byMs);
  }

  /**
   * Moves to `toMs` and runs every timer due on the way in order, each at its own moment; those that they set run too
   * when they are due. A moment in the past moves nothing but runs what is due.
   */
  advanceTo(toMs: number): void {
    for (;;) {
      const nextMs = this.#queue.nextMs();
      if (nextMs > toMs && nextMs > this.#nowMs) break;
      if (nextMs > this.#nowMs) this.#nowMs = nextMs;
      this.#queue.takeDue(this.#nowMs)?.();
    }
    if (toMs > this.#nowMs) this.#nowMs = toMs;
  }
}
