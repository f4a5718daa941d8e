/** What windows with overlap keep: rows in order of position, entering at the end and leaving at the front. */
import { ListState } from '../state/list-state.ts';
import type { StateSlot } from '../state/state-slot.ts';
import type { Failure } from './group-table.ts';
import { ItemQueue } from './item-queue.ts';
import { KeyIndex, type Keyed } from './key-index.ts';
import { type SlidingAggregate, slidingAggregate } from './sliding-aggregate.ts';
import type { ContentPlan, GroupProgram, GroupsView, GroupView, ItemCodec, WindowView } from './types.ts';

export interface Slide<T> {
  readonly state: StateSlot;
  /** Rows held, also those that no window has asked for yet. */
  readonly length: number;
  /** Position of the newest row, also when it has left; -Infinity before the first. */
  readonly last: number;
  /** @param position a position before the newest counts as equal to it */
  add(item: T, position: number): void;
  /** Rows before `from` (or at it, unless `inclusive`) are asked for no more. */
  forget(from: number, inclusive: boolean): void;
  /** Rows between two positions; neither goes back from call to call. Valid until the next call. */
  window(from: number, fromInclusive: boolean, to: number, toInclusive: boolean): WindowView<T>;
}

/** @param precision `rounded` allows sums of floats whose last digits differ from those of adding row by row */
export function createSlide<T>(
  name: string,
  plan: ContentPlan<T>,
  codec: ItemCodec<T> | null,
  precision: 'exact' | 'rounded',
): Slide<T> {
  return plan.kind === 'rows' ? new RowsSlide(name, codec) : new GroupsSlide(name, plan.program, codec, precision);
}

/** Rows by position; the first {@link admitted} of them have been in a window. */
abstract class Slider<T> {
  protected readonly held: ListState<T>;
  protected admitted = 0;
  #last = Number.NEGATIVE_INFINITY;

  constructor(name: string, codec: ItemCodec<T> | null) {
    this.held = new ListState(name, 'rows', codec);
  }

  get state(): StateSlot {
    return this.held;
  }

  get length(): number {
    return this.held.length;
  }

