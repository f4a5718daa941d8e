/**
 * From the bytes of a source to rows: decompress → decode → decode a payload column. Each step wraps the next as a
 * decoder, so a plain source pays for none of them. Source: behaviour spec, io §3.3 and §10.
 */
import { type Row, type RowType, setMember } from '@kuiper/base';
import type { BytesBatch, Decoder, FormatDeclaration, RowReceiver, SourceDeclaration } from '@kuiper/sdk';
import { checkRateLimit, mergeField } from './rate-limit.ts';
import { runErrors } from './errors.ts';
import type { SourceSpec } from './rule-spec.ts';
import type { RunServices } from './services.ts';
import { splitProps } from './split-props.ts';

type DecoderServices = Pick<RunServices, 'registries' | 'transform'>;

/** Refuses what the properties of a source ask for and nobody offers; called when a rule is planned. */
export function checkSourceDecoding(spec: SourceSpec, declaration: SourceDeclaration, services: DecoderServices): void {
  const emitsBytes = declaration.emits === 'bytes';
  const { decompression, payloadFormat, payloadSchemaId } = splitProps(spec);
  checkRateLimit(spec, declaration);
  if (emitsBytes) checkFormat((spec.options.format ?? 'json').toLowerCase(), spec.options.schemaid ?? '', services);
  if (decompression !== '' && services.transform.decompressor(decompression) === undefined) {
    throw runErrors.DECOMPRESSOR_UNKNOWN(decompression);
  }
  if (payloadFormat !== '') checkFormat(payloadFormat.toLowerCase(), payloadSchemaId, services);
}

function checkFormat(format: string, schemaId: string, { registries, transform }: DecoderServices): void {
  if (registries.format(format) === undefined) throw runErrors.CONVERTER_UNKNOWN(format, schemaId);
  const problem = transform.schemaProblem(format, schemaId);
  if (problem !== null) throw runErrors.CONVERTER_SCHEMA(format, schemaId, problem);
}

export function makeSourceDecoder(
  spec: SourceSpec,
  format: FormatDeclaration,
  schema: RowType | null,
  columns: readonly string[] | null,
  services: DecoderServices,
  declaration: SourceDeclaration,
): Decoder {
  const wanted = splitProps(spec);
  const { decompression, payloadField, payloadBatchField } = wanted;
  const payloadFormat = wanted.payloadFormat.toLowerCase();
  const carrier = payloadBatchField !== '' ? payloadBatchField : payloadField;
  const carried = payloadFormat !== '';
  const decodeSpec = {
    // Under strict validation texts stay texts: whether they convert is the validation's to say.
    schema: spec.options.strictValidation === true && format.name === 'delimited' ? null : schema,
    columns: carried && columns !== null ? [...new Set([...columns, carrier])] : columns,
    delimiter: spec.options.delimiter ?? '',
    schemaId: spec.options.schemaid ?? '',
    options: spec.props,
  };
  // A declared schema describes the rows after the payload has been decoded; the carrier itself is free.
  let decoder = format.createDecoder(carried ? { ...decodeSpec, schema: null } : decodeSpec);
  if (carried) {
    const payloads = (services.registries.format(payloadFormat) as FormatDeclaration).createDecoder({
      schema,
      columns,
      delimiter: wanted.payloadDelimiter,
      schemaId: wanted.payloadSchemaId,
      options: spec.props,
    });
    decoder = payloadDecoder(decoder, payloads, payloadField, payloadBatchField);
  }
  if (decompression !== '') {
    decoder = decompressing(
      decoder,
      services.transform.decompressor(decompression) as (bytes: Uint8Array) => Uint8Array,
    );
  }
  return mergeField(spec, declaration) === null ? decoder : merging(decoder);
}

/**
 * The messages of a batch become one row, later ones over earlier ones; a message that cannot be decoded is left out.
 * Source: behaviour spec, io §3.2.
 */
