/** State of a source or sink under test: lasts as long as its context. */
import type { ExtensionState } from '@kuiper/sdk';

export class HeldState implements ExtensionState {
  readonly #values = new Map<string, unknown>();

  getState(key: string): unknown {
    return this.#values.get(key);
  }

  putState(key: string, value: unknown): void {
    this.#values.set(key, value);
  }

  deleteState(key: string): void {
    this.#values.delete(key);
  }

  incrCounter(key: string, amount: number): number {
    const sum = this.getCounter(key) + amount;
    this.#values.set(key, sum);
    return sum;
  }

  getCounter(key: string): number {
    const value = this.#values.get(key) ?? 0;
    if (!Number.isInteger(value)) throw new Error(`state[${key}] must be an int`);
    return value as number;
  }
}
