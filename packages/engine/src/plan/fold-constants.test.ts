import type { Kind } from '@kuiper/base';
import type { BinaryOp } from '@kuiper/sql';
import { describe, expect, test } from 'vitest';
import type { LiteralExpr, TypedExpr } from '../analyze/typed-expr.ts';
import { foldExpr } from './fold-constants.ts';

const span = { start: 0, end: 1 };
const literal = (type: Kind, value: unknown): LiteralExpr => ({
  kind: 'literal',
  type,
  value,
  span,
  text: String(value),
});
const int = (value: number | bigint): LiteralExpr => literal('int', value);
const float = (value: number): LiteralExpr => literal('float', value);
const column: TypedExpr = { kind: 'column', type: 'any', source: 0, name: 'a', span, text: 's.a' };

function binary(left: TypedExpr, op: BinaryOp, right: TypedExpr, type: Kind = 'any'): TypedExpr {
  return { kind: 'binary', type, op, left, right, span, text: `${left.text} ${op} ${right.text}` };
}

describe('constant folding', () => {
  const folded: readonly (readonly [TypedExpr, unknown])[] = [
    [binary(int(5), '*', binary(int(60), '*', int(1000), 'int'), 'int'), 300_000],
    [binary(int(7), '/', int(2)), 3],
    [binary(int(-7), '%', int(3)), -1],
    [binary(int(9_223_372_036_854_775_807n), '+', int(1)), -9_223_372_036_854_775_808n],
    [binary(float(7), '/', int(2)), 3.5],
    [binary(float(0.1), '+', float(0.2)), 0.30000000000000004],
    [binary(int(1), '=', float(1)), true],
    [binary(literal('string', 'Z'), '<', literal('string', 'a')), true],
    [binary(literal('bool', true), 'AND', literal('bool', false)), false],
  ];
  test.each(folded)('%#: an operator over literals becomes its value', (expr, value) => {
    expect(foldExpr(expr)).toMatchObject({ kind: 'literal', value, text: expr.text });
  });

  const kept: readonly TypedExpr[] = [
    binary(int(1), '/', int(0)),
    binary(float(1), '%', float(0)),
    binary(literal('string', 'a'), '+', literal('string', 'b')),
    binary(int(1), '+', literal('string', 'b')),
    binary(literal('bool', true), '=', literal('bool', true)),
    binary(float(1), '&', int(1)),
    binary(column, '+', int(1)),
    column,
  ];
  test.each(kept)('%#: what fails on each row, or is not constant, stays the same node', (expr) => {
    expect(foldExpr(expr)).toBe(expr);
  });

  test('constants inside other expressions fold too', () => {
    const expr = binary(column, '>', binary(int(2), '+', int(3), 'int'), 'bool');
    expect(foldExpr(expr)).toMatchObject({ kind: 'binary', right: { kind: 'literal', value: 5 } });
  });
});
