/** Joins of every kind as statements, against two loops. Source: sql §10.2. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { play, type Sent } from './play.ts';

interface Side {
  readonly id?: number | string | null;
  readonly v: number;
}

const on: Readonly<Record<string, (l: Side, r: Side) => boolean>> = {
  'l.id = r.id': (l, r) => l.id === r.id && l.id !== undefined && l.id !== null,
  'r.id = l.id AND l.v < r.v': (l, r) => l.id === r.id && l.id !== undefined && l.id !== null && l.v < r.v,
  'l.v + 1 = r.v': (l, r) => l.v + 1 === r.v,
  'l.v > r.v OR l.v = 0': (l, r) => l.v > r.v || l.v === 0,
};

function oracle(type: string, matches: (l: Side, r: Side) => boolean, left: Side[], right: Side[]): unknown[] {
  const pair = (l: Side | null, r: Side | null): unknown => ({
    ...(l === null ? {} : { x: l.v }),
    ...(r === null ? {} : { y: r.v }),
  });
  const rows: unknown[] = [];
  if (type === 'RIGHT') {
    for (const r of right) {
      const found = left.filter((l) => matches(l, r));
      rows.push(...(found.length === 0 ? [pair(null, r)] : found.map((l) => pair(l, r))));
    }
    return rows;
  }
  for (const l of left) {
    const found = right.filter((r) => matches(l, r));
    if (found.length > 0) rows.push(...found.map((r) => pair(l, r)));
    else if (type !== 'INNER') rows.push(pair(l, null));
  }
  if (type === 'FULL') for (const r of right) if (!left.some((l) => matches(l, r))) rows.push(pair(null, r));
  return rows;
}

// ids of one kind: two kinds cannot be compared, which is an error of the window
const sides = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.record({ side: fc.boolean(), id: fc.nat(4), v: fc.nat(4), none: fc.nat(9) }), {
      minLength: 1,
      maxLength: 20,
    }),
  )
  .map(([texts, items]) =>
    items.map(({ side, id, v, none }): readonly [string, Side] => [
      side ? 'l' : 'r',
      none === 0 ? { v } : { id: none === 1 ? null : texts ? `t${id}` : id, v },
    ]),
  );

for (const type of ['INNER', 'LEFT', 'RIGHT', 'FULL']) {
  for (const [condition, matches] of Object.entries(on)) {
    test(`${type} JOIN ON ${condition}`, () => {
      fc.assert(
        fc.property(sides, fc.constantFrom('compiled' as const, 'interpreted' as const), (items, mode) => {
          const sql = `SELECT l.v AS x, r.v AS y FROM l ${type} JOIN r ON ${condition} GROUP BY countwindow(${items.length})`;
          const side = (name: string): Side[] => items.filter(([stream]) => stream === name).map(([, row]) => row);
          const rows = oracle(type, matches, side('l'), side('r'));
          expect(play(sql, items as unknown as Sent[], mode)).toEqual(rows.length === 0 ? [] : [rows]);
        }),
        { numRuns: 60 },
      );
    });
  }
}
