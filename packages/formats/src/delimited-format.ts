/** Lines of values with a separator and no quoting. Source: io §8.3, §4.2. */
import { decodeUtf8, type Kind, memberKind, plainText, type Row, setMember, sortKeys } from '@kuiper/base';
import {
  type DecodeSpec,
  defineFormat,
  type Encoder,
  type EncodeSpec,
  type FormatDeclaration,
  type Payload,
} from '@kuiper/sdk';
import { MessageDecoder } from './each-message.ts';

export const delimitedFormat: FormatDeclaration = defineFormat({
  name: 'delimited',
  text: true,
  createDecoder: createDelimitedDecoder,
  createEncoder: (spec) => new DelimitedEncoder(spec),
});

/** Values are strings; names come from the property `fields`, else `col0`, `col1` …; values without a name are dropped. */
function createDelimitedDecoder(spec: DecodeSpec): MessageDecoder {
  const delimiter = spec.delimiter || ',';
  const names = stringList(spec.options['fields']);
  const { columns, renames = {} } = spec;
  const outputOf = (name: string): string => (Object.hasOwn(renames, name) ? (renames[name] as string) : name);
  const wanted = columns === null ? null : new Set(columns);
  const fields: Record<string, Kind> = {};
  for (const name of columns ?? names ?? []) setMember(fields, outputOf(name), 'string');
  const rest = columns === null && names === null ? 'string' : null;
  return new MessageDecoder({ k: 'map', fields, rest }, (bytes) => {
    const values = bytes.toString('utf8').split(delimiter);
    const row: Row = {};
    for (const name of columns ?? []) setMember(row, outputOf(name), undefined);
    const count = names === null ? values.length : Math.min(values.length, names.length);
    for (let i = 0; i < count; i++) {
      const name = names === null ? `col${i}` : (names[i] as string);
      if (wanted === null || wanted.has(name)) setMember(row, outputOf(name), values[i]);
    }
    return row;
  });
}

/**
 * Columns are the configured `fields`; else the sorted keys of the first row that has any, kept from then on. A list
 * goes by the keys of its own first row. In batches the separator is always a comma.
 */
class DelimitedEncoder implements Encoder {
  readonly #type: EncodeSpec['type'];
  readonly #delimiter: string;
  readonly #hasHeader: boolean;
  readonly #batched: boolean;
  #columns: readonly string[];
  readonly #configured: boolean;
  #headerDue: boolean;

  constructor({ type, delimiter, hasHeader, options }: EncodeSpec) {
    const fields = stringList(options['fields']);
    this.#type = type;
    this.#batched = isPositive(options['batchSize']) || isPositive(options['lingerInterval']);
    this.#delimiter = this.#batched ? ',' : delimiter || ',';
    this.#hasHeader = hasHeader ?? false;
    this.#configured = fields !== null && !this.#batched;
    this.#columns = this.#configured ? (fields ?? []) : [];
    this.#headerDue = this.#hasHeader && !this.#configured && !this.#batched;
  }

  /**
   * One line. With `hasHeader` and no configured columns the first line comes behind the separator, the header's
   * length in four bytes and the header: that is how the file sink learns it.
   */
  encodeRow(row: Row): Payload {
    if (this.#columns.length === 0) this.#columns = presentKeys(row);
    const line = this.#line(row, this.#columns);
    if (!this.#headerDue || this.#columns.length === 0) return line;
    this.#headerDue = false;
    const header = Buffer.from(this.#columns.join(this.#delimiter));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(header.length);
    return Buffer.concat([Buffer.from(this.#delimiter), length, header, Buffer.from(line)]);
  }

  encodeList(rows: readonly Row[]): string {
    const first = rows[0];
    if (first === undefined) return '';
    const columns = presentKeys(first);
    if (this.#batched && this.#columns.length === 0) this.#columns = columns;
    const lines = rows.map((row) => this.#line(row, columns));
    if (this.#hasHeader && !this.#batched) lines.unshift(columns.join(this.#delimiter));
    return lines.join('\n');
  }

  joinBatch(items: readonly Payload[]): string {
    const lines = items.map((item) => (typeof item === 'string' ? item : decodeUtf8(item)));
    return [this.#columns.join(','), ...lines].join('\n');
  }

  #line(row: Row, columns: readonly string[]): string {
    let line = '';
    for (let i = 0; i < columns.length; i++) {
      const name = columns[i] as string;
      const value = Object.hasOwn(row, name) ? row[name] : undefined;
      if (i > 0) line += this.#delimiter;
      line += plainText(value, memberKind(this.#type, name));
    }
    return line;
  }
}

function presentKeys(row: Row): string[] {
  return sortKeys(Object.keys(row).filter((key) => row[key] !== undefined));
}

function stringList(value: unknown): readonly string[] | null {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : null;
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}
