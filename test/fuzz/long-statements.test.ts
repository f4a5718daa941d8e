/**
 * Long statements: work follows their length, and nesting that is too deep is refused with its place. Each form is made
 * at one size and at four times that size; four times the text may take ten times as long (measured at sizes where
 * noise is small), where a quadratic step would take sixteen times.
 */
import { KuiperError } from '@kuiper/base';
import { analyzeSelect, compilePlan, functionCheck, optimizePlan, planQuery } from '@kuiper/engine';
import { parseSelect } from '@kuiper/sql';
import { describe, expect, test } from 'vitest';
import { catalogOf, optionsWith } from '../plan/test-catalog.ts';

const catalog = catalogOf(['CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")']);
const check = functionCheck(catalog.functions);

/** The whole way to a program, without running it. */
function compileText(sql: string): void {
  const statement = parseSelect(sql, { functions: check });
  compilePlan(optimizePlan(planQuery(analyzeSelect(statement, catalog, optionsWith({})))), 'compiled');
}

function millisecondsOf(sql: string): number {
  const start = performance.now();
  compileText(sql);
  return performance.now() - start;
}

const list = (n: number, item: (i: number) => string, separator = ', '): string =>
  Array.from({ length: n }, (_, i) => item(i)).join(separator);

/** Size at which the smaller statement has some tens of kilobytes; the larger one has four times as many. */
const growing: readonly (readonly [title: string, size: number, make: (n: number) => string])[] = [
  ['columns', 600, (n) => `SELECT ${list(n, (i) => `column_${i}`)} FROM s`],
  ['aliases', 400, (n) => `SELECT ${list(n, (i) => `a${i % 7} + ${i} AS alias_${i}`)} FROM s`],
  [
    'aliases used in conditions',
    200,
    (n) => {
      return `SELECT ${list(n, (i) => `a + ${i} AS x${i}`)} FROM s WHERE ${list(n / 4, (i) => `x${i} > 1`, ' AND ')}`;
    },
  ],
  ['aliases of aliases', 200, (n) => `SELECT ${list(n, (i) => `${i === 0 ? 'a' : `x${i - 1}`} + 1 AS x${i}`)} FROM s`],
  ['elements of an IN list', 2000, (n) => `SELECT a FROM s WHERE a IN (${list(n, String)})`],
  ['branches of CASE', 300, (n) => `SELECT CASE a ${list(n, (i) => `WHEN ${i} THEN "v${i}"`, ' ')} END AS x FROM s`],
  ['arguments', 2000, (n) => `SELECT concat(${list(n, (i) => `"t${i}"`)}) AS x FROM s`],
  ['calls', 300, (n) => `SELECT ${list(n, (i) => `abs(c${i}) AS x${i}`)} FROM s`],
  ['analytic calls', 250, (n) => `SELECT ${list(n, (i) => `lag(c${i}) AS x${i}`)} FROM s`],
  ['aggregates', 250, (n) => `SELECT ${list(n, (i) => `sum(c${i}) AS x${i}`)} FROM s GROUP BY countwindow(2)`],
  ['grouping columns', 500, (n) => `SELECT a FROM s GROUP BY ${list(n, (i) => `c${i}`)}, countwindow(2)`],
  ['names of EXCEPT', 3000, (n) => `SELECT * EXCEPT(${list(n, (i) => `c${i}`)}) FROM s`],
  ['texts', 60_000, (n) => `SELECT "${'x'.repeat(n)}" AS x FROM s`],
  ['comments', 30_000, (n) => `SELECT ${'/**/ '.repeat(n / 5)} a FROM s -- ${'x'.repeat(n)}`],
  ['conjuncts', 400, (n) => `SELECT a FROM s WHERE ${list(n, (i) => `c${i} > ${i}`, ' AND ')}`],
];

describe('a statement four times as long does not take sixteen times as long', () => {
  for (const [title, size, make] of growing) {
    test(title, () => {
      millisecondsOf(make(size));
      let ratio = Number.POSITIVE_INFINITY;
      // a busy machine may slow one of the two: what is quadratic is so each time
      for (let tries = 0; tries < 8 && ratio > 10; tries++) {
        const small = millisecondsOf(make(size - 4 * tries));
        ratio = Math.min(ratio, (millisecondsOf(make(4 * (size - 4 * tries))) - 30) / small);
      }
      expect(ratio).toBeLessThan(10);
    });
  }
});

const nested: readonly (readonly [title: string, make: (depth: number) => string])[] = [
  ['parentheses', (n) => `${'('.repeat(n)}a${')'.repeat(n)}`],
  ['unclosed parentheses', (n) => '('.repeat(n)],
  ['CASE', (n) => `${'CASE a WHEN 1 THEN '.repeat(n)}1${' END'.repeat(n)}`],
  ['calls', (n) => `${'abs('.repeat(n)}a${')'.repeat(n)}`],
  ['analytic calls', (n) => `${'lag('.repeat(n)}a${')'.repeat(n)}`],
  ['indexes', (n) => `${'l['.repeat(n)}0${']'.repeat(n)}`],
  ['chains of indexes', (n) => `l${'[0]'.repeat(n)}`],
  ['paths', (n) => `a${'->b'.repeat(n)}`],
  ['sums', (n) => `a${' + a'.repeat(n)}`],
  ['IN lists', (n) => `${'a IN ('.repeat(n)}1${')'.repeat(n)}`],
];

describe('nesting runs or is refused with its place, at any depth', () => {
  for (const [title, make] of nested) {
    test(title, () => {
      for (const depth of [50, 200, 250, 300, 1000, 2500, 100_000]) {
        for (const sql of [`SELECT ${make(depth)} AS x FROM s`, `SELECT a FROM s WHERE ${make(depth)} = 1`]) {
          const start = performance.now();
          let thrown: unknown = null;
          try {
            compileText(sql);
          } catch (error) {
            thrown = error;
          }
          expect(performance.now() - start).toBeLessThan(3000);
          if (thrown === null) continue;
          expect(thrown).toBeInstanceOf(KuiperError);
          expect((thrown as KuiperError).domain).toBe('user');
          expect((thrown as KuiperError).span).toBeDefined();
        }
      }
    });
  }

  test('aliases of aliases', () => {
    for (const depth of [100, 2000]) {
      const chain = list(depth, (i) => (i === 0 ? 'a AS x0' : `x${i - 1} + 1 AS x${i}`));
      let thrown: unknown = null;
      try {
        compileText(`SELECT ${chain} FROM s`);
      } catch (error) {
        thrown = error;
      }
      if (thrown !== null) expect(thrown).toBeInstanceOf(KuiperError);
    }
  });
});
