/** Messages in the wire format of protobuf. */
import { rowError } from '@kuiper/base';
import { WireReader, WireWriter, wireType, writeScalar } from '@kuiper/formats/protobuf';
import type { FieldType, MessageType, MessageValue, ScalarType } from './message-type.ts';

const deepest = 100;
const reader = new WireReader();
const writer = new WireWriter();

export function encodeMessage(type: MessageType, value: MessageValue): Uint8Array {
  writer.start();
  writeFields(type, value);
  return writer.finish();
}

/** Fields that the message does not have are unset, unknown ones ignored. Throws a row error for malformed bytes. */
export function decodeMessage(type: MessageType, bytes: Uint8Array): MessageValue {
  reader.open(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  reader.seek(0, bytes.length);
  try {
    return readFields(type, bytes.length, 0, 0);
  } finally {
    reader.close();
  }
}

function tag(number: number, wire: number): number {
  return ((number << 3) | wire) >>> 0;
}

function writeFields(type: MessageType, value: MessageValue): void {
  const { fields } = type;
  for (let i = 0; i < fields.length; i++) {
    const member = value[i];
    if (member === undefined) continue;
    const field = fields[i] as FieldType;
    if (field.mapKey !== null) writeMap(field, field.mapKey, member as [unknown, unknown][]);
    else if (field.repeated) writeList(field, member as unknown[]);
    else if (field.presence || field.oneof >= 0 || !isZero(member)) writeOne(field, field.number, member);
  }
}

function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  return value === '' || value === false || Object.is(value, 0);
}

function writeList(field: FieldType, list: readonly unknown[]): void {
  if (!field.packed) {
    for (const element of list) writeOne(field, field.number, element);
  } else if (list.length > 0) {
    writer.uint32(tag(field.number, 2));
    const mark = writer.open();
    for (const element of list) writeScalar(writer, field.type as ScalarType, element);
    writer.close(mark);
  }
}

function writeMap(field: FieldType, keyType: ScalarType, entries: readonly [unknown, unknown][]): void {
  for (const [key, value] of entries) {
    writer.uint32(tag(field.number, 2));
    const mark = writer.open();
    writer.uint32(tag(1, wireType(keyType)));
    writeScalar(writer, keyType, key);
    writeOne(field, 2, value);
    writer.close(mark);
  }
}

function writeOne(field: FieldType, number: number, value: unknown): void {
  if (field.type !== 'message') {
    writer.uint32(tag(number, wireType(field.type)));
    writeScalar(writer, field.type, value);
  } else if (field.delimited) {
    writer.uint32(tag(number, 3));
    writeFields(field.message as MessageType, value as MessageValue);
    writer.uint32(tag(number, 3) + 1);
  } else {
    writer.uint32(tag(number, 2));
    const mark = writer.open();
    writeFields(field.message as MessageType, value as MessageValue);
    writer.close(mark);
  }
}

/** @param endTag closes a group; 0 for what has a length */
function readFields(type: MessageType, end: number, endTag: number, depth: number): MessageValue {
  if (depth > deepest) rowError('cannot parse protobuf message: nested too deep');
  const value: MessageValue = new Array<unknown>(type.fields.length).fill(undefined);
  while (endTag !== 0 || reader.at < end) {
    if (reader.at >= end) reader.fail('unexpected end');
    const found = reader.uint32();
    if (found === endTag && endTag !== 0) return value;
    const field = type.byNumber.get(found >>> 3);
    if (field === undefined) reader.skip(found);
    else readField(type, value, field, found, depth);
  }
  if (reader.at > end) reader.fail('unexpected end');
  return value;
}

function readField(type: MessageType, value: MessageValue, field: FieldType, found: number, depth: number): void {
  const wire = found & 7;
  if (field.mapKey !== null) {
    if (wire !== 2) reader.skip(found);
    else putEntry(value, field, readEntry(field, field.mapKey, depth));
    return;
  }
  const expected = field.delimited ? 3 : wireType(field.type);
  if (field.repeated) {
    const present = value[field.index] as unknown[] | undefined;
    const list = present ?? [];
    if (wire === expected) list.push(readOne(field, found, depth));
    else if (wire === 2 && expected !== 2 && expected !== 3) readPacked(field, list);
    else {
      reader.skip(found);
      return;
    }
    value[field.index] = list;
    return;
  }
  if (wire !== expected) {
    reader.skip(found);
    return;
  }
  if (field.oneof >= 0) {
    for (const other of type.fields) {
      if (other.oneof === field.oneof && other !== field) value[other.index] = undefined;
    }
  }
  value[field.index] = readOne(field, found, depth);
}

function readPacked(field: FieldType, list: unknown[]): void {
  const end = reader.stop();
  while (reader.at < end) list.push(readScalar(field.type as ScalarType));
  if (reader.at > end) reader.fail('unexpected end');
}

/** The last one of a key counts. */
function putEntry(value: MessageValue, field: FieldType, entry: [unknown, unknown]): void {
  const entries = (value[field.index] as [unknown, unknown][] | undefined) ?? [];
  const at = entries.findIndex(([key]) => key === entry[0]);
  if (at < 0) entries.push(entry);
  else entries[at] = entry;
  value[field.index] = entries;
}

function readEntry(field: FieldType, keyType: ScalarType, depth: number): [unknown, unknown] {
  const end = reader.stop();
  let key: unknown = keyType === 'string' ? '' : keyType === 'bool' ? false : 0;
  let value: unknown;
  while (reader.at < end) {
    const found = reader.uint32();
    if (found === tag(1, wireType(keyType))) key = readScalar(keyType);
    else if (found === tag(2, wireType(field.type))) value = readOne(field, found, depth);
    else reader.skip(found);
  }
  if (reader.at > end) reader.fail('unexpected end');
  return [key, value ?? zeroOf(field)];
}

function zeroOf(field: FieldType): unknown {
  switch (field.type) {
    case 'message':
      return new Array<unknown>(field.message?.fields.length ?? 0).fill(undefined);
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'bytes':
      return new Uint8Array(0);
    default:
      return 0;
  }
}

function readOne(field: FieldType, found: number, depth: number): unknown {
  if (field.type !== 'message') return readScalar(field.type);
  const message = field.message as MessageType;
  if (field.delimited) return readFields(message, reader.limit, found + 1, depth + 1);
  return readFields(message, reader.stop(), 0, depth + 1);
}

function readScalar(type: ScalarType | 'enum'): unknown {
  switch (type) {
    case 'double':
      return reader.double();
    case 'float':
      return reader.float();
    case 'bool':
      return reader.bool();
    case 'string':
      return reader.string();
    case 'bytes':
      return reader.bytes();
    case 'uint32':
      return reader.uint32();
    case 'sint32':
      return reader.sint32();
    case 'fixed32':
      return reader.fixed32();
    case 'sfixed32':
      return reader.sfixed32();
    case 'sint64':
      return reader.sint64();
    case 'fixed64':
    case 'sfixed64':
      return reader.fixed64();
    case 'int64':
    case 'uint64':
      return reader.int64();
    default:
      return reader.int32();
  }
}
