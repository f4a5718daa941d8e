import { errorText, makeRowError } from '@kuiper/base';
import { type KeyedState, StateCell } from '../state/keyed-state.ts';
import { copyValue } from '../state/copy-value.ts';
import { KeyIndex } from './key-index.ts';
import type { AggregateProgram, GroupProgram, GroupsView, GroupView, ItemCodec } from './types.ts';

/** An error that belongs to one aggregate of a group: raised when its result is asked for. */
export interface Failure {
  readonly error: unknown;
}

/** Accumulators of one group. */
export class Group<T> extends StateCell implements GroupView<T> {
  readonly key: string;
  readonly #program: GroupProgram<T>;
  readonly states: unknown[];
  first: T;
  last: T;
  /** Order of first appearance within the table. */
  order: number;
  /** By aggregate; null while none has failed. */
  failures: (Failure | undefined)[] | null = null;

  constructor(stateKey: string, key: string, program: GroupProgram<T>, item: T, order: number) {
    super(stateKey);
    this.key = key;
    this.#program = program;
    program.settle?.(item);
    this.states = program.aggregates.map((aggregate) => aggregate.impl.init());
    this.first = item;
    this.last = item;
    this.order = order;
  }

  add(item: T): void {
    const { aggregates, keepsLast, settle } = this.#program;
    if (keepsLast !== false && item !== this.last) {
      settle?.(item);
      this.last = item;
    }
    for (let i = 0; i < aggregates.length; i++) {
      try {
        (aggregates[i] as AggregateProgram<T>).add(this.states[i], item);
      } catch (error) {
        this.fail(i, { error });
      }
    }
  }

