import type { Expr, FloatLiteral, IntLiteral, TimeUnit } from './ast.ts';
import { sqlErrors } from './errors.ts';
import type { Parser } from './parser.ts';
import { Token } from './token.ts';

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

/** The current token, an integer, as a literal from `start` on. Out of range it is clamped to int64. */
export function parseInteger(p: Parser, start: number, negative: boolean): IntLiteral {
  const value = clampInteger(p.value, negative);
  p.next();
  return { kind: 'int', value, span: p.spanFrom(start) };
}

function clampInteger(digits: string, negative: boolean): number | bigint {
  if (digits.length <= 15) {
    const value = Number(digits);
    return negative && value !== 0 ? -value : value;
  }
  const exact = negative ? -BigInt(digits) : BigInt(digits);
  const value = exact > int64Max ? int64Max : exact < int64Min ? int64Min : exact;
  const approximate = Number(value);
  return Number.isSafeInteger(approximate) ? approximate : value;
}

/** The current token, a number with a dot, as a literal from `start` on. The token may carry a minus of its own. */
export function parseNumber(p: Parser, start: number, negative: boolean): FloatLiteral {
  const value = Number(p.value);
  if (!Number.isFinite(value))
    throw sqlErrors.UNEXPECTED_TOKEN(p.value, 'invalid number value', { span: p.tokenSpan() });
  p.next();
  return { kind: 'float', value: negative ? -value : value, span: p.spanFrom(start) };
}

/** A minus before a number literal; nothing else can be negated. */
export function parseNegative(p: Parser): Expr {
  const start = p.start;
  const end = p.end;
  p.next();
  if (p.kind === Token.integer) return parseInteger(p, start, true);
  if (p.kind === Token.number && !p.value.startsWith('-')) return parseNumber(p, start, true);
  throw sqlErrors.UNEXPECTED_TOKEN('-', 'expected expression', { span: { start, end } });
}

const timeUnits: Record<number, TimeUnit> = {
  [Token.DD]: 'dd',
  [Token.HH]: 'hh',
  [Token.MI]: 'mi',
  [Token.SS]: 'ss',
  [Token.MS]: 'ms',
};

export function parseTimeUnit(p: Parser): Expr {
  const unit = timeUnits[p.kind] as TimeUnit;
  const span = p.tokenSpan();
  p.next();
  return { kind: 'timeUnit', unit, span };
}
