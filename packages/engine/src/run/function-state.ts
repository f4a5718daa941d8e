/** State of one call site of a function, as `getState`/`putState` see it; a slot of the checkpoint. */
import type { FunctionContext } from '@kuiper/sdk';
import type { StateEntry, StateSlot } from '../state/state-slot.ts';

export class FunctionState implements StateSlot {
  readonly name: string;
  readonly fingerprint = 'function/1';
  private readonly values = new Map<string, unknown>();
  private readonly changed = new Set<string>();
  private pending: StateEntry[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get(key: string): unknown {
    return this.values.get(key);
  }

  put(key: string, value: unknown): void {
    this.values.set(key, value);
    this.changed.add(key);
  }

  delete(key: string): void {
    if (this.values.delete(key)) this.changed.add(key);
  }

  begin(full: boolean): void {
    const keys = full ? this.values.keys() : this.changed.values();
    // Functions may change a value in place later, so the moment is kept as a copy.
    this.pending = [...keys].map((key) => ({ key, value: structuredClone(this.values.get(key)) }));
    this.changed.clear();
  }

  drain(limit: number): readonly StateEntry[] | null {
    if (this.pending.length === 0) return null;
    return this.pending.splice(0, limit);
  }

  restore(entries: Iterable<StateEntry>): void {
    for (const { key, value } of entries) this.values.set(key, value);
  }
}

/** The parts of a function's context that do not depend on the call site. */
export type FunctionSurroundings = Pick<
  FunctionContext,
  'now' | 'random' | 'timeZone' | 'ruleId' | 'logger' | 'rootPath'
>;

export function functionContext(around: FunctionSurroundings, state: FunctionState): FunctionContext {
  return {
    ...around,
    getState: (key) => state.get(key),
    putState: (key, value) => state.put(key, value),
    deleteState: (key) => state.delete(key),
    incrCounter: (key, amount) => {
      const next = Number(state.get(key) ?? 0) + amount;
      state.put(key, next);
      return next;
    },
    getCounter: (key) => Number(state.get(key) ?? 0),
  };
}
