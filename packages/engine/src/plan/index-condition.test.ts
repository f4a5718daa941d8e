import type { Kind } from '@kuiper/base';
import type { BinaryOp } from '@kuiper/sql';
import { describe, expect, test } from 'vitest';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import type { IndexCondition } from './plan-node.ts';
import { indexableCondition } from './index-condition.ts';

const span = { start: 0, end: 1 };
const column = (name: string): TypedExpr => ({ kind: 'column', type: 'any', source: 0, name, span, text: name });
const literal = (type: Kind, value: unknown): TypedExpr => ({
  kind: 'literal',
  type,
  value,
  span,
  text: String(value),
});
const alias: TypedExpr = { kind: 'alias', type: 'any', alias: 0, name: 'x', span, text: 'x' };

function binary(left: TypedExpr, op: BinaryOp, right: TypedExpr): TypedExpr {
  return { kind: 'binary', type: 'bool', op, left, right, span, text: '' };
}

const a = column('a');
const one = literal('int', 1);
const cases: readonly (readonly [string, TypedExpr, IndexCondition | null])[] = [
  ['an equality', binary(a, '=', literal('string', 'x')), { column: 'a', op: '=', value: 'x' }],
  ['an int keeps its kind', binary(a, '>', one), { column: 'a', op: '>', value: 1n }],
  ['a float keeps its kind', binary(a, '<=', literal('float', 1)), { column: 'a', op: '<=', value: 1 }],
  ['a literal on the left turns the comparison', binary(one, '<=', a), { column: 'a', op: '>=', value: 1n }],
  ['a truth value, by equality', binary(a, '=', literal('bool', true)), { column: 'a', op: '=', value: true }],
  ['but not by order', binary(a, '<', literal('bool', true)), null],
  [
    'the leftmost of several terms',
    binary(binary(binary(a, '>', one), 'AND', binary(column('b'), '=', one)), 'AND', binary(column('c'), '=', one)),
    { column: 'a', op: '>', value: 1n },
  ],
  ['not the second', binary(binary(alias, '>', one), 'AND', binary(a, '=', one)), null],
  ['not an inequality', binary(a, '!=', one), null],
  ['not an alternative', binary(binary(a, '=', one), 'OR', binary(a, '=', one)), null],
  ['not two columns', binary(a, '=', column('b')), null],
  ['not arithmetic', binary(a, '+', one), null],
];

describe('conditions for indexed dispatch', () => {
  test.each(cases)('%s', (_, condition, expected) => {
    expect(indexableCondition(condition)).toEqual(expected);
  });
});
