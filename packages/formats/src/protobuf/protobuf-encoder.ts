/**
 * Rows to messages of one type. Members of a row without a field are ignored, missing and null members are not written.
 * Numbers of one kind fit fields of another, texts never become numbers; bytes take a text's UTF-8. Source: io §8.5.
 */
import {
  asInt,
  cannotConvert,
  describeValue,
  errorText,
  type Int,
  isListKind,
  type Kind,
  memberKind,
  type Row,
  rowError,
  toBool,
  toBytes,
  toFloat,
  toInt,
  toText,
  valueText,
} from '@kuiper/base';
import type { Encoder, EncodeSpec, Payload } from '@kuiper/sdk';
import { formatErrors } from '../errors.ts';
import { type FieldType, wireType, writeScalar } from './field-type.ts';
import type { FieldLayout, MessageLayout } from './message-layout.ts';
import { WireWriter } from './wire-writer.ts';

/** One field and how its values are represented in the rows. */
interface FieldPlan {
  readonly layout: FieldLayout;
  /** Of one element when repeated. */
  readonly kind: Kind;
  readonly tag: number;
  /** Only the row's own members count. */
  readonly inherited: boolean;
  readonly message: MessagePlan | null;
}

interface MessagePlan {
  readonly fields: readonly FieldPlan[];
  /** The one field of a wrapper, which a bare value stands for. */
  readonly bare: FieldPlan | null;
}

export class ProtobufEncoder implements Encoder {
  readonly #type: EncodeSpec['type'];
  readonly #plan: MessagePlan;
  readonly #writer = new WireWriter();

  constructor(layout: MessageLayout, { type }: EncodeSpec) {
    this.#type = type;
    this.#plan = messagePlan(layout, type);
  }

