/** How long to wait before the next attempt: longer each time, up to a limit. */
export class Backoff {
  readonly #firstMs: number;
  readonly #limitMs: number;
  #nextMs: number;

  constructor(firstMs: number, limitMs: number) {
    this.#firstMs = firstMs;
    this.#limitMs = limitMs;
    this.#nextMs = firstMs;
  }

  /** The wait before the attempt that is to come. */
  next(): number {
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(waitMs * 2, this.#limitMs);
    return waitMs;
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
