/** JSON in and out. Source: behaviour spec, io §7.4–7.5 and §8.1. */
import { findJsonError, jsonString, jsonText, rowError } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import { hasOwnText, sortedKeys } from '../value-text.ts';
import { isMap, OpaqueValue, type PlainMap, SizedInt } from '../values.ts';

/** Sorted keys, `<`, `>` and `&` escaped. Fails for NaN and infinities. */
function toJson(value: unknown): string {
  return jsonText(isPlain(value) ? value : plainValue(value));
}

/** True when no part of a value is a type that only templates have. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  if (value instanceof SizedInt || value instanceof OpaqueValue) return false;
  if (!isMap(value)) return true;
  for (const key in value) if (!isPlain(value[key])) return false;
  return true;
}

function plainValue(value: unknown): unknown {
  if (value instanceof SizedInt) return value.$int;
  if (value instanceof OpaqueValue) return value.$text;
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainValue(member)]));
}

const UNESCAPED: Readonly<Record<string, string>> = { '\\u003c': '<', '\\u003e': '>', '\\u0026': '&' };

function toRawJson(value: unknown): string {
  return toJson(value).replace(/\\(?:u003c|u003e|u0026|.)/g, (escape) => UNESCAPED[escape] ?? escape);
}

function toPrettyJson(value: unknown, indent = ''): string {
  const inner = `${indent}  `;
  if (Array.isArray(value) && value.length > 0)
    return `[\n${value.map((element) => inner + toPrettyJson(element, inner)).join(',\n')}\n${indent}]`;
  if (isMap(value)) {
    const members = sortedKeys(value).map((key) => `${inner}${jsonString(key)}: ${toPrettyJson(value[key], inner)}`);
    if (members.length > 0) return `{\n${members.join(',\n')}\n${indent}}`;
  }
  return toJson(value);
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return rowError(findJsonError(text));
  }
}

/** The forms that do not fail give something empty instead. */
function orElse<Value, Result>(convert: (value: Value) => Result, otherwise: Result): (value: Value) => Result {
  return (value) => {
    try {
      return convert(value);
    } catch {
      return otherwise;
    }
  };
}

/** Digits of a float without exponent. */
function decimalText(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : jsonNumberText(value);
}

function jsonNumberText(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  const [mantissa, exponent] = text.split('e') as [string, string];
  const digits = mantissa.replace(/[-.]/g, '');
  return `${value < 0 ? '-' : ''}0.${'0'.repeat(-Number(exponent) - 1)}${digits}`;
}

function toBase64(value: unknown): string {
  if (value === null) return rowError('based64 error for nil');
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  switch (typeof value) {
    case 'string':
      return encode(value);
    case 'boolean':
    case 'bigint':
      return encode(String(value));
    case 'number':
      return encode(decimalText(value));
  }
  if (value instanceof SizedInt && !hasOwnText(value)) return encode(value.$int.toString());
  if (isMap(value)) return encode(toJson(value as PlainMap));
  return rowError(
    `Unsupported data type ${Array.isArray(value) || value instanceof Uint8Array ? 'slice' : 'struct'} for base64 function.`,
  );
}

const lenient = declare('any', orElse(toJson, ''));

export const jsonFunctions: FunctionTable = {
  json: lenient,
  toJson: lenient,
  toRawJson: declare('any', toRawJson),
  toPrettyJson: declare(
    'any',
    orElse((value: unknown) => toPrettyJson(value), ''),
  ),
  fromJson: declare('string', orElse(fromJson, null)),
  mustToJson: declare('any', toJson),
  mustToRawJson: declare('any', toRawJson),
  mustToPrettyJson: declare('any', (value: unknown) => toPrettyJson(value)),
  mustFromJson: declare('string', fromJson),
  base64: declare('any', toBase64),
};
