/**
 * JSON messages to rows.
 *
 * A read is turned into text once ({@link asciiTextOf}); then one of three ways, chosen by what is asked for:
 * - all columns of a schemaless stream: `JSON.parse`, its objects are the rows;
 * - a few columns: a scanner generated for them, which hands anything unusual to the slow way;
 * - declared types, exact integers: {@link JsonReader}.
 */
import { errorText, type Kind, nestsTooDeep, type Row, type RowType, setMember } from '@kuiper/base';
import type { BytesBatch, Decoder, DecodeSpec, RowReceiver } from '@kuiper/sdk';
import { formatErrors } from '../errors.ts';
import { asciiTextOf } from './batch-text.ts';
import {
  anyType,
  deliveredKind,
  JsonReader,
  jsonTypeAt,
  readTypeOf,
  type RowColumn,
  type RowPlan,
} from './json-reader.ts';
import { generateScanner } from './json-scanner.ts';

export function createJsonDecoder(spec: DecodeSpec): Decoder {
  const slow = slowDecoding(spec);
  const scan = generateScanner(rowPlan(spec));
  const decodeText: DecodeText =
    scan === null ? slow : (text, start, end) => scan(text, start, end) ?? slow(text, start, end);
  return new JsonDecoder(decodedType(spec), decodeText);
}

/** Turns the message `text[start, end)` into its rows; throws a row error. */
type DecodeText = (text: string, start: number, end: number) => Row | Row[];

class JsonDecoder implements Decoder {
  readonly type: RowType;
  readonly #decodeText: DecodeText;

  constructor(type: RowType, decodeText: DecodeText) {
    this.type = type;
    this.#decodeText = decodeText;
  }

  decodeBatch(batch: BytesBatch, receiver: RowReceiver): void {
    const decodeText = this.#decodeText;
    const { buffer, starts, ends, count } = batch;
    const whole = asciiTextOf(batch);
    for (let i = 0; i < count; i++) {
      const start = starts[i] as number;
      const end = ends[i] as number;
      let rows: Row | Row[];
      try {
        if (whole !== null) rows = decodeText(whole.text, start - whole.base, end - whole.base);
        else {
          const text = buffer.toString('utf8', start, end);
          rows = decodeText(text, 0, text.length);
        }
      } catch (error) {
        receiver.fail(error as Error, i);
        continue;
      }
      if (Array.isArray(rows)) for (const row of rows) receiver.row(row, i);
      else receiver.row(rows, i);
    }
  }

  decode(bytes: Uint8Array): Row | Row[] {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
    return this.#decodeText(text, 0, text.length);
  }
}

function decodedType(spec: DecodeSpec): RowType {
  const { schema, columns, renames = {} } = spec;
  if (schema === null && columns === null) return { k: 'map', fields: {}, rest: 'any' };
  const outputOf = (name: string): string => (Object.hasOwn(renames, name) ? (renames[name] as string) : name);
  const fields: Record<string, Kind> = {};
  const names = columns ?? Object.keys(schema?.fields ?? {});
  for (const name of names) {
    const declared = schema === null ? 'any' : Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
    setMember(fields, outputOf(name), declared === undefined ? 'null' : deliveredKind(declared));
  }
  // with all columns of a schema, those that nobody declared come out too when they are null
  return { k: 'map', fields, rest: columns === null ? 'null' : null };
}

/** The plan by which a {@link JsonReader} makes rows for a spec. */
export function rowPlan(spec: DecodeSpec): RowPlan {
  const { schema, columns, renames = {} } = spec;
  const wholeAsInt = schema === null && spec.options['useInt64ForWholeNumber'] === true;
  const outputOf = (name: string): string => (Object.hasOwn(renames, name) ? (renames[name] as string) : name);
  const all = columns === null && schema === null;
  const names = columns ?? Object.keys(schema?.fields ?? {});
  const kept = new Map<string, RowColumn>();
  for (const name of names) {
    const declared = schema === null ? 'any' : Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
    if (declared !== undefined) kept.set(name, { output: outputOf(name), type: readTypeOf(declared) });
    else kept.set(name, { output: outputOf(name), type: readTypeOf('null') });
  }
  for (const [name, output] of Object.entries(renames)) {
    if (columns === null && schema === null) kept.set(name, { output, type: anyType });
  }
  return {
    columns: kept,
    shape: all ? [] : names.map(outputOf),
    others: all ? anyType : null,
    keepNulls: columns === null && schema !== null,
    wholeAsInt,
  };
}

function slowDecoding(spec: DecodeSpec): DecodeText {
  const plain = spec.schema === null && spec.options['useInt64ForWholeNumber'] !== true;
  if (!plain || Object.keys(spec.renames ?? {}).length > 0) {
    const reader = new JsonReader(rowPlan(spec));
    return (text, start, end) => {
      checkDepth(text, start, end);
      return reader.read(text, start, end);
    };
  }
  if (spec.columns === null) return parseRows;
  const pick = columnPicker(spec.columns);
  return (text, start, end) => {
    const rows = parseRows(text, start, end);
    return Array.isArray(rows) ? rows.map(pick) : pick(rows);
  };
}

function checkDepth(text: string, start: number, end: number): void {
  if (nestsTooDeep(text, start, end)) throw formatErrors.syntax('exceeded max depth');
}

/** Parses a message into the objects it holds. */
export function parseRows(text: string, start: number, end: number): Row | Row[] {
  checkDepth(text, start, end);
  const source = start === 0 && end === text.length ? text : text.slice(start, end);
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw formatErrors.syntax(errorText(error));
  }
  if (typeof value !== 'object' || value === null) throw formatErrors.unsupportedTopLevel();
  if (!Array.isArray(value)) return value as Row;
  for (const element of value) {
    if (typeof element !== 'object' || element === null || Array.isArray(element)) {
      throw formatErrors.notAnObject(jsonTypeAt(JSON.stringify(element), 0));
    }
  }
  return value as Row[];
}

/** Copies the columns out of parsed rows into rows of one shape. */
function columnPicker(columns: readonly string[]): (row: Row) => Row {
  const inherited = columns.some((name) => name in Object.prototype);
  return (row) => {
    const picked: Row = {};
    for (const name of columns) {
      setMember(picked, name, inherited && !Object.hasOwn(row, name) ? undefined : row[name]);
    }
    return picked;
  };
}
