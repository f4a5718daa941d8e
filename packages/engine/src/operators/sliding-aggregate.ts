/**
 * One aggregate over rows that come at the end and leave at the front. The cost per row is constant where the aggregate
 * allows it; the choice depends on what its code can do, never on its name:
 *
 * | the code has | kept |
 * |---|---|
 * | `remove` | one state |
 * | `merge` and a state of fixed size, or `combine` | states of blocks of rows, merged from both ends (two stacks) |
 * | neither | nothing; computed from the rows when asked for |
 */
import type { ItemQueue } from './item-queue.ts';
import type { AggregateProgram } from './types.ts';

export interface SlidingAggregate<T> {
  push(item: T): void;
  /** The oldest row leaves; `rows` still holds it. */
  shift(item: T): void;
  /** @param rows all rows of the group, oldest first */
  result(rows: ItemQueue<T>): unknown;
}

/** @param precision `exact` leaves `combine` alone, whose rounding may differ */
export function slidingAggregate<T>(
  program: AggregateProgram<T>,
  rows: ItemQueue<T>,
  precision: 'exact' | 'rounded',
): SlidingAggregate<T> {
  const { impl } = program;
  const isFixed = isFixedSize(impl.init());
  if (program.remove !== null && impl.remove !== undefined) return new Running(program, program.remove);
  if (isFixed && impl.merge !== undefined) return new Blocks(program, merging(impl.merge), rows, 0);
  if (impl.combine === undefined || precision === 'exact') return new Recomputed(program);
  return new Blocks(program, impl.combine, rows, blockLength);
}

/** A state of numbers and texts does not grow with the rows; a list or map does. */
function isFixedSize(state: unknown): boolean {
  if (typeof state !== 'object' || state === null) return false;
  return Object.values(state).every((member) => typeof member !== 'object' || member === null);
}

type Join = (state: unknown, other: unknown) => boolean;

function merging(merge: (state: unknown, other: unknown) => void): Join {
  return (state, other) => {
    merge(state, other);
    return true;
  };
}

/** Rows whose arguments fail, by number; the window fails while it holds one. */
class Failures {
  readonly #failed: { readonly row: number; readonly error: unknown }[] = [];
  #pushed = 0;
  #shifted = 0;

  get first(): { readonly error: unknown } | undefined {
    return this.#failed[0];
  }

  pushed(): void {
    this.#pushed++;
  }

  failed(error: unknown): void {
    this.#failed.push({ row: this.#pushed++, error });
  }

  /** True when the row that leaves had failed. */
  shift(): boolean {
    const failed = this.#failed.length > 0 && this.#failed[0]?.row === this.#shifted;
    this.#shifted++;
    if (failed) this.#failed.shift();
    return failed;
  }
}

class Running<T> implements SlidingAggregate<T> {
  readonly #program: AggregateProgram<T>;
  readonly #remove: (state: unknown, item: T) => void;
  readonly #state: unknown;
  readonly #failures = new Failures();

  constructor(program: AggregateProgram<T>, remove: (state: unknown, item: T) => void) {
    this.#program = program;
    this.#remove = remove;
    this.#state = program.impl.init();
  }

  push(item: T): void {
    try {
      this.#program.add(this.#state, item);
      this.#failures.pushed();
    } catch (error) {
      this.#failures.failed(error);
    }
  }

  shift(item: T): void {
    if (!this.#failures.shift()) this.#remove(this.#state, item);
  }

  result(): unknown {
    const { first } = this.#failures;
    if (first !== undefined) throw first.error;
    return this.#program.impl.result(this.#state);
  }
}

class Recomputed<T> implements SlidingAggregate<T> {
  readonly #program: AggregateProgram<T>;

  constructor(program: AggregateProgram<T>) {
    this.#program = program;
  }

  push(): void {}

  shift(): void {}

