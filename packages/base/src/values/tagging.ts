/** Conversions between slots of a known kind and tagged slots (kind `any`). */
import { DateTime } from './date-time.ts';
import { type Int, normInt } from './int64.ts';
import { anyList, anyMap, isListKind, isMapKind, isTagged, type Kind } from './kind.ts';

/** The kind of the member `key` of a map of this kind; `any` when nothing is known. */
export function memberKind(kind: Kind, key: string): Kind {
  if (!isMapKind(kind)) return 'any';
  return Object.hasOwn(kind.fields, key) ? (kind.fields[key] as Kind) : (kind.rest ?? 'any');
}

/** The kind of the elements of a list of this kind; `any` when nothing is known. */
export function elementKind(kind: Kind): Kind {
  return isListKind(kind) ? kind.of : 'any';
}

/** Sets a member of a map. A key named `__proto__` becomes a member like any other. */
export function setMember(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

/**
 * Makes a value of a slot of `kind` fit a tagged slot: ints become `bigint`, deeply. Returns the same value when
 * nothing has to change; never changes its argument.
 */
export function tagValue(value: unknown, kind: Kind): unknown {
  if (value === null || value === undefined) return value;
  if (kind === 'int') return typeof value === 'number' ? BigInt(value) : value;
  if (typeof kind === 'string' || isTagged(kind)) return value;
  return convert(value, kind, tagValue);
}

/** The reverse of {@link tagValue}: a tagged value for a slot of `kind`, which it must fit. */
export function untagValue(value: unknown, kind: Kind): unknown {
  if (value === null || value === undefined) return value;
  if (kind === 'int') return typeof value === 'bigint' ? normInt(value) : value;
  if (typeof kind === 'string' || isTagged(kind)) return value;
  return convert(value, kind, untagValue);
}

function convert(value: unknown, kind: Kind, each: (value: unknown, kind: Kind) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isListKind(kind)) return Array.isArray(value) ? value.map((element) => each(element, kind.of)) : value;
  if (!isMapKind(kind) || Array.isArray(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) setMember(result, key, each(member, memberKind(kind, key)));
  return result;
}

/** The kind of a tagged value, as precisely as the value itself tells. */
export function kindOfTagged(value: unknown): Kind {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'string':
      return 'string';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return anyList;
      if (value instanceof Uint8Array) return 'bytes';
      return value instanceof DateTime ? 'datetime' : anyMap;
    default:
      return 'null';
  }
}

/** True when a tagged value, or a value of a slot of `kind`, is an integer. */
export function isIntValue(value: unknown, kind: Kind): value is Int {
  return typeof value === 'bigint' || (kind === 'int' && typeof value === 'number');
}

/** True when a value of a slot of `kind` is a float. */
export function isFloatValue(value: unknown, kind: Kind): value is number {
  return typeof value === 'number' && kind !== 'int';
}
