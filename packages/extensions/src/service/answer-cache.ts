/** Answers by call, for a while. The oldest goes when it is full. */
interface Kept {
  readonly value: unknown;
  readonly untilMs: number;
}

export class AnswerCache {
  readonly #ttlMs: number;
  readonly #most: number;
  readonly #kept = new Map<string, Kept>();

  constructor(ttlMs: number, most: number) {
    this.#ttlMs = ttlMs;
    this.#most = most;
  }

  get enabled(): boolean {
    return this.#ttlMs > 0 && this.#most > 0;
  }

  /** Undefined when there is none; an answer itself is never undefined. */
  get(key: string, nowMs: number): unknown {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    if (kept.untilMs > nowMs) return kept.value;
    this.#kept.delete(key);
    return undefined;
  }

  put(key: string, value: unknown, nowMs: number): void {
    if (value === undefined) return;
    this.#kept.delete(key);
    this.#kept.set(key, { value, untilMs: nowMs + this.#ttlMs });
    if (this.#kept.size > this.#most) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
  }
}
