/** Lookup joins: order, bounded waiting, nil keys, errors. */
import type { Row } from '@kuiper/base';
import type { OpenLookup } from '@kuiper/sdk';
import { describe, expect, test } from 'vitest';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

const catalog = catalogOf([
  'CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")',
  'CREATE TABLE names () WITH (DATASOURCE="n", TYPE="memory", KIND="lookup", KEY="id")',
  'CREATE TABLE places () WITH (DATASOURCE="p", TYPE="memory", KIND="lookup", KEY="name")',
]);
const people: readonly Row[] = [
  { id: 1, name: 'ann' },
  { id: 1, name: 'amy' },
  { id: 2, name: 'bob' },
];
const homes: readonly Row[] = [
  { name: 'ann', city: 'Ulm' },
  { name: 'bob', city: 'Bern' },
];

function find(rows: readonly Row[], keys: readonly string[], values: readonly unknown[]): Row[] {
  return rows.filter((row) => keys.every((key, i) => row[key] === values[i]));
}

/** Answers when told to, in any order. */
class SlowTable implements OpenLookup {
  readonly asked: (() => void)[] = [];
  readonly rows: readonly Row[];

  constructor(rows: readonly Row[]) {
    this.rows = rows;
  }

  lookup(_fields: readonly string[] | null, keys: readonly string[], values: readonly unknown[]): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      this.asked.push(() => (values[0] === 99 ? reject(new Error('gone')) : resolve(find(this.rows, keys, values))));
    });
  }

  close(): void {}
}

const atOnce = (rows: readonly Row[]): OpenLookup => ({
  lookup: (_fields, keys, values) => find(rows, keys, values),
  close: () => {},
});

function start(sql: string, lookups: Readonly<Record<string, OpenLookup>>): TestRun {
  return new TestRun({ plan: planStatement(sql, catalog), mode: 'compiled', lookups });
}

const left = 'SELECT s.id AS id, names.name AS name FROM s LEFT JOIN names ON s.id = names.id';
const inner = left.replace('LEFT', 'INNER');

describe('answers at hand', () => {
  const cases: readonly (readonly [string, string, readonly Row[], readonly unknown[]])[] = [
    [
      'every match makes a row',
      inner,
      [{ id: 1 }],
      [
        [
          { id: 1, name: 'ann' },
          { id: 1, name: 'amy' },
        ],
      ],
    ],
    ['inner drops what has no match', inner, [{ id: 7 }, { id: 2 }], [[{ id: 2, name: 'bob' }]]],
    ['left keeps what has no match', left, [{ id: 7 }], [[{ id: 7 }]]],
    ['a nil key has no match', left, [{ id: null }, {}], [[{}], [{}]]],
    [
      'the rest of ON filters joined rows',
      `${left} AND names.name != "ann"`,
      [{ id: 1 }, { id: 7 }],
      [[{ id: 1, name: 'amy' }]],
    ],
    [
      'windows are looked up row by row and grouped afterwards',
      'SELECT names.name AS name, count(*) AS c FROM s INNER JOIN names ON s.id = names.id GROUP BY names.name, COUNTWINDOW(3)',
      [{ id: 1 }, { id: 2 }, { id: 2 }],
      [
        [
          { name: 'ann', c: 1 },
          { name: 'amy', c: 1 },
          { name: 'bob', c: 2 },
        ],
      ],
    ],
    [
      'lookups chain',
      'SELECT s.id AS id, places.city AS city FROM s INNER JOIN names ON s.id = names.id LEFT JOIN places ON names.name = places.name',
      [{ id: 1 }, { id: 2 }],
      [[{ id: 1, city: 'Ulm' }, { id: 1 }], [{ id: 2, city: 'Bern' }]],
    ],
  ];
  test.each(cases)('%s', (_name, sql, rows, expected) => {
    const run = start(sql, { names: atOnce(people), places: atOnce(homes) });
    for (const row of rows) run.send('s', row);
    expect(run.messages).toEqual(expected);
    expect(run.instance.drain()).toBeUndefined();
  });
});

describe('answers that take their time', () => {
  test('keep the order of the rows', async () => {
    const table = new SlowTable(people);
    const run = start(inner, { names: table });
    for (const id of [1, 2, 1]) run.send('s', { id });
    expect(run.messages).toEqual([]);
    for (const answer of [...table.asked].reverse()) answer();
    await run.instance.drain();
    expect(run.messages.map((message) => (message as Row[]).map((row) => row.name))).toEqual([
      ['ann', 'amy'],
      ['bob'],
      ['ann', 'amy'],
    ]);
    expect(run.instance.drain()).toBeUndefined();
  });

  test('an error drops its own row and is reported in its turn', async () => {
    const table = new SlowTable(people);
    const run = start(inner, { names: table });
    for (const id of [2, 99, 2]) run.send('s', { id });
    for (const answer of table.asked) answer();
    await run.instance.drain();
    expect(run.messages).toEqual([[{ id: 2, name: 'bob' }], 'gone', [{ id: 2, name: 'bob' }]]);
    expect(run.errors.map(({ operator }) => operator)).toEqual(['names']);
  });

  test('draining waits for chained lookups', async () => {
    const first = new SlowTable(people);
    const second = new SlowTable(homes);
    const run = start(
      'SELECT places.city AS city FROM s INNER JOIN names ON s.id = names.id INNER JOIN places ON names.name = places.name',
      { names: first, places: second },
    );
    run.send('s', { id: 2 });
    let drained = false;
    const waiting = run.instance.drain()?.then(() => {
      drained = true;
    });
    first.asked[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(drained).toBe(false);
    second.asked[0]?.();
    await waiting;
    expect(run.messages).toEqual([[{ city: 'Bern' }]]);
  });
});
