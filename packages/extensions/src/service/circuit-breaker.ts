/**
 * Spares a service that does not answer, and rules the wait for it: after a number of failures in a row calls fail at once
 * for a while, then a single one is let through to see.
 */
import type { Clock } from '@kuiper/base';

export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** Failures in a row that open it; less than 1: it never opens. */
  readonly failures: number;
  readonly pauseMs: number;
}

export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #failed = 0;
  #openUntilMs: number | null = null;
  #probing = false;
  #lastWhy = '';

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#openUntilMs !== null;
  }

  /** Why the last call failed. */
  get lastWhy(): string {
    return this.#lastWhy;
  }

  /** Whether a call may go out. Each that did must end in `succeeded`, `failed` or `undecided`. */
  admits(): boolean {
    if (this.#openUntilMs === null) return true;
    if (this.#probing || this.#options.clock.now() < this.#openUntilMs) return false;
    this.#probing = true;
    return true;
  }

  succeeded(): void {
    this.#failed = 0;
    this.#openUntilMs = null;
    this.#probing = false;
  }

  failed(why: string): void {
    const { clock, failures, pauseMs } = this.#options;
    this.#lastWhy = why;
    this.#failed++;
    this.#probing = false;
    if (failures >= 1 && (this.#failed >= failures || this.#openUntilMs !== null)) {
      this.#openUntilMs = clock.now() + pauseMs;
    }
  }

  /** A call that was given up tells nothing. */
  undecided(): void {
    this.#probing = false;
  }
}
