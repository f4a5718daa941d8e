/** Arithmetic on floats as the decimals they are written as: 0.1 + 0.2 is 0.3. Source: behaviour spec, io §7.5. */
import { rowError } from '@kuiper/base';

/** `digits * 10^exponent`. */
interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** Digits after the point of a quotient. */
const QUOTIENT_PLACES = 16;

function decimalOf(value: number): Decimal {
  if (!Number.isFinite(value))
    rowError(`Cannot create a Decimal from ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`);
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  const places = mantissa.includes('.') ? mantissa.length - mantissa.indexOf('.') - 1 : 0;
  return { digits: BigInt(mantissa.replace('.', '')), exponent: Number(exponent) - places };
}

function numberOf({ digits, exponent }: Decimal): number {
  return Number(`${digits}e${exponent}`);
}

function scaled(value: Decimal, exponent: number): bigint {
  return value.digits * 10n ** BigInt(value.exponent - exponent);
}

function plus(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  return { digits: scaled(a, exponent) + scaled(b, exponent), exponent };
}

function times(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, exponent: a.exponent + b.exponent };
}

/** Rounded half away from zero. */
function over(a: Decimal, b: Decimal): Decimal {
  if (b.digits === 0n) rowError('decimal division by 0');
  const shift = a.exponent - b.exponent + QUOTIENT_PLACES;
  const numerator = shift >= 0 ? a.digits * 10n ** BigInt(shift) : a.digits;
  const denominator = shift >= 0 ? b.digits : b.digits * 10n ** BigInt(-shift);
  const quotient = numerator / denominator;
  const rest = numerator % denominator;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  const up = twice >= (denominator < 0n ? -denominator : denominator);
  const sign = numerator < 0n !== denominator < 0n ? -1n : 1n;
  return { digits: up ? quotient + sign : quotient, exponent: -QUOTIENT_PLACES };
}

export function addDecimals(values: readonly number[]): number {
  return numberOf(values.map(decimalOf).reduce(plus, { digits: 0n, exponent: 0 }));
}

export function subtractDecimals(from: number, values: readonly number[]): number {
  const negated = values.map(decimalOf).map(({ digits, exponent }) => ({ digits: -digits, exponent }));
  return numberOf(negated.reduce(plus, decimalOf(from)));
}

export function multiplyDecimals(first: number, others: readonly number[]): number {
  return numberOf(others.map(decimalOf).reduce(times, decimalOf(first)));
}

export function divideDecimals(first: number, divisors: readonly number[]): number {
  return numberOf(divisors.map(decimalOf).reduce(over, decimalOf(first)));
}
