/** What sources, sinks and calls of functions keep: the one place that knows how it is stored. */
import type { ExtensionState } from '@kuiper/sdk';
import { CallState } from '../operators/call-state.ts';
import type { StateSlot } from '../state/state-slot.ts';

/** State behind a context. Source: behaviour spec, extension §2.5. */
export class KeptState implements ExtensionState {
  readonly #cells: CallState;

  /** @param cells shared with whoever else goes on with the same state */
  constructor(cells: CallState) {
    this.#cells = cells;
  }

  getState(key: string): unknown {
    return this.#cells.get(key);
  }

  putState(key: string, value: unknown): void {
    this.#cells.put(key, value);
  }

  deleteState(key: string): void {
    this.#cells.delete(key);
  }

  incrCounter(key: string, amount: number): number {
    return this.#cells.increment(key, amount);
  }

  getCounter(key: string): number {
    return this.#cells.counter(key);
  }
}

/** The states of one run, or of one shared source, by name; each is made when it is first asked for. */
export class StateTable {
  readonly #states = new Map<string, CallState>();

  of(name: string): CallState {
    const known = this.#states.get(name);
    if (known !== undefined) return known;
    const made = new CallState(name);
    this.#states.set(name, made);
    return made;
  }

  get slots(): readonly StateSlot[] {
    return [...this.#states.values()].map(({ state }) => state);
  }
}
