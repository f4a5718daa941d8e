/** Answers as tagged values. Source: behaviour spec, extension §6.4 (JSON) and §6.6. */
import { asFloat, base64OrRaw, DateTime, describeValue, type Int, rowError, setMember } from '@kuiper/base';
import { typeName } from './convert-argument.ts';
import { type FieldType, isIntType, type MessageType, type MessageValue } from './message-type.ts';
import { durationOfText, intOfJson, plainJsonOf, timestampOfText } from './well-known.ts';

/**
 * A decoded message: all its fields by their name in the file, a wrapper as its bare value. Unset scalars read as their
 * default, messages as null; of a group only the member that is set is there.
 */
export function resultOfMessage(type: MessageType, value: MessageValue): unknown {
  if (type.form === 'wrapper') {
    const field = type.fields[0] as FieldType;
    return tagged(field, value[field.index] ?? field.unset);
  }
  if (type.form === 'struct' || type.form === 'value' || type.form === 'list') return plainJsonOf(type, value);
  const made: Record<string, unknown> = {};
  for (const field of type.fields) {
    const member = value[field.index];
    if (member !== undefined) setMember(made, field.name, resultOfField(field, member));
    else if (field.unset !== undefined) setMember(made, field.name, unsetResult(field));
  }
  return made;
}

function unsetResult(field: FieldType): unknown {
  if (field.repeated) return [];
  return field.mapKey !== null ? {} : tagged(field, field.unset);
}

function resultOfField(field: FieldType, value: unknown): unknown {
  if (field.mapKey !== null) {
    const made: Record<string, unknown> = {};
    for (const [key, member] of value as [unknown, unknown][]) setMember(made, String(key), resultOfOne(field, member));
    return made;
  }
  if (!field.repeated) return resultOfOne(field, value);
  return (value as unknown[]).map((element) => resultOfOne(field, element));
}

function resultOfOne(field: FieldType, value: unknown): unknown {
  if (field.type === 'message') return resultOfMessage(field.message as MessageType, value as MessageValue);
  return tagged(field, value);
}

function tagged(field: FieldType, value: unknown): unknown {
  return typeof value === 'number' && isIntType(field.type) ? BigInt(value) : value;
}

/**
 * A parsed JSON or MessagePack answer. Members are found by either name of a field; unknown ones are dropped, missing ones
 * absent. Throws a row error for values of another kind.
 */
export function resultOfPlain(type: MessageType, value: unknown): unknown {
  switch (type.form) {
    case 'struct':
    case 'value':
    case 'list':
      return value;
    case 'wrapper': {
      const field = type.fields[0] as FieldType;
      const bare = isMap(value) ? memberOf(value, field) : value;
      return bare === undefined ? tagged(field, field.unset) : plainField(field, bare);
    }
    case 'timestamp':
      if (value instanceof DateTime) return resultOfMessage(type, timestampOfText(value.rfc3339()));
      if (typeof value === 'string') return resultOfMessage(type, timestampOfText(value));
      break;
    case 'duration':
      if (typeof value === 'string') return resultOfMessage(type, durationOfText(value));
      break;
    case 'fieldMask':
      if (typeof value === 'string') return { paths: value === '' ? [] : value.split(',') };
      break;
    default:
  }
  if (!isMap(value)) return invalid(type.name, `cannot convert ${describeValue(value, 'any')} to a map`);
  const made: Record<string, unknown> = {};
  for (const field of type.fields) {
    const member = memberOf(value, field);
    if (member !== undefined) setMember(made, field.name, plainField(field, member));
  }
  return made;
}

function memberOf(map: Readonly<Record<string, unknown>>, { name, jsonName }: FieldType): unknown {
  if (Object.hasOwn(map, name)) return map[name];
  return Object.hasOwn(map, jsonName) ? map[jsonName] : undefined;
}

function plainField(field: FieldType, value: unknown): unknown {
  if (value === null) return null;
  if (field.mapKey !== null) {
    if (!isMap(value)) return invalid(field.name, `cannot convert ${describeValue(value, 'any')} to a map`);
    const made: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) setMember(made, key, plainOne(field, member));
    return made;
  }
  if (!field.repeated) return plainOne(field, value);
  if (!Array.isArray(value)) return invalid(field.name, `cannot convert ${describeValue(value, 'any')} to a list`);
  return value.map((element) => plainOne(field, element));
}

function plainOne(field: FieldType, value: unknown): unknown {
  if (value === null) return null;
  if (field.type === 'message') return resultOfPlain(field.message as MessageType, value);
  const made = plainScalar(field, value);
  if (made === undefined) invalid(field.name, `cannot convert ${describeValue(value, 'any')} to ${typeName(field)}`);
  return made;
}

/** Undefined for a value of another kind. */
function plainScalar(field: FieldType, value: unknown): unknown {
  switch (field.type) {
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'bytes':
      // A copy: what was decoded shows a part of a socket's read.
      if (value instanceof Uint8Array) return new Uint8Array(value);
      return typeof value === 'string' ? base64OrRaw(value) : undefined;
    case 'double':
    case 'float':
      if (typeof value === 'string') return specialFloats.get(value) ?? asFloat(value, 'any', 'all');
      return asFloat(value, 'any', 'sameKind');
    case 'enum': {
      const number = typeof value === 'string' ? field.values?.byName.get(value) : undefined;
      return number === undefined ? taggedInt(intOfJson(value)) : BigInt(number);
    }
    default:
      return taggedInt(intOfJson(value));
  }
}

const specialFloats: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function taggedInt(int: Int | undefined): bigint | undefined {
  return int === undefined ? undefined : BigInt(int);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function invalid(name: string, why: string): never {
  rowError(`invalid type of return value for '${name}': ${why}`);
}

/** The bare value of a wrapper that came as text. */
export function resultOfText(type: MessageType, text: string): unknown {
  const field = type.fields[0] as FieldType;
  if (field.type === 'string') return text;
  if (field.type === 'bool') return plainField(field, text === 'true' ? true : text === 'false' ? false : text);
  return plainField(field, text);
}
