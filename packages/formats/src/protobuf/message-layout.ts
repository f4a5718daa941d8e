/** What the codecs need to know about a message type: plain data, no library behind it. Source: io §8.5. */
import type { Kind, MapKind } from '@kuiper/base';
import type * as Protobuf from 'protobufjs';
import { type FieldType, unsetValue, wireType } from './field-type.ts';

export interface FieldLayout {
  /** As written in the file. */
  readonly name: string;
  readonly number: number;
  readonly type: FieldType;
  /** Of type `message` only. */
  readonly message: MessageLayout | null;
  /** A proto2 group: framed by tags instead of a length. */
  readonly delimited: boolean;
  readonly repeated: boolean;
  /** How repeated numbers are written; both ways are read. */
  readonly packed: boolean;
  readonly required: boolean;
  /** Zero values are written too. */
  readonly presence: boolean;
  /** Number of its oneof, -1 for none. */
  readonly oneof: number;
  /** What an unset field reads as, as a value of a slot of `kind`; undefined for a member of a oneof. */
  readonly unset: unknown;
  readonly kind: Kind;
}

export interface MessageLayout {
  readonly fullName: string;
  readonly fields: readonly FieldLayout[];
  /** A `google.protobuf.Int32Value` and the like: as a field it is the bare value of its only member. */
  readonly isWrapper: boolean;
}

const wrapperName = /^\.google\.protobuf\.(Double|Float|U?Int(32|64)|Bool|String|Bytes)Value$/;

/**
 * Fields in the order of the file. Left out: map fields, and fields that would nest a type into itself, whose columns
 * could not be told in advance.
 */
export function messageLayout(type: Protobuf.Type): MessageLayout {
  return new LayoutMaker().make(type, new Set()).layout;
}

/** The columns of a message as kinds. */
export function layoutKind(layout: MessageLayout): MapKind {
  const fields = layout.fields.map(({ name, kind }) => [name, kind] as const);
  return { k: 'map', fields: Object.fromEntries(fields), rest: null };
}

interface Made {
  readonly layout: MessageLayout;
  /** Types around this one because of which fields were left out. */
  readonly cut: ReadonlySet<Protobuf.Type>;
}

class LayoutMaker {
  readonly #made = new Map<Protobuf.Type, Made>();

  make(type: Protobuf.Type, outer: ReadonlySet<Protobuf.Type>): Made {
    const known = this.#made.get(type);
    if (known !== undefined) return known;
    const inside = new Set(outer).add(type);
    const cut = new Set<Protobuf.Type>();
    const fields: FieldLayout[] = [];
    for (const field of type.fieldsArray) {
      if (field.map || field.declaringField !== null) continue;
      const messageType = isMessage(field.resolvedType) ? field.resolvedType : null;
      if (messageType !== null && inside.has(messageType)) {
        cut.add(messageType);
        continue;
      }
      const nested = messageType === null ? null : this.make(messageType, inside);
      for (const around of nested?.cut ?? []) cut.add(around);
      fields.push(fieldLayout(field, nested?.layout ?? null, type));
    }
    cut.delete(type);
    const layout = { fullName: type.fullName, fields, isWrapper: wrapperName.test(type.fullName) };
    const made = { layout, cut };
    // What was cut short because of the types around it is different elsewhere.
    if (cut.size === 0) this.#made.set(type, made);
    return made;
  }
}

function isMessage(type: Protobuf.Type | Protobuf.Enum | null): type is Protobuf.Type {
  return type !== null && 'fieldsArray' in type;
}

function fieldLayout(field: Protobuf.Field, message: MessageLayout | null, parent: Protobuf.Type): FieldLayout {
  const type = fieldType(field, message);
  const one = type === 'message' ? messageKind(message as MessageLayout) : scalarKind(type);
  const group = field.partOf;
  const oneof = group === null || group.isProto3Optional ? -1 : parent.oneofsArray.indexOf(group);
  return {
    name: field.name,
    number: field.id,
    type,
    message,
    delimited: message !== null && field.delimited,
    repeated: field.repeated,
    packed: field.packed && wireType(type) !== 2,
    required: field.required,
    presence: Boolean(field.hasPresence),
    oneof,
    unset: oneof >= 0 ? undefined : field.repeated ? [] : unsetValue(field, type),
    kind: field.repeated ? { k: 'list', of: one } : one,
  };
}

function fieldType(field: Protobuf.Field, message: MessageLayout | null): FieldType {
  if (message !== null) return 'message';
  return field.resolvedType === null ? (field.type as FieldType) : 'enum';
}

function messageKind(message: MessageLayout): Kind {
  const wrapped = message.fields[0];
  return message.isWrapper && wrapped !== undefined ? wrapped.kind : layoutKind(message);
}

function scalarKind(type: FieldType): Kind {
  switch (type) {
    case 'double':
    case 'float':
      return 'float';
    case 'bool':
      return 'bool';
    case 'string':
      return 'string';
    case 'bytes':
      return 'bytes';
    default:
      return 'int';
  }
}
