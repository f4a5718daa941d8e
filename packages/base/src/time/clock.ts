/**
 * The one clock. Engine code, functions and formats read time and set timers only here, so a test advances a
 * {@link Clock} by hand and a whole run repeats from one seed.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Runs `callback` once, not before `atMs`. Timers due at the same moment run in the order they were set.
   * A moment in the past runs as soon as possible, never synchronously.
   */
  setTimer(atMs: number, callback: () => void): Timer;
}

export interface Timer {
  /** After this the callback does not run. Harmless when it has run already. */
  cancel(): void;
}
