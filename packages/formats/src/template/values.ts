/**
 * Values inside templates.
 *
 * | Value | Meaning |
 * |---|---|
 * | `undefined` | nothing: a missing key, the value of a nil pipeline |
 * | `null` | nil, present in its map or list |
 * | `number`, `bigint` | float64, int64, as in tagged data |
 * | {@link SizedInt} | every other integer type: `int` literals and lengths, durations, bytes of strings |
 * | array, plain object | list and map; of `interface {}` elements unless {@link withType} says otherwise |
 * | {@link OpaqueValue} | a structure of which only text and fields are visible |
 *
 * Source: behaviour spec, io §7.2.
 */
import { DateTime } from '@kuiper/base';

/** An integer that is not `int64`. The names of its members cannot be written in a template. */
export class SizedInt {
  readonly $type: string;
  readonly $int: bigint;

  constructor(type: string, int: bigint) {
    this.$type = type;
    this.$int = int;
  }
}

export class OpaqueValue {
  readonly $type: string;
  readonly $text: string;
  readonly $fields: ReadonlyMap<string, unknown>;

  constructor(type: string, text: string, fields: ReadonlyMap<string, unknown>) {
    this.$type = type;
    this.$text = text;
    this.$fields = fields;
  }
}

const SMALL = 256;
const smallInts: readonly SizedInt[] = Array.from({ length: SMALL }, (_, i) => new SizedInt('int', BigInt(i)));

/** An `int`. */
export function intValue(value: number): SizedInt {
  return smallInts[value] ?? new SizedInt('int', BigInt(value));
}

/** A `time.Duration`, in nanoseconds. */
export function durationValue(nanos: bigint): SizedInt {
  return new SizedInt('time.Duration', nanos);
}

const types = new WeakMap<object, string>();

/** Marks a list or map as one of a narrower type, such as `[]string`. */
export function withType<T extends object>(type: string, value: T): T {
  types.set(value, type);
  return value;
}

export function strings(list: readonly string[]): readonly string[] {
  return withType('[]string', list);
}

export type PlainMap = Record<string, unknown>;

/** True for maps: objects that are neither lists nor one of the classes above. */
export function isMap(value: unknown): value is PlainMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof SizedInt) &&
    !(value instanceof DateTime) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof OpaqueValue)
  );
}

/** The own member of a map; undefined when there is none. */
export function memberOf(map: PlainMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** The keys that hold something, in no particular order. */
export function keysOf(map: PlainMap): string[] {
  return Object.keys(map).filter((key) => map[key] !== undefined);
}

/** The name of a value's type: `float64`, `[]interface {}`, `<nil>`. */
export function typeName(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return 'float64';
    case 'bigint':
      return 'int64';
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'object':
      if (value === null) return '<nil>';
      if (value instanceof SizedInt || value instanceof OpaqueValue) return value.$type;
      if (value instanceof DateTime) return 'time.Time';
      if (value instanceof Uint8Array) return '[]uint8';
      return types.get(value) ?? (Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}');
    default:
      return '<nil>';
  }
}

/** The family of a value's type: `slice`, `map`, `struct`, `int64` …; `invalid` for nil. */
export function kindName(value: unknown): string {
  if (value === null || value === undefined) return 'invalid';
  if (typeof value !== 'object') return typeName(value);
  if (value instanceof SizedInt) return value.$type.startsWith('time.') ? 'int64' : value.$type;
  if (Array.isArray(value) || value instanceof Uint8Array) return 'slice';
  if (value instanceof DateTime) return 'struct';
  return value instanceof OpaqueValue ? 'ptr' : 'map';
}

/** What `if` makes of a value: zero, empty and nil are false. */
export function isTrue(value: unknown): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value !== '';
    case 'number':
      return value !== 0;
    case 'bigint':
      return value !== 0n;
    case 'object':
      if (value === null) return false;
      if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
      if (value instanceof SizedInt) return value.$int !== 0n;
      return !isMap(value) || keysOf(value).length > 0;
    default:
      return false;
  }
}

/** The integer in a value of any integer type; undefined for everything else. */
export function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return value instanceof SizedInt ? value.$int : undefined;
}
