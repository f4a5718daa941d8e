/** `dedup_trigger`: requests leave when their range is over, with what is new of it. */
import { describe, expect, test } from 'vitest';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

const catalog = catalogOf([
  'CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")',
  'CREATE STREAM typed (a BIGINT, b BIGINT, n BIGINT) WITH (DATASOURCE="t", FORMAT="json", TYPE="httppush")',
]);

type Step = readonly [a: unknown, b: unknown, n: unknown] | number;

const part = (start: number, end: number): unknown => ({ start_key: String(start), end_key: String(end) });

interface Case {
  readonly name: string;
  readonly sql?: string;
  /** Requests as start, end, now; a number lets time pass. */
  readonly steps: readonly Step[];
  readonly messages: readonly unknown[];
}

const cases: readonly Case[] = [
  {
    name: 'a request whose end has come leaves at once',
    steps: [[10, 20, 20]],
    messages: [[{ r: [part(10, 20)] }]],
  },
  {
    name: 'of a range that overlaps an earlier one only the rest is left',
    steps: [
      [10, 20, 20],
      [15, 30, 30],
      [5, 40, 40],
    ],
    messages: [[{ r: [part(10, 20)] }], [{ r: [part(20, 30)] }], [{ r: [part(5, 10), part(30, 40)] }]],
  },
  {
    name: 'null when nothing is new',
    steps: [
      [10, 20, 20],
      [12, 18, 20],
    ],
    messages: [[{ r: [part(10, 20)] }], [{ r: null }]],
  },
  {
    name: 'ranges that ended before now - expire are forgotten',
    steps: [
      [10, 20, 20],
      [10, 20, 200],
    ],
    messages: [[{ r: [part(10, 20)] }], [{ r: [part(10, 20)] }]],
  },
  {
    name: 'a later event releases what waits, by end',
    steps: [
      [10, 50, 10],
      [10, 30, 12],
      [40, 60, 60],
    ],
    messages: [[{ r: [part(10, 30)] }], [{ r: [part(30, 50)] }], [{ r: [part(50, 60)] }]],
  },
  {
    name: 'without another event the end comes by the clock',
    steps: [[10, 50, 20], 29, 1, [10, 50, 50]],
    messages: [[{ r: [part(10, 50)] }], [{ r: null }]],
  },
  {
    name: 'without an alias the column has the name of the function',
    sql: 'SELECT a, dedup_trigger(a, b, n, 100) FROM typed WHERE a > 1',
    steps: [
      [1, 2, 3],
      [10, 20, 20],
      [10, 20, 20],
    ],
    messages: [[{ a: 10, dedup_trigger: [part(10, 20)] }], [{ a: 10, dedup_trigger: null }]],
  },
  {
    name: 'texts of integers are times, other texts are errors',
    steps: [
      ['10', '20', '20'],
      ['x', 20, 20],
    ],
    messages: [[{ r: [part(10, 20)] }], 'cannot convert string(x) to int64'],
  },
];

describe.each(['compiled', 'interpreted'] as const)('%s dedup_trigger', (mode) => {
  test.each(cases)('$name', ({ sql = 'SELECT dedup_trigger(a, b, n, 100) AS r FROM s', steps, messages }) => {
    const run = new TestRun({ plan: planStatement(sql, catalog), mode });
    for (const step of steps) {
      if (typeof step === 'number') run.clock.advance(step);
      else run.send(sql.includes('typed') ? 'typed' : 's', { a: step[0], b: step[1], n: step[2] });
    }
    expect(run.messages).toEqual(messages);
  });

  test('what waits and what was covered outlast a checkpoint', () => {
    const plan = planStatement('SELECT dedup_trigger(a, b, n, 100) AS r FROM s', catalog);
    const before = new TestRun({ plan, mode });
    before.send('s', { a: 10, b: 20, n: 20 });
    before.send('s', { a: 10, b: 40, n: 25 });
    const after = new TestRun({ plan, mode, from: before });
    after.clock.advance(15);
    expect(after.messages).toEqual([[{ r: [part(10, 20)] }], [{ r: [part(20, 40)] }]]);
  });
});

test('the operator has its name and explain shows it', () => {
  const plan = planStatement('SELECT dedup_trigger(a, b, n, 100) AS r FROM s', catalog);
  expect(plan.operators).toEqual(['2_decoder', '3_dedup_trigger', '4_project']);
});

const refused: readonly (readonly [sql: string, text: string])[] = [
  ['SELECT a FROM s WHERE dedup_trigger(a, b, n, 1) = 1', 'dedup_trigger can only be used inside the select clause'],
  [
    'SELECT dedup_trigger(a, b, n, 1) AS x, dedup_trigger(b, a, n, 1) AS y FROM s',
    'dedup_trigger can only be used once',
  ],
];
test.each(refused)('%s: %s', (sql, text) => {
  expect(() => planStatement(sql, catalog)).toThrow(text);
});
