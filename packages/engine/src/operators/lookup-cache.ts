import { type Clock, detachString } from '@kuiper/base';

interface Cached<O> {
  readonly rows: readonly O[];
  /** Infinity: never. */
  readonly untilMs: number;
}

/** Answers of a lookup table by the printed list of asked values, for one run. Source: behaviour spec, sql §10.4. */
export class LookupCache<O> {
  readonly #entries = new Map<string, Cached<O>>();
  readonly #ttlMs: number;
  readonly #missing: boolean;
  readonly #clock: Clock;
  #sweepAtMs: number;

  /** @param ttlMs 0: answers stay for the run */
  constructor(clock: Clock, ttlMs: number, missing: boolean) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#missing = missing;
    this.#sweepAtMs = clock.now() + 2 * ttlMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): readonly O[] | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    if (found.untilMs > this.#clock.now()) return found.rows;
    this.#entries.delete(key);
    return undefined;
  }

  /** Keeps an answer; one without rows only when misses are cached. */
  set(key: string, rows: readonly O[]): void {
    if (rows.length === 0 && !this.#missing) return;
    const nowMs = this.#clock.now();
    this.#entries.set(detachString(key), {
      rows,
      untilMs: this.#ttlMs === 0 ? Number.POSITIVE_INFINITY : nowMs + this.#ttlMs,
    });
    if (this.#ttlMs > 0 && nowMs >= this.#sweepAtMs) this.#sweep(nowMs);
  }

  /** Keys that are never asked for again would stay otherwise. */
  #sweep(nowMs: number): void {
    for (const [key, entry] of this.#entries) if (entry.untilMs <= nowMs) this.#entries.delete(key);
    this.#sweepAtMs = nowMs + 2 * this.#ttlMs;
  }
}
