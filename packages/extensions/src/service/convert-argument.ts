/**
 * Tagged values to values of fields: lenient within a kind, texts never become numbers. Beside what the reference takes: maps,
 * names of enums, members of groups, moments and JSON values for the messages of Google that stand for them.
 * Source: behaviour spec, extension §6.3.
 */
import {
  asInt,
  cannotConvert,
  DateTime,
  describeValue,
  errorText,
  isMapValue,
  type Int,
  rowError,
  toBool,
  toBytes,
  toFloat,
  toInt,
  toText,
} from '@kuiper/base';
import type { FieldType, MessageType, MessageValue, ScalarType } from './message-type.ts';
import { durationOfText, jsonListOf, jsonStructOf, jsonValueOf, timestampOf, timestampOfText } from './well-known.ts';

/** The value of a field; null counts as unset. Throws a row error that names the field. */
export function convertField(field: FieldType, value: unknown): unknown {
  if (value === null || value === undefined) {
    return field.message?.form === 'value' && !field.repeated ? jsonValueOf(field.message, null) : undefined;
  }
  if (field.mapKey !== null) return convertMap(field, field.mapKey, value);
  if (!field.repeated) return convertOne(field, value);
  if (!Array.isArray(value)) invalid(field, `cannot convert ${describeValue(value, 'any')} to a list`);
  return encoding(field, () => (value as readonly unknown[]).map((element) => convertOne(field, element)));
}

/** A map of members by name, in the file or in JSON, as a message. Unknown members are left out. */
export function convertMessage(type: MessageType, value: unknown): MessageValue {
  const special = convertSpecial(type, value);
  if (special !== null) return special;
  if (!isMapValue(value)) return rowError(`cannot convert ${describeValue(value, 'any')} to a map`);
  return convertMembers(type, value).value;
}

/** @returns how many members had a field, too */
export function convertMembers(
  type: MessageType,
  members: Readonly<Record<string, unknown>>,
): { readonly value: MessageValue; readonly matched: number } {
  const value: MessageValue = new Array<unknown>(type.fields.length).fill(undefined);
  let matched = 0;
  for (const field of type.fields) {
    const name = Object.hasOwn(members, field.name) ? field.name : field.jsonName;
    if (!Object.hasOwn(members, name)) continue;
    matched++;
    setField(type, value, field, convertField(field, members[name]));
  }
  return { value, matched };
}

/** The last member of a group that is set counts. */
export function setField(type: MessageType, message: MessageValue, field: FieldType, value: unknown): void {
  if (value === undefined) return;
  if (field.oneof >= 0) {
    for (const other of type.fields) if (other.oneof === field.oneof) message[other.index] = undefined;
  }
  message[field.index] = value;
}

/** Of messages with a form of their own in JSON; null when the value is to be taken member by member. */
function convertSpecial(type: MessageType, value: unknown): MessageValue | null {
  switch (type.form) {
    case 'plain':
    case 'empty':
      return null;
    case 'wrapper': {
      const field = type.fields[0] as FieldType;
      return isMapValue(value) ? null : [convertField(field, value)];
    }
    case 'timestamp':
      return value instanceof DateTime ? timestampOf(value) : typeof value === 'string' ? timestampOfText(value) : null;
    case 'duration':
      return typeof value === 'string' ? durationOfText(value) : null;
    case 'fieldMask':
      return typeof value === 'string' ? [value === '' ? [] : value.split(',')] : null;
    case 'struct':
      return isMapValue(value) ? jsonStructOf(type, value) : null;
    case 'list':
      return Array.isArray(value) ? jsonListOf(type, value) : null;
    case 'value':
      return jsonValueOf(type, value);
  }
}

function convertMap(field: FieldType, keyType: ScalarType, value: unknown): [unknown, unknown][] {
  if (!isMapValue(value)) invalid(field, `cannot convert ${describeValue(value, 'any')} to a map`);
  return encoding(field, () =>
    Object.entries(value)
      .filter(([, member]) => member !== null && member !== undefined)
      .map(([key, member]) => [convertKey(keyType, key), convertOne(field, member)]),
  );
}

function convertKey(type: ScalarType, key: string): unknown {
  if (type === 'string') return key;
  if (type === 'bool') return key === 'true' ? true : key === 'false' ? false : cannotConvert(key, 'any', 'bool');
  return /^-?\d+$/.test(key) ? fitting(type, BigInt(key)) : cannotConvert(key, 'any', 'int');
}

function convertOne(field: FieldType, value: unknown): unknown {
  if (field.type === 'message') {
    const type = field.message as MessageType;
    if (!isMapValue(value) && (type.form === 'plain' || type.form === 'empty')) {
      invalid(field, `cannot convert ${describeValue(value, 'any')} to a map`);
    }
    return encoding(field, () => convertMessage(type, value));
  }
  try {
    return field.type === 'enum' ? enumNumber(field, value) : fitting(field.type, value);
  } catch (error) {
    return invalid(field, errorText(error));
  }
}

function enumNumber(field: FieldType, value: unknown): Int {
  if (typeof value !== 'string')
    return within(toInt(value, 'any', 'sameKind', 'int'), -0x8000_0000, 0x7fff_ffff, 'int32');
  return field.values?.byName.get(value) ?? cannotConvert(value, 'any', 'enum');
}

function fitting(type: ScalarType, value: unknown): unknown {
  switch (type) {
    case 'double':
      return toFloat(value, 'any', 'sameKind');
    case 'float':
      return Math.fround(toFloat(value, 'any', 'sameKind'));
    case 'bool':
      return toBool(value, 'any', 'sameKind');
    case 'string':
      return toText(value, 'any', 'sameKind');
    case 'bytes':
      return toBytes(value, 'any', 'sameKind');
    case 'uint64':
    case 'fixed64':
      return unsigned(value);
    case 'uint32':
    case 'fixed32':
      return within(unsigned(value), 0, 0xffff_ffff, 'uint32');
    case 'int64':
    case 'sint64':
    case 'sfixed64':
      return toInt(value, 'any', 'sameKind', 'int');
    default:
      return within(toInt(value, 'any', 'sameKind', 'int'), -0x8000_0000, 0x7fff_ffff, 'int32');
  }
}

function unsigned(value: unknown): Int {
  const int = asInt(value, 'any', 'sameKind') ?? cannotConvert(value, 'any', 'uint');
  if (int < 0) rowError(`cannot convert int64(${int}) to uint, negative not allowed`);
  return int;
}

function within(value: Int, least: number, greatest: number, target: string): Int {
  if (value < least || value > greatest) rowError(`cannot convert int64(${value}) to ${target}, out of range`);
  return value;
}

function encoding<T>(field: FieldType, convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    return rowError(`failed to encode field '${field.name}':${errorText(error)}`);
  }
}

function invalid(field: FieldType, why: string): never {
  rowError(`invalid type for ${typeName(field)} type field '${field.name}': ${why}`);
}

export function typeName({ type }: FieldType): string {
  if (type === 'double' || type === 'float') return 'float';
  if (type === 'uint32' || type === 'uint64' || type === 'fixed32' || type === 'fixed64') return 'uint';
  return type === 'bool' || type === 'string' || type === 'bytes' || type === 'message' ? type : 'int';
}
