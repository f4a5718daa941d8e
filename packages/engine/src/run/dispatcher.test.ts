import type { Row } from '@kuiper/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IndexCondition } from '../plan/plan-node.ts';
import { dispatchCounter, dispatchCounters, SharedCounters, sourceCounters } from './counters.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Subscriber } from './source-runtime.ts';
import { Work } from './work.ts';

const space = new SharedCounters();
const noMetas = { meta: () => null };

interface Listener extends Subscriber {
  readonly rows: Row[];
  batches: number;
}

function listen(index: IndexCondition | null): Listener {
  const rows: Row[] = [];
  const listener: Listener = {
    rows,
    batches: 0,
    input: { row: (row) => void rows.push(row), error: () => {} },
    columns: null,
    index,
    dispatch: space.allocate(dispatchCounters),
    work: new Work({ current: new Int32Array(1), numberOf: () => 1 }, 'r'),
    begin: () => {
      listener.batches++;
    },
    end: () => undefined,
    threw: (error) => {
      throw error;
    },
    ended: () => {},
    aborted: () => {},
    noted: () => {},
  };
  return listener;
}

function dispatchAll(listeners: readonly Listener[], rows: readonly Row[]): Float64Array {
  const counters = space.allocate(sourceCounters).values;
  const dispatcher = new Dispatcher(counters, new Int32Array(1));
  dispatcher.rebuild(listeners);
  dispatcher.begin(null);
  rows.forEach((row, i) => {
    dispatcher.dispatch(row, 0, noMetas, i);
  });
  dispatcher.end();
  return counters;
}

/** What the rule's own filter would keep; undefined for a row that is an error there. */
function matches({ op, value, column }: IndexCondition, row: Row): boolean | undefined {
  const found = row[column];
  if (found === null || found === undefined) return false;
  const numeric = typeof value !== 'string';
  if (numeric !== (typeof found === 'number' || typeof found === 'bigint')) return undefined;
  const [a, b] = numeric ? [Number(found), Number(value)] : [found as string, value as string];
  switch (op) {
    case '=':
      return a === b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}

describe('Dispatcher', () => {
  it('gives every row to rules without a condition', () => {
    const listener = listen(null);
    dispatchAll([listener], [{ a: 1 }, { a: null }, {}]);
    expect(listener.rows).toHaveLength(3);
    expect(listener.batches).toBe(1);
  });

  it('keeps away rows that cannot match, and counts them by difference', () => {
    const mine = listen({ column: 'id', op: '=', value: 'x' });
    const other = listen({ column: 'id', op: '=', value: 'y' });
    dispatchAll([mine, other], [{ id: 'x' }, { id: 'z' }, { id: null }, {}]);
    expect(mine.rows).toEqual([{ id: 'x' }]);
    expect(mine.dispatch.values[dispatchCounter.delivered]).toBe(1);
    expect(other.rows).toEqual([]);
    expect(other.batches).toBe(0);
  });

  it('gives a value of another kind to every rule on the column: it is an error there', () => {
    const number = listen({ column: 'a', op: '>', value: 5 });
    const text = listen({ column: 'a', op: '=', value: 'x' });
    dispatchAll([number, text], [{ a: 'y' }, { a: 1 }, { a: true }, { a: [1] }]);
    expect(number.rows).toEqual([{ a: 'y' }, { a: true }, { a: [1] }]);
    expect(text.rows).toEqual([{ a: 1 }, { a: true }, { a: [1] }]);
  });

  it('never keeps away a row that the filter would keep or fail on', () => {
    const constant = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom('a', 'b'), fc.constant(2n));
    const condition: fc.Arbitrary<IndexCondition> = fc.record({
      column: fc.constantFrom('a', 'b'),
      op: fc.constantFrom('=', '<', '<=', '>', '>='),
      value: constant,
    });
    const value = fc.oneof(
      constant,
      fc.double({ noNaN: true, min: -4, max: 4 }),
      fc.constantFrom(null, undefined, true),
    );
    const row = fc.record({ a: value, b: value });
    fc.assert(
      fc.property(fc.array(condition, { maxLength: 12 }), fc.array(row, { maxLength: 12 }), (conditions, rows) => {
        const listeners = conditions.map(listen);
        dispatchAll(listeners, rows);
        for (const listener of listeners) {
          const seen = new Set(listener.rows);
          for (const one of rows) {
            if (matches(listener.index as IndexCondition, one) !== false) expect(seen.has(one)).toBe(true);
          }
        }
      }),
    );
  });
});
