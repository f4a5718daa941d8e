import type { StateEntry, StateSlot } from './state-slot.ts';

/** A few small values that belong together, read when a checkpoint begins and written with each. */
export class SingleState implements StateSlot {
  readonly name: string;
  readonly fingerprint: string;
  readonly #read: () => unknown;
  readonly #load: (stored: unknown) => void;
  #pending: readonly StateEntry[] | null = null;

  /**
   * @param read a copy that later changes do not reach; undefined for nothing to store
   * @param load gets what `read` gave
   */
  constructor(name: string, fingerprint: string, read: () => unknown, load: (stored: unknown) => void) {
    this.name = name;
    this.fingerprint = fingerprint;
    this.#read = read;
    this.#load = load;
  }

  begin(): void {
    this.#pending = [{ key: 'value', value: this.#read() }];
  }

  drain(): readonly StateEntry[] | null {
    const pending = this.#pending;
    this.#pending = null;
    return pending;
  }

  restore(entries: Iterable<StateEntry>): void {
    for (const entry of entries) if (entry.key === 'value' && entry.value !== undefined) this.#load(entry.value);
  }
}
