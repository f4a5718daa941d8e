import { addInt, type Int, type Kind, subInt } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';
import { addTagged, type FloatSum, type IntSum, newTaggedSum, raiseIfFailed, type TaggedSum } from './numeric-sum.ts';

const sumOfInts: Aggregation<IntSum> = {
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
  result: (state) => (state.count === 0 ? null : state.total),
};

const sumOfFloats: Aggregation<FloatSum> = {
  returns: 'float',
  init: () => ({ count: 0, total: 0 }),
  add: (state, value: number | null | undefined) => {
    if (value === null || value === undefined) return;
    state.count++;
    state.total += value;
  },
  result: (state) => (state.count === 0 ? null : state.total),
};

function sumOfAny(kind: Kind): Aggregation<TaggedSum> {
  return {
    returns: 'any',
    init: newTaggedSum,
    add: (state, value: unknown) => addTagged(state, value, kind, 'sum'),
    result: (state) => {
      raiseIfFailed(state);
      return state.mode === 'empty' ? null : state.mode === 'int' ? BigInt(state.int) : state.float;
    },
  };
}

/** Source: behaviour spec, functions §3.2. */
export const sum: AggregateFunction = aggregate({
  name: 'sum',
  group: 'aggregate',
  args: [t.number('x')],
  summary:
    'The sum of the values that are not null. Of integers an integer (64 bits, wrapping), of floats a float; the ' +
    'first value decides.',
  examples: [
    { call: 'sum(a)', rows: [{ a: 1n }, { a: null }, { a: 2n }], gives: '3' },
    { call: 'sum(a)', rows: [{ a: 1.5 }, { a: 2 }], gives: '3.5' },
    { call: 'sum(a)', rows: [{ a: 1n }, { a: 2.7 }, { a: 3n }], gives: '6' },
    { call: 'sum(a)', rows: [{ a: 9223372036854775807n }, { a: 1n }], gives: '-9223372036854775808' },
    { call: 'sum(a)', rows: [{ a: null }], gives: 'null' },
    { call: 'sum(a)', rows: [], gives: 'null' },
    { call: 'sum(a)', rows: [{ a: 1.5 }, { a: 8n }], fails: 'requires float64 but found int64(8)' },
    { call: 'sum(a)', rows: [{ a: 1n }, { a: 'x' }], fails: 'requires int but found string(x)' },
    { call: 'sum(a)', rows: [{ a: true }], fails: 'run sum function error: found invalid arg bool(true)' },
    { call: 'sum("x")', rows: [], fails: 'Expect number - float or int type for parameter 1' },
  ],
  implement: (kind = 'any') => (kind === 'int' ? sumOfInts : kind === 'float' ? sumOfFloats : sumOfAny(kind)),
});