  get last(): number {
    // after a restore the rows tell
    return Math.max(this.#last, this.held.positions.at(-1) ?? Number.NEGATIVE_INFINITY);
  }

  add(item: T, position: number): void {
    const last = this.last;
    this.#last = position > last ? position : last;
    this.held.push(item, this.#last);
  }

  forget(from: number, inclusive: boolean): void {
    const { held } = this;
    const { positions, start } = held;
    let count = 0;
    while (start + count < positions.length && isBefore(positions[start + count] as number, from, inclusive)) {
      if (count < this.admitted) this.leave(held.items[start + count] as T);
      count++;
    }
    if (count === 0) return;
    this.admitted = Math.max(0, this.admitted - count);
    held.drop(count);
  }

  protected admit(to: number, inclusive: boolean): void {
    const { positions, items, start } = this.held;
    for (let i = start + this.admitted; i < positions.length; i++) {
      const position = positions[i] as number;
      if (inclusive ? position > to : position >= to) return;
      this.enter(items[i] as T);
      this.admitted++;
    }
  }

  protected abstract enter(item: T): void;
  /** The oldest row that has entered leaves. */
  protected abstract leave(item: T): void;
}

function isBefore(position: number, from: number, inclusive: boolean): boolean {
  return inclusive ? position < from : position <= from;
}

class RowsSlide<T> extends Slider<T> implements Slide<T> {
  window(from: number, fromInclusive: boolean, to: number, toInclusive: boolean): WindowView<T> {
    this.forget(from, fromInclusive);
    this.admit(to, toInclusive);
    const { items, start } = this.held;
    // the list goes on growing while its reader may keep the rows
    return { kind: 'rows', items: items.slice(start, start + this.admitted), start: 0, end: this.admitted };
  }

  protected enter(): void {}

  protected leave(): void {}
}

class SlidingGroup<T> implements GroupView<T>, Keyed {
  readonly key: string;
  readonly rows: ItemQueue<T> = new ItemQueue<T>();
  readonly #aggregates: readonly SlidingAggregate<T>[];
  /** Number of its oldest row among all rows: orders the groups. */
  readonly numbers: ItemQueue<number> = new ItemQueue<number>();
  gone = false;

  constructor(key: string, program: GroupProgram<T>, precision: 'exact' | 'rounded') {
    this.key = key;
    this.#aggregates = program.aggregates.map((aggregate) => slidingAggregate(aggregate, this.rows, precision));
  }

  get first(): T {
    return this.rows.at(0);
  }

  get last(): T {
    return this.rows.at(this.rows.length - 1);
  }

  push(item: T, number: number): void {
    this.rows.push(item);
    this.numbers.push(number);
    for (const aggregate of this.#aggregates) aggregate.push(item);
  }

  shift(): void {
    const item = this.rows.at(0);
    for (const aggregate of this.#aggregates) aggregate.shift(item);
    this.rows.shift();
    this.numbers.shift();
  }

  result(aggregate: number): unknown {
    return (this.#aggregates[aggregate] as SlidingAggregate<T>).result(this.rows);
  }
}

/** Where a row went: its group, nowhere because of an error, or nowhere (`where` failed it). */
type Place<T> = SlidingGroup<T> | RowFailure | null;

interface RowFailure extends Failure {
  readonly of: 'where' | 'key';
}

class GroupsSlide<T> extends Slider<T> implements Slide<T> {
  readonly #program: GroupProgram<T>;
  readonly #index: KeyIndex<T, SlidingGroup<T>>;
  /** Of each row that has entered. */
  readonly #places = new ItemQueue<Place<T>>();
  readonly #failures = { where: new ItemQueue<Failure>(), key: new ItemQueue<Failure>() };
  #groups: SlidingGroup<T>[] = [];
  /** A group's oldest row has left: the groups may have changed places, or ended. */
  #disordered = false;
  #entered = 0;
  #kept = 0;

  constructor(name: string, program: GroupProgram<T>, codec: ItemCodec<T> | null, precision: 'exact' | 'rounded') {
    super(name, codec);
    this.#program = program;
    this.#index = new KeyIndex(program.keys, ',', (text) => {
      const group = new SlidingGroup(text, program, precision);
      this.#groups.push(group);
      return group;
    });
  }

  window(from: number, fromInclusive: boolean, to: number, toInclusive: boolean): GroupsView<T> {
    this.forget(from, fromInclusive);
    this.admit(to, toInclusive);
    if (this.#disordered) this.#order();
    const { where, key } = this.#failures;
    return {
      kind: 'groups',
      groups: this.#groups,
      rows: this.admitted,
      kept: this.#kept,
      whereFailure: where.length > 0 ? where.at(0) : null,
      groupFailure: key.length > 0 ? key.at(0) : null,
    };
  }

  protected enter(item: T): void {
    const place = this.#place(item);
    this.#places.push(place);
    if (place instanceof SlidingGroup) place.push(item, this.#entered);
    else if (place !== null) this.#failures[place.of].push(place);
    if (isKept(place)) this.#kept++;
    this.#entered++;
  }

  protected leave(): void {
    const place = this.#places.shift();
    if (isKept(place)) this.#kept--;
    if (place === null) return;
    if (!(place instanceof SlidingGroup)) {
      this.#failures[place.of].shift();
      return;
    }
    place.shift();
    this.#disordered = true;
    if (place.rows.length > 0) return;
    place.gone = true;
    this.#index.delete(place.key);
  }

  #place(item: T): Place<T> {
    const { where } = this.#program;
    try {
      if (where !== null && where(item) !== true) return null;
    } catch (error) {
      return { of: 'where', error };
    }
    try {
      return this.#index.locate(item);
    } catch (error) {
      return { of: 'key', error };
    }
  }

  #order(): void {
    this.#disordered = false;
    const groups = this.#groups.filter((group) => !group.gone);
    if (groups.length > 1) groups.sort((a, b) => a.numbers.at(0) - b.numbers.at(0));
    this.#groups = groups;
  }
}

function isKept(place: Place<unknown>): boolean {
  return place !== null && (place instanceof SlidingGroup || place.of === 'key');
}
