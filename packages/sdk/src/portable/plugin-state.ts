/** A plugin's copy of what the engine keeps for it, and what has changed in it since that was told last. */
import type { ExtensionState } from '../state.ts';
import { plainValue } from './plain-value.ts';

export interface StateChanges {
  readonly puts: Readonly<Record<string, unknown>> | null;
  readonly deletes: readonly string[] | null;
}

const nothing: StateChanges = { puts: null, deletes: null };

export class PluginState implements ExtensionState {
  /** Whether anybody has asked for it: then the engine sends all calls of the call site here. */
  isUsed = false;
  readonly #values: Map<string, unknown>;
  #puts = new Map<string, unknown>();
  #deletes = new Set<string>();

  constructor(values: Readonly<Record<string, unknown>> = {}) {
    this.#values = new Map(Object.entries(values).map(([key, value]) => [key, plainValue(value)]));
  }

  getState(key: string): unknown {
    this.isUsed = true;
    return this.#values.get(key);
  }

  putState(key: string, value: unknown): void {
    this.isUsed = true;
    this.#values.set(key, value);
    this.#puts.set(key, value);
    this.#deletes.delete(key);
  }

  deleteState(key: string): void {
    this.isUsed = true;
    if (!this.#values.delete(key)) return;
    this.#puts.delete(key);
    this.#deletes.add(key);
  }

  incrCounter(key: string, amount: number): number {
    const sum = this.getCounter(key) + amount;
    this.putState(key, sum);
    return sum;
  }

  getCounter(key: string): number {
    const value = this.getState(key) ?? 0;
    if (!Number.isInteger(value)) throw new Error(`state[${key}] must be an int`);
    return value as number;
  }

  takeChanges(): StateChanges {
    if (this.#puts.size === 0 && this.#deletes.size === 0) return nothing;
    const changes: StateChanges = {
      puts: this.#puts.size === 0 ? null : Object.fromEntries(this.#puts),
      deletes: this.#deletes.size === 0 ? null : [...this.#deletes],
    };
    this.#puts = new Map();
    this.#deletes = new Set();
    return changes;
  }
}
