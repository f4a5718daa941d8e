import { type AggregateFunction, aggregate, t } from '@kuiper/sdk';
import { summing } from './numeric-sum.ts';

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
  implement: summing({ name: 'sum', ofInts: (total) => total, ofFloats: (total) => total }),
});