function merging(inner: Decoder): Decoder {
  const decode = (bytes: Uint8Array): Row | Row[] => inner.decode(bytes);
  return {
    type: inner.type,
    decode,
    decodeBatch: (batch, receiver) => {
      let merged: Row | null = null;
      const add = (row: Row): void => {
        merged = overlay(merged ?? {}, row);
      };
      decodeEach(batch, decode, { row: add, fail: (error, index) => receiver.fail(error, index) });
      if (merged !== null) receiver.row(merged, batch.count - 1);
    },
  };
}

/** Each message is a compressed block of its own. */
function decompressing(inner: Decoder, decompress: (bytes: Uint8Array) => Uint8Array): Decoder {
  const decode = (bytes: Uint8Array): Row | Row[] => inner.decode(decompress(bytes));
  return { type: inner.type, decode, decodeBatch: (batch, receiver) => decodeEach(batch, decode, receiver) };
}

function decodeEach(batch: BytesBatch, decode: (bytes: Uint8Array) => Row | Row[], receiver: RowReceiver): void {
  for (let i = 0; i < batch.count; i++) {
    try {
      const decoded = decode(batch.buffer.subarray(batch.starts[i], batch.ends[i]));
      if (Array.isArray(decoded)) for (const row of decoded) receiver.row(row, i);
      else receiver.row(decoded, i);
    } catch (error) {
      receiver.fail(error as Error, i);
    }
  }
}

/** Takes the payload column out of each row, decodes it and lays the result over the rest of the row. */
function payloadDecoder(inner: Decoder, payloads: Decoder, field: string, batchField: string): Decoder {
  const expand = (row: Row): Row[] =>
    batchField === '' ? expandOne(row, payloads, field) : [mergeAll(row, payloads, field, batchField)];
  return {
    type: payloads.type,
    decode: (bytes) => {
      const decoded = inner.decode(bytes);
      return (Array.isArray(decoded) ? decoded : [decoded]).flatMap(expand);
    },
    decodeBatch: (batch, receiver) =>
      inner.decodeBatch(batch, {
        fail: (error, index) => receiver.fail(error, index),
        row: (row, index) => {
          let rows: Row[];
          try {
            rows = expand(row);
          } catch (error) {
            receiver.fail(error as Error, index);
            return;
          }
          for (const one of rows) receiver.row(one, index);
        },
      }),
  };
}

function expandOne(row: Row, payloads: Decoder, field: string): Row[] {
  const carried = own(row, field);
  // A row without the payload column has nothing to say: it is dropped.
  if (carried === undefined || carried === null) return [];
  const rest = without(row, field);
  const decoded = payloads.decode(toBytes(carried));
  return (Array.isArray(decoded) ? decoded : [decoded]).map((payload) => overlay(rest, payload));
}

/** All elements of the batch column merged into one row, later ones win; an element that cannot be decoded is left out. */
function mergeAll(row: Row, payloads: Decoder, field: string, batchField: string): Row {
  const elements = own(row, batchField);
  if (!Array.isArray(elements)) throw runErrors.PAYLOAD_BATCH(String(elements));
  let merged = without(row, batchField);
  for (const element of elements) {
    if (element === null || typeof element !== 'object') continue;
    try {
      for (const one of expandOne(element as Row, payloads, field)) merged = overlay(merged, one);
    } catch {
      // One bad element costs itself, not the row.
    }
  }
  return merged;
}

function own(row: Row, name: string): unknown {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

function without(row: Row, name: string): Row {
  const rest: Row = {};
  for (const [key, value] of Object.entries(row)) if (key !== name) setMember(rest, key, value);
  return rest;
}

function overlay(below: Row, above: Row): Row {
  const merged: Row = {};
  for (const row of [below, above]) {
    for (const [key, value] of Object.entries(row)) if (value !== undefined) setMember(merged, key, value);
  }
  return merged;
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Bytes as they are; a text that happens to be base64 is decoded, any other is UTF-8. */
function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'string') throw runErrors.PAYLOAD_KIND(typeof value);
  return base64.test(value) ? Buffer.from(value, 'base64') : Buffer.from(value);
}
