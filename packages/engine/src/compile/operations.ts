/**
 * Operators on tagged values: the general case that generated code falls back to when kinds are unknown, and the
 * meaning of operators for the interpreter. Source: behaviour spec, sql §7.1–7.6.
 */
import {
  compareStrings,
  compareTagged,
  DateTime,
  describeValue,
  parseDateTime,
  rowError,
  valueText,
} from '@kuiper/base';
import type { ArithmeticOp, BinaryOp, BitOp, CompareOp } from '@kuiper/sql';

type Op = BinaryOp | 'IN' | 'NOT IN' | 'BETWEEN' | 'NOT BETWEEN' | 'LIKE' | 'NOT LIKE' | '[]' | '->';

export function invalidOperation(a: unknown, op: Op, b: unknown): never {
  const mixed = (typeof a === 'bigint' && typeof b === 'number') || (typeof a === 'number' && typeof b === 'bigint');
  const left = describeValue(mixed ? Number(a) : a, 'any');
  const right = describeValue(mixed ? Number(b) : b, 'any');
  return rowError(`invalid operation ${left} ${op} ${right}`);
}

/** Lists, maps and bytes are no left operands: fails before the right operand is looked at (§7.1). */
export function checkLeft(a: unknown, op: Op): void {
  if (typeof a !== 'object' || a === null || a instanceof DateTime) return;
  const type = Array.isArray(a) ? '[]interface {}' : a instanceof Uint8Array ? '[]uint8' : 'map[string]interface {}';
  rowError(`${op} is an invalid operation for ${type}`);
}

const isNil = (value: unknown): value is null | undefined => value === null || value === undefined;

/** @returns tagged; null when an operand is nil */
export function arithmetic(op: ArithmeticOp, a: unknown, b: unknown): unknown {
  checkLeft(a, op);
  if (isNil(a) || isNil(b)) return null;
  if (typeof a === 'bigint' && typeof b === 'bigint') return intArithmetic(op, a, b);
  if ((typeof a === 'number' || typeof a === 'bigint') && (typeof b === 'number' || typeof b === 'bigint'))
    return floatArithmetic(op, Number(a), Number(b));
  return invalidOperation(a, op, b);
}

function intArithmetic(op: ArithmeticOp, a: bigint, b: bigint): bigint {
  switch (op) {
    case '+':
      return BigInt.asIntN(64, a + b);
    case '-':
      return BigInt.asIntN(64, a - b);
    case '*':
      return BigInt.asIntN(64, a * b);
    case '/':
      return BigInt.asIntN(64, a / (b || rowError('divided by zero')));
    case '%':
      return a % (b || rowError('divided by zero'));
  }
}

function floatArithmetic(op: ArithmeticOp, a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return divFloat(a, b);
    case '%':
      return modFloat(a, b);
  }
}

export function divFloat(a: number, b: number): number {
  return b === 0 ? rowError('divided by zero') : a / b;
}

export function modFloat(a: number, b: number): number {
  return b === 0 ? rowError('divided by zero') : a % b;
}

/** One function per operator: each call site in generated code stays monomorphic. */
export const arithmeticFunctions: Readonly<Record<ArithmeticOp, (a: unknown, b: unknown) => unknown>> = {
  '+': (a, b) => arithmetic('+', a, b),
  '-': (a, b) => arithmetic('-', a, b),
  '*': (a, b) => arithmetic('*', a, b),
  '/': (a, b) => arithmetic('/', a, b),
  '%': (a, b) => arithmetic('%', a, b),
};

/** @returns tagged; false when an operand is nil */
export function bitwise(op: BitOp, a: unknown, b: unknown): unknown {
  checkLeft(a, op);
  if (isNil(a) || isNil(b)) return false;
  if (typeof a === 'bigint' && typeof b === 'bigint') return op === '&' ? a & b : op === '|' ? a | b : a ^ b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return op === '&' ? a && b : op === '|' ? a || b : a !== b;
  return invalidOperation(a, op, b);
}

/** @returns false when an operand is nil */
export function compare(op: CompareOp, a: unknown, b: unknown): boolean {
  checkLeft(a, op);
  if (isNil(a) || isNil(b)) return false;
  const order = orderOf(a, b);
  if (order === undefined) return comparesTruth(op, a, b) ?? invalidOperation(a, op, b);
  return holds(op, order);
}

function comparesTruth(op: CompareOp, a: unknown, b: unknown): boolean | undefined {
  if (typeof a !== 'boolean' || typeof b !== 'boolean') return undefined;
  return op === '=' ? a === b : op === '!=' ? a !== b : undefined;
}

/** Negative, zero, positive or NaN; undefined when the values have no order. Neither is nil. */
function orderOf(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'string') return typeof b === 'string' ? compareStrings(a, b) : undefined;
  if (typeof a === 'number' || typeof a === 'bigint')
    return typeof b === 'number' || typeof b === 'bigint' ? compareTagged(a, b) : undefined;
  if (!(a instanceof DateTime)) return undefined;
  if (b instanceof DateTime) return a.compare(b);
  if (typeof b === 'number' || typeof b === 'bigint') return a.ms - Number(b) || a.subMsNanos;
  return typeof b === 'string' ? orderOfText(a, b) : undefined;
}

