/**
 * What hopping windows keep. Aggregates that merge exactly are kept once per pane, the longest stretch that every window
 * holds whole or not at all; otherwise each open window has its own accumulators. With very many open windows rows are
 * kept, as in a sliding window.
 */
import type { KeyedState } from '../state/keyed-state.ts';
import { SingleState } from '../state/single-state.ts';
import { StateGroup } from '../state/state-group.ts';
import type { StateEntry, StateSlot } from '../state/state-slot.ts';
import { groupStore } from './bag-content.ts';
import { type Group, GroupTable, type StoredTotals } from './group-table.ts';
import { createSlide, type Slide } from './slide-content.ts';
import type { ContentPlan, GroupProgram, GroupsView, ItemCodec, WindowView } from './types.ts';

export interface HopContent<T> {
  readonly state: StateSlot;
  /** No row is held that a later window may need. */
  readonly isEmpty: boolean;
  /** Boundaries are `origin` plus multiples of the hop. Only while empty. */
  align(originMs: number): void;
  /** Rows come in order of boundaries: never one that belongs to no window after the last `window`. */
  add(item: T, timestampMs: number): void;
  /** Rows from `end - length` up to, not including, `end`. Valid until the next call. */
  window(endMs: number): WindowView<T>;
  /** Drops what the windows after the one that ends at `end` do not hold. */
  forget(endMs: number): void;
}

/** More panes, or open windows, than this are not kept: a result goes over all panes, a row into all open windows. */
const mostPanes = 256;
const mostOpenWindows = 32;

