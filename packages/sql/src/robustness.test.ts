/** Whatever the input: a tree, or an error of ours that says where. */

import { KuiperError } from '@kuiper/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Expr } from './ast.ts';
import { explainExpr } from './explain.ts';
import { parseExpression, parseSelectItems, parseSortItems, parseStatement } from './parse.ts';
import { printExpression } from './print-expression.ts';
import { printStatement } from './print-statement.ts';
import { underline } from './span-text.ts';
import { mapChildren, walkExpr } from './walk.ts';

const entryPoints: readonly ((text: string) => unknown)[] = [
  parseStatement,
  parseExpression,
  parseSelectItems,
  parseSortItems,
];

/** The error of a refused text, after checking that it is ours and points into the text; null when accepted. */
function refusal(parse: (text: string) => unknown, text: string): KuiperError | null {
  try {
    parse(text);
    return null;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(KuiperError);
    const error = thrown as KuiperError;
    expect(error.domain).toBe('user');
    const { start, end } = error.span ?? { start: -1, end: -1 };
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeGreaterThanOrEqual(start);
    expect(end).toBeLessThanOrEqual(text.length);
    expect(underline(text, { start, end })).toContain('^');
    return error;
  }
}

const words =
  `SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT AS INVISIBLE EXCEPT REPLACE CASE WHEN THEN ELSE END IN NOT BETWEEN
  LIKE AND OR OVER PARTITION FILTER INNER LEFT CROSS JOIN ON TRUE DESC CREATE STREAM TABLE WITH DROP SHOW STREAMS ARRAY STRUCT
  BIGINT DEFAULT TYPE SHARED ss a b demo f meta count tumblingwindow countwindow statewindow dedup_trigger 1 2.5 .5 -1 1.2.3
  99999999999999999999 "x" 'y' "\\d" \`q\` " ' \` * , . ( ) [ ] : ; # + - / % & | ^ = ! != < > -> -- /* */ @ é`.split(
    /\s+/,
  );
const select =
  'SELECT a, b FROM demo WHERE a > 1 GROUP BY c, tumblingwindow(ss, 10) FILTER (WHERE x IN (1, 2)) ORDER BY a'.split(
    ' ',
  );

const soup = fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((tokens) => tokens.join(' '));
const mutated = fc
  .tuple(fc.nat(select.length), fc.nat(3), fc.array(fc.constantFrom(...words), { maxLength: 4 }))
  .map(([at, removed, added]) => select.toSpliced(at, removed, ...added).join(' '));

describe('any input', () => {
  const inputs = { 'token soup': soup, 'a broken statement': mutated, 'any string': fc.string({ unit: 'binary' }) };
  for (const [title, input] of Object.entries(inputs)) {
    test(`of ${title} parses or is refused with a place`, () => {
      fc.assert(
        fc.property(input, (text) => {
          for (const parse of entryPoints) refusal(parse, text);
        }),
        { numRuns: 3000 },
      );
    });
  }

  test('that parses prints to something that parses to the same print', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(mutated, soup), (text) => {
        if (refusal(parseStatement, text) !== null) return;
        accepted++;
        const printed = printStatement(parseStatement(text));
        expect(printStatement(parseStatement(printed))).toBe(printed);
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});

describe('deep nesting', () => {
  const deep = 10_000;
  const cases: readonly [title: string, text: string][] = [
    ['parentheses', `${'('.repeat(deep)}a${')'.repeat(deep)}`],
    ['unclosed parentheses', '('.repeat(deep)],
    ['calls', `${'f('.repeat(deep)}a${')'.repeat(deep)}`],
    ['brackets', `${'a['.repeat(deep)}0${']'.repeat(deep)}`],
    ['CASE', `${'CASE '.repeat(deep)}a`],
    ['IN lists', `${'a IN ('.repeat(deep)}a${')'.repeat(deep)}`],
    ['REPLACE', `${'* REPLACE('.repeat(deep)}a${')'.repeat(deep)}`],
    ['invalid paths', `${'a->('.repeat(deep)}a${')'.repeat(deep)}`],
    ['a long sum', `a${'+a'.repeat(deep)}`],
    ['a long path', `a${'->a'.repeat(deep)}`],
    ['rising precedence', 'a OR a AND a = a + a * '.repeat(deep)],
    ['LIKE after LIKE', `a${' LIKE a'.repeat(deep)}`],
  ];
  for (const [title, text] of cases) {
    test(`of ${title} is refused with a place`, () => {
      expect(refusal(parseExpression, text)?.message).toContain('expression is nested too deeply');
    });
  }

  test('of column types is refused with a place', () => {
    const text = `CREATE STREAM s (a ${'ARRAY('.repeat(deep)}BIGINT${')'.repeat(deep)}) WITH ()`;
    expect(refusal(parseStatement, text)?.message).toBe('expression is nested too deeply');
  });

  const accepted: readonly [title: string, text: string][] = [
    ['1999 conditions in a row', Array.from({ length: 1999 }, (_, i) => `id = ${i}`).join(' OR ')],
    ['200 parentheses', `${'('.repeat(200)}a${')'.repeat(200)}`],
    ['100000 list items', `a IN (${Array.from({ length: 100_000 }, (_, i) => i).join(', ')})`],
  ];
  for (const [title, text] of accepted) {
    test(`of ${title} is fine, for every walker too`, () => {
      const expr = parseExpression(text);
      let nodes = 0;
      walkExpr(expr, () => nodes++);
      expect(nodes).toBeGreaterThan(200);
      const rebuild = (child: Expr): Expr => mapChildren(child, rebuild);
      expect(rebuild(expr)).toBe(expr);
      expect(printExpression(expr)).toBe(text);
      expect(explainExpr(expr).length).toBeGreaterThan(text.length);
    });
  }
});
