import type { Clock, Timer } from '@kuiper/base';

/** One timer that is only moved forward when it rings: cheap to set on every row. */
export class WakeUp {
  readonly #clock: Clock;
  readonly #ring: (nowMs: number) => void;
  #timer: Timer | null = null;
  #atMs = Number.POSITIVE_INFINITY;

  /** @param ring gets the clock's time; sets the next moment itself */
  constructor(clock: Clock, ring: (nowMs: number) => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings not later than `atMs`; it may ring before, when it was set to an earlier moment. */
  by(atMs: number): void {
    if (atMs >= this.#atMs) return;
    this.#timer?.cancel();
    this.#atMs = atMs;
    this.#timer = this.#clock.setTimer(atMs, () => {
      this.#timer = null;
      this.#atMs = Number.POSITIVE_INFINITY;
      this.#ring(this.#clock.now());
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#atMs = Number.POSITIVE_INFINITY;
  }
}
