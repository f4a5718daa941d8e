/** Sort keys that cannot be compared fail the window, and say where. */
import { expect, test } from 'vitest';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

const catalog = catalogOf(['CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")']);

const cases: readonly (readonly [sql: string, rows: readonly unknown[], message: unknown])[] = [
  [
    'SELECT a FROM s GROUP BY COUNTWINDOW(2) ORDER BY a',
    [{ a: 1 }, { a: 'x' }],
    'run Order By error: incompatible types for comparison: float64 and string',
  ],
  [
    'SELECT a, count(*) AS c FROM s GROUP BY a, COUNTWINDOW(2) ORDER BY a',
    [{ a: true }, { a: 'x' }],
    'run Order By error: incompatible types for comparison: bool and string',
  ],
  [
    'SELECT a FROM s GROUP BY COUNTWINDOW(2) ORDER BY abs(a)',
    [{ a: 1 }, { a: 'x' }],
    'run Order By error: call func abs error: only float64 & int type are supported',
  ],
  ['SELECT a FROM s GROUP BY COUNTWINDOW(2) ORDER BY a', [{ a: 2 }, { a: 1 }], [{ a: 1 }, { a: 2 }]],
];

test.each(cases.flatMap((one) => (['compiled', 'interpreted'] as const).map((mode) => [...one, mode] as const)))(
  '%s of %j: %j (%s)',
  (sql, rows, message, mode) => {
    const run = new TestRun({ plan: planStatement(sql, catalog), mode });
    for (const row of rows) run.send('s', row);
    expect(run.messages).toEqual([message]);
  },
);

const maps: readonly (readonly [sql: string, text: string])[] = [
  ['SELECT m["k"] AS x FROM s', '[] is an invalid operation for map[string]interface {}'],
  ['SELECT m[0:1] AS x FROM s', '[] is an invalid operation for map[string]interface {}'],
  ['SELECT l["k"] AS x FROM s', 'invalid evaluation result - <nil>'],
];
test.each(maps)('%s fails as %s', (sql, text) => {
  const run = new TestRun({ plan: planStatement(sql, catalog), mode: 'compiled' });
  run.send('s', { m: { k: 1 }, l: [1] });
  expect(run.messages).toEqual([expect.stringMatching(`${text.replace(/[[\]{}<>]/g, '\\$&')}$`)]);
});