/** An instant against a text that may name one. */
function orderOfText(a: DateTime, text: string): number | undefined {
  try {
    return a.compare(parseDateTime(text, { zone: a.zone, nowMs: a.ms }));
  } catch {
    return undefined;
  }
}

function holds(op: CompareOp, order: number): boolean {
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
  }
}

export const compareFunctions: Readonly<Record<CompareOp, (a: unknown, b: unknown) => boolean>> = {
  '=': (a, b) => compare('=', a, b),
  '!=': (a, b) => compare('!=', a, b),
  '<': (a, b) => compare('<', a, b),
  '<=': (a, b) => compare('<=', a, b),
  '>': (a, b) => compare('>', a, b),
  '>=': (a, b) => compare('>=', a, b),
};

/** AND and OR of operands that both had to be evaluated: nil gives false, anything but booleans fails. */
export function logical(op: 'AND' | 'OR', a: unknown, b: unknown): boolean {
  checkLeft(a, op);
  if (isNil(a) || isNil(b)) return false;
  if (typeof a === 'boolean' && typeof b === 'boolean') return op === 'AND' ? a && b : a || b;
  return invalidOperation(a, op, b);
}

/** BETWEEN and NOT BETWEEN; any nil gives false (§7.5). Both bounds are compared, also when the first one decides. */
export function between(value: unknown, low: unknown, high: unknown, negated: boolean): boolean {
  checkLeft(value, negated ? 'NOT BETWEEN' : 'BETWEEN');
  if (isNil(value) || isNil(low) || isNil(high)) return false;
  const inside = boundOrder(value, low) >= 0;
  const below = boundOrder(value, high) <= 0;
  return (inside && below) !== negated;
}

function boundOrder(value: unknown, bound: unknown): number {
  const order = typeof bound === 'object' && !(bound instanceof DateTime) ? undefined : orderOf(value, bound);
  if (order !== undefined) return order;
  return rowError(`between operator cannot compare ${describeValue(value, 'any')} and ${describeValue(bound, 'any')}`);
}

/** Elements of IN are compared with `=` from left to right; nil elements never match (§7.4). Neither operand is nil. */
export function inList(value: unknown, list: readonly unknown[], negated: boolean): boolean {
  for (const element of list) {
    if (isNil(element)) continue;
    if (equalInList(value, element)) return !negated;
  }
  return negated;
}

function equalInList(value: unknown, element: unknown): boolean {
  if (typeof value === 'string' && typeof element === 'string') return value === element;
  if (typeof value === 'number' && typeof element === 'number') return value === element;
  const order = typeof element === 'object' && !(element instanceof DateTime) ? undefined : orderOf(value, element);
  if (order !== undefined) return order === 0;
  if (typeof value === 'boolean' && typeof element === 'boolean') return value === element;
  return prefixed('evaluate in expression error: ', value, element);
}

function prefixed(prefix: string, a: unknown, b: unknown): never {
  const mixed = typeof a === 'bigint' && typeof b === 'number';
  rowError(`${prefix}invalid operation ${describeValue(mixed ? Number(a) : a, 'any')} = ${describeValue(b, 'any')}`);
}

/** `value IN expression`: a missing list contains nothing; a nil value is neither in nor not in a list. */
export function inValue(value: unknown, list: unknown, negated: boolean): boolean {
  checkLeft(value, negated ? 'NOT IN' : 'IN');
  if (isNil(list)) return negated;
  if (isNil(value)) return false;
  if (!Array.isArray(list)) return invalidOperation(value, negated ? 'NOT IN' : 'IN', list);
  return inList(value, list, negated);
}

/**
 * The pattern as a regular expression: `%` any text, `_` one character, neither crosses lines. Everything else stands
 * for itself, also `%` and `_` right behind a backslash, and the backslash.
 */
export function likePattern(pattern: string): RegExp {
  const body = pattern.replace(/\\[%_]|[\\^$.*+?()[\]{}|/]|%|_/g, (c) => {
    if (c === '%') return '[^\\n]*';
    if (c === '_') return '[^\\n]';
    return c.length === 2 ? `\\\\${c.charAt(1)}` : `\\${c}`;
  });
  return new RegExp(`^${body}$`, 'u');
}

/** The left operand of LIKE; anything but a string fails, nil included (§7.6). */
export function likeOperand(value: unknown, negated: boolean): string {
  if (typeof value === 'string') return value;
  checkLeft(value, negated ? 'NOT LIKE' : 'LIKE');
  return rowError(`LIKE operator left operand expects string, but found ${valueText(value, 'any')}`);
}

const patterns = new Map<string, RegExp>();

/** LIKE with a pattern that is not a literal. */
export function like(value: unknown, pattern: unknown, negated: boolean): boolean {
  const text = likeOperand(value, negated);
  if (typeof pattern !== 'string')
    return rowError(`invalid LIKE pattern, must be a string but got ${valueText(pattern, 'any')}`);
  let regex = patterns.get(pattern);
  if (regex === undefined) {
    if (patterns.size >= 1000) patterns.clear();
    regex = likePattern(pattern);
    patterns.set(pattern, regex);
  }
  return regex.test(text) !== negated;
}