  result(rows: ItemQueue<T>): unknown {
    return recompute(this.#program, rows);
  }
}

function recompute<T>(program: AggregateProgram<T>, rows: ItemQueue<T>): unknown {
  const state = program.impl.init();
  for (let i = 0; i < rows.length; i++) program.add(state, rows.at(i));
  return program.impl.result(state);
}

/** Rows per block: the most that are gone through again when the oldest block is opened. */
const blockLength = 128;

/** States of consecutive rows. A null state cannot be told without the rows. */
interface Part {
  readonly state: unknown;
  readonly rows: number;
}

/**
 * The rows, oldest first: some of the opened block, older blocks, newer blocks, the block being filled. For the opened
 * block there is a state from each of its rows to its end; for the older blocks one from each block to the last of them.
 */
class Blocks<T> implements SlidingAggregate<T> {
  readonly #program: AggregateProgram<T>;
  readonly #join: Join;
  readonly #rows: ItemQueue<T>;
  /** Up to so many rows are gone through, so that the result is that of adding row by row to the last digit. */
  readonly #fewRows: number;
  /** Last: from the oldest row on. */
  readonly #opened: unknown[] = [];
  /** Last: from the oldest of them on. */
  #older: Part[] = [];
  readonly #newer: Part[] = [];
  #newerState: unknown;
  #filling: unknown;
  #filled = 0;
  readonly #failures = new Failures();

  constructor(program: AggregateProgram<T>, join: Join, rows: ItemQueue<T>, fewRows: number) {
    this.#program = program;
    this.#join = join;
    this.#rows = rows;
    this.#fewRows = fewRows;
    this.#newerState = program.impl.init();
    this.#filling = program.impl.init();
  }

  push(item: T): void {
    try {
      this.#program.add(this.#filling, item);
      this.#failures.pushed();
    } catch (error) {
      this.#failures.failed(error);
    }
    if (++this.#filled < blockLength) return;
    this.#newer.push({ state: this.#filling, rows: this.#filled });
    this.#newerState = this.#joined(this.#newerState, this.#filling);
    this.#filling = this.#program.impl.init();
    this.#filled = 0;
  }

  shift(): void {
    this.#failures.shift();
    if (this.#opened.length === 0) this.#open();
    this.#opened.pop();
  }

  result(rows: ItemQueue<T>): unknown {
    const { first } = this.#failures;
    if (first !== undefined) throw first.error;
    if (rows.length <= this.#fewRows) return recompute(this.#program, rows);
    const state = this.#program.impl.init();
    const known =
      (this.#opened.length === 0 || this.#add(state, this.#opened.at(-1))) &&
      (this.#older.length === 0 || this.#add(state, this.#older.at(-1)?.state)) &&
      (this.#newer.length === 0 || this.#add(state, this.#newerState)) &&
      (this.#filled === 0 || this.#add(state, this.#filling));
    return known ? this.#program.impl.result(state) : recompute(this.#program, rows);
  }

  #add(state: unknown, other: unknown): boolean {
    return other !== null && this.#join(state, other);
  }

  /** A new state of both, null when it cannot be told. */
  #joined(first: unknown, second: unknown): unknown {
    if (first === null) return null;
    const state = this.#program.impl.init();
    return this.#join(state, first) && this.#add(state, second) ? state : null;
  }

  /** Opens the oldest block: makes the states of its rows to its end, the newest row first. */
  #open(): void {
    for (let i = this.#takeOldest() - 1, after: unknown; i >= 0; i--) {
      let state: unknown = this.#program.impl.init();
      try {
        this.#program.add(state, this.#rows.at(i));
      } catch {
        state = this.#program.impl.init();
      }
      if (after !== undefined) state = after !== null && this.#join(state, after) ? state : null;
      this.#opened.push(state);
      after = state;
    }
  }

  /** @returns the number of rows of the oldest block, which is no longer among the blocks */
  #takeOldest(): number {
    if (this.#older.length === 0) this.#turnOver();
    const oldest = this.#older.pop();
    if (oldest !== undefined) return oldest.rows;
    const rows = this.#filled;
    this.#filling = this.#program.impl.init();
    this.#filled = 0;
    return rows;
  }

  #turnOver(): void {
    for (let block = this.#newer.pop(); block !== undefined; block = this.#newer.pop()) {
      const after = this.#older.at(-1);
      const state =
        after === undefined ? block.state : block.state === null ? null : this.#joined(block.state, after.state);
      this.#older.push({ state, rows: block.rows });
    }
    this.#newerState = this.#program.impl.init();
  }
}