export function createHopContent<T>(
  name: string,
  plan: ContentPlan<T>,
  codec: ItemCodec<T> | null,
  lengthMs: number,
  hopMs: number,
): HopContent<T> {
  if (plan.kind === 'groups') {
    const exact = plan.program.aggregates.every((aggregate) => aggregate.impl.merge !== undefined);
    const paneMs = greatestCommonDivisor(lengthMs, hopMs);
    if (exact && lengthMs / paneMs <= mostPanes) {
      return new PaneContent(name, plan.program, codec, lengthMs, hopMs, paneMs);
    }
    if (Math.ceil(lengthMs / hopMs) <= mostOpenWindows)
      return new OpenWindows(name, plan.program, codec, lengthMs, hopMs);
  }
  return new RetainedRows(createSlide(name, plan, codec, 'exact'), lengthMs, hopMs);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Group tables by number, checkpointed together. */
class NumberedTables<T> implements StateSlot {
  readonly name: string;
  readonly fingerprint = 'tables';
  readonly tables = new Map<number, GroupTable<T>>();
  originMs = Number.NaN;
  readonly #program: GroupProgram<T>;
  readonly #store: KeyedState<Group<T>>;
  readonly #parts: StateGroup;

  constructor(name: string, program: GroupProgram<T>, codec: ItemCodec<T> | null) {
    this.name = name;
    this.#program = program;
    this.#store = groupStore(name, program, codec);
    this.#parts = new StateGroup(name, this.fingerprint);
    this.#parts.add('groups', this.#store);
    this.#parts.add(
      'totals',
      new SingleState(
        name,
        '',
        () => [this.originMs, ...[...this.tables].map(([number, table]) => [number, table.saveTotals()])],
        (stored) => {
          const [originMs, ...totals] = stored as [number, ...(readonly [number, StoredTotals])[]];
          this.originMs = originMs;
          for (const [number, total] of totals) this.at(number).loadTotals(total);
        },
      ),
    );
  }

  at(number: number): GroupTable<T> {
    let table = this.tables.get(number);
    if (table === undefined) {
      table = new GroupTable(this.#program, this.#store, `${number}/`);
      this.tables.set(number, table);
    }
    return table;
  }

  begin(full: boolean): void {
    this.#parts.begin(full);
  }

  drain(limit: number): readonly StateEntry[] | null {
    return this.#parts.drain(limit);
  }

  restore(entries: Iterable<StateEntry>): void {
    this.#parts.restore(entries);
    const groups = new Map<number, Group<T>[]>();
    for (const group of this.#store.values()) {
      const number = Number.parseInt(group.stateKey, 10);
      const list = groups.get(number);
      if (list === undefined) groups.set(number, [group]);
      else list.push(group);
    }
    for (const [number, list] of groups) this.at(number).adopt(list);
  }
}

class PaneContent<T> implements HopContent<T> {
  readonly #panes: NumberedTables<T>;
  readonly #program: GroupProgram<T>;
  readonly #lengthMs: number;
  readonly #hopMs: number;
  readonly #paneMs: number;
  /** The pane of the last row: most rows fall into it too. */
  #current: GroupTable<T> | null = null;
  #currentFrom = 0;

  constructor(
    name: string,
    program: GroupProgram<T>,
    codec: ItemCodec<T> | null,
    lengthMs: number,
    hopMs: number,
    paneMs: number,
  ) {
    this.#panes = new NumberedTables(name, program, codec);
    this.#program = program;
    this.#lengthMs = lengthMs;
    this.#hopMs = hopMs;
    this.#paneMs = paneMs;
  }

  get state(): StateSlot {
    return this.#panes;
  }

  get isEmpty(): boolean {
    return this.#panes.tables.size === 0;
  }

  align(originMs: number): void {
    this.#panes.originMs = originMs;
  }

  add(item: T, timestampMs: number): void {
    const since = timestampMs - this.#currentFrom;
    if (this.#current === null || since < 0 || since >= this.#paneMs) {
      const number = Math.floor((timestampMs - this.#panes.originMs) / this.#paneMs);
      this.#current = this.#panes.at(number);
      this.#currentFrom = this.#panes.originMs + number * this.#paneMs;
    }
    this.#current.add(item);
  }

  window(endMs: number): GroupsView<T> {
    const end = Math.round((endMs - this.#panes.originMs) / this.#paneMs);
    const start = end - this.#lengthMs / this.#paneMs;
    const merged = new GroupTable(this.#program, null);
    const { tables } = this.#panes;
    for (let number = start; number < end && tables.size > 0; number++) {
      const pane = tables.get(number);
      if (pane !== undefined) merged.merge(pane);
    }
    return merged.view();
  }

  forget(endMs: number): void {
    const { tables } = this.#panes;
    const nextStart = Math.round((endMs + this.#hopMs - this.#lengthMs - this.#panes.originMs) / this.#paneMs);
    for (const [number, pane] of tables) {
      if (number >= nextStart) continue;
      pane.clear();
      tables.delete(number);
    }
    this.#current = null;
  }
}

class OpenWindows<T> implements HopContent<T> {
  /** By the number of hops from the origin to the window's end. */
  readonly #windows: NumberedTables<T>;
  readonly #program: GroupProgram<T>;
  readonly #lengthMs: number;
  readonly #hopMs: number;

  constructor(name: string, program: GroupProgram<T>, codec: ItemCodec<T> | null, lengthMs: number, hopMs: number) {
    this.#windows = new NumberedTables(name, program, codec);
    this.#program = program;
    this.#lengthMs = lengthMs;
    this.#hopMs = hopMs;
  }

  get state(): StateSlot {
    return this.#windows;
  }

  get isEmpty(): boolean {
    return this.#windows.tables.size === 0;
  }

  align(originMs: number): void {
    this.#windows.originMs = originMs;
  }

  add(item: T, timestampMs: number): void {
    const since = timestampMs - this.#windows.originMs;
    const last = Math.floor((since + this.#lengthMs) / this.#hopMs);
    for (let number = Math.floor(since / this.#hopMs) + 1; number <= last; number++) this.#windows.at(number).add(item);
  }

  window(endMs: number): GroupsView<T> {
    const number = Math.round((endMs - this.#windows.originMs) / this.#hopMs);
    return (this.#windows.tables.get(number) ?? new GroupTable(this.#program, null)).view();
  }

  forget(endMs: number): void {
    const number = Math.round((endMs - this.#windows.originMs) / this.#hopMs);
    const { tables } = this.#windows;
    // a row that comes after its window has ended opens it again; nobody will ask for it
    for (const [other, table] of tables) {
      if (other > number) continue;
      table.clear();
      tables.delete(other);
    }
  }
}

class RetainedRows<T> implements HopContent<T> {
  readonly #slide: Slide<T>;
  readonly #lengthMs: number;
  readonly #hopMs: number;

  constructor(slide: Slide<T>, lengthMs: number, hopMs: number) {
    this.#slide = slide;
    this.#lengthMs = lengthMs;
    this.#hopMs = hopMs;
  }

  get state(): StateSlot {
    return this.#slide.state;
  }

  get isEmpty(): boolean {
    return this.#slide.length === 0;
  }

  align(): void {}

  add(item: T, timestampMs: number): void {
    this.#slide.add(item, timestampMs);
  }

  window(endMs: number): WindowView<T> {
    return this.#slide.window(endMs - this.#lengthMs, true, endMs, false);
  }

  forget(endMs: number): void {
    this.#slide.forget(endMs + this.#hopMs - this.#lengthMs, true);
  }
}
