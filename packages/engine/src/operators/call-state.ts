import { rowError, valueText } from '@kuiper/base';
import { KeyedState, StateCell } from '../state/keyed-state.ts';
import { copyValue } from '../state/copy-value.ts';
import type { StateSlot } from '../state/state-slot.ts';
import type { CallStateOperator } from './types.ts';

class CallCell extends StateCell {
  value: unknown;

  constructor(key: string, value: unknown) {
    super(key);
    this.value = value;
  }
}

/**
 * What a function call keeps by key. Values and counters are one space: a counter is a number, 0 before its first
 * increment. Values are kept by reference; a function may change one in place between getting and putting it.
 * Source: behaviour spec, runtime §8.3, §9.3.
 */
export class CallState implements CallStateOperator {
  readonly #cells: KeyedState<CallCell>;

  constructor(name: string) {
    this.#cells = new KeyedState<CallCell>({
      name,
      fingerprint: 'call',
      save: (cell) => copyValue(cell.value),
      load: (key, stored) => new CallCell(key, copyValue(stored)),
    });
  }

  get state(): StateSlot {
    return this.#cells;
  }

  get(key: string): unknown {
    const cell = this.#cells.get(key);
    if (cell === undefined) return undefined;
    // Who gets a list or a map may change it in place: a checkpoint under way must have its copy before.
    if (typeof cell.value === 'object' && cell.value !== null) this.#cells.write(cell);
    return cell.value;
  }

  put(key: string, value: unknown): void {
    const cell = this.#cells.get(key);
    if (cell === undefined) this.#cells.add(new CallCell(key, value));
    else {
      this.#cells.write(cell);
      cell.value = value;
    }
  }

  delete(key: string): void {
    const cell = this.#cells.get(key);
    if (cell !== undefined) this.#cells.delete(cell);
  }

  increment(key: string, amount: number): number {
    const value = this.get(key);
    if (!isCount(value)) return rowError(`state[${key}] must be an int`);
    const sum = Number(value ?? 0) + amount;
    this.put(key, sum);
    return sum;
  }

  counter(key: string): number {
    const value = this.get(key);
    if (!isCount(value)) return rowError(`state[${key}] is not a number, but ${valueText(value, 'any')}`);
    return Number(value ?? 0);
  }
}

/** An integer, or nothing yet. */
function isCount(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'bigint' || Number.isInteger(value);
}
