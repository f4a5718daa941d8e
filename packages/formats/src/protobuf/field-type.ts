/** The types of single values: how they are framed and written, what an unset one reads as. Source: io §8.5. */
import { type Int, intFromFloat, normInt } from '@kuiper/base';
import type * as Protobuf from 'protobufjs';
import type { WireWriter } from './wire-writer.ts';

type NumberType =
  | 'double'
  | 'float'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'fixed32'
  | 'sfixed32'
  | 'int64'
  | 'uint64'
  | 'sint64'
  | 'fixed64'
  | 'sfixed64'
  | 'bool'
  | 'enum';

export type FieldType = NumberType | 'string' | 'bytes' | 'message';

const wireTypes: Readonly<Record<FieldType, 0 | 1 | 2 | 5>> = {
  double: 1,
  float: 5,
  int32: 0,
  uint32: 0,
  sint32: 0,
  fixed32: 5,
  sfixed32: 5,
  int64: 0,
  uint64: 0,
  sint64: 0,
  fixed64: 1,
  sfixed64: 1,
  bool: 0,
  enum: 0,
  string: 2,
  bytes: 2,
  message: 2,
};

/** How one value of the type is framed on the wire. */
export function wireType(type: FieldType): 0 | 1 | 2 | 5 {
  return wireTypes[type];
}

/** @param value as a slot of the type's kind holds it; a `message` has no value of this form */
export function writeScalar(writer: WireWriter, type: Exclude<FieldType, 'message'>, value: unknown): void {
  switch (type) {
    case 'double':
      return writer.double(value as number);
    case 'float':
      return writer.float(value as number);
    case 'bool':
      return writer.uint32(value === true ? 1 : 0);
    case 'string':
      return writer.string(value as string);
    case 'bytes':
      return writer.bytes(value as Uint8Array);
    case 'uint32':
      return writer.uint32(value as number);
    case 'sint32':
      return writer.sint32(value as number);
    case 'fixed32':
    case 'sfixed32':
      return writer.fixed32(value as number);
    case 'sint64':
      return writer.sint64(value as Int);
    case 'fixed64':
    case 'sfixed64':
      return writer.fixed64(value as Int);
    default:
      return writer.int64(value as Int);
  }
}

/** The default written in the file, else the zero of the type; null for a message. */
export function unsetValue(field: Protobuf.Field, type: FieldType): unknown {
  const given = field.typeDefault as unknown;
  switch (type) {
    case 'message':
      return null;
    case 'bool':
      return given === true;
    case 'string':
      return typeof given === 'string' ? given : '';
    case 'bytes':
      return given instanceof Uint8Array ? new Uint8Array(given) : new Uint8Array(0);
    case 'double':
    case 'float':
      return typeof given === 'number' ? given : 0;
    default:
      return intDefault(given);
  }
}

/** 64-bit defaults come as an object of two halves. */
function intDefault(given: unknown): unknown {
  if (typeof given === 'number') return intFromFloat(given);
  if (given === null || typeof given !== 'object' || !('low' in given) || !('high' in given)) return 0;
  return normInt((BigInt(given.high as number) << 32n) | BigInt((given.low as number) >>> 0));
}
