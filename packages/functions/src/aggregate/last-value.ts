import { detachValue, type Kind, rowError, valueText } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';

interface Last {
  /** False until a value counts. */
  found: boolean;
  value: unknown;
  error: string;
}

function lastOf(kind: Kind): Aggregation<Last> {
  return {
    returns: kind,
    init: () => ({ found: false, value: null, error: '' }),
    add: (state, value: unknown, ignoreNull: unknown) => {
      if (typeof ignoreNull !== 'boolean') {
        state.error = `the second parameter requires bool but found ${valueText(ignoreNull, 'any')}`;
      } else if ((value !== null && value !== undefined) || !ignoreNull) {
        state.found = true;
        if (value !== state.value) state.value = detachValue(value);
      }
    },
    merge: (state, other) => {
      if (state.error === '') state.error = other.error;
      if (!other.found) return;
      state.found = true;
      state.value = other.value;
    },
    result: (state) => (state.error === '' ? (state.value ?? null) : rowError(state.error)),
  };
}

/** Source: behaviour spec, functions §3.2. */
export const lastValue: AggregateFunction = aggregate({
  name: 'last_value',
  group: 'aggregate',
  args: [t.any('x'), t.bool('ignoreNull', { literal: true })],
  summary: 'The value of the last row; with ignoreNull, the last value that is not null.',
  examples: [
    { call: 'last_value(a, true)', rows: [{ a: 1n }, { a: 2n }, { a: null }], gives: '2' },
    { call: 'last_value(a, false)', rows: [{ a: 1n }, { a: 2n }, { a: null }], gives: 'null' },
    { call: 'last_value(a, true)', rows: [{ a: null }], gives: 'null' },
    { call: 'last_value(a, 1)', rows: [], fails: 'Expect bool type for parameter 2' },
    { call: 'last_value(a)', rows: [], fails: 'Expect 2 arguments but found 1.' },
  ],
  implement: (kind = 'any') => lastOf(kind),
});
