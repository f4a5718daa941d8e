/** Random expressions against SQLite, compiled and interpreted. What is left out: `random-expression.ts`. */
import type { Program } from '@kuiper/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Dice } from '../fuzz/dice.ts';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from '../program/run-program.ts';
import { columns, type Expr, randomExpression } from './random-expression.ts';
import { hasSqlite, Sqlite, type SqliteValue } from './sqlite-process.ts';

const seed = 20_240_611;
const statements = 160;
const expressionsPerStatement = 25;

type Row = Readonly<Record<string, number | string | boolean | null>>;

const rows: readonly Row[] = [
  { i: 6, j: -3, n: 4, f: 1.5, g: -2.25, h: 0.125, s: 'abc', t: 'b', z: ' Ab c ', b: true },
  { i: -17, j: 10, n: null, f: 3, g: 0.5, h: null, s: '', t: 'xyz', z: null, b: false },
  { i: 0, j: 999, n: 0, f: -999.875, g: 0, h: -0.5, s: 'Ab c', t: 'Ab c', z: '', b: true },
  { i: 255, j: 1, n: null, f: 2.5, g: 100.1, h: 7, s: ' a', t: 'c', z: 'abcabc', b: false },
];

const types = { int: 'bigint', float: 'float', string: 'string', bool: 'boolean' } as const;
const sqliteTypes = { int: 'INTEGER', float: 'REAL', string: 'TEXT', bool: 'INTEGER' } as const;

const catalog = catalogOf([
  `CREATE STREAM demo (${columns.map(({ name, kind }) => `${name} ${types[kind]}`).join(', ')}) ` +
    'WITH (DATASOURCE="demo", FORMAT="json", TYPE="httppush")',
]);

/** The value of each expression for each row. */
function evaluate(expressions: readonly Expr[], mode: Program['mode']): unknown[][] {
  const fields = expressions.map(({ kuiper }, i) => `${kuiper} AS e${i}`);
  const run = new TestRun({ plan: planStatement(`SELECT ${fields.join(', ')} FROM demo`, catalog, {}), mode });
  for (const row of rows) run.send('demo', row);
  run.instance.stop();
  return run.messages.map((message) => {
    if (!Array.isArray(message)) throw new Error(String(message));
    return expressions.map((_, i) => message[0][`e${i}`] ?? null);
  });
}

function sqliteLiteral(value: Row[string] | undefined): string {
  if (typeof value === 'string') return `'${value}'`;
  return value === undefined || value === null ? 'NULL' : String(Number(value));
}

/** The mathematical functions of both differ in the last digits. */
const tolerance = 1e-13;

function isSame(found: unknown, expected: SqliteValue, isExact: boolean): boolean {
  const value = typeof found === 'boolean' ? Number(found) : found;
  if (value === expected) return true;
  if (isExact || typeof value !== 'number' || typeof expected !== 'number') return false;
  return Math.abs(value - expected) <= tolerance * Math.abs(expected);
}

describe.skipIf(!hasSqlite())('random expressions give what SQLite gives', () => {
  let sqlite: Sqlite;

  beforeAll(async () => {
    sqlite = new Sqlite();
    await sqlite.rows('PRAGMA case_sensitive_like = ON');
    await sqlite.rows(`CREATE TABLE demo (${columns.map(({ name, kind }) => `${name} ${sqliteTypes[kind]}`).join()})`);
    for (const row of rows) {
      await sqlite.rows(`INSERT INTO demo VALUES (${columns.map(({ name }) => sqliteLiteral(row[name])).join()})`);
    }
  });

  afterAll(() => sqlite.close());

  test.each(['compiled', 'interpreted'] as const)('%s', async (mode) => {
    const dice = new Dice(seed);
    const wrong: string[] = [];
    let compared = 0;
    for (let count = 0; count < statements; count++) {
      const expressions = Array.from({ length: expressionsPerStatement }, () =>
        randomExpression(dice, 1 + dice.below(4)),
      );
      const expected = await sqlite.rows(
        `SELECT ${expressions.map((e) => e.sqlite).join(', ')} FROM demo ORDER BY rowid`,
      );
      const found = evaluate(expressions, mode);
      for (const [r, values] of expected.entries()) {
        for (const [e, value] of values.entries()) {
          const { kuiper, sqlite: other, exact } = expressions[e] as Expr;
          compared++;
          if (isSame(found[r]?.[e], value, exact)) continue;
          wrong.push(`${kuiper}\n  row ${r}: ${String(found[r]?.[e])}, SQLite: ${String(value)}\n  ${other}`);
        }
      }
    }
    expect(wrong.slice(0, 20).join('\n')).toBe('');
    expect(compared).toBe(statements * expressionsPerStatement * rows.length);
  });
});
