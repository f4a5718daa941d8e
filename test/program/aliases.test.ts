/** Aliases are computed at most once per row, whatever uses them. */
import { describe, expect, test } from 'vitest';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

const catalog = catalogOf([
  'CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")',
  'CREATE STREAM typed (a bigint, b bigint) WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")',
]);

describe.each(['compiled', 'interpreted'] as const)('%s', (mode) => {
  const play = (sql: string, rows: readonly unknown[]): Record<string, unknown>[] => {
    const run = new TestRun({ plan: planStatement(sql, catalog), mode });
    for (const row of rows) run.send('s', row);
    return run.messages.flat() as Record<string, unknown>[];
  };

  const once: readonly (readonly [string, string])[] = [
    ['within a select list', 'SELECT newuuid() AS id, id AS again FROM s'],
    ['in WHERE and the select list', 'SELECT newuuid() AS id, id AS again FROM s WHERE length(id) = 36'],
    [
      'behind a condition that may not be reached',
      'SELECT newuuid() AS id, id AS again FROM s WHERE a > 5 OR length(id) > 0 AND length(id) = 36',
    ],
  ];
  test.each(once)('%s', (_name, sql) => {
    const rows = play(sql, [{ a: 1 }, { a: 9 }]);
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(row.again).toBe(row.id);
    expect(rows[0]?.id).not.toBe(rows[1]?.id);
  });

  test('from the window to the select list', () => {
    const rows = play('SELECT a, newuuid() AS id, length(id) AS n FROM s GROUP BY COUNTWINDOW(4) ORDER BY id', [
      { a: 1 },
      { a: 2 },
      { a: 3 },
      { a: 4 },
    ]);
    const ids = rows.map((row) => String(row.id));
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(4);
  });

  test('a chain of conditional aliases stays small', () => {
    const steps = Array.from({ length: 8 }, (_, i) => {
      const last = i === 0 ? 'a' : `x${i - 1}`;
      return `CASE WHEN b > ${i} THEN ${last} + 1 WHEN ${last} > 100 THEN ${last} ELSE ${last} + 2 END AS x${i}`;
    });
    const sql = `SELECT ${steps.join(', ')} FROM s WHERE b < 0 OR x7 > 0`;
    const plan = planStatement(sql, catalog);
    const run = new TestRun({ plan, mode });
    expect(run.program.code.length).toBeLessThan(20_000);
    run.send('s', { a: 0, b: 10 });
    run.send('s', { a: 0, b: -1 });
    expect((run.messages[0] as Record<string, unknown>[])[0]?.x7).toBe(8);
    expect((run.messages[1] as Record<string, unknown>[])[0]?.x7).toBe(16);
  });
});
