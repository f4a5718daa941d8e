/** Asynchronous functions: rows wait for them in order, errors stay where the value is read. */
import type { Catalog } from '@kuiper/engine';
import { scalar, t } from '@kuiper/sdk';
import { describe, expect, test } from 'vitest';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

interface Asked {
  readonly value: unknown;
  answer(): void;
}

let asked: Asked[] = [];

/** Twice the number, when told to; fails for texts, answers at once for negative numbers. */
const slow = scalar({
  name: 'slow',
  group: 'test',
  args: [t.number('x')],
  returns: 'any',
  onNull: 'null',
  volatile: true,
  async: true,
  summary: '',
  examples: [],
  eval: (x: unknown) => {
    if (typeof x === 'number' && x < 0) return x * 2;
    return new Promise((resolve, reject) => {
      const answer = (): void => (typeof x === 'number' ? resolve(x * 2) : reject(new Error(`no number ${String(x)}`)));
      asked.push({ value: x, answer });
    });
  },
});

const streams = catalogOf([
  'CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")',
  'CREATE STREAM o () WITH (DATASOURCE="o", FORMAT="json", TYPE="httppush")',
]);
const catalog: Catalog = {
  ...streams,
  functions: { ...streams.functions, find: (name) => (name === 'slow' ? slow : streams.functions.find(name)) },
};

/** Answers what has been asked, last first, until nothing more is asked. */
async function settle(run: TestRun): Promise<void> {
  for (;;) {
    const pending = asked;
    asked = [];
    for (const { answer } of pending.reverse()) answer();
    await new Promise((resolve) => setImmediate(resolve));
    if (asked.length === 0 && run.instance.drain() === undefined) return;
  }
}

const rows = (...values: unknown[]): unknown[] => values.map((a, i) => ({ a, i }));

const cases: readonly {
  readonly name: string;
  readonly sql: string;
  readonly input: readonly unknown[];
  readonly messages: readonly unknown[];
}[] = [
  {
    name: 'in the select list, in the order of the rows',
    sql: 'SELECT i, slow(a) AS x FROM s',
    input: rows(1, 2, -3, null, 4),
    messages: [[{ i: 0, x: 2 }], [{ i: 1, x: 4 }], [{ i: 2, x: -6 }], [{ i: 3 }], [{ i: 4, x: 8 }]],
  },
  {
    name: 'in WHERE, before the rest',
    sql: 'SELECT i, slow(a) + 1 AS x FROM s WHERE slow(a) > 3',
    input: rows(1, 2, 3),
    messages: [[{ i: 1, x: 5 }], [{ i: 2, x: 7 }]],
  },
  {
    name: 'inside one another',
    sql: 'SELECT slow(slow(a) + 1) AS x FROM s',
    input: rows(1, 2),
    messages: [[{ x: 6 }], [{ x: 10 }]],
  },
  {
    name: 'through aliases',
    sql: 'SELECT slow(a) AS x, x + 1 AS y, slow(y) AS z FROM s WHERE x > 2',
    input: rows(1, 2),
    messages: [[{ x: 4, y: 5, z: 10 }]],
  },
  {
    name: 'errors name the call and the item',
    sql: 'SELECT slow(a) AS x, slow(1/i) AS y FROM s',
    input: [
      { a: 'q', i: 1 },
      { a: 1, i: 0 },
      { a: 1, i: 1 },
    ],
    messages: [
      'run Select error: alias: x expr: Call:{ name:slow, args:[s.a] } meet error, err:call func slow error: no number q',
      'run Select error: alias: y expr: Call:{ name:slow, args:[binaryExpr:{ 1 / s.i }] } meet error, err:divided by zero',
      [{ x: 2, y: 2 }],
    ],
  },
  {
    name: 'an error in a branch not taken is none',
    sql: 'SELECT CASE WHEN i = 0 THEN 0 ELSE slow(a) END AS x FROM s',
    input: rows('q', 2),
    messages: [[{ x: 0 }], [{ x: 4 }]],
  },
  {
    name: 'analytic functions see the rows in order',
    sql: 'SELECT lag(slow(a)) AS x FROM s',
    input: rows(1, 2, 3),
    messages: [[{}], [{ x: 2 }], [{ x: 4 }]],
  },
  {
    name: 'as argument of an aggregate and as grouping key',
    sql: 'SELECT slow(a) AS k, sum(slow(i)) AS x FROM s GROUP BY slow(a), COUNTWINDOW(3) ORDER BY x DESC',
    input: rows(1, 2, 1),
    messages: [
      [
        { k: 2, x: 4 },
        { k: 4, x: 2 },
      ],
    ],
  },
  {
    name: 'over groups, where a failing call gives null',
    sql: 'SELECT a, slow(a) AS x, slow(count(*)) AS n FROM s GROUP BY a, COUNTWINDOW(3) HAVING slow(count(*)) > 0 ORDER BY n DESC',
    input: rows(5, 5, 'q'),
    messages: [
      [
        { a: 5, x: 10, n: 4 },
        { a: 'q', n: 2 },
      ],
    ],
  },
  {
    name: 'on the rows of a window',
    sql: 'SELECT slow(a) AS x FROM s WHERE slow(a) > 2 GROUP BY COUNTWINDOW(3) ORDER BY slow(a) DESC',
    input: rows(1, 2, 3),
    messages: [[{ x: 6 }, { x: 4 }]],
  },
  {
    name: 'in the conditions of a window',
    sql: 'SELECT a FROM s GROUP BY STATEWINDOW(slow(a) = 2, slow(a) = 6)',
    input: rows(5, 1, 2, 3),
    messages: [[{ a: 1 }, { a: 2 }, { a: 3 }]],
  },
  {
    name: 'as the list of a set-returning function',
    sql: 'SELECT unnest(array_create(slow(a), i)) AS x FROM s',
    input: rows(1, 2),
    messages: [[{ x: 2 }], [{ x: 0 }], [{ x: 4 }], [{ x: 1 }]],
  },
];

