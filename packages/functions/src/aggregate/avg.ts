import { addInt, divInt, type Int, type Kind, subInt } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';
import { addTagged, type FloatSum, type IntSum, newTaggedSum, raiseIfFailed, type TaggedSum } from './numeric-sum.ts';

const averageOfInts: Aggregation<IntSum> = {
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
  result: (state) => (state.count === 0 ? null : divInt(state.total, state.count)),
};

const averageOfFloats: Aggregation<FloatSum> = {
  returns: 'float',
  init: () => ({ count: 0, total: 0 }),
  add: (state, value: number | null | undefined) => {
    if (value === null || value === undefined) return;
    state.count++;
    state.total += value;
  },
  result: (state) => (state.count === 0 ? null : state.total / state.count),
};

function averageOfAny(kind: Kind): Aggregation<TaggedSum> {
  return {
    returns: 'any',
    init: newTaggedSum,
    add: (state, value: unknown) => addTagged(state, value, kind, 'avg'),
    result: (state) => {
      raiseIfFailed(state);
      if (state.mode === 'empty') return null;
      return state.mode === 'int' ? BigInt(divInt(state.int, state.count)) : state.float / state.count;
    },
  };
}

/** Source: behaviour spec, functions §3.2. */
export const avg: AggregateFunction = aggregate({
  name: 'avg',
  group: 'aggregate',
  args: [t.number('x')],
  summary:
    'The mean of the values that are not null. Of integers an integer, truncated toward zero; of floats a float; the ' +
    'first value decides.',
  examples: [
    { call: 'avg(a)', rows: [{ a: 1n }, { a: 2n }], gives: '1' },
    { call: 'avg(a)', rows: [{ a: -5n }, { a: -2n }], gives: '-3' },
    { call: 'avg(a)', rows: [{ a: 1 }, { a: null }, { a: 2 }], gives: '1.5' },
    { call: 'avg(a)', rows: [{ a: 1n }, { a: 2.7 }, { a: 3n }], gives: '2' },
    { call: 'avg(a)', rows: [{ a: null }], gives: 'null' },
    { call: 'avg(a)', rows: [{ a: 'x' }], fails: 'run avg function error: found invalid arg string(x)' },
  ],
  implement: (kind = 'any') =>
    kind === 'int' ? averageOfInts : kind === 'float' ? averageOfFloats : averageOfAny(kind),
});
