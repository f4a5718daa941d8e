import type { TimeUnit } from '../plan/plan-node.ts';
import { firstBoundary } from './alignment.ts';

/** Empty windows that one event or one late tick emits at most: a larger gap is passed over. */
export const mostEmptyWindows = 10_000;

/** The moments at which aligned windows end: the first aligned, later ones a period apart. */
export class Boundaries {
  readonly #unit: TimeUnit;
  readonly #interval: number;
  readonly #timeZone: string;
  readonly periodMs: number;
  /** The next boundary; NaN before {@link align}. */
  nextMs = Number.NaN;

  /**
   * @param interval the period in `unit`s
   * @param periodMs the period; positive
   */
  constructor(unit: TimeUnit, interval: number, periodMs: number, timeZone: string) {
    this.#unit = unit;
    this.#interval = interval;
    this.#timeZone = timeZone;
    this.periodMs = periodMs;
  }

  get isAligned(): boolean {
    return !Number.isNaN(this.nextMs);
  }

  /** Sets the next boundary to the first one after a moment. */
  align(timeMs: number): void {
    this.nextMs = firstBoundary(timeMs, this.#unit, this.#interval, this.#timeZone);
  }

  advance(): void {
    this.nextMs += this.periodMs;
  }

  /** Boundaries up to and including a moment that have not been advanced over. */
  passedAt(timeMs: number): number {
    return timeMs < this.nextMs ? 0 : Math.floor((timeMs - this.nextMs) / this.periodMs) + 1;
  }

  /** Goes on to the first boundary after a moment, in the same rhythm. */
  skipTo(timeMs: number): void {
    this.nextMs += this.passedAt(timeMs) * this.periodMs;
  }
}
