/** An aggregate whose argument fails on a row takes the error as a value, or says in its own words that it cannot. */
import { expect, test } from 'vitest';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

const catalog = catalogOf([
  'CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")',
  'CREATE STREAM t (a BIGINT, b BIGINT) WITH (DATASOURCE="t", FORMAT="json", TYPE="httppush")',
]);
const error = (name: string, args: string, detail: string): string =>
  `run Select error: alias: x expr: Call:{ name:${name}, args:[${args}] } meet error, err:call func ${name} error: ${detail}`;
const sum = 'binaryExpr:{ s.a + 1 }';
const failed = '*errors.errorString(invalid operation string(x) + int64(1))';

const cases: readonly (readonly [sql: string, rows: readonly unknown[], message: unknown])[] = [
  ['SELECT count(a + 1) AS x FROM s GROUP BY COUNTWINDOW(3)', [{ a: 1 }, { a: 'x' }, {}], [{ x: 2 }]],
  ['SELECT count(a + 1) AS x FROM s', [{ a: 'x' }], [{ x: 1 }]],
  [
    'SELECT sum(a + 1) AS x FROM s GROUP BY COUNTWINDOW(2)',
    [{ a: 'x' }, { a: 1 }],
    error('sum', sum, `run sum function error: found invalid arg ${failed}`),
  ],
  [
    'SELECT avg(a + 1) AS x FROM s GROUP BY COUNTWINDOW(2)',
    [{ a: 1 }, { a: 'x' }],
    error('avg', sum, `requires float64 but found ${failed}`),
  ],
  [
    'SELECT max(a + 1) AS x FROM s GROUP BY COUNTWINDOW(2)',
    [{ a: 'x' }, { a: 1 }],
    error('max', sum, `found invalid arg ${failed}`),
  ],
  [
    'SELECT count(abs(a)) AS x, sum(abs(a)) AS y FROM s GROUP BY COUNTWINDOW(2)',
    [{ a: 1 }, { a: 'x' }],
    error('sum', 'Call:{ name:abs, args:[s.a] }', 'requires float64 but found *errors.errorString(').replace(
      'alias: x',
      'alias: y',
    ),
  ],
  [
    'SELECT count(a / b) AS x FROM t GROUP BY COUNTWINDOW(2)',
    [
      { a: 1, b: 0 },
      { a: 4, b: 2 },
    ],
    [{ x: 2 }],
  ],
];

test.each(cases.flatMap((one) => (['compiled', 'interpreted'] as const).map((mode) => [...one, mode] as const)))(
  '%s of %j: %j (%s)',
  (sql, rows, message, mode) => {
    const run = new TestRun({ plan: planStatement(sql, catalog), mode });
    for (const row of rows) run.send(/FROM (\w+)/.exec(sql)?.[1] ?? '', row);
    expect(run.messages).toEqual([typeof message === 'string' ? expect.stringContaining(message) : message]);
  },
);

test('a failed row that leaves a sliding window is counted no more', () => {
  const sql = 'SELECT count(a + 1) AS x FROM s GROUP BY COUNTWINDOW(2, 1)';
  const run = new TestRun({ plan: planStatement(sql, catalog), mode: 'compiled' });
  for (const a of ['x', null, 'x', 1, null, null]) run.send('s', { a });
  expect(run.messages).toEqual([1, 1, 2, 1, 0].map((x) => [{ x }]));
});
