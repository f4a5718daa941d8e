import { describe, expect, test } from 'vitest';
import type { Expr } from './ast.ts';
import { parseExpression, parseSelect } from './parse.ts';
import { printExpression } from './print-expression.ts';
import { printStatement } from './print-statement.ts';
import { forEachSelectExpr, mapChildren, mapSelect, walkExpr } from './walk.ts';

/** Every kind of node, each with columns a, b, … in the order of the text. */
const expressions: readonly string[] = [
  'a + b',
  'a BETWEEN b AND c',
  'a IN (b, c)',
  'a IN b',
  'a NOT LIKE b',
  'CASE a WHEN b THEN c WHEN d THEN e ELSE f END',
  'CASE WHEN a = b THEN c END',
  'a[b]',
  'a[b:c]',
  'a[:]',
  'a->k',
  'a->(b)',
  'f(a, b) OVER (PARTITION BY c, d ORDER BY e DESC WHEN g)',
  '(a)',
  '* EXCEPT(x) REPLACE(a AS x, b AS y)',
  'meta(k) = 1',
];

const select =
  'SELECT a, b AS x FROM s INNER JOIN t ON c = d LEFT JOIN u WHERE e GROUP BY f, countwindow(2) FILTER (WHERE g) OVER (WHEN h ' +
  'PARTITION BY i), statewindow(j, k) HAVING l ORDER BY m DESC';

function columnsOf(visitAll: (visit: (expr: Expr) => void) => void): string {
  let names = '';
  visitAll((top) =>
    walkExpr(top, (expr) => {
      if (expr.kind === 'column') names += expr.name;
    }),
  );
  return names;
}

const rename = (expr: Expr): Expr =>
  expr.kind === 'column' ? { ...expr, name: `${expr.name}2` } : mapChildren(expr, rename);
const keep = (expr: Expr): Expr => mapChildren(expr, keep);

describe('children of', () => {
  for (const text of expressions) {
    test(`${text} are visited in order, kept when unchanged and replaced when changed`, () => {
      const expr = parseExpression(text);
      const names = [...text.matchAll(/\b[a-g]\b(?!\()/g)].join('');
      expect(columnsOf((visit) => visit(expr))).toBe(names);
      expect(mapChildren(expr, keep)).toBe(expr);
      expect(printExpression(rename(expr))).toBe(text.replaceAll(/\b[a-g]\b(?!\()/g, '$&2'));
    });
  }

  test('a SELECT are visited in order, kept when unchanged and replaced when changed', () => {
    const statement = parseSelect(select);
    expect(columnsOf((visit) => forEachSelectExpr(statement, visit))).toBe('abcdefghijklm');
    expect(mapSelect(statement, keep)).toBe(statement);
    expect(printStatement(mapSelect(statement, rename))).toBe(select.replaceAll(/\b[a-m]\b/g, '$&2'));
  });
});
