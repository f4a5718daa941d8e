/**
 * JSON text of values. Source: io §8.1, functions §1.7.
 *
 * Keys are sorted by their UTF-8 bytes, nothing is indented. `<`, `>`, `&`, U+2028 and U+2029 are escaped. Integers of
 * any size print their digits, floats the shortest form (exponents from 1e21 and below 1e-6), bytes as base64, instants
 * as RFC 3339. A member that is `undefined` is left out, null is written. NaN and infinities are row errors.
 *
 * The kind of a slot makes no difference here: an integer prints the same in either representation.
 */
import { rowError } from '../errors.ts';
import { encodeBase64 } from './bytes.ts';
import { compareStrings } from './compare.ts';
import { DateTime } from './date-time.ts';

export function jsonText(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return jsonNumber(value);
    case 'string':
      return jsonString(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return value.toString();
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return jsonList(value);
      if (value instanceof Uint8Array) return `"${encodeBase64(value)}"`;
      if (value instanceof DateTime) return `"${value.rfc3339()}"`;
      return jsonMap(value as Record<string, unknown>);
    default:
      return 'null';
  }
}

export function jsonNumber(value: number): string {
  if (value - value === 0) return value === 0 && 1 / value < 0 ? '-0' : `${value}`;
  return rowError(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`);
}

/** Longer strings are tested by the regular expression, which has a fixed cost but a faster loop. */
const LOOP_LIMIT = 40;
const SPECIAL = /["\\<>&\u0000-\u001f\u2028\u2029\ud800-\udfff]/;
const ESCAPED_FURTHER = /[<>&\u2028\u2029]/g;

/** A quoted and escaped string; a lone surrogate becomes U+FFFD. */
export function jsonString(value: string): string {
  if (value.length > LOOP_LIMIT) return SPECIAL.test(value) ? escapeString(value) : `"${value}"`;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    // one comparison for most characters: letters, digits above `>` except the backslash
    if (unit > 0x3e ? unit === 0x5c || unit >= 0x2028 : unit < 0x20 || unit === 0x22 || unit === 0x26 || unit >= 0x3c) {
      if (unit !== 0x3d && (unit < 0x2028 || unit <= 0x2029 || (unit >= 0xd800 && unit <= 0xdfff))) {
        return escapeString(value);
      }
    }
  }
  return `"${value}"`;
}

function escapeString(value: string): string {
  const wellFormed = (value as unknown as { toWellFormed(): string }).toWellFormed();
  return JSON.stringify(wellFormed).replace(
    ESCAPED_FURTHER,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function jsonList(list: readonly unknown[]): string {
  if (list.length === 0) return '[]';
  let text = `[${jsonText(list[0])}`;
  for (let i = 1; i < list.length; i++) text += `,${jsonText(list[i])}`;
  return `${text}]`;
}

function jsonMap(map: Record<string, unknown>): string {
  const keys = Object.keys(map);
  if (keys.length > 1) sortKeys(keys);
  let text = '';
  for (const key of keys) {
    const value = map[key];
    if (value !== undefined) text += `${text === '' ? '{' : ','}${jsonString(key)}:${jsonText(value)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** Sorts keys in place by their UTF-8 bytes. */
export function sortKeys(keys: string[]): string[] {
  if (keys.length > 16) return keys.sort(compareStrings);
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string;
    let j = i - 1;
    for (; j >= 0 && compareStrings(keys[j] as string, key) > 0; j--) keys[j + 1] = keys[j] as string;
    keys[j + 1] = key;
  }
  return keys;
}
