import type { Clock, Timer } from './clock.ts';
import { TimerQueue } from './timer-queue.ts';

/** The longest sleep at once: a system clock that is set forward is noticed within a minute. */
const MAX_SLEEP_MS = 60_000;

/** Wall time. All timers share one timeout of the platform. */
export class SystemClock implements Clock {
  readonly #queue = new TimerQueue();
  readonly #keepAlive: boolean;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #timeout: NodeJS.Timeout | undefined;
  #running = false;

  /** @param options.keepAlive true: waiting timers keep the process alive; by default they do not */
  constructor(options: { readonly keepAlive?: boolean } = {}) {
    this.#keepAlive = options.keepAlive ?? false;
  }

  now(): number {
    return Date.now();
  }

  setTimer(atMs: number, callback: () => void): Timer {
    const timer = this.#queue.add(atMs, callback);
    if (atMs < this.#wakeAtMs && !this.#running) this.#sleepUntil(atMs);
    return timer;
  }

  #sleepUntil(atMs: number): void {
    clearTimeout(this.#timeout);
    this.#wakeAtMs = atMs;
    const sleepMs = Math.min(Math.max(Math.ceil(atMs - Date.now()), 0), MAX_SLEEP_MS);
    this.#timeout = setTimeout(() => this.#wake(), sleepMs);
    if (!this.#keepAlive) this.#timeout.unref();
  }

  #wake(): void {
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    this.#running = true;
    // timers set by a callback wait for the next round, so that a callback that re-arms in the past cannot starve I/O
    const mark = this.#queue.mark();
    const nowMs = Date.now();
    try {
      for (let due = this.#queue.takeDue(nowMs, mark); due !== null; due = this.#queue.takeDue(nowMs, mark)) due();
    } finally {
      this.#running = false;
      const nextMs = this.#queue.nextMs();
      if (nextMs !== Number.POSITIVE_INFINITY) this.#sleepUntil(nextMs);
    }
  }
}