describe.each(['compiled', 'interpreted'] as const)('%s', (mode) => {
  test.each(cases)('$name', async ({ sql, input, messages }) => {
    asked = [];
    const run = new TestRun({ plan: planStatement(sql, catalog), mode });
    for (const row of input) run.send('s', row);
    await settle(run);
    expect(run.messages).toEqual(messages);
  });

  test('an alias is asked once, wherever it is used', async () => {
    asked = [];
    const run = new TestRun({ plan: planStatement('SELECT slow(a) AS x, x AS y FROM s WHERE x > 1', catalog), mode });
    run.send('s', { a: 1 });
    expect(asked.map(({ value }) => value)).toEqual([1]);
    await settle(run);
    expect(run.messages).toEqual([[{ x: 2, y: 2 }]]);
  });

  test('rows in flight are bounded, and draining waits for them', async () => {
    asked = [];
    const run = new TestRun({ plan: planStatement('SELECT slow(a) AS x FROM s', catalog), mode });
    for (let i = 0; i < 200; i++) run.send('s', { a: i });
    expect(asked.length).toBe(64);
    expect(run.instance.drain()).toBeInstanceOf(Promise);
    await settle(run);
    expect(run.messages).toEqual(Array.from({ length: 200 }, (_, i) => [{ x: i * 2 }]));
    expect(run.instance.drain()).toBeUndefined();
  });

  test('what comes back after a stop is dropped', async () => {
    asked = [];
    const run = new TestRun({ plan: planStatement('SELECT slow(a) AS x FROM s', catalog), mode });
    run.send('s', { a: 1 });
    run.instance.stop();
    await settle(run);
    expect(run.messages).toEqual([]);
  });
});

test('join conditions cannot wait', () => {
  const sql = 'SELECT s.a FROM s INNER JOIN o ON slow(s.a) = o.a GROUP BY COUNTWINDOW(2)';
  expect(() => new TestRun({ plan: planStatement(sql, catalog), mode: 'compiled' })).toThrow(
    'function slow is asynchronous and cannot be used in a join or lookup condition',
  );
});
