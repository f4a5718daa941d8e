/** Messages that are not looked into: the whole payload is one column of bytes. Source: io §8.2, §3.4. */
import { base64OrRaw, encodeUtf8, type Kind, plainText, type Row, setMember, valueText } from '@kuiper/base';
import { defineFormat, type Encoder, type FormatDeclaration, type Payload } from '@kuiper/sdk';
import { formatErrors } from './errors.ts';
import { MessageDecoder } from './each-message.ts';

/** The column that holds the payload, unless a schema names its one BYTEA column otherwise. */
const SELF = 'self';

export const binaryFormat: FormatDeclaration = defineFormat({
  name: 'binary',
  text: false,
  createDecoder({ schema, renames = {} }) {
    const declared = schema === null ? [] : Object.keys(schema.fields);
    const name = declared.length === 1 ? (declared[0] as string) : SELF;
    const column = Object.hasOwn(renames, name) ? (renames[name] as string) : name;
    const fields: Record<string, Kind> = {};
    setMember(fields, column, 'bytes');
    return new MessageDecoder({ k: 'map', fields, rest: null }, (bytes) => {
      const row: Row = {};
      setMember(row, column, new Uint8Array(bytes));
      return row;
    });
  },
  createEncoder({ type }) {
    return new BinaryEncoder(Object.hasOwn(type.fields, SELF) ? (type.fields[SELF] as Kind) : 'any');
  },
});

class BinaryEncoder implements Encoder {
  readonly #kind: Kind;

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  encodeRow(row: Row): Uint8Array {
    const value = Object.hasOwn(row, SELF) ? row[SELF] : undefined;
    if (value === undefined || value === null) throw formatErrors.noSelf();
    if (value instanceof Uint8Array) return value;
    return typeof value === 'string' ? base64OrRaw(value) : encodeUtf8(plainText(value, this.#kind));
  }

  encodeList(rows: readonly Row[]): Payload {
    throw formatErrors.mustBeMap(
      valueText(rows, { k: 'list', of: { k: 'map', fields: { self: this.#kind }, rest: 'any' } }),
    );
  }

  joinBatch(items: readonly Payload[]): Uint8Array {
    return Buffer.concat(items.map((item) => (typeof item === 'string' ? encodeUtf8(item) : item)));
  }
}
