/**
 * What sources, sinks and calls of functions keep: the one place that knows how it is stored.
 *
 * What belongs to one rule is part of the rule's checkpoint. What a shared source keeps belongs to the stream: see
 * `SharedState`. Source: behaviour spec, extension §2.5.
 */
import type { ExtensionState } from '@kuiper/sdk';
import { CallState } from '../operators/call-state.ts';
import type { StateSlot } from '../state/state-slot.ts';
import type { StoredCheckpoint } from './services.ts';

/** The states of one run, or of one shared source, by name. One that nobody writes to does not exist. */
export class StateTable {
  readonly #states = new Map<string, CallState>();
  #stored: StoredCheckpoint | null = null;

  /** States announced from now on begin with what is stored of them. */
  restoreFrom(stored: StoredCheckpoint | null): void {
    this.#stored = stored;
  }

  /** Everything has been announced: what is stored need not be held any more. */
  restored(): void {
    this.#stored = null;
  }

  /** To be called before the state is used. */
  announce(name: string): void {
    if (this.#stored?.meta.fingerprints[name] === undefined || this.#states.has(name)) return;
    this.of(name).state.restore(this.#stored.entries(name));
  }

  find(name: string): CallState | undefined {
    return this.#states.get(name);
  }

  of(name: string): CallState {
    const known = this.#states.get(name);
    if (known !== undefined) return known;
    const made = new CallState(name);
    this.#states.set(name, made);
    return made;
  }

  get isUsed(): boolean {
    return this.#states.size > 0;
  }

  get slots(): readonly StateSlot[] {
    return [...this.#states.values()].map(({ state }) => state);
  }
}

/** The state behind a context. */
export class KeptState implements ExtensionState {
  readonly #table: StateTable;
  readonly #name: string;
  #cells: CallState | undefined;

  constructor(table: StateTable, name: string) {
    table.announce(name);
    this.#table = table;
    this.#name = name;
    this.#cells = table.find(name);
  }

  getState(key: string): unknown {
    return this.#cells?.get(key);
  }

  putState(key: string, value: unknown): void {
    this.#written.put(key, value);
  }

  deleteState(key: string): void {
    this.#cells?.delete(key);
  }

  incrCounter(key: string, amount: number): number {
    return this.#written.increment(key, amount);
  }

  getCounter(key: string): number {
    return this.#cells?.counter(key) ?? 0;
  }

  get #written(): CallState {
    this.#cells ??= this.#table.of(this.#name);
    return this.#cells;
  }
}