  /** Keeps the first failure of each aggregate. */
  fail(aggregate: number, failure: Failure): void {
    this.failures ??= new Array<Failure | undefined>(this.#program.aggregates.length).fill(undefined);
    this.failures[aggregate] ??= failure;
  }

  /** Adds what another group has seen, as if it came after. Every aggregate must be able to merge. */
  merge(other: Group<T>): void {
    if (this.#program.keepsLast !== false) this.last = other.last;
    const { aggregates } = this.#program;
    for (let i = 0; i < aggregates.length; i++) {
      (aggregates[i] as AggregateProgram<T>).impl.merge?.(this.states[i], other.states[i]);
      const failure = other.failures?.[i];
      if (failure !== undefined) this.fail(i, failure);
    }
  }

  result(aggregate: number): unknown {
    const failure = this.failures?.[aggregate];
    if (failure !== undefined) throw failure.error;
    return (this.#program.aggregates[aggregate] as AggregateProgram<T>).impl.result(this.states[aggregate]);
  }
}

/** What a table of groups shows; kept as a value so that it survives the next window. */
class TakenGroups<T> implements GroupsView<T> {
  readonly kind = 'groups' as const;
  readonly groups: readonly Group<T>[];
  readonly rows: number;
  readonly kept: number;
  readonly whereFailure: Failure | null;
  readonly groupFailure: Failure | null;

  constructor(table: GroupTable<T>, groups: readonly Group<T>[]) {
    this.groups = groups;
    this.rows = table.rows;
    this.kept = table.kept;
    this.whereFailure = table.whereFailure;
    this.groupFailure = table.groupFailure;
  }
}

/** Groups of one window (or pane) with their accumulators; rows themselves are not kept but the first and the last. */
export class GroupTable<T> {
  readonly #program: GroupProgram<T>;
  readonly #store: KeyedState<Group<T>> | null;
  readonly #index: KeyIndex<T, Group<T>>;
  #groups: Group<T>[] = [];
  #item: T | null = null;
  /** Rows seen, and how many of them passed `where`. */
  rows = 0;
  kept = 0;
  whereFailure: Failure | null = null;
  groupFailure: Failure | null = null;

  /**
   * @param store checkpoints the groups; may be shared by tables with different prefixes; null: not checkpointed
   */
  constructor(program: GroupProgram<T>, store: KeyedState<Group<T>> | null, prefix = '') {
    this.#program = program;
    this.#store = store;
    this.#index = new KeyIndex(program.keys, ',', (text) => {
      const group = new Group(prefix + text, text, program, this.#item as T, this.#groups.length);
      this.#groups.push(group);
      store?.add(group);
      return group;
    });
  }

  add(item: T): void {
    this.rows++;
    const where = this.#program.where;
    if (where !== null) {
      try {
        if (where(item) !== true) return;
      } catch (error) {
        this.whereFailure ??= { error };
        return;
      }
    }
    this.kept++;
    let group: Group<T>;
    this.#item = item;
    try {
      group = this.#index.locate(item);
    } catch (error) {
      this.groupFailure ??= { error };
      return;
    }
    this.#store?.write(group);
    group.add(item);
  }

  /** Adds what another table has seen, as if it came after. */
  merge(other: GroupTable<T>): void {
    this.rows += other.rows;
    this.kept += other.kept;
    this.whereFailure ??= other.whereFailure;
    this.groupFailure ??= other.groupFailure;
    for (const group of other.#groups) {
      this.#item = group.first;
      const target = this.#index.ofText(group.key);
      this.#store?.write(target);
      target.merge(group);
    }
  }

  /** Groups in order of first appearance. */
  view(): GroupsView<T> {
    return new TakenGroups(this, this.#groups);
  }

  /** Hands the groups over and starts empty. */
  take(): GroupsView<T> {
    const taken = new TakenGroups(this, this.#groups);
    this.clear();
    return taken;
  }

  clear(): void {
    if (this.#store !== null) for (const group of this.#groups) this.#store.delete(group);
    this.#groups = [];
    this.#index.clear();
    this.#item = null;
    this.rows = 0;
    this.kept = 0;
    this.whereFailure = null;
    this.groupFailure = null;
  }

  /** Takes in groups loaded from a checkpoint. */
  adopt(groups: readonly Group<T>[]): void {
    for (const group of [...groups].sort((a, b) => a.order - b.order)) {
      this.#groups.push(group);
      this.#index.adopt(group.key, group);
    }
  }

  /** The parts of the table that no group holds, as plain data. */
  saveTotals(): StoredTotals {
    return [this.rows, this.kept, failureText(this.whereFailure), failureText(this.groupFailure)];
  }

  loadTotals([rows, kept, where, group]: StoredTotals): void {
    this.rows = rows;
    this.kept = kept;
    this.whereFailure = loadFailure(where);
    this.groupFailure = loadFailure(group);
  }
}

export type StoredTotals = readonly [rows: number, kept: number, where: string | null, group: string | null];

interface StoredGroup {
  readonly key: string;
  readonly order: number;
  readonly first: unknown;
  readonly last: unknown;
  readonly states: unknown;
  readonly failures: readonly (string | null)[] | null;
}

/** A group as plain data. */
export function saveGroup<T>(group: Group<T>, codec: ItemCodec<T> | null): unknown {
  const stored: StoredGroup = {
    key: group.key,
    order: group.order,
    first: codec === null ? group.first : codec.pack(group.first),
    last: codec === null ? group.last : codec.pack(group.last),
    states: copyValue(group.states),
    failures: group.failures?.map((failure) => failureText(failure ?? null)) ?? null,
  };
  return stored;
}

export function loadGroup<T>(
  stateKey: string,
  value: unknown,
  program: GroupProgram<T>,
  codec: ItemCodec<T> | null,
): Group<T> {
  const stored = value as StoredGroup;
  const item = (packed: unknown): T => (codec === null ? (packed as T) : codec.unpack(packed));
  const group = new Group<T>(stateKey, stored.key, program, item(stored.first), stored.order);
  group.last = item(stored.last);
  const states = copyValue(stored.states) as unknown[];
  for (let i = 0; i < states.length; i++) group.states[i] = states[i];
  stored.failures?.forEach((text, i) => {
    const failure = loadFailure(text);
    if (failure !== null) group.fail(i, failure);
  });
  return group;
}

function failureText(failure: Failure | null): string | null {
  return failure === null ? null : errorText(failure.error);
}

function loadFailure(text: string | null): Failure | null {
  return text === null ? null : { error: makeRowError(text) };
}
