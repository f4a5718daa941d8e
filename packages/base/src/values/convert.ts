/**
 * Conversions between kinds at three levels. Source: functions §1.5, sql §5.4.
 *
 * | Level | to int | to float | to string | to bool | to bytes |
 * |---|---|---|---|---|---|
 * | strict | ints; floats if integral | floats | string, bytes | bool | bytes |
 * | sameKind | ints; floats truncated | numbers | string, bytes | bool | bytes, string |
 * | all | + integer text, bool, null→0 | + number text, bool, null→0 | + everything, null→"" | + numbers, text, null→false | as sameKind |
 *
 * `asX` give undefined when there is no conversion; `toX` raise the row error `cannot convert <type>(<value>) to <x>`.
 */
import { rowError } from '../errors.ts';
import { decodeUtf8, encodeUtf8 } from './bytes.ts';
import { type Int, intFromFloat, normInt } from './int64.ts';
import type { Kind } from './kind.ts';
import { parseBoolText, parseFloatText, parsePrefixedInt } from './numbers.ts';
import { describeValue, plainText } from './text.ts';

export type Strictness = 'strict' | 'sameKind' | 'all';

/** An `int` slot value. Floats beyond 64 bits saturate; NaN does not convert. */
export function asInt(value: unknown, kind: Kind, level: Strictness): Int | undefined {
  if (typeof value === 'number') {
    if (kind === 'int') return value;
    if (Number.isNaN(value) || (level === 'strict' && !Number.isInteger(value))) return undefined;
    return intFromFloat(value);
  }
  if (typeof value === 'bigint') return normInt(value);
  if (level !== 'all') return undefined;
  if (typeof value === 'string') return parsePrefixedInt(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === null || value === undefined ? 0 : undefined;
}

export function asFloat(value: unknown, kind: Kind, level: Strictness): number | undefined {
  if (typeof value === 'number') return kind === 'int' && level === 'strict' ? undefined : value;
  if (level === 'strict') return undefined;
  if (typeof value === 'bigint') return Number(value);
  if (level !== 'all') return undefined;
  if (typeof value === 'string') return parseFloatText(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === null || value === undefined ? 0 : undefined;
}

export function asString(value: unknown, kind: Kind, level: Strictness): string | undefined {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return decodeUtf8(value);
  return level === 'all' ? plainText(value, kind) : undefined;
}

export function asBool(value: unknown, _kind: Kind, level: Strictness): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (level !== 'all') return undefined;
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'bigint') return value !== 0n;
  if (typeof value === 'string') return parseBoolText(value);
  return value === null || value === undefined ? false : undefined;
}

/** A string gives its UTF-8 bytes; see `base64OrRaw` for BYTEA columns and `cast`. */
export function asBytes(value: unknown, _kind: Kind, level: Strictness): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'string' && level !== 'strict' ? encodeUtf8(value) : undefined;
}

/** @param target the name in the failure text, `int64` or `int` */
export function toInt(value: unknown, kind: Kind, level: Strictness, target = 'int64'): Int {
  return asInt(value, kind, level) ?? cannotConvert(value, kind, target);
}

export function toFloat(value: unknown, kind: Kind, level: Strictness): number {
  return asFloat(value, kind, level) ?? cannotConvert(value, kind, 'float64');
}

export function toText(value: unknown, kind: Kind, level: Strictness): string {
  return asString(value, kind, level) ?? cannotConvert(value, kind, 'string');
}

export function toBool(value: unknown, kind: Kind, level: Strictness): boolean {
  return asBool(value, kind, level) ?? cannotConvert(value, kind, 'bool');
}

/** @param target the name in the failure text, `bytes` or `bytea` */
export function toBytes(value: unknown, kind: Kind, level: Strictness, target = 'bytes'): Uint8Array {
  return asBytes(value, kind, level) ?? cannotConvert(value, kind, target);
}

/** Raises the row error `cannot convert <type>(<value>) to <target>`. */
export function cannotConvert(value: unknown, kind: Kind, target: string): never {
  rowError(`cannot convert ${describeValue(value, kind)} to ${target}`);
}
