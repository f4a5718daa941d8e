/** Operators of the expressions inside JSON paths. Numbers are floats. Source: behaviour spec, functions §15. */
import { compareStrings, DateTime, goTypeName, rowError, valueText } from '@kuiper/base';
import { isMapValue } from '../map-value.ts';
import { compiledPattern } from '../regexp/compiled-pattern.ts';

/** From loosest to tightest binding. */
export const precedence: Readonly<Record<string, number>> = {
  '??': 1,
  '||': 2,
  '&&': 3,
  '==': 4,
  '!=': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '=~': 4,
  '!~': 4,
  in: 4,
  '|': 5,
  '^': 5,
  '&': 6,
  '<<': 6,
  '>>': 6,
  '+': 7,
  '-': 7,
  '*': 8,
  '/': 8,
  '%': 8,
  '**': 9,
};

/** Both operands are values; `&&`, `||` and `??` are handled where the right one need not be computed. */
export function applyOperator(operator: string, left: unknown, right: unknown): unknown {
  switch (operator) {
    case '==':
      return sameValue(left, right);
    case '!=':
      return !sameValue(left, right);
    case '<':
      return order(operator, left, right) < 0;
    case '<=':
      return order(operator, left, right) <= 0;
    case '>':
      return order(operator, left, right) > 0;
    case '>=':
      return order(operator, left, right) >= 0;
    case '=~':
      return compiledPattern(string(right)).test(string(left));
    case '!~':
      return !compiledPattern(string(right)).test(string(left));
    case 'in':
      return Array.isArray(right)
        ? right.some((element) => sameValue(element, left))
        : notPossible(operator, left, right);
    case '+':
      if (typeof left === 'string' || typeof right === 'string')
        return valueText(left, 'any') + valueText(right, 'any');
  }
  return arithmetic(operator, number(operator, left, right, left), number(operator, left, right, right));
}

function arithmetic(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '**':
      return left ** right;
    case '|':
      return Number(BigInt(Math.trunc(left)) | BigInt(Math.trunc(right)));
    case '&':
      return Number(BigInt(Math.trunc(left)) & BigInt(Math.trunc(right)));
    case '^':
      return Number(BigInt(Math.trunc(left)) ^ BigInt(Math.trunc(right)));
    case '<<':
      return Number(BigInt.asIntN(64, BigInt(Math.trunc(left)) << BigInt(Math.trunc(right))));
    default:
      return Number(BigInt(Math.trunc(left)) >> BigInt(Math.trunc(right)));
  }
}

function order(operator: string, left: unknown, right: unknown): number {
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right);
  if (left instanceof DateTime && right instanceof DateTime) return left.compare(right);
  return number(operator, left, right, left) - number(operator, left, right, right);
}

function number(operator: string, left: unknown, right: unknown, operand: unknown): number {
  if (typeof operand === 'number') return operand;
  return typeof operand === 'bigint' ? Number(operand) : notPossible(operator, left, right);
}

function string(operand: unknown): string {
  return typeof operand === 'string' ? operand : rowError(`expected string but got ${goTypeName(operand, 'any')}`);
}

function notPossible(operator: string, left: unknown, right: unknown): never {
  return rowError(`invalid operation (${goTypeName(left, 'any')}) ${operator} (${goTypeName(right, 'any')})`);
}

export function truth(value: unknown): boolean {
  return typeof value === 'boolean' ? value : rowError(`unexpected ${goTypeName(value, 'any')}, expected bool`);
}

export function negative(value: unknown): number {
  return -number('-', 0, value, value);
}

/** Deep equality; an integer equals the float of its value. */
function sameValue(a: unknown, b: unknown): boolean {
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b);
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((element, i) => sameValue(element, b[i]));
  if (a instanceof DateTime) return b instanceof DateTime && a.compare(b) === 0;
  if (!isMapValue(a)) return (a ?? null) === (b ?? null);
  if (!isMapValue(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
