/**
 * 64-bit integers as they live in an `int` slot: a `number` while it is a safe integer, a `bigint` beyond.
 *
 * Every result wraps at 64 bits like a machine integer. The fast paths never allocate: they work on doubles and leave
 * to BigInt only when the result is not a safe integer. `+ 0` turns the `-0` of doubles into the only zero of integers.
 */
import { rowError } from '../errors.ts';

/** What an `int` slot holds. */
export type Int = number | bigint;

export const INT64_MIN: bigint = -(2n ** 63n);
export const INT64_MAX: bigint = 2n ** 63n - 1n;

const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const MAX_SAFE_BIG = BigInt(MAX_SAFE);

/** Brings an exact integer into slot form, wrapping at 64 bits. */
export function normInt(value: bigint): Int {
  if (value <= MAX_SAFE_BIG && value >= -MAX_SAFE_BIG) return Number(value);
  const wrapped = BigInt.asIntN(64, value);
  return wrapped <= MAX_SAFE_BIG && wrapped >= -MAX_SAFE_BIG ? Number(wrapped) : wrapped;
}

/** Slot form of an integral double of any size: exact below 2^63, saturated beyond. */
export function intFromFloat(value: number): Int {
  if (value <= MAX_SAFE && value >= -MAX_SAFE) return Math.trunc(value) + 0;
  if (value >= 2 ** 63) return INT64_MAX;
  if (value >= -(2 ** 63)) return BigInt(Math.trunc(value));
  return INT64_MIN;
}

export function addInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (sum <= MAX_SAFE && sum >= -MAX_SAFE) return sum;
  }
  return normInt(BigInt(a) + BigInt(b));
}

export function subInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (difference <= MAX_SAFE && difference >= -MAX_SAFE) return difference;
  }
  return normInt(BigInt(a) - BigInt(b));
}

export function mulInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (product <= MAX_SAFE && product >= -MAX_SAFE) return product + 0;
  }
  return normInt(BigInt(a) * BigInt(b));
}

/** Quotient truncated toward zero. A zero divisor is a row error: `divided by zero`. */
export function divInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    if (b === 0) rowError('divided by zero');
    return Math.trunc(a / b) + 0;
  }
  return normInt(BigInt(a) / BigInt(b || rowError('divided by zero')));
}

/** Remainder with the sign of the dividend. A zero divisor is a row error: `divided by zero`. */
export function modInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    if (b === 0) rowError('divided by zero');
    return (a % b) + 0;
  }
  return normInt(BigInt(a) % BigInt(b || rowError('divided by zero')));
}

export function negInt(a: Int): Int {
  return typeof a === 'number' ? 0 - a : normInt(-a);
}

export function andInt(a: Int, b: Int): Int {
  if (isInt32(a) && isInt32(b)) return a & b;
  return normInt(BigInt(a) & BigInt(b));
}

export function orInt(a: Int, b: Int): Int {
  if (isInt32(a) && isInt32(b)) return a | b;
  return normInt(BigInt(a) | BigInt(b));
}

export function xorInt(a: Int, b: Int): Int {
  if (isInt32(a) && isInt32(b)) return a ^ b;
  return normInt(BigInt(a) ^ BigInt(b));
}

function isInt32(value: Int): value is number {
  return typeof value === 'number' && (value | 0) === value;
}
