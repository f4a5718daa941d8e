/** Weekdays and time spans are numbers that print as names and durations where text is wanted. */
import { expect, test } from 'vitest';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

const catalog = catalogOf(['CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")']);
const thursday = { a: 0, b: 90_061_001 };

const cases: readonly (readonly [fields: string, row: unknown])[] = [
  ['day_of_week(a) AS r', { r: 4 }],
  ['day_of_week(a) + 1 AS r, day_of_week(a) = 4 AS q', { r: 5, q: true }],
  ['concat(day_of_week(a), "!") AS r', { r: 'Thursday!' }],
  ['cast(day_of_week(a), "string") AS r, cast(day_of_week(a), "bigint") AS q', { r: 'Thursday', q: 4 }],
  ['length(day_of_week(a)) AS r', { r: 8 }],
  ['to_json(day_of_week(a)) AS r', { r: '4' }],
  ['day_of_week(a) AS w, upper(w) AS r, w * 2 AS q', { w: 4, r: 'THURSDAY', q: 8 }],
  ['day_of_week(a) AS w, w AS v, lower(v) AS r', { w: 4, v: 4, r: 'thursday' }],
  ['date_diff(a, b) / 1000000 AS r', { r: 90_061_001 }],
  ['concat(date_diff(a, b), "") AS r, concat(date_diff(b, a), "") AS q', { r: '25h1m1.001s', q: '-25h1m1.001s' }],
];

test.each(cases)('%s', (fields, row) => {
  for (const mode of ['compiled', 'interpreted'] as const) {
    const run = new TestRun({ plan: planStatement(`SELECT ${fields} FROM s`, catalog, {}), mode });
    run.send('s', thursday);
    run.instance.stop();
    expect(run.messages, mode).toEqual([[row]]);
  }
});

test('what fails in an aggregate projection prints as nothing', () => {
  const sql = 'SELECT concat("<", day_of_week(c), ">") AS r, count(*) AS n FROM s GROUP BY COUNTWINDOW(1)';
  for (const mode of ['compiled', 'interpreted'] as const) {
    const run = new TestRun({ plan: planStatement(sql, catalog, {}), mode });
    run.send('s', thursday);
    run.instance.stop();
    expect(run.messages, mode).toEqual([[{ r: '<>', n: 1 }]]);
  }
});
