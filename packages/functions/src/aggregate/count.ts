import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';

interface Count {
  rows: number;
  values: number;
}

const counting: Aggregation<Count> = {
  returns: 'int',
  init: () => ({ rows: 0, values: 0 }),
  add: (state, value: unknown) => {
    state.rows++;
    if (value !== null && value !== undefined) state.values++;
  },
  merge: (state, other) => {
    state.rows += other.rows;
    state.values += other.values;
  },
  remove: (state, value: unknown) => {
    state.rows--;
    if (value !== null && value !== undefined) state.values--;
  },
  // an error is a value that is not null
  addFailure: (state) => {
    state.rows++;
    state.values++;
  },
  removeFailure: (state) => {
    state.rows--;
    state.values--;
  },
  result: (state) => (state.rows === 0 ? null : state.values),
};

/** Source: behaviour spec, functions §3.2. */
export const count: AggregateFunction = aggregate({
  name: 'count',
  group: 'aggregate',
  args: [t.any('x')],
  summary: 'Counts the values that are not null; `count(*)` counts rows. Null for a group without rows.',
  examples: [
    { call: 'count(a)', rows: [{ a: 5 }, { a: null }, { a: 7 }], gives: '2' },
    { call: 'count(*)', rows: [{ a: 5 }, { a: null }], gives: '2' },
    { call: 'count(a)', rows: [{ a: null }, {}], gives: '0' },
    { call: 'count(a)', rows: [], gives: 'null' },
  ],
  implement: () => counting,
});
