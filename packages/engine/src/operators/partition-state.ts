import { KeyedState, StateCell } from '../state/keyed-state.ts';
import { copyValue } from '../state/copy-value.ts';
import type { StateEntry, StateSlot } from '../state/state-slot.ts';
import { KeyIndex } from './key-index.ts';
import type { PartitionStateOperator, PartitionStateSetup } from './types.ts';

class PartitionCell<S> extends StateCell {
  readonly value: S;

  constructor(key: string, value: S) {
    super(key);
    this.value = value;
  }
}

/**
 * The state of an analytic call, one for each partition. The partition's key is the printed values without separator.
 * Source: behaviour spec, sql §13.1.
 */
export class PartitionState<T, S> implements PartitionStateOperator<T, S>, StateSlot {
  readonly name: string;
  readonly fingerprint: string;
  readonly #cells: KeyedState<PartitionCell<S>>;
  readonly #index: KeyIndex<T, PartitionCell<S>>;

  constructor(setup: PartitionStateSetup<T, S>) {
    this.name = setup.name;
    this.fingerprint = setup.fingerprint;
    this.#cells = new KeyedState<PartitionCell<S>>({
      name: setup.name,
      fingerprint: setup.fingerprint,
      save: (cell) => copyValue(cell.value),
      load: (key, stored) => new PartitionCell(key, copyValue(stored) as S),
    });
    this.#index = new KeyIndex(setup.partitionBy, '', (text) => {
      const cell = new PartitionCell(text, setup.init());
      this.#cells.add(cell);
      return cell;
    });
  }

  get state(): StateSlot {
    return this;
  }

  /** Partitions seen. */
  get size(): number {
    return this.#cells.size;
  }

  of(item: T): S {
    const cell = this.#index.locate(item);
    this.#cells.write(cell);
    return cell.value;
  }

  begin(full: boolean): void {
    this.#cells.begin(full);
  }

  drain(limit: number): readonly StateEntry[] | null {
    return this.#cells.drain(limit);
  }

  restore(entries: Iterable<StateEntry>): void {
    this.#cells.restore(entries);
    for (const cell of this.#cells.values()) this.#index.adopt(cell.stateKey, cell);
  }
}