  encodeRow(row: Row): Uint8Array {
    this.#writer.start();
    writeMessage(this.#writer, this.#plan, row);
    return this.#writer.finish();
  }

  encodeList(rows: readonly Row[]): Payload {
    throw formatErrors.mustBeMap(valueText(rows, { k: 'list', of: this.#type }));
  }

  joinBatch(items: readonly Payload[]): Uint8Array {
    return Buffer.concat(items.map((item) => (typeof item === 'string' ? Buffer.from(item) : item)));
  }
}

function messagePlan(layout: MessageLayout, type: Kind): MessagePlan {
  const fields = layout.fields.map((field) => fieldPlan(field, memberKind(type, field.name)));
  const [only] = layout.fields;
  const bare = layout.isWrapper && only !== undefined ? fieldPlan(only, type) : null;
  return { fields, bare };
}

function fieldPlan(layout: FieldLayout, kind: Kind): FieldPlan {
  const { name, number, type, message, repeated, packed, delimited } = layout;
  const element = !repeated ? kind : isListKind(kind) ? kind.of : 'any';
  const wire = delimited ? 3 : repeated && packed ? 2 : wireType(type);
  return {
    layout,
    kind: element,
    tag: ((number << 3) | wire) >>> 0,
    inherited: name in Object.prototype,
    message: message === null ? null : messagePlan(message, element),
  };
}

function writeMessage(writer: WireWriter, plan: MessagePlan, row: Row): void {
  const { fields } = plan;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as FieldPlan;
    const { layout } = field;
    const value = field.inherited && !Object.hasOwn(row, layout.name) ? undefined : row[layout.name];
    if (value === undefined || value === null) {
      if (layout.required) rowError(`field ${layout.name} not found`);
    } else if (layout.repeated) writeList(writer, field, value);
    else writeField(writer, field, value);
  }
}

function writeField(writer: WireWriter, field: FieldPlan, value: unknown): void {
  const { layout, tag } = field;
  if (layout.type === 'message') writeNested(writer, field, value);
  else {
    const fitting = convert(value, field);
    if (!layout.presence && isZero(fitting)) return;
    writer.uint32(tag);
    writeScalar(writer, layout.type, fitting);
  }
}

function writeList(writer: WireWriter, field: FieldPlan, value: unknown): void {
  const { layout, tag } = field;
  if (!Array.isArray(value)) invalid(field, `cannot convert ${describeValue(value, field.kind)} to a list`);
  const list = value as readonly unknown[];
  if (list.length === 0) return;
  const mark = layout.packed ? openPacked(writer, tag) : -1;
  for (const element of list) {
    if (layout.type === 'message') writeNested(writer, field, element);
    else {
      const fitting = convert(element, field);
      if (mark < 0) writer.uint32(tag);
      writeScalar(writer, layout.type, fitting);
    }
  }
  if (mark >= 0) writer.close(mark);
}

function openPacked(writer: WireWriter, tag: number): number {
  writer.uint32(tag);
  return writer.open();
}

function writeNested(writer: WireWriter, field: FieldPlan, value: unknown): void {
  const { layout, tag } = field;
  const plan = field.message as MessagePlan;
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  if (!isMap && plan.bare === null) invalid(field, `cannot convert ${describeValue(value, field.kind)} to a map`);
  writer.uint32(tag);
  const mark = layout.delimited ? -1 : writer.open();
  try {
    if (isMap) writeMessage(writer, plan, value as Row);
    else writeField(writer, plan.bare as FieldPlan, value);
  } catch (error) {
    rowError(`failed to encode field '${layout.name}': ${errorText(error)}`);
  }
  if (mark >= 0) writer.close(mark);
  else writer.uint32(tag + 1);
}

/** The value as {@link writeScalar} wants it. A row error names the field. */
function convert(value: unknown, field: FieldPlan): unknown {
  try {
    return converted(value, field);
  } catch (error) {
    return invalid(field, errorText(error));
  }
}

function converted(value: unknown, { kind, layout }: FieldPlan): unknown {
  switch (layout.type) {
    case 'double':
    case 'float':
      return toFloat(value, kind, 'sameKind');
    case 'bool':
      return toBool(value, kind, 'sameKind');
    case 'string':
      return toText(value, kind, 'sameKind');
    case 'bytes':
      return toBytes(value, kind, 'sameKind');
    case 'uint64':
    case 'fixed64':
      return unsigned(value, kind);
    case 'uint32':
    case 'fixed32':
      return within(unsigned(value, kind), 0, 0xffff_ffff, 'uint32');
    case 'int64':
    case 'sint64':
    case 'sfixed64':
      return toInt(value, kind, 'sameKind', 'int');
    default:
      return within(toInt(value, kind, 'sameKind', 'int'), -0x8000_0000, 0x7fff_ffff, 'int32');
  }
}

function unsigned(value: unknown, kind: Kind): Int {
  const int = asInt(value, kind, 'sameKind') ?? cannotConvert(value, kind, 'uint');
  if (int < 0) rowError(`cannot convert int64(${int}) to uint, negative not allowed`);
  return int;
}

function within(value: Int, least: number, greatest: number, target: string): Int {
  if (value < least || value > greatest) rowError(`cannot convert int64(${value}) to ${target}, out of range`);
  return value;
}

function isZero(value: unknown): boolean {
  if (typeof value === 'object') return (value as Uint8Array).length === 0;
  return value === '' || value === false || Object.is(value, 0);
}

const typeNames: Readonly<Record<FieldType, string>> = {
  double: 'float',
  float: 'float',
  int32: 'int',
  uint32: 'uint',
  sint32: 'int',
  fixed32: 'uint',
  sfixed32: 'int',
  int64: 'int',
  uint64: 'uint',
  sint64: 'int',
  fixed64: 'uint',
  sfixed64: 'int',
  bool: 'bool',
  enum: 'int',
  string: 'string',
  bytes: 'bytes',
  message: 'message',
};

function invalid({ layout }: FieldPlan, why: string): never {
  rowError(`invalid type for ${typeNames[layout.type]} type field '${layout.name}': ${why}`);
}
