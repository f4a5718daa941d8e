/**
 * `max`, `min`, and their like over the elements of a list. The first value that is not null decides the kind:
 * integers (floats are truncated), floats or strings, compared by bytes. Source: behaviour spec, functions §3.1, §3.2.
 */
import { asInt, compareStrings, describeValue, detachString, type Int, type Kind, rowError } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';

type Nil = null | undefined;

/** The extreme so far; null when there is none. */
interface Best<T> {
  value: T | null;
}

const maxOfInts: Aggregation<Best<Int>> = {
  returns: 'int',
  init: () => ({ value: null }),
  add: (state, value: Int | Nil) => {
    if (value !== null && value !== undefined && (state.value === null || value > state.value)) state.value = value;
  },
  merge: (state, other) => maxOfInts.add(state, other.value),
  result: (state) => state.value,
};

const minOfInts: Aggregation<Best<Int>> = {
  returns: 'int',
  init: () => ({ value: null }),
  add: (state, value: Int | Nil) => {
    if (value !== null && value !== undefined && (state.value === null || value < state.value)) state.value = value;
  },
  merge: (state, other) => minOfInts.add(state, other.value),
  result: (state) => state.value,
};

/** A first value that is not a number stays: nothing is larger or smaller. Later ones are passed over. */
interface BestFloat {
  value: number | null;
  startsNaN: boolean;
}

function extremeOfFloats(wins: (value: number, best: number) => boolean): Aggregation<BestFloat> {
  const add = (state: BestFloat, value: number | Nil): void => {
    if (value === null || value === undefined) return;
    if (state.value === null) {
      if (Number.isNaN(value)) state.startsNaN = true;
      else state.value = value;
    } else if (wins(value, state.value)) state.value = value;
  };
  return {
    returns: 'float',
    init: () => ({ value: null, startsNaN: false }),
    add,
    merge: (state, other) => {
      if (state.value === null) state.startsNaN ||= other.startsNaN;
      add(state, other.value);
    },
    result: (state) => (state.startsNaN ? Number.NaN : state.value),
  };
}

const maxOfFloats = extremeOfFloats((value, best) => value > best);
const minOfFloats = extremeOfFloats((value, best) => value < best);

const maxOfStrings: Aggregation<Best<string>> = {
  returns: 'string',
  init: () => ({ value: null }),
  add: (state, value: string | Nil) => {
    if (value === null || value === undefined) return;
    if (state.value === null || compareStrings(value, state.value) > 0) state.value = detachString(value);
  },
  merge: (state, other) => maxOfStrings.add(state, other.value),
  result: (state) => state.value,
};

const minOfStrings: Aggregation<Best<string>> = {
  returns: 'string',
  init: () => ({ value: null }),
  add: (state, value: string | Nil) => {
    if (value === null || value === undefined) return;
    if (state.value === null || compareStrings(value, state.value) < 0) state.value = detachString(value);
  },
  merge: (state, other) => minOfStrings.add(state, other.value),
  result: (state) => state.value,
};

/** The extreme of tagged values. A failure is raised by the result, when the group is evaluated. */
interface TaggedBest {
  mode: 'empty' | 'int' | 'float' | 'string' | 'failed';
  value: number | bigint | string | null;
  error: string;
}

function newTaggedBest(): TaggedBest {
  return { mode: 'empty', value: null, error: '' };
}

function addTagged(best: TaggedBest, value: unknown, kind: Kind, largest: boolean): void {
  if (value === null || value === undefined) return;
  switch (best.mode) {
    case 'float':
      if (typeof value !== 'number') fail(best, `requires float64 but found ${describeValue(value, kind)}`);
      else if (largest ? value > (best.value as number) : value < (best.value as number)) best.value = value;
      return;
    case 'int':
      addToInts(best, value, kind, largest);
      return;
    case 'string':
      if (typeof value !== 'string') fail(best, `requires string but found ${describeValue(value, kind)}`);
      else if (compareStrings(value, best.value as string) > 0 === largest) best.value = detachString(value);
      return;
    case 'empty':
      start(best, value, kind);
  }
}

function start(best: TaggedBest, value: unknown, kind: Kind): void {
  if (typeof value === 'number') best.mode = 'float';
  else if (typeof value === 'bigint') best.mode = 'int';
  else if (typeof value === 'string') best.mode = 'string';
  else return fail(best, `found invalid arg ${describeValue(value, kind)}`);
  best.value = typeof value === 'string' ? detachString(value) : value;
}

function addToInts(best: TaggedBest, value: unknown, kind: Kind, largest: boolean): void {
  const integer = asInt(value, kind, 'sameKind');
  if (integer === undefined) return fail(best, `requires int64 but found ${describeValue(value, kind)}`);
  const current = best.value as bigint;
  if (largest ? integer > current : integer < current) best.value = BigInt(integer);
}

