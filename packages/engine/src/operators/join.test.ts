import { compareTagged, type Kind, rowError } from '@kuiper/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Join } from './join.ts';
import { TableStore } from './table-store.ts';
import type { JoinRow, JoinSetup, JoinStepProgram } from './types.ts';

interface Item {
  readonly source: number;
  readonly id?: unknown;
  readonly v: number;
}

/** `=` of two tagged values (behaviour spec, sql §7.2). */
function equal(a: unknown, b: unknown): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return false;
  const numeric = (x: unknown): x is number | bigint => typeof x === 'number' || typeof x === 'bigint';
  if (numeric(a) && numeric(b)) return compareTagged(a, b) === 0;
  if (typeof a !== typeof b || typeof a === 'object') rowError(`invalid operation ${String(a)} = ${String(b)}`);
  return a === b;
}

const any: Kind = 'any';
const id = (row: JoinRow<Item>, source: number): unknown => row[source]?.id;

/** Joined by equal ids, and a condition on the values when `residual`. */
function byId(
  type: JoinStepProgram<Item>['type'],
  source: number,
  left: number,
  residual = false,
): JoinStepProgram<Item> {
  const rest = (row: JoinRow<Item>): boolean => {
    const v = row[source]?.v as number;
    return v === 13 ? rowError('unlucky') : v % 2 === 0;
  };
  return {
    type,
    source,
    equalities: [{ left: (row) => id(row, left), leftKind: any, right: (item) => item.id, rightKind: any }],
    on: (row) => equal(id(row, left), id(row, source)) && (!residual || rest(row)),
    residual: residual ? rest : null,
  };
}

/** Nested loops over plain lists. */
function naive(setup: JoinSetup<Item>, items: readonly Item[]): JoinRow<Item>[] {
  const of = (source: number): Item[] => items.filter((item) => item.source === source);
  const alone = (source: number, item: Item): JoinRow<Item> =>
    Array.from({ length: setup.sources }, (_, s) => (s === source ? item : null));
  let rows = of(setup.from).map((item) => alone(setup.from, item));
  for (const { type, source, on } of setup.steps) {
    const rights = of(source);
    const both = (left: JoinRow<Item>, right: Item): JoinRow<Item> => left.with(source, right);
    const pairs: [number, number][] = [];
    const compare = (i: number, j: number): void => {
      const row = both(rows[i] as JoinRow<Item>, rights[j] as Item);
      if (on === null || on(row) === true) pairs.push([i, j]);
    };
    if (type === 'right') rights.forEach((_, j) => rows.forEach((__, i) => compare(i, j)));
    else rows.forEach((_, i) => rights.forEach((__, j) => compare(i, j)));
    const next: JoinRow<Item>[] = [];
    const outer = type === 'right' ? rights.length : rows.length;
    for (let n = 0; n < outer; n++) {
      const mine = pairs.filter(([i, j]) => (type === 'right' ? j : i) === n);
      for (const [i, j] of mine) next.push(both(rows[i] as JoinRow<Item>, rights[j] as Item));
      if (mine.length > 0) continue;
      if (type === 'right') next.push(alone(source, rights[n] as Item));
      if (type === 'left' || type === 'full') next.push(rows[n] as JoinRow<Item>);
    }
    if (type === 'full') {
      rights.forEach((right, j) => {
        if (!pairs.some(([, other]) => other === j)) next.push(alone(source, right));
      });
    }
    rows = next;
  }
  return rows;
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return String(error);
  }
}

const types = ['inner', 'left', 'right', 'full', 'cross'] as const;
const ids = {
  'ints and floats': fc.constantFrom<unknown>(1, 2, 3, 1n, 2n, 0, -0, Number.NaN, null, undefined),
  'large integers': fc.constantFrom<unknown>(2n ** 53n, 2n ** 53n + 1n, 2 ** 53, 2n ** 60n, 2n ** 60n + 1n, 5),
  texts: fc.constantFrom<unknown>('a', 'b', 'c', '1', null),
  'kinds that do not compare': fc.constantFrom<unknown>('a', 1, true, null, [1]),
};

describe('A join', () => {
  for (const [kind, value] of Object.entries(ids)) {
    it(`answers as nested loops do (${kind})`, () => {
      const items = fc.array(fc.record({ source: fc.nat(2), id: value, v: fc.integer({ min: 0, max: 14 }) }), {
        maxLength: 24,
      });
      fc.assert(
        fc.property(
          items,
          fc.constantFrom(...types),
          fc.constantFrom(...types),
          fc.boolean(),
          (all, first, second, rest) => {
            const step = (type: (typeof types)[number], source: number): JoinStepProgram<Item> =>
              type === 'cross'
                ? { type, source, equalities: [], on: null, residual: null }
                : byId(type, source, source - 1, rest);
            const setup: JoinSetup<Item> = {
              sources: 3,
              from: 0,
              steps: [step(first, 1), step(second, 2)],
              sourceOf: (item) => item.source,
            };
            const got = attempt(() => new Join(setup).join(all, 0, all.length, []));
            expect(got).toEqual(attempt(() => naive(setup, all)));
          },
        ),
        { numRuns: 400 },
      );
    });
  }

  it('compares several equalities together', () => {
    const two: JoinStepProgram<Item> = {
      ...byId('left', 1, 0),
      equalities: [
        { left: (row) => row[0]?.id, leftKind: any, right: (item) => item.id, rightKind: any },
        { left: (row) => row[0]?.v, leftKind: 'int', right: (item) => item.v, rightKind: 'int' },
      ],
    };
    const items: Item[] = [
      { source: 0, id: 1, v: 1 },
      { source: 0, id: 1, v: 2 },
      { source: 1, id: 1, v: 2 },
      { source: 1, id: 2, v: 1 },
      { source: 1, id: 1, v: 2 },
    ];
    const rows = new Join({ sources: 2, from: 0, steps: [two], sourceOf: (item) => item.source }).join(items, 0, 5, []);
    expect(rows).toEqual([
      [items[0], null],
      [items[1], items[2]],
      [items[1], items[4]],
    ]);
  });

  it('joins each row with the rows a scan table holds now', () => {
    const table = new TableStore<Item>({ name: '2_join_aligner', fingerprint: '', retainSize: 3, codec: null });
    const join = new Join<Item>({
      sources: 2,
      from: 0,
      steps: [byId('left', 1, 0)],
      sourceOf: (item) => item.source,
    });
    const ask = (id: number): unknown[] =>
      join.join([{ source: 0, id, v: 0 }], 0, 1, [undefined, table]).map((row) => row[1]?.v ?? null);
    expect(ask(1)).toEqual([null]);
    for (const [id, v] of [
      [1, 10],
      [2, 20],
      [1, 11],
    ] as const) {
      table.add({ source: 1, id, v });
    }
    expect(ask(1)).toEqual([10, 11]);
    table.add({ source: 1, id: 2, v: 21 });
    expect(ask(1)).toEqual([11]);
    expect(ask(2)).toEqual([20, 21]);
  });

  it('does not take time by the square', () => {
    const items: Item[] = [];
    for (let i = 0; i < 20_000; i++) items.push({ source: i % 2, id: i >> 1, v: 0 });
    let compared = 0;
    const step = byId('full', 1, 0);
    const rows = new Join({
      sources: 2,
      from: 0,
      steps: [{ ...step, on: (row) => (compared++, step.on?.(row)) }],
      sourceOf: (item: Item) => item.source,
    }).join(items, 0, items.length, []);
    expect(rows).toHaveLength(10_000);
    expect(compared).toBe(0);
  });
});
