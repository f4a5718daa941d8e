import { DateTime, type Kind } from '@kuiper/base';
import { describe, expect, it } from 'vitest';
import { groupRows } from './group-rows.ts';
import { numberRows } from './number-rows.ts';
import { sortRows } from './sort-rows.ts';
import { byKey, countRows, grouped, listed, type TestRow } from './testing.ts';
import type { KeyExpr } from './types.ts';

interface Pair {
  readonly a: unknown;
  readonly b?: unknown;
}

const rowsOf = (...values: unknown[]): Pair[] => values.map((a, b) => ({ a, b }));
const sorted = (rows: readonly Pair[], descending: boolean, kind: Kind = 'any'): unknown[] =>
  sortRows(rows, [{ value: (row) => row.a, kind, descending }]).map(({ a }) => a);

describe('Sorting rows', () => {
  const cases: readonly [name: string, values: unknown[], up: unknown[], down: unknown[]][] = [
    [
      'nil comes last in both directions',
      [3, null, 1, undefined, 2],
      [1, 2, 3, null, undefined],
      [3, 2, 1, null, undefined],
    ],
    ['numbers of both kinds mix', [2.5, 2n, 3, 1n], [1n, 2n, 2.5, 3], [3, 2.5, 2n, 1n]],
    ['false comes before true', [true, false, true], [false, true, true], [true, true, false]],
    [
      'texts are ordered by bytes',
      ['b', 'B', 'é', '\u{1F600}', '\uFF5E'],
      ['B', 'b', 'é', '\uFF5E', '\u{1F600}'],
      ['\u{1F600}', '\uFF5E', 'é', 'b', 'B'],
    ],
    ['large integers are exact', [2n ** 60n + 1n, 2n ** 60n], [2n ** 60n, 2n ** 60n + 1n], [2n ** 60n + 1n, 2n ** 60n]],
  ];
  for (const [name, values, up, down] of cases) {
    it(name, () => {
      expect(sorted(rowsOf(...values), false)).toEqual(up);
      expect(sorted(rowsOf(...values), true)).toEqual(down);
    });
  }

  it('keeps the order of equal rows and goes on to the next key', () => {
    const rows = [
      { a: 1, b: 'x' },
      { a: 0, b: 'y' },
      { a: 1, b: 'a' },
      { a: 1, b: 'x' },
    ];
    const result = sortRows(rows, [
      { value: (row) => row.a, kind: 'float', descending: true },
      { value: (row) => row.b, kind: 'string', descending: false },
    ]);
    expect(result.map((row) => rows.indexOf(row))).toEqual([2, 0, 3, 1]);
  });

  it('orders instants', () => {
    const [early, late] = [1000, 2000].map((ms) => new DateTime(ms, 'UTC'));
    expect(sorted(rowsOf(late, early), false)).toEqual([early, late]);
  });

  it('fails on values that do not compare, naming the type seen first', () => {
    expect(() => sorted(rowsOf(1, 'x'), false)).toThrow('incompatible types for comparison: float64 and string');
    expect(() => sorted(rowsOf(null, 'x', 1), true, 'int')).toThrow(
      'incompatible types for comparison: string and int64',
    );
    expect(() => sorted(rowsOf([1], [2]), false)).toThrow(
      'incompatible types for comparison: []interface {} and []interface {}',
    );
    expect(sorted(rowsOf([1]), false)).toEqual([[1]]);
  });
});

describe('Numbering rows', () => {
  const number = (index: number): number => index + 1;
  const partition: KeyExpr<Pair> = { value: (row) => row.b, kind: 'string' };

  it('counts each partition from 1', () => {
    const rows = [
      { a: 1, b: 'y' },
      { a: 2, b: 'x' },
      { a: 3, b: 'y' },
      { a: 4, b: 'x' },
    ];
    expect(numberRows(rows, [partition], [], number)).toEqual([1, 1, 2, 2]);
  });

  it('follows the order asked for and leaves the rows where they are', () => {
    const order = [{ value: (row: Pair) => row.a, kind: 'float' as const, descending: true }];
    expect(numberRows(rowsOf(2, 3, 1), [], order, number)).toEqual([2, 1, 3]);
    expect(numberRows([], [], order, number)).toEqual([]);
  });
});

describe('Grouping rows', () => {
  const group = (values: readonly unknown[], kinds: readonly Kind[]): string[][] => {
    const view = groupRows<readonly unknown[]>(
      values.map((value) => (Array.isArray(value) && kinds.length > 1 ? value : [value])),
      0,
      values.length,
      {
        keys: kinds.map((kind, i) => ({ value: (row) => row[i], kind })),
        aggregates: [{ impl: countRows, add: (state) => countRows.add(state as { n: number }), remove: null }],
        where: null,
      },
    );
    return view.groups.map((found) => [found.key, String(found.result(0))]);
  };

  it('compares keys by their printed form', () => {
    expect(group([1, '1', 1n, true, 'true', 1e6, '1e+06'], ['any'])).toEqual([
      ['1', '3'],
      ['true', '2'],
      ['1e+06', '2'],
    ]);
    expect(group([null, undefined, '<nil>'], ['any'])).toEqual([['<nil>', '3']]);
    expect(group([0, -0], ['float'])).toEqual([['0', '2']]);
    expect(group([{ k: 1, l: 2 }, { l: 2, k: 1 }, [1]], ['any'])).toEqual([
      ['map[k:1 l:2]', '2'],
      ['[1]', '1'],
    ]);
  });

  it('joins the parts of a key with commas', () => {
    const rows = [
      ['x,', 'y'],
      ['x', ',y'],
      ['x', 'y'],
      ['x', ',y'],
    ];
    expect(group(rows, ['string', 'string'])).toEqual([
      ['x,,y', '3'],
      ['x,y', '1'],
    ]);
    expect(group([...rows, ['x', 'y', 1]], ['string', 'string', 'any']).map(([key]) => key)).toEqual([
      'x,,y,<nil>',
      'x,y,<nil>',
      'x,y,1',
    ]);
  });

  it('is the naive grouping, errors included', () => {
    const rows: TestRow[] = [1, 13, 4, 2, 13, 6].map((a, i) => ({ ts: i, a, k: 'xyz'[i % 3] as string }));
    const program = byKey([
      {
        impl: listed,
        add: (state, row) => {
          if (row.a === 13) throw new Error(`unlucky at ${row.ts}`);
          listed.add(state as { values: unknown[] }, row.a);
        },
        remove: null,
      },
    ]);
    const view = groupRows(rows, 0, rows.length, program);
    const shown = view.groups.map((found) => {
      let result: unknown;
      try {
        result = found.result(0);
      } catch (error) {
        result = String(error);
      }
      return [found.key, `${found.first.ts}:${found.first.a}`, `${found.last.ts}:${found.last.a}`, result];
    });
    expect(shown).toEqual(grouped(rows, program));
  });
});
