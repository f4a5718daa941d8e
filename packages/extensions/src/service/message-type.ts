/**
 * Message types as the mapping of calls needs them: plain data, no library behind it. A message is the list of the values
 * of its fields, in the order of the file; an unset field is undefined. By field:
 *
 * | field | value |
 * |---|---|
 * | integers | `number`, or `bigint` beyond ±(2^53−1); unsigned 64-bit ones wrap to signed |
 * | float, double, bool, string | `number`, `boolean`, `string` |
 * | bytes | `Uint8Array` |
 * | enum | its number |
 * | message | a message |
 * | repeated | a list of these |
 * | map | a list of `[key, value]` |
 */
import { type FieldType as SingleType, unsetValue } from '@kuiper/formats/protobuf';
import type * as Protobuf from 'protobufjs';

export type MessageValue = unknown[];

export type ScalarType = Exclude<SingleType, 'enum' | 'message'>;

/** Messages that JSON writes in a form of their own. `empty` has no fields. */
export type MessageForm =
  | 'plain'
  | 'empty'
  | 'wrapper'
  | 'timestamp'
  | 'duration'
  | 'fieldMask'
  | 'struct'
  | 'value'
  | 'list';

export interface MessageType {
  /** Package included. */
  readonly name: string;
  readonly form: MessageForm;
  /** In the order of the file. */
  readonly fields: readonly FieldType[];
  readonly byNumber: ReadonlyMap<number, FieldType>;
  /** By the name in the file and by the one in JSON. */
  readonly byName: ReadonlyMap<string, FieldType>;
}

export interface EnumType {
  readonly byName: ReadonlyMap<string, number>;
  readonly byNumber: ReadonlyMap<number, string>;
}

export interface FieldType {
  /** Position in the message's values. */
  readonly index: number;
  readonly name: string;
  readonly jsonName: string;
  readonly number: number;
  /** Of one element; of the values of a map. */
  readonly type: ScalarType | 'enum' | 'message';
  readonly message: MessageType | null;
  readonly values: EnumType | null;
  readonly repeated: boolean;
  /** The type of the keys; null for what is no map. */
  readonly mapKey: ScalarType | null;
  readonly packed: boolean;
  /** Of a proto2 group: framed by tags instead of a length. */
  readonly delimited: boolean;
  /** A zero value differs from none. */
  readonly presence: boolean;
  /** Fields of one group exclude each other; -1 outside of groups. */
  readonly oneof: number;
  /** What an unset field reads as; undefined for members of a group, null for messages. */
  readonly unset: unknown;
}

const forms: Readonly<Record<string, MessageForm>> = {
  Empty: 'empty',
  Timestamp: 'timestamp',
  Duration: 'duration',
  FieldMask: 'fieldMask',
  Struct: 'struct',
  Value: 'value',
  ListValue: 'list',
};
const wrapperName = /^(Double|Float|U?Int(32|64)|Bool|String|Bytes)Value$/;
const wellKnown = 'google.protobuf.';

/** Makes the types of one schema; each once, so they may refer to each other in circles. */
export class MessageTypes {
  readonly #made = new Map<Protobuf.Type, MessageType>();

  of(type: Protobuf.Type): MessageType {
    const known = this.#made.get(type);
    if (known !== undefined) return known;
    const fields: FieldType[] = [];
    const byNumber = new Map<number, FieldType>();
    const byName = new Map<string, FieldType>();
    const name = type.fullName.replace(/^\./, '');
    const made = { name, form: formOf(name), fields, byNumber, byName };
    this.#made.set(type, made);
    for (const source of type.fieldsArray) {
      if (source.declaringField !== null) continue;
      const field = this.#field(source, fields.length, type);
      fields.push(field);
      byNumber.set(field.number, field);
    }
    for (const field of fields) byName.set(field.jsonName, field);
    for (const field of fields) byName.set(field.name, field);
    return made;
  }

  #field(field: Protobuf.Field, index: number, parent: Protobuf.Type): FieldType {
    const resolved = field.resolvedType;
    const message = resolved !== null && 'fieldsArray' in resolved ? this.of(resolved) : null;
    const values = resolved !== null && 'valuesById' in resolved ? enumType(resolved) : null;
    const type = message !== null ? 'message' : values !== null ? 'enum' : (field.type as ScalarType);
    const mapKey = field.map ? ((field as unknown as Protobuf.MapField).keyType as ScalarType) : null;
    const repeated = field.repeated && mapKey === null;
    const group = field.partOf;
    const oneof = group === null || group.isProto3Optional ? -1 : parent.oneofsArray.indexOf(group);
    return {
      index,
      name: field.name,
      jsonName: jsonNameOf(field),
      number: field.id,
      type,
      message,
      values,
      repeated,
      mapKey,
      packed: repeated && field.packed && type !== 'string' && type !== 'bytes' && message === null,
      delimited: message !== null && field.delimited,
      presence: Boolean(field.hasPresence) || message !== null,
      oneof,
      unset: repeated ? [] : mapKey !== null ? {} : oneof >= 0 ? undefined : unsetValue(field, type),
    };
  }
}

function formOf(name: string): MessageForm {
  if (!name.startsWith(wellKnown)) return 'plain';
  const short = name.slice(wellKnown.length);
  if (wrapperName.test(short)) return 'wrapper';
  return Object.hasOwn(forms, short) ? (forms[short] as MessageForm) : 'plain';
}

function enumType(type: Protobuf.Enum): EnumType {
  const byName = new Map<string, number>(Object.entries(type.values));
  const byNumber = new Map<number, string>();
  for (const [name, number] of byName) if (!byNumber.has(number)) byNumber.set(number, name);
  return { byName, byNumber };
}

function jsonNameOf(field: Protobuf.Field): string {
  const given: unknown = field.options?.json_name;
  if (typeof given === 'string') return given;
  return field.name.replace(/_+(.?)/g, (_all, letter: string) => letter.toUpperCase());
}

/** True for the types whose values are ints. */
export function isIntType(type: FieldType['type']): boolean {
  return type === 'enum' || /int|fixed/.test(type);
}
