import { ListState } from '../state/list-state.ts';
import type { StateSlot } from '../state/state-slot.ts';
import type { ItemCodec, TableRows } from './types.ts';

export interface TableStoreSetup<T> {
  readonly name: string;
  readonly fingerprint: string;
  /** Rows kept; the oldest is dropped for a new one. At least 1. */
  readonly retainSize: number;
  readonly codec: ItemCodec<T> | null;
}

/** The last rows of a scan table. Source: behaviour spec, runtime §11. */
export class TableStore<T> implements TableRows<T> {
  readonly #retainSize: number;
  readonly #rows: ListState<T>;
  #view: readonly T[] | null = null;
  version = 0;

  constructor(setup: TableStoreSetup<T>) {
    this.#retainSize = setup.retainSize;
    this.#rows = new ListState(setup.name, setup.fingerprint, setup.codec);
  }

  get state(): StateSlot {
    return this.#rows;
  }

  /** Oldest first. */
  get rows(): readonly T[] {
    if (this.#view === null || this.#view.length !== this.#rows.length) {
      this.#view = this.#rows.items.slice(this.#rows.start);
    }
    return this.#view;
  }

  add(item: T): void {
    this.#rows.push(item, 0);
    if (this.#rows.length > this.#retainSize) this.#rows.drop(1);
    this.#view = null;
    this.version++;
  }
}
