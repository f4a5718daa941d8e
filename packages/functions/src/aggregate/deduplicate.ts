import { anyMap, detachValue, type Kind, type Row, tagValue, valueText } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';

interface Distinct {
  /** Texts of the keys seen, each behind a space so that no text is a name objects already have. */
  seen: Record<string, true>;
  /** The same in order. */
  keys: string[];
  /** With `all`, the first row of each key; else the last row when its key is new. */
  rows: Row[];
  all: boolean;
}

function isNewKey(state: Distinct, key: string): boolean {
  if (Object.hasOwn(state.seen, key)) return false;
  state.seen[key] = true;
  state.keys.push(key);
  return true;
}

function distinctRows(rowKind: Kind, keyKind: Kind): Aggregation<Distinct> {
  return {
    returns: 'any',
    init: () => ({ seen: {}, keys: [], rows: [], all: true }),
    add: (state, row: Row, key: unknown, all: unknown) => {
      state.all = all === true;
      if (!state.all) state.rows.length = 0;
      if (isNewKey(state, ` ${valueText(key, keyKind)}`)) state.rows.push(detachValue(row) as Row);
    },
    combine: (state, other) => {
      if (other.keys.length === 0) return true;
      state.all = other.all;
      if (!other.all) {
        // the last row of all is that of `other`
        const key = other.keys.at(-1) as string;
        state.rows = Object.hasOwn(state.seen, key) ? [] : [...other.rows];
      }
      other.keys.forEach((key, i) => {
        if (isNewKey(state, key) && other.all) state.rows.push(other.rows[i] as Row);
      });
      return true;
    },
    result: (state) => {
      const rows = state.rows.map((row) => tagValue(row, rowKind));
      if (state.all) return rows.length === 0 ? null : rows;
      return rows[0] ?? null;
    },
  };
}

/**
 * Rows whose key differs; keys are compared by their printed form, so 1, 1.0 and "1" are one key.
 * Source: behaviour spec, functions §3.2.
 */
export const deduplicate: AggregateFunction = aggregate({
  name: 'deduplicate',
  group: 'aggregate',
  args: [t.any('key'), t.bool('all', { literal: true })],
  wholeRow: true,
  summary:
    'With all: the first row of each key, as a list. Else: the last row if no earlier row has its key, otherwise null.',
  examples: [
    {
      call: 'deduplicate(a, true)',
      rows: [
        { a: 1n, b: 'p' },
        { a: 1n, b: 'q' },
        { a: 2n, b: 'r' },
      ],
      gives: '[{"a": 1, "b": "p"}, {"a": 2, "b": "r"}]',
    },
    { call: 'deduplicate(a, false)', rows: [{ a: 1 }, { a: 1 }, { a: 2 }], gives: '{"a": 2.0}' },
    { call: 'deduplicate(a, false)', rows: [{ a: 2 }, { a: 1 }, { a: 2 }], gives: 'null' },
    {
      call: 'deduplicate(a, true)',
      rows: [{ a: 1 }, { a: '1' }, { a: null }, { b: 2 }],
      gives: '[{"a": 1.0}, {"a": null}]',
    },
    { call: 'deduplicate(a, b)', rows: [], fails: 'Expect bool type for parameter 2' },
  ],
  implement: (...kinds) => distinctRows(kinds.length > 2 ? (kinds[0] as Kind) : anyMap, kinds.at(-2) ?? 'any'),
});
