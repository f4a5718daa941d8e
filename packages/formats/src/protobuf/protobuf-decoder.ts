/** Messages of one type to rows. Source: io §8.5. */
import { type Kind, type Row, type RowType, sameKind, setMember } from '@kuiper/base';
import type { BytesBatch, Decoder, DecodeSpec, RowReceiver } from '@kuiper/sdk';
import { type DecodeMessage, generateDecoder, type WantedField } from './generate-decoder.ts';
import type { FieldLayout, MessageLayout } from './message-layout.ts';
import { WireReader } from './wire-reader.ts';

/**
 * A column is missing when the message has no such field, or no longer one of the kind that was declared: the schema
 * may have changed since the rule was planned. Without declared columns ints are tagged.
 */
export class ProtobufDecoder implements Decoder {
  readonly type: RowType;
  readonly #reader = new WireReader();
  readonly #decodeMessage: DecodeMessage;

  constructor(layout: MessageLayout, { schema, columns, renames = {} }: DecodeSpec) {
    const tagged = schema === null;
    const kinds: Record<string, Kind> = {};
    const wanted: WantedField[] = [];
    const byName = new Map(layout.fields.map((field) => [field.name, field]));
    const names = columns ?? (schema === null ? [...byName.keys()] : Object.keys(schema.fields));
    for (const name of names) {
      const output = Object.hasOwn(renames, name) ? (renames[name] as string) : name;
      const field = fitting(byName.get(name), schema, name);
      wanted.push({ output, field });
      setMember(kinds, output, field === null ? 'null' : tagged ? taggedKind(field.kind) : field.kind);
    }
    this.type = { k: 'map', fields: kinds, rest: null };
    this.#decodeMessage = generateDecoder(wanted, tagged);
  }

  decodeBatch({ buffer, starts, ends, count }: BytesBatch, receiver: RowReceiver): void {
    const reader = this.#reader;
    reader.open(buffer);
    for (let i = 0; i < count; i++) {
      const end = ends[i] as number;
      let row: Row;
      try {
        reader.seek(starts[i] as number, end);
        row = this.#decodeMessage(reader, end, null, 0);
      } catch (error) {
        receiver.fail(error as Error, i);
        continue;
      }
      receiver.row(row, i);
    }
    reader.close();
  }

  decode(bytes: Uint8Array): Row {
    const reader = this.#reader;
    reader.open(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    reader.seek(0, bytes.length);
    return this.#decodeMessage(reader, bytes.length, null, 0);
  }
}

function fitting(field: FieldLayout | undefined, schema: RowType | null, name: string): FieldLayout | null {
  if (field === undefined) return null;
  if (schema === null) return field;
  const declared = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
  return declared !== undefined && sameKind(declared, field.kind) ? field : null;
}

/** The kind of the same value with its ints tagged. */
function taggedKind(kind: Kind): Kind {
  if (typeof kind === 'string') return kind === 'int' ? 'any' : kind;
  if (kind.k === 'list') return { k: 'list', of: taggedKind(kind.of) };
  const fields: Record<string, Kind> = {};
  for (const [name, member] of Object.entries(kind.fields)) setMember(fields, name, taggedKind(member));
  return { k: 'map', fields, rest: kind.rest };
}
