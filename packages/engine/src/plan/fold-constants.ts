/**
 * constantFolding: operators over literals are computed once. What would fail on each row stays as it is, and so does
 * the printed form: error texts and explain show the statement as written.
 */
import {
  addInt,
  compareInts,
  compareStrings,
  compareTagged,
  divInt,
  type Int,
  type Kind,
  modInt,
  mulInt,
  subInt,
} from '@kuiper/base';
import type { BinaryOp } from '@kuiper/sql';
import type { BinaryExpr, LiteralExpr, TypedExpr } from '../analyze/typed-expr.ts';
import { mapTypedChildren } from '../analyze/walk-typed.ts';
import type { LogicalPlan } from './logical-plan.ts';
import { mapNodeExprs, mapQueryExprs } from './map-exprs.ts';

export function foldConstants(plan: LogicalPlan): LogicalPlan {
  return { query: mapQueryExprs(plan.query, foldExpr), root: mapNodeExprs(plan.root, foldExpr) };
}

/** The same node comes back when nothing below it is constant. */
export function foldExpr(expr: TypedExpr): TypedExpr {
  const inner = mapTypedChildren(expr, foldExpr);
  if (inner.kind !== 'binary' || inner.left.kind !== 'literal' || inner.right.kind !== 'literal') return inner;
  const value = foldBinary(inner, inner.left, inner.right);
  if (value === undefined) return inner;
  return { kind: 'literal', type: inner.type, value, span: inner.span, text: inner.text };
}

function foldBinary(expr: BinaryExpr, left: LiteralExpr, right: LiteralExpr): unknown {
  if (left.type === 'bool' && right.type === 'bool') {
    if (expr.op === 'AND') return left.value === true && right.value === true;
    return expr.op === 'OR' ? left.value === true || right.value === true : undefined;
  }
  if (left.type === 'string' && right.type === 'string') {
    return foldCompare(expr.op, compareStrings(left.value as string, right.value as string));
  }
  if (!isNumber(left.type) || !isNumber(right.type)) return undefined;
  const a = left.value as Int;
  const b = right.value as Int;
  if (left.type === 'int' && right.type === 'int') return foldInts(expr.op, a, b);
  return foldFloats(expr.op, Number(a), Number(b));
}

function isNumber(kind: Kind): boolean {
  return kind === 'int' || kind === 'float';
}

function foldInts(op: BinaryOp, a: Int, b: Int): unknown {
  // dividing by zero is an error of each row
  switch (op) {
    case '+':
      return addInt(a, b);
    case '-':
      return subInt(a, b);
    case '*':
      return mulInt(a, b);
    case '/':
      return Number(b) === 0 ? undefined : divInt(a, b);
    case '%':
      return Number(b) === 0 ? undefined : modInt(a, b);
    default:
      return foldCompare(op, compareInts(a, b));
  }
}

function foldFloats(op: BinaryOp, a: number, b: number): unknown {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0 ? undefined : a / b;
    case '%':
      return b === 0 ? undefined : a % b;
    default:
      return foldCompare(op, compareTagged(a, b));
  }
}

function foldCompare(op: BinaryOp, order: number): boolean | undefined {
  switch (op) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return undefined;
  }
}
