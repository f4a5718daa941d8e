/** Formats: bytes to rows and back. */
import type { Row, RowType } from '@kuiper/base';
import type { BytesBatch } from './source.ts';
import type { Payload } from './sink.ts';

/** What a decoder must deliver. */
export interface DecodeSpec {
  /** Declared columns with their kinds, null for a schemaless stream. */
  readonly schema: RowType | null;
  /** Columns that are used, in a fixed order; null for all. */
  readonly columns: readonly string[] | null;
  /** Renames at decode time, column → output name (alias push-down); usually empty. */
  readonly renames?: Readonly<Record<string, string>>;
  readonly delimiter?: string;
  readonly schemaId?: string;
  /** Other properties of the source, for instance `useInt64ForWholeNumber` or `fields`. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Takes decoded rows one by one, synchronously, in message order. */
export interface RowReceiver {
  /** @param index the message of the batch that the row came from; one message can give several rows */
  row(row: Row, index: number): void;
  /** The message cannot be decoded. */
  fail(error: Error, index: number): void;
}

export interface Decoder {
  /** How the delivered values are represented, by column. */
  readonly type: RowType;
  decodeBatch(batch: BytesBatch, receiver: RowReceiver): void;
  /** Decodes one message; for payload decoders, lookups and tests. Throws when it cannot. */
  decode(bytes: Uint8Array): Row | Row[];
}

export interface EncodeSpec {
  /** How the values to encode are represented. With `rest: null` the keys are known: encoders specialise. */
  readonly type: RowType;
  readonly delimiter?: string;
  readonly hasHeader?: boolean;
  readonly schemaId?: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Encoder {
  encodeRow(row: Row): Payload;
  encodeList(rows: readonly Row[]): Payload;
  /** Joins the encoded items of one batch into a payload. */
  joinBatch(items: readonly Payload[]): Payload;
}

/**
 * Turns an encoded message into an encoded row without making the row: what `SELECT *` needs when nothing but an
 * encoder looks at its rows. The result is byte for byte what decoding and encoding would give.
 */
export interface Transcoder {
  /**
   * The one row of the message `buffer[start, end)`, encoded; null when it has to be decoded and encoded instead: a list
   * of rows, a damaged message, an order of keys not met before. The payload is the caller's.
   */
  transcode(buffer: Buffer, start: number, end: number): Payload | null;
}

export interface FormatDeclaration {
  readonly name: string;
  /** Rendered data templates are final bytes for text formats, and parsed and encoded again for others. */
  readonly text: boolean;
  createDecoder(spec: DecodeSpec): Decoder;
  createEncoder(spec: EncodeSpec): Encoder;
  /** Null when these specs ask for more than passing rows on. */
  createTranscoder?(decode: DecodeSpec, encode: EncodeSpec): Transcoder | null;
}

export function defineFormat(declaration: FormatDeclaration): FormatDeclaration {
  return declaration;
}
