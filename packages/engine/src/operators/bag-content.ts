/** What windows without overlap keep: everything since the last window, taken out at once. */
import { KeyedState } from '../state/keyed-state.ts';
import { ListState } from '../state/list-state.ts';
import { SingleState } from '../state/single-state.ts';
import { StateGroup } from '../state/state-group.ts';
import type { StateEntry, StateSlot } from '../state/state-slot.ts';
import { type Group, GroupTable, loadGroup, type StoredTotals, saveGroup } from './group-table.ts';
import type { ContentPlan, GroupProgram, ItemCodec, WindowView } from './types.ts';

export interface Bag<T> {
  readonly state: StateSlot;
  /** Rows since the last {@link take}. */
  readonly length: number;
  add(item: T, timestampMs: number): void;
  /** Hands over the content and starts empty. */
  take(): WindowView<T>;
}

export function createBag<T>(name: string, plan: ContentPlan<T>, codec: ItemCodec<T> | null): Bag<T> {
  return plan.kind === 'rows' ? new RowsBag(name, codec) : new GroupsBag(name, plan.program, codec);
}

class RowsBag<T> implements Bag<T> {
  readonly #rows: ListState<T>;

  constructor(name: string, codec: ItemCodec<T> | null) {
    this.#rows = new ListState(name, 'rows', codec);
  }

  get state(): StateSlot {
    return this.#rows;
  }

  get length(): number {
    return this.#rows.length;
  }

  add(item: T, timestampMs: number): void {
    this.#rows.push(item, timestampMs);
  }

  take(): WindowView<T> {
    const { items, start } = this.#rows.take();
    return { kind: 'rows', items, start, end: items.length };
  }
}

class GroupsBag<T> implements Bag<T>, StateSlot {
  readonly name: string;
  readonly fingerprint = 'groups';
  readonly #store: KeyedState<Group<T>>;
  readonly #table: GroupTable<T>;
  readonly #parts: StateGroup;

  constructor(name: string, program: GroupProgram<T>, codec: ItemCodec<T> | null) {
    this.name = name;
    this.#store = groupStore(name, program, codec);
    this.#table = new GroupTable(program, this.#store);
    this.#parts = new StateGroup(name, this.fingerprint);
    this.#parts.add('groups', this.#store);
    const table = this.#table;
    const totals = new SingleState(
      name,
      '',
      () => table.saveTotals(),
      (stored) => table.loadTotals(stored as StoredTotals),
    );
    this.#parts.add('totals', totals);
  }

  get state(): StateSlot {
    return this;
  }

  get length(): number {
    return this.#table.rows;
  }

  add(item: T): void {
    this.#table.add(item);
  }

  take(): WindowView<T> {
    return this.#table.take();
  }

  begin(full: boolean): void {
    this.#parts.begin(full);
  }

  drain(limit: number): readonly StateEntry[] | null {
    return this.#parts.drain(limit);
  }

  restore(entries: Iterable<StateEntry>): void {
    this.#parts.restore(entries);
    this.#table.adopt([...this.#store.values()]);
  }
}

export function groupStore<T>(
  name: string,
  program: GroupProgram<T>,
  codec: ItemCodec<T> | null,
): KeyedState<Group<T>> {
  return new KeyedState<Group<T>>({
    name,
    fingerprint: 'groups',
    save: (group) => saveGroup(group, codec),
    load: (key, stored) => loadGroup(key, stored, program, codec),
  });
}
