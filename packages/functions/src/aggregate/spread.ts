/** Variance and standard deviation, of the population and of a sample. Source: behaviour spec, functions §3.2. */
import type { Kind } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';
import { addValue, floatsOf, mergeValues, newValueList, type ValueList } from './number-list.ts';

/** @param lost degrees of freedom: 0 for a population, 1 for a sample, whose variance of one value is NaN */
function variance(values: readonly number[], lost: 0 | 1): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  return squares / (values.length - lost);
}

function spreadBy(measure: (values: readonly number[]) => number): (kind?: Kind) => Aggregation<ValueList> {
  return (kind = 'any') => ({
    returns: 'float',
    init: newValueList,
    add: addValue,
    merge: mergeValues,
    result: (state) => (state.values.length === 0 ? null : measure(floatsOf(state, kind))),
  });
}

const eight = [2, 4, 4, 4, 5, 5, 7, 9].map((a) => ({ a }));

export const stddev: AggregateFunction = aggregate({
  name: 'stddev',
  group: 'aggregate',
  args: [t.number('x')],
  summary: 'The standard deviation of the population, as a float. Nulls are skipped.',
  examples: [
    { call: 'stddev(a)', rows: eight, gives: '2.0' },
    { call: 'stddev(a)', rows: [{ a: null }, { a: 4n }], gives: '0.0' },
    { call: 'stddev(a)', rows: [{ a: 1n }, { a: 2.7 }], gives: '0.8500000000000001' },
    { call: 'stddev(a)', rows: [{ a: null }], gives: 'null' },
    {
      call: 'stddev(a)',
      rows: [{ a: 'a' }, { a: 'b' }],
      fails: 'requires float64 slice but found []interface {}([a b])',
    },
  ],
  implement: spreadBy((values) => Math.sqrt(variance(values, 0))),
});

export const stddevs: AggregateFunction = aggregate({
  name: 'stddevs',
  group: 'aggregate',
  args: [t.number('x')],
  summary: 'The standard deviation of a sample, as a float; not a number for a single value.',
  examples: [{ call: 'stddevs(a)', rows: eight, gives: '2.138089935299395' }],
  implement: spreadBy((values) => Math.sqrt(variance(values, 1))),
});

export const populationVariance: AggregateFunction = aggregate({
  name: 'var',
  group: 'aggregate',
  args: [t.number('x')],
  summary: 'The variance of the population, as a float. Nulls are skipped.',
  examples: [
    { call: 'var(a)', rows: eight, gives: '4.0' },
    { call: 'var(a)', rows: [], gives: 'null' },
  ],
  implement: spreadBy((values) => variance(values, 0)),
});

export const sampleVariance: AggregateFunction = aggregate({
  name: 'vars',
  group: 'aggregate',
  args: [t.number('x')],
  summary: 'The variance of a sample, as a float; not a number for a single value.',
  examples: [{ call: 'vars(a)', rows: eight, gives: '4.571428571428571' }],
  implement: spreadBy((values) => variance(values, 1)),
});
