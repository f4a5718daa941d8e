/** Proto3 JSON of messages, for requests. Source: behaviour spec, extension §6.4. */
import { encodeBase64, jsonString, rowError } from '@kuiper/base';
import type { FieldType, MessageType, MessageValue } from './message-type.ts';
import { durationText, timestampText } from './well-known.ts';

/** Keys are lowerCamelCase in the order of field numbers; what is unset, and a zero without presence, is left out. */
export function jsonOfMessage(type: MessageType, value: MessageValue): string {
  switch (type.form) {
    case 'plain':
    case 'empty':
      return plainJson(type, value);
    case 'wrapper': {
      const field = type.fields[0] as FieldType;
      return jsonOfValue(field, value[field.index] ?? field.unset);
    }
    case 'timestamp':
      return jsonString(timestampText(value));
    case 'duration':
      return jsonString(durationText(value));
    case 'fieldMask':
      return jsonString(((value[0] as string[] | undefined) ?? []).join(','));
    case 'struct':
      return jsonOfField(type.fields[0] as FieldType, value[0] ?? []);
    case 'list':
      return jsonOfField(type.fields[0] as FieldType, value[0] ?? []);
    case 'value': {
      const at = value.findIndex((member) => member !== undefined);
      const field = type.fields[at];
      return field === undefined || field.type === 'enum' ? 'null' : jsonOfField(field, value[at]);
    }
  }
}

function plainJson(type: MessageType, value: MessageValue): string {
  let text = '';
  for (const field of inNumberOrder(type)) {
    const member = value[field.index];
    if (member === undefined || (!field.presence && isDefault(field, member))) continue;
    text += `${text === '' ? '{' : ','}${jsonString(field.jsonName)}:${jsonOfField(field, member)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

const ordered = new WeakMap<MessageType, readonly FieldType[]>();

function inNumberOrder(type: MessageType): readonly FieldType[] {
  let fields = ordered.get(type);
  if (fields === undefined) {
    fields = [...type.fields].sort((a, b) => a.number - b.number);
    ordered.set(type, fields);
  }
  return fields;
}

function isDefault(field: FieldType, value: unknown): boolean {
  if (field.repeated || field.mapKey !== null) return (value as unknown[]).length === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  return value === 0 || value === '' || value === false || value === 0n;
}

function jsonOfField(field: FieldType, value: unknown): string {
  if (field.mapKey !== null) {
    const members = (value as [unknown, unknown][]).map(
      ([key, member]) => `${jsonString(String(key))}:${jsonOfValue(field, member)}`,
    );
    return `{${members.join(',')}}`;
  }
  if (!field.repeated) return jsonOfValue(field, value);
  return `[${(value as unknown[]).map((element) => jsonOfValue(field, element)).join(',')}]`;
}

/** Of one element. */
function jsonOfValue(field: FieldType, value: unknown): string {
  switch (field.type) {
    case 'message':
      return jsonOfMessage(field.message as MessageType, value as MessageValue);
    case 'float':
    case 'double':
      return Number.isFinite(value) ? numberText(value as number) : `"${numberText(value as number)}"`;
    case 'bool':
      return String(value);
    case 'string':
      return jsonString(value as string);
    case 'bytes':
      return `"${encodeBase64(value as Uint8Array)}"`;
    case 'enum':
      return enumJson(field, value as number);
    case 'int64':
    case 'uint64':
    case 'sint64':
    case 'fixed64':
    case 'sfixed64':
      return `"${intText(field, value)}"`;
    default:
      return intText(field, value);
  }
}

function enumJson(field: FieldType, number: number): string {
  const name = field.values?.byNumber.get(number);
  return name === undefined ? String(number) : jsonString(name);
}

/** Unsigned 64-bit values are kept wrapped to signed ones. */
function intText(field: FieldType, value: unknown): string {
  const isUnsigned = field.type === 'uint64' || field.type === 'fixed64';
  return isUnsigned && (value as number) < 0 ? String(BigInt.asUintN(64, BigInt(value as number))) : String(value);
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** True for a message that stands for its fields, not for one value. */
export function isNested(field: FieldType): boolean {
  const form = field.message?.form;
  return form === 'plain' || form === 'empty';
}

/** One value as a part of a URL, not escaped; an unset one shows its default. */
export function scalarText(field: FieldType, value: unknown): string {
  const present = value ?? field.unset;
  if (present === undefined || present === null) return '';
  if (field.type === 'string') return present as string;
  if (field.repeated || field.mapKey !== null) rowError(`field ${field.name} cannot be a part of a URL`);
  const json = jsonOfValue(field, present);
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
