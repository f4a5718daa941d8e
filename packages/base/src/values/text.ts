/** Texts of values: names of their types, and the three forms in which a value is printed. */
import { compareStrings } from './compare.ts';
import { DateTime } from './date-time.ts';
import { decodeUtf8 } from './bytes.ts';
import type { Kind } from './kind.ts';
import { floatText, plainFloatText } from './numbers.ts';
import { elementKind, memberKind } from './tagging.ts';

/** The name of a value's type in error texts: `int64`, `float64`, `[]interface {}` … `<nil>`. Source: sql §1. */
export function goTypeName(value: unknown, kind: Kind): string {
  switch (typeof value) {
    case 'number':
      return kind === 'int' ? 'int64' : 'float64';
    case 'bigint':
      return 'int64';
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'object':
      if (value === null) return '<nil>';
      if (Array.isArray(value)) return '[]interface {}';
      if (value instanceof Uint8Array) return '[]uint8';
      return value instanceof DateTime ? 'time.Time' : 'map[string]interface {}';
    default:
      return '<nil>';
  }
}

/**
 * The printed form in error texts, group keys and partition keys: null is `<nil>`, floats as {@link floatText}, lists
 * `[1 2]`, maps `map[a:1 b:2]` with keys sorted, bytes `[104 105]`. Source: sql §1.
 */
export function valueText(value: unknown, kind: Kind): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return kind === 'int' ? String(value) : floatText(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? '<nil>' : objectText(value, kind);
    default:
      return '<nil>';
  }
}

function objectText(value: object, kind: Kind): string {
  if (Array.isArray(value)) {
    const of = elementKind(kind);
    return `[${value.map((element) => valueText(element, of)).join(' ')}]`;
  }
  if (value instanceof Uint8Array) return `[${value.join(' ')}]`;
  if (value instanceof DateTime) return value.goText();
  const map = value as Record<string, unknown>;
  const members = Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .sort(compareStrings)
    .map((key) => `${key}:${valueText(map[key], memberKind(kind, key))}`);
  return `map[${members.join(' ')}]`;
}

/** The text that string, hash and conversion functions work on: {@link valueText}, but null is empty. functions §1.6. */
export function textForm(value: unknown, kind: Kind): string {
  return value === null || value === undefined ? '' : valueText(value, kind);
}

/**
 * The text of `cast(x, "string")` and `array_join`: floats in plain decimal, bytes as UTF-8, null empty; everything
 * else as {@link valueText}. Source: sql §5.4.
 */
export function plainText(value: unknown, kind: Kind): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' && kind !== 'int') return plainFloatText(value);
  if (value instanceof Uint8Array) return decodeUtf8(value);
  return valueText(value, kind);
}

/** `int64(3)`, `string(x)`, `<nil>(<nil>)`: how a value is shown in error texts. */
export function describeValue(value: unknown, kind: Kind): string {
  return `${goTypeName(value, kind)}(${valueText(value, kind)})`;
}
