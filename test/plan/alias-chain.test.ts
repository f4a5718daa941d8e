/** Aliases of aliases: what a statement costs follows its length, not what it would be with every alias written out. */
import { explainPlan } from '@kuiper/engine';
import { expect, test } from 'vitest';
import { TestRun } from '../program/run-program.ts';
import { catalogOf, planStatement } from './test-catalog.ts';

const catalog = catalogOf(['CREATE STREAM demo () WITH (TYPE="httppush", DATASOURCE="demo", FORMAT="json")']);
const levels = 200;

/** `first AS x0`, then each alias by the one before it, written `#`. */
const chain = (first: string, step: string): string =>
  Array.from({ length: levels }, (_, i) => `${i === 0 ? first : step.replaceAll('#', `x${i - 1}`)} AS x${i}`).join(
    ', ',
  );

const last = `x${levels - 1}`;
const branches = 'CASE WHEN # > 1000 THEN # ELSE # + 1 END';
const statements: readonly (readonly [string, string])[] = [
  ['branches', `SELECT ${chain('a', branches)} FROM demo`],
  ['a condition', `SELECT ${chain('a', branches)} FROM demo WHERE ${last} > 1 AND ${last} < 1000`],
  ['counted hits', `SELECT ${chain('last_hit_count()', '# + #')} FROM demo WHERE ${last} >= 0`],
  ['calls', `SELECT ${chain('a', 'array_create(#, # + 1)[0]')} FROM demo`],
  ['analytic calls', `SELECT ${chain('a', 'lag(#) + lag(#)')} FROM demo WHERE ${last} > 1 OR true`],
  ['aggregates', `SELECT ${chain('sum(a)', '# + #')} FROM demo GROUP BY TUMBLINGWINDOW(ss, 1) HAVING ${last} > 1`],
  ['aggregates in WHERE', `SELECT ${chain('sum(a)', '# + #')} FROM demo WHERE ${last} > 1 GROUP BY COUNTWINDOW(2)`],
  ['groups', `SELECT ${chain('a', branches)} FROM demo GROUP BY ${last}, TUMBLINGWINDOW(ss, 1)`],
  [
    'joins',
    `SELECT ${chain('l.a', branches)} FROM demo AS l INNER JOIN demo AS r ON ${last} = r.a GROUP BY TUMBLINGWINDOW(ss, 1)`,
  ],
];

test.each(statements)(`${levels} chained aliases with %s`, (_, sql) => {
  const plan = planStatement(sql, catalog);
  expect(plan.cacheKey.length).toBeLessThan(3000 * levels);
  expect(explainPlan(plan).length).toBeLessThan(10 * 16_384 + 3000 * levels);
  expect(String(plan.aliases.at(-1)?.expr.text).length).toBeLessThan(16_384 + 100 * levels);
});

test.each(['compiled', 'interpreted'] as const)(
  'a %s condition takes chains up to a height, and refuses higher ones',
  (mode) => {
    const high = (count: number): string =>
      `SELECT ${Array.from({ length: count }, (_, i) => (i === 0 ? 'a AS x0' : `x${i - 1} + 1 AS x${i}`)).join(', ')} FROM demo`;
    const run = new TestRun({ plan: planStatement(`${high(900)} WHERE x899 > 0`, catalog), mode });
    run.send('demo', { a: 1 });
    expect((run.messages[0] as readonly unknown[])[0]).toMatchObject({ x899: 900 });
    expect(() => planStatement(`${high(1100)} WHERE x1099 > 0`, catalog)).toThrow('expression is nested too deeply');
    expect(planStatement(high(1100), catalog).aliases).toHaveLength(1100);
  },
);

test.each(['compiled', 'interpreted'] as const)('a %s chain gives its values', (mode) => {
  const plan = planStatement(`SELECT ${chain('a', branches)} FROM demo`, catalog);
  const run = new TestRun({ plan, mode });
  run.send('demo', { a: 1 });
  const [[row]] = run.messages as [[Record<string, number>]];
  expect([row.x0, row.x1, row[last]]).toEqual([1, 2, levels]);
});

test('an error names the aliases it cannot show in full', () => {
  const plan = planStatement(`SELECT ${chain('a', branches)} FROM demo`, catalog);
  expect(String(plan.aliases[1]?.expr.text)).toContain('whenClause:{ binaryExpr:{ $$alias.x0,aliasRef:demo.a > 1000 }');
  const long = planStatement(`SELECT ${chain('a', '# + #')} FROM demo`, catalog);
  expect(String(long.aliases.at(-1)?.expr.text)).toMatch(/ \+ \$\$alias\.x198,aliasRef:… \}$/);
});

test('an alias in WHERE sees the names that it saw in the select list', () => {
  const sql = 'SELECT a + sum(c) AS b, 100 AS a FROM demo WHERE b < 50 GROUP BY COUNTWINDOW(1)';
  const run = new TestRun({ plan: planStatement(sql, catalog), mode: 'compiled' });
  run.send('demo', { a: 1, c: 2 });
  run.send('demo', { a: 48, c: 2 });
  expect(run.messages).toEqual([[{ a: 100, b: 3 }]]);
});
