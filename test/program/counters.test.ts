/** What each node of a plan counts. */
import { counter, nodeCounters } from '@kuiper/engine';
import { describe, expect, test } from 'vitest';
import { catalogOf, type OptionChanges, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

const catalog = catalogOf([
  'CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush", TIMESTAMP="ts")',
  'CREATE STREAM r () WITH (DATASOURCE="r", FORMAT="json", TYPE="httppush")',
  'CREATE TABLE t () WITH (DATASOURCE="t", FORMAT="json", TYPE="httppush", RETAIN_SIZE="3")',
]);

interface Case {
  readonly name: string;
  readonly sql: string;
  readonly options?: OptionChanges;
  readonly input: readonly unknown[];
  /** in, out, processed by node. */
  readonly counts: Readonly<Record<string, readonly [number, number, number]>>;
  readonly errors?: Readonly<Record<string, number>>;
}

const ns = (...values: unknown[]): unknown[] => values.map((a) => ({ a }));

const cases: readonly Case[] = [
  {
    name: 'a filter lets rows pass',
    sql: 'SELECT a FROM s WHERE a > 1',
    input: [...ns(1, 2, 3, 4), { b: 1 }],
    counts: { '3_filter': [5, 3, 5], '4_project': [3, 3, 3] },
  },
  {
    name: 'an error is no output',
    sql: 'SELECT a * 2 AS d FROM s',
    input: ns(1, 'text', 3),
    counts: { '3_project': [3, 2, 3] },
    errors: { '3_project': 1 },
  },
  {
    name: 'a failing condition never reaches the projection',
    sql: 'SELECT a FROM s WHERE a > 1',
    input: ns('x', 2),
    counts: { '3_filter': [2, 1, 2], '4_project': [1, 1, 1] },
    errors: { '3_filter': 1 },
  },
  {
    name: 'a count window processes where it reaches a trigger point',
    sql: 'SELECT sum(a) AS s FROM s GROUP BY COUNTWINDOW(3)',
    input: ns(1, 2, 3, 4, 5, 6, 7),
    counts: { '3_window': [7, 2, 2], '4_project': [2, 2, 2] },
  },
  {
    name: 'stages after a window count collections',
    sql: 'SELECT b, count(*) AS c FROM s WHERE a > 0 GROUP BY b, COUNTWINDOW(2) HAVING count(*) > 1 ORDER BY b',
    input: [
      { a: 1, b: 1 },
      { a: 1, b: 1 },
      { a: 1, b: 1 },
      { a: 1, b: 2 },
      { a: 0, b: 1 },
      { a: 0, b: 1 },
    ],
    counts: {
      '3_window': [6, 3, 3],
      '4_filter': [3, 2, 3],
      '5_aggregate': [2, 2, 2],
      '6_having': [2, 1, 2],
      '7_order': [1, 1, 1],
      '8_project': [1, 1, 1],
    },
  },
  {
    name: 'analytic calls see every row',
    sql: 'SELECT a, lag(a) AS p FROM s WHERE a > 1',
    input: ns(1, 2),
    counts: { '3_analytic': [2, 2, 2], '4_filter': [2, 1, 2], '5_project': [1, 1, 1] },
  },
  {
    name: 'a set-returning call emits each row',
    sql: 'SELECT unnest(a) AS x FROM s',
    input: ns([1, 2], [], [3]),
    counts: { '3_project': [3, 2, 3], '4_projectset': [2, 3, 2] },
    errors: { '4_projectset': 1 },
  },
  {
    name: 'a watermark holds rows and drops late ones',
    sql: 'SELECT ts FROM s',
    options: { isEventTime: true, lateToleranceMs: 0 },
    input: [{ ts: 1000 }, { ts: 3000 }, { ts: 2000 }, {}],
    counts: { '3_preprocessor': [4, 3, 4], '4_watermark': [3, 2, 3], '5_project': [2, 2, 2] },
    errors: { '3_preprocessor': 1 },
  },
];

describe.each(['compiled', 'interpreted'] as const)('%s', (mode) => {
  test.each(cases)('$name', ({ sql, options, input, counts, errors }) => {
    const plan = planStatement(sql, catalog, options);
    const run = new TestRun({ plan, mode });
    for (const row of input) run.send('s', row);
    const seen = Object.fromEntries(
      Object.keys(counts).map((name) => {
        const base = plan.operators.indexOf(name) * nodeCounters;
        return [name, [counter.in, counter.out, counter.processed].map((which) => run.counters[base + which])];
      }),
    );
    expect(seen).toEqual(counts);
    const failed: Record<string, number> = {};
    for (const { operator } of run.errors) failed[operator] = (failed[operator] ?? 0) + 1;
    expect(failed).toEqual(errors ?? {});
  });
});
