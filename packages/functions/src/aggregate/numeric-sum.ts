/**
 * The running sum behind `sum` and `avg`. The first value that is not null decides: after an integer all others are
 * made integers (floats are truncated), after a float all others must be floats.
 *
 * A failure is kept in the accumulator and raised by the result, when the group is evaluated.
 * Source: behaviour spec, functions §3.1.
 */
import { addInt, asInt, describeValue, type Int, type Kind, rowError, subInt } from '@kuiper/base';
import type { Aggregation } from '@kuiper/sdk';

/** What an aggregate makes of a sum. `count` is at least 1. */
export interface SumResult {
  readonly name: string;
  ofInts(total: Int, count: number): Int;
  ofFloats(total: number, count: number): number;
}

/** The code of a sum for values of a kind. */
export function summing(made: SumResult): (kind?: Kind) => Aggregation {
  const ints = sumOfInts(made);
  const floats = sumOfFloats(made);
  return (kind = 'any') => (kind === 'int' ? ints : kind === 'float' ? floats : sumOfAny(made, kind));
}

/** Sum of `int` slots. Wraps at 64 bits. */
interface IntSum {
  count: number;
  total: Int;
}

function sumOfInts(made: SumResult): Aggregation<IntSum> {
  return {
    returns: 'int',
    init: () => ({ count: 0, total: 0 }),
    add: (state, value: Int | null | undefined) => {
      if (value === null || value === undefined) return;
      state.count++;
      state.total = addInt(state.total, value);
    },
    merge: (state, other) => {
      state.count += other.count;
      state.total = addInt(state.total, other.total);
    },
    remove: (state, value: Int | null | undefined) => {
      if (value === null || value === undefined) return;
      state.count--;
      state.total = subInt(state.total, value);
    },
    result: (state) => (state.count === 0 ? null : made.ofInts(state.total, state.count)),
  };
}

/** Sum of `float` slots, in order of arrival. */
interface FloatSum {
  count: number;
  total: number;
}

function sumOfFloats(made: SumResult): Aggregation<FloatSum> {
  return {
    returns: 'float',
    init: () => ({ count: 0, total: 0 }),
    add: (state, value: number | null | undefined) => {
      if (value === null || value === undefined) return;
      state.count++;
      state.total += value;
    },
    combine: (state, other) => {
      // a sum that left the range may have come back, had it been added up in order
      if (!Number.isFinite(state.total + other.total)) return false;
      state.count += other.count;
      state.total += other.total;
      return true;
    },
    result: (state) => (state.count === 0 ? null : made.ofFloats(state.total, state.count)),
  };
}

/** Sum of tagged values. */
interface TaggedSum {
  mode: 'empty' | 'int' | 'float' | 'failed';
  count: number;
  int: Int;
  float: number;
  error: string;
}

function sumOfAny(made: SumResult, kind: Kind): Aggregation<TaggedSum> {
  return {
    returns: 'any',
    init: () => ({ mode: 'empty', count: 0, int: 0, float: 0, error: '' }),
    add: (state, value: unknown) => addTagged(state, value, kind, made.name),
    addFailure: (state, error) => failArgument(state, error, made.name),
    combine: combineTagged,
    result: (state) => {
      switch (state.mode) {
        case 'empty':
          return null;
        case 'failed':
          return rowError(state.error);
        case 'int':
          return BigInt(made.ofInts(state.int, state.count));
        case 'float':
          return made.ofFloats(state.float, state.count);
      }
    },
  };
}

function addTagged(sum: TaggedSum, value: unknown, kind: Kind, name: string): void {
  if (value === null || value === undefined) return;
  if (sum.mode === 'float' && typeof value === 'number') {
    sum.count++;
    sum.float += value;
    return;
  }
  if (sum.mode === 'empty') start(sum, value, kind, name);
  else if (sum.mode === 'int') addToInt(sum, value, kind);
  else if (sum.mode === 'float') fail(sum, `requires float64 but found ${describeValue(value, kind)}`);
}

function start(sum: TaggedSum, value: unknown, kind: Kind, name: string): void {
  sum.count = 1;
  if (typeof value === 'number') {
    sum.mode = 'float';
    sum.float = value;
  } else if (typeof value === 'bigint') {
    sum.mode = 'int';
    sum.int = addInt(0, value);
  } else {
    fail(sum, `run ${name} function error: found invalid arg ${describeValue(value, kind)}`);
  }
}

function failArgument(sum: TaggedSum, error: string, name: string): void {
  const found = `*errors.errorString(${error})`;
  if (sum.mode === 'empty') fail(sum, `run ${name} function error: found invalid arg ${found}`);
  else if (sum.mode !== 'failed') fail(sum, `requires ${sum.mode === 'int' ? 'int' : 'float64'} but found ${found}`);
}

function addToInt(sum: TaggedSum, value: unknown, kind: Kind): void {
  const integer = asInt(value, kind, 'sameKind');
  if (integer === undefined) return fail(sum, `requires int but found ${describeValue(value, kind)}`);
  sum.count++;
  sum.int = addInt(sum.int, integer);
}

function fail(sum: TaggedSum, error: string): void {
  sum.mode = 'failed';
  sum.error = error;
}

/** Sums that began with another kind would have taken the values of `other` in another way. */
function combineTagged(sum: TaggedSum, other: TaggedSum): boolean {
  if (other.mode === 'empty' || sum.mode === 'failed') return true;
  if (sum.mode === 'empty') {
    Object.assign(sum, other);
    return true;
  }
  if (sum.mode !== other.mode || !Number.isFinite(sum.float + other.float)) return false;
  sum.count += other.count;
  sum.int = addInt(sum.int, other.int);
  sum.float += other.float;
  return true;
}