function failArgument(best: TaggedBest, error: string): void {
  const found = `*errors.errorString(${error})`;
  if (best.mode === 'empty') fail(best, `found invalid arg ${found}`);
  else if (best.mode === 'int') fail(best, `requires int64 but found ${found}`);
  else if (best.mode !== 'failed')
    fail(best, `requires ${best.mode === 'float' ? 'float64' : 'string'} but found ${found}`);
}

function fail(best: TaggedBest, error: string): void {
  best.mode = 'failed';
  best.error = error;
}

function taggedResult(best: TaggedBest): number | bigint | string | null {
  return best.mode === 'failed' ? rowError(best.error) : best.value;
}

/** Extremes that began with another kind would have taken the values of `other` in another way. */
function combineTagged(best: TaggedBest, other: TaggedBest, largest: boolean): boolean {
  if (other.mode === 'empty' || best.mode === 'failed') return true;
  if (best.mode === 'empty') {
    Object.assign(best, other);
    return true;
  }
  if (best.mode !== other.mode || Number.isNaN(best.value) || Number.isNaN(other.value)) return false;
  addTagged(best, other.value, 'any', largest);
  return true;
}

/** Adds by the rules for tagged values; no `merge`, because the kind depends on the first value of all. */
function extremeOfAny(kind: Kind, largest: boolean): Aggregation<TaggedBest> {
  return {
    returns: 'any',
    init: newTaggedBest,
    add: (state, value: unknown) => addTagged(state, value, kind, largest),
    addFailure: failArgument,
    combine: (state, other) => combineTagged(state, other, largest),
    result: taggedResult,
  };
}

/** The extreme of a list of tagged values; null when there is none. Throws like `max` and `min`. */
export function extremeOfList(list: readonly unknown[], largest: boolean): number | bigint | string | null {
  const best = newTaggedBest();
  for (const value of list) addTagged(best, value, 'any', largest);
  return taggedResult(best);
}

export const max: AggregateFunction = aggregate({
  name: 'max',
  group: 'aggregate',
  args: [t.number('x')],
  summary: 'The largest value that is not null: of integers, floats or strings; the first value decides.',
  examples: [
    { call: 'max(a)', rows: [{ a: 5n }, { a: null }, { a: 7n }], gives: '7' },
    { call: 'max(a)', rows: [{ a: 1.5 }, { a: -2 }], gives: '1.5' },
    { call: 'max(a)', rows: [{ a: 'b' }, { a: 'a' }], gives: '"b"' },
    { call: 'max(a)', rows: [{ a: 2n }, { a: 2.9 }], gives: '2' },
    { call: 'max(a)', rows: [{ a: 9223372036854775807n }, { a: 5n }], gives: '9223372036854775807' },
    { call: 'max(a)', rows: [{ a: null }, {}], gives: 'null' },
    { call: 'max(a)', rows: [{ a: true }], fails: 'found invalid arg bool(true)' },
    { call: 'max(a)', rows: [{ a: 1 }, { a: 'y' }], fails: 'requires float64 but found string(y)' },
    { call: 'max(a)', rows: [{ a: 1n }, { a: 'y' }], fails: 'requires int64 but found string(y)' },
    { call: 'max(a)', rows: [{ a: 'x' }, { a: 1 }], fails: 'requires string but found float64(1)' },
  ],
  implement: (kind = 'any') => {
    if (kind === 'int') return maxOfInts;
    if (kind === 'float') return maxOfFloats;
    return kind === 'string' ? maxOfStrings : extremeOfAny(kind, true);
  },
});

export const min: AggregateFunction = aggregate({
  name: 'min',
  group: 'aggregate',
  args: [t.number('x')],
  summary: 'The smallest value that is not null: of integers, floats or strings; the first value decides.',
  examples: [
    { call: 'min(a)', rows: [{ a: 5n }, { a: null }, { a: 7n }], gives: '5' },
    { call: 'min(a)', rows: [{ a: 1.5 }, { a: -2 }], gives: '-2.0' },
    { call: 'min(a)', rows: [{ a: 'b' }, { a: 'B' }], gives: '"B"' },
    { call: 'min(a)', rows: [{ a: 3n }, { a: 2.9 }], gives: '2' },
    { call: 'min(a)', rows: [], gives: 'null' },
  ],
  implement: (kind = 'any') => {
    if (kind === 'int') return minOfInts;
    if (kind === 'float') return minOfFloats;
    return kind === 'string' ? minOfStrings : extremeOfAny(kind, false);
  },
});
