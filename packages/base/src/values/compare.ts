/** Orders and equality of values, as the operators and functions define them. */
import { DateTime } from './date-time.ts';
import { isListKind, type Kind } from './kind.ts';
import { memberKind } from './tagging.ts';

/**
 * Order of two strings by their UTF-8 bytes: negative, zero or positive.
 * Differs from UTF-16 order only where a surrogate meets a unit from U+E000 on.
 */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = a.length < b.length ? a.length : b.length;
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) return rank(x) - rank(y);
    return x - y;
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF: lift them over the rest of the plane. */
function rank(unit: number): number {
  return unit <= 0xdfff ? unit + 0x10000 : unit;
}

/**
 * Order of two tagged numbers: integers (`bigint`) exactly, an integer against a float as doubles.
 * NaN compares as unordered: the result is NaN, and every `<`, `>` or `=== 0` on it is false.
 */
export function compareTagged(a: number | bigint, b: number | bigint): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  const x = Number(a);
  const y = Number(b);
  return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN;
}

/** Order of two `int` slots, exact. */
export function compareInts(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Order of two byte strings. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = a.length < b.length ? a.length : b.length;
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * Deep equality that keeps int and float apart: int 1 equals neither float 1 nor the string `1`. Maps are equal when
 * they have the same keys with equal values; a key that holds `undefined` is absent. null equals null.
 */
export function deepEqual(a: unknown, kindA: Kind, b: unknown, kindB: Kind): boolean {
  if (a === null || a === undefined) return b === null || b === undefined;
  if (b === null || b === undefined) return false;
  if (isNumeric(a)) {
    if (!isNumeric(b)) return false;
    // an int slot holds every integer in one form, so a mixed pair is compared as exact integers
    return isInt(a, kindA) === isInt(b, kindB) && a == b; // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1 is meant
  }
  if (typeof a !== 'object') return a === b;
  if (typeof b !== 'object') return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    const elementA = isListKind(kindA) ? kindA.of : 'any';
    const elementB = isListKind(kindB) ? kindB.of : 'any';
    return a.every((element, i) => deepEqual(element, elementA, b[i], elementB));
  }
  if (a instanceof DateTime) return b instanceof DateTime && a.compare(b) === 0;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (Array.isArray(b) || b instanceof DateTime || b instanceof Uint8Array) return false;
  return equalMaps(a as Record<string, unknown>, kindA, b as Record<string, unknown>, kindB);
}

function equalMaps(a: Record<string, unknown>, kindA: Kind, b: Record<string, unknown>, kindB: Kind): boolean {
  let present = 0;
  for (const key of Object.keys(a)) {
    const value = a[key];
    if (value === undefined) continue;
    present++;
    if (!Object.hasOwn(b, key) || b[key] === undefined) return false;
    if (!deepEqual(value, memberKind(kindA, key), b[key], memberKind(kindB, key))) return false;
  }
  return Object.keys(b).filter((key) => b[key] !== undefined).length === present;
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function isInt(value: number | bigint, kind: Kind): boolean {
  return typeof value === 'bigint' || kind === 'int';
}
