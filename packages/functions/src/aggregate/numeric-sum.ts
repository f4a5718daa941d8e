/**
 * The running sum behind `sum` and `avg`. The first value that is not null decides: after an integer all others are
 * made integers (floats are truncated), after a float all others must be floats.
 *
 * A failure is kept in the accumulator and raised by the result, when the group is evaluated.
 * Source: behaviour spec, functions §3.1.
 */
import { addInt, asInt, describeValue, type Int, type Kind, rowError } from '@kuiper/base';

/** Sum of `int` slots. Wraps at 64 bits. */
export interface IntSum {
  count: number;
  total: Int;
}

/** Sum of `float` slots, in order of arrival. */
export interface FloatSum {
  count: number;
  total: number;
}

/** Sum of tagged values. */
export interface TaggedSum {
  mode: 'empty' | 'int' | 'float' | 'failed';
  count: number;
  int: Int;
  float: number;
  error: string;
}

export function newTaggedSum(): TaggedSum {
  return { mode: 'empty', count: 0, int: 0, float: 0, error: '' };
}

/** @param name of the function, as the error text has it */
export function addTagged(sum: TaggedSum, value: unknown, kind: Kind, name: string): void {
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

/** Throws the row error of a sum that has failed. */
export function raiseIfFailed(sum: TaggedSum): void {
  if (sum.mode === 'failed') rowError(sum.error);
}
