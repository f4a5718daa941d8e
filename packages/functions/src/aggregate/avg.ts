import { divInt } from '@kuiper/base';
import { type AggregateFunction, aggregate, t } from '@kuiper/sdk';
import { summing } from './numeric-sum.ts';

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
  implement: summing({ name: 'avg', ofInts: divInt, ofFloats: (total, count) => total / count }),
});
