/**
 * What the stateful operators and the code that feeds them agree on.
 *
 * `T` is the *item*: whatever the program lets travel through windows and joins, usually a small object of one shape
 * with the decoded row, its source, its time and its analytic values. Operators keep items by reference, never change
 * them and never look inside; times are handed over beside them. Items must be plain data, since they are part of
 * checkpoints; an {@link ItemCodec} turns other shapes into plain data.
 */
import type { Clock, Kind } from '@kuiper/base';
import type { Aggregation } from '@kuiper/sdk';
import type { WindowSpec } from '../plan/plan-node.ts';
import type { StateSlot } from '../state/state-slot.ts';

/** Epoch ms. `trigger` is what `event_time()` and `window_trigger()` give for a window as a whole. */
export interface WindowRange {
  readonly start: number;
  readonly end: number;
  readonly trigger: number;
}

/** How items are written to checkpoints; without one they are written as they are. */
export interface ItemCodec<T> {
  pack(item: T): unknown;
  unpack(stored: unknown): T;
}

/** Rows of a window, oldest first: `items[start]` to `items[end - 1]`. May be empty; the reader may keep it. */
export interface RowsView<T> {
  readonly kind: 'rows';
  readonly items: readonly T[];
  readonly start: number;
  readonly end: number;
}

/** Groups of a window in the order of their first row. Valid during the call. */
export interface GroupsView<T> {
  readonly kind: 'groups';
  readonly groups: readonly GroupView<T>[];
  /** Rows that were in the window, also those that failed `where`. */
  readonly rows: number;
  /** Rows that passed `where`. 0 of many: the window is silent; 0 of 0: it is empty. */
  readonly kept: number;
  /** The first error of `where` among the rows; fails the window before any group is looked at. */
  readonly whereFailure: { readonly error: unknown } | null;
  /** The first error of a grouping expression. */
  readonly groupFailure: { readonly error: unknown } | null;
}

/** One group (the only one, when nothing groups). */
export interface GroupView<T> {
  /** Values of the dimensions, printed and joined with commas. */
  readonly key: string;
  /** First and last row: plain columns take their values from `first` (incremental plans: from `last`). */
  readonly first: T;
  readonly last: T;
  /** Result of the aggregate at this position. Throws what computing it threw for one of the rows. */
  result(aggregate: number): unknown;
}

export type WindowView<T> = RowsView<T> | GroupsView<T>;

/** An expression over an item. Throws row errors. */
export type ItemExpr<T> = (item: T) => unknown;

/** One aggregate call, compiled. */
export interface AggregateProgram<T> {
  readonly impl: Aggregation;
  /** Evaluates the arguments on the item and calls `impl.add(state, ...args)`. */
  add(state: unknown, item: T): void;
  /**
   * Evaluates the arguments and calls `impl.remove`; null when `impl` has none or an argument is volatile (its second
   * evaluation would differ).
   */
  readonly remove: ((state: unknown, item: T) => void) | null;
}

/** A dimension of GROUP BY or PARTITION BY. */
export interface KeyExpr<T> {
  readonly value: ItemExpr<T>;
  /** How `value`'s results are represented; decides how they are printed. */
  readonly kind: Kind;
}

/** What a window keeps instead of rows. */
export interface GroupProgram<T> {
  /** Empty: one group. */
  readonly keys: readonly KeyExpr<T>[];
  readonly aggregates: readonly AggregateProgram<T>[];
  /** WHERE where it runs after the window: rows that fail do not count in groups but are rows of the window. */
  readonly where: ItemExpr<T> | null;
  /** Called on an item that a group keeps. */
  readonly settle?: (item: T) => void;
  /** False where nobody asks for the last row of a group: it is not kept. */
  readonly keepsLast?: boolean;
}

/** `rows` keeps items; `groups` keeps accumulators, and items only where they must come out again. */
export type ContentPlan<T> = { readonly kind: 'rows' } | { readonly kind: 'groups'; readonly program: GroupProgram<T> };

export interface WindowSetup<T> {
  /** Node name: names the state. */
  readonly name: string;
  /** Part of the fingerprint of the state: kinds of the items, aggregates. The window itself is added here. */
  readonly fingerprint: string;
  readonly spec: WindowSpec;
  readonly eventTime: boolean;
  /** False under an incremental plan: time windows without rows are not emitted. */
  readonly emitEmpty: boolean;
  readonly clock: Clock;
  /** Zone of alignment: the rule's in event time, the process's in processing time. */
  readonly timeZone: string;
  readonly content: ContentPlan<T>;
  readonly codec: ItemCodec<T> | null;
  /** Sliding: `OVER (WHEN …)`, null for every row. Anything but `true`, an error too, counts as false. */
  readonly trigger: ItemExpr<T> | null;
  /** State windows: conditions, as `trigger`; a single condition has `emit` null. */
  readonly begin: ItemExpr<T> | null;
  readonly emit: ItemExpr<T> | null;
  readonly partitionBy: readonly KeyExpr<T>[];
  /** Takes a window. `view.kind` is always `content.kind`. */
  output(view: WindowView<T>, range: WindowRange): void;
  /** An erroneous condition: for the log only. */
  onConditionError(error: unknown): void;
}

/** A window. All calls are synchronous; `output` is called within them and from timers. */
export interface WindowOperator<T> {
  readonly state: StateSlot;
  /** After `state.restore`, before the first row. Processing time: sets timers, emits what was missed. */
  start(): void;
  /** @param timestampMs arrival, or event time; in event time rows come in order and never below the watermark */
  row(item: T, timestampMs: number): void;
  /** Event time: nothing older comes any more. */
  watermark(timestampMs: number): void;
  /** Windows over lists: the rows since the last call were one. */
  endList?(): void;
  /** Cancels timers; held rows are not emitted. */
  stop(): void;
}

