/** Functions of numbers. Source: behaviour spec, io §7.5. */
import { INT64_MAX, INT64_MIN, parseDecimalInt, rowError } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import { valueText } from '../value-text.ts';
import { intValue, SizedInt, withType } from '../values.ts';
import { addDecimals, divideDecimals, multiplyDecimals, subtractDecimals } from './decimals.ts';
import { checkElements } from './limits.ts';
import { toFloat, toInt } from './numeric-argument.ts';

const wrap64 = (value: bigint): bigint => BigInt.asIntN(64, value);

function divide(a: unknown, b: unknown): bigint {
  const divisor = toInt(b);
  if (divisor === 0n) rowError('runtime error: integer divide by zero');
  return wrap64(toInt(a) / divisor);
}

function remainder(a: unknown, b: unknown): bigint {
  const divisor = toInt(b);
  if (divisor === 0n) rowError('runtime error: integer divide by zero');
  return toInt(a) % divisor;
}

function largest(first: unknown, others: readonly unknown[]): bigint {
  return others.reduce((best: bigint, other) => (toInt(other) > best ? toInt(other) : best), toInt(first));
}

function smallest(first: unknown, others: readonly unknown[]): bigint {
  return others.reduce((best: bigint, other) => (toInt(other) < best ? toInt(other) : best), toInt(first));
}

function largestFloat(first: unknown, others: readonly unknown[]): number {
  return others.reduce((best: number, other) => Math.max(best, toFloat(other)), toFloat(first));
}

function smallestFloat(first: unknown, others: readonly unknown[]): number {
  return others.reduce((best: number, other) => Math.min(best, toFloat(other)), toFloat(first));
}

/** Scaled, then up when the fraction reaches `roundOn`, else down. */
function round(value: unknown, places: number, [roundOn = 0.5]: readonly number[]): number {
  const scale = 10 ** places;
  const scaled = scale * toFloat(value);
  const fraction = scaled - Math.trunc(scaled);
  return (fraction >= roundOn ? Math.ceil(scaled) : Math.floor(scaled)) / scale;
}

function untilStep(start: number, stop: number, step: number): SizedInt[] {
  const count = step === 0 ? 0 : Math.max(0, Math.ceil((stop - start) / step));
  checkElements(count);
  return withType(
    '[]int',
    Array.from({ length: count }, (_, i) => intValue(start + i * step)),
  );
}

function sequence(args: readonly number[]): string {
  const numbers = (start: number, end: number, step: number): string =>
    untilStep(start, end + Math.sign(step), step)
      .map(valueText)
      .join(' ');
  const [a = 0, b = 0, c = 0] = args;
  switch (args.length) {
    case 1:
      return numbers(1, a, a < 1 ? -1 : 1);
    case 2:
      return numbers(a, b, b < a ? -1 : 1);
    case 3:
      return b === 0 || (c < a && b > 0) ? '' : numbers(a, c, b);
    default:
      return '';
  }
}

function parseInteger(text: string): SizedInt {
  if (!/^[+-]?\d+$/.test(text)) return intValue(0);
  const value = BigInt(parseDecimalInt(text) ?? (text.startsWith('-') ? INT64_MIN : INT64_MAX));
  return new SizedInt('int', value);
}

/** A number written in octal digits. */
function fromOctal(value: unknown): bigint {
  const text = valueText(value);
  if (!/^[+-]?[0-7]+$/.test(text)) return 0n;
  const magnitude = BigInt(`0o${text.replace(/^[+-]/, '')}`);
  const signed = text.startsWith('-') ? -magnitude : magnitude;
  return signed === wrap64(signed) ? signed : 0n;
}

export const mathFunctions: FunctionTable = {
  int: declare('any', (value: unknown) => new SizedInt('int', toInt(value))),
  int64: declare('any', toInt),
  float64: declare('any', toFloat),
  atoi: declare('string', parseInteger),
  toDecimal: declare('any', fromOctal),
  add: declare('...any', (values: readonly unknown[]) =>
    wrap64(values.reduce((sum: bigint, value) => sum + toInt(value), 0n)),
  ),
  add1: declare('any', (value: unknown) => wrap64(toInt(value) + 1n)),
  sub: declare('any any', (a: unknown, b: unknown) => wrap64(toInt(a) - toInt(b))),
  mul: declare('any ...any', (first: unknown, others: readonly unknown[]) =>
    others.reduce((product: bigint, value) => wrap64(product * toInt(value)), toInt(first)),
  ),
  div: declare('any any', divide),
  mod: declare('any any', remainder),
  max: declare('any ...any', largest),
  biggest: declare('any ...any', largest),
  min: declare('any ...any', smallest),
  maxf: declare('any ...any', largestFloat),
  minf: declare('any ...any', smallestFloat),
  addf: declare('...any', (values: readonly unknown[]) => addDecimals(values.map(toFloat))),
  add1f: declare('any', (value: unknown) => addDecimals([toFloat(value), 1])),
  subf: declare('any ...any', (a: unknown, bs: readonly unknown[]) => subtractDecimals(toFloat(a), bs.map(toFloat))),
  mulf: declare('any ...any', (a: unknown, bs: readonly unknown[]) => multiplyDecimals(toFloat(a), bs.map(toFloat))),
  divf: declare('any ...any', (a: unknown, bs: readonly unknown[]) => divideDecimals(toFloat(a), bs.map(toFloat))),
  floor: declare('any', (value: unknown) => Math.floor(toFloat(value))),
  ceil: declare('any', (value: unknown) => Math.ceil(toFloat(value))),
  round: declare('any int ...float64', round),
  until: declare('int', (count: number) => untilStep(0, count, count < 0 ? -1 : 1)),
  untilStep: declare('int int int', untilStep),
  seq: declare('...int', sequence),
};