export interface WatermarkSetup<T> {
  readonly name: string;
  readonly fingerprint: string;
  readonly clock: Clock;
  /** Number of streams. */
  readonly streams: number;
  readonly lateToleranceMs: number;
  readonly idleTimeoutMs: number;
  readonly codec: ItemCodec<T> | null;
  /** Rows in order of time, stable. */
  release(item: T, timestampMs: number, stream: number): void;
  /** After the rows it releases; only moves forward. */
  advance(watermarkMs: number): void;
  onLate(count: number): void;
}

/** Sources by index; null: no row of this source (did not match, or not joined yet). */
export type JoinRow<T> = (T | null)[];

/** One join step, compiled. Expressions over `JoinRow` see the sources joined so far. */
export interface JoinStepProgram<T> {
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross';
  readonly source: number;
  readonly equalities: readonly {
    readonly left: (row: JoinRow<T>) => unknown;
    readonly leftKind: Kind;
    /** Over the item of `source` alone. */
    readonly right: ItemExpr<T>;
    readonly rightKind: Kind;
  }[];
  /** The whole of ON over the combined row, null for true. Used where hashing could hide an error. */
  readonly on: ((row: JoinRow<T>) => unknown) | null;
  /** What is left of ON when the equalities hold; null for true. */
  readonly residual: ((row: JoinRow<T>) => unknown) | null;
}

export interface JoinSetup<T> {
  /** Number of sources of the plan: length of a join row. */
  readonly sources: number;
  readonly from: number;
  readonly steps: readonly JoinStepProgram<T>[];
  sourceOf(item: T): number;
}

export interface SortKeyProgram<R> {
  readonly value: (row: R) => unknown;
  readonly kind: Kind;
  readonly descending: boolean;
}

/** Puts event-time rows in order. Created by `new Watermark(setup)`. */
export interface WatermarkOperator<T> {
  readonly state: StateSlot;
  /** Rows held back; they are part of the state. */
  readonly held: number;
  start(): void;
  row(item: T, timestampMs: number, stream: number): void;
  stop(): void;
}

/** Rows of a scan table. Created by `new TableStore(setup)`. */
export interface TableRows<T> {
  readonly state: StateSlot;
  readonly rows: readonly T[];
  /** Changes with every row. */
  readonly version: number;
  add(item: T): void;
}

/** Created by `new Join(setup)`. */
export interface JoinOperator<T> {
  /**
   * @param items rows of a window, or the row of an event, of all streams mixed; `items[start]` to `items[end - 1]`
   * @param tables rows of scan tables by source index, undefined for streams
   * @returns a new list; empty when nothing joins. Throws what ON throws, without prefix.
   */
  join(items: readonly T[], start: number, end: number, tables: readonly (TableRows<T> | undefined)[]): JoinRow<T>[];
}

export interface LookupSetup<R, O> {
  /** Asks the table. `values` are tagged and never null. */
  fetch(values: readonly unknown[]): Promise<readonly O[]> | readonly O[];
  /** Values of the keys on a row. */
  readonly values: readonly ((row: R) => unknown)[];
  readonly cache: { readonly ttlMs: number; readonly missing: boolean } | null;
  readonly clock: Clock;
  /** See `RunEnvironment`. */
  resume?(step: () => void): void;
  /** Calls in flight at once. */
  readonly concurrency: number;
  /**
   * The matches of each row of a batch, in the order batches were offered: null where no lookup was made (a nil key).
   * `context` is what `offer` was given.
   */
  output(rows: readonly R[], matches: readonly (readonly O[] | null)[], context: unknown): void;
  /** A batch with a failed call is dropped whole. Called in its turn. */
  onError(error: unknown, rows: readonly R[], context: unknown): void;
}

/** Created by `new Lookup(setup)`. When every answer is at hand, `output` runs within `offer`. */
export interface LookupOperator<R> {
  offer(rows: readonly R[], context: unknown): void;
  readonly waiting: number;
  /** Resolves when all batches offered are out; undefined when idle. */
  drain(): Promise<void> | undefined;
  stop(): void;
}

/** State of one analytic call site by partition. Created by `new PartitionState(setup)`. */
export interface PartitionStateSetup<T, S> {
  /** `$$func<id>`. */
  readonly name: string;
  readonly fingerprint: string;
  readonly partitionBy: readonly KeyExpr<T>[];
  init(): S;
}

export interface PartitionStateOperator<T, S> {
  readonly state: StateSlot;
  /** The state of the item's partition, about to be changed in place. */
  of(item: T): S;
}

/** State behind `last_hit_count()`, `last_hit_time()` and their aggregate twins. Created by `new HitState(name)`. */
export interface HitStateOperator {
  readonly state: StateSlot;
  readonly count: number;
  readonly timeMs: number;
  hit(timeMs: number): void;
}

/** State of a function call: what `FunctionContext` hands on. Created by `new CallState(name)`. */
export interface CallStateOperator {
  readonly state: StateSlot;
  get(key: string): unknown;
  put(key: string, value: unknown): void;
  delete(key: string): void;
  increment(key: string, amount: number): number;
  counter(key: string): number;
}

/*
 * Functions:
 *   createWindow<T>(setup: WindowSetup<T>): WindowOperator<T>                      window.ts
 *   groupRows<T>(rows, start, end, program: GroupProgram<T>): GroupsView<T>        group-rows.ts (after joins)
 *   sortRows<R>(rows: readonly R[], keys: SortKeyProgram<R>[]): R[]                sort-rows.ts (stable, new list)
 *   numberRows<R>(rows, partitionBy: KeyExpr<R>[], orderBy: SortKeyProgram<R>[], eval): unknown[]   number-rows.ts
 */
