/** `compress` and `decompress`: the method is fixed by the first call. Source: behaviour spec, functions §17. */
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { encodeUtf8, errorText, rowError, valueText } from '@kuiper/base';
import { type CallArgument, type FunctionContext, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkAs } from '../check-arguments.ts';
import { isNil } from '../map-value.ts';
import { text } from '../string/text-argument.ts';
import { prepareZstd, zstd } from './zstd.ts';

type Transform = (data: Uint8Array) => Uint8Array;

/** Largest decompressed value, in bytes. */
const maxOutputLength = 64 << 20;

const compressors: Readonly<Record<string, Transform>> = {
  zlib: (data) => deflateSync(data),
  gzip: (data) => gzipSync(data),
  flate: (data) => deflateRawSync(data),
  zstd: (data) => zstd().compress(data),
};

const decompressors: Readonly<Record<string, Transform>> = {
  zlib: (data) => inflateSync(data, { maxOutputLength }),
  gzip: (data) => gunzipSync(data, { maxOutputLength }),
  flate: (data) => inflateRawSync(data, { maxOutputLength }),
  zstd: (data) => zstd().decompress(data, maxOutputLength),
};

const checkLiterals = checkAs(t.string('data'), t.string('method'));

function checkCompression(args: readonly CallArgument[]): string | null {
  const wrong = checkLiterals(args);
  const method = args[1];
  if (wrong === null && (method?.literal !== 'string' || method.value === 'zstd')) void prepareZstd();
  return wrong;
}

/** The transform of this call; a method other than that of the first call is refused. */
function transformOf(
  context: FunctionContext,
  known: Readonly<Record<string, Transform>>,
  method: string,
  verb: 'compress' | 'decompress',
): Transform {
  const first = context.getState('method');
  if (first !== undefined && first !== method) {
    return rowError(`${verb} type must be consistent, previous ${first as string}, now ${method}`);
  }
  const transform = Object.hasOwn(known, method) ? known[method] : undefined;
  if (transform === undefined) return rowError(`unsupported ${verb}or: ${method}`);
  if (first === undefined) context.putState('method', method);
  return transform;
}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (typeof data === 'string') return encodeUtf8(data);
  return rowError(`require string or bytea parameter, but got ${valueText(data, 'any')}`);
}

/** What zlib has against the data, in the words of the behaviour spec. */
function failureText(method: string, error: unknown): string {
  const reason = errorText(error);
  if (reason === 'unexpected end of file') return 'unexpected EOF';
  if (method === 'flate') return reason.startsWith('invalid ') ? `flate: corrupt input: ${reason}` : reason;
  if (reason === 'incorrect header check') return `${method}: invalid header`;
  return /^incorrect (data|length) check$/.test(reason) ? `${method}: invalid checksum` : reason;
}

const compress = scalar({
  name: 'compress',
  group: 'transform',
  args: [t.any('data'), t.any('method')],
  check: checkCompression,
  returns: 'bytes',
  onNull: 'call',
  volatile: true,
  context: true,
  keepsState: true,
  summary: 'The bytes of a text, or bytes, compressed by zlib, gzip, flate or zstd.',
  examples: [
    { call: 'compress("hot", "flate")', gives: '"y8gvAQA="' },
    { call: 'compress(a, "zlib")', row: {}, gives: 'null' },
    { call: 'compress(a, "zlib")', row: { a: 5 }, fails: 'require string or bytea parameter, but got 5' },
    { call: 'compress("x", "lz4")', fails: 'unsupported compressor: lz4' },
    { call: 'compress(1, "gzip")', fails: 'Expect string type for parameter 1' },
  ],
  eval: (context: FunctionContext, data: unknown, method: unknown) => {
    if (isNil(data)) return null;
    const transform = transformOf(context, compressors, text(method), 'compress');
    return new Uint8Array(transform(bytesOf(data)));
  },
});

const decompress = scalar({
  name: 'decompress',
  group: 'transform',
  args: [t.any('data'), t.any('method')],
  check: checkCompression,
  returns: 'bytes',
  onNull: 'call',
  volatile: true,
  context: true,
  keepsState: true,
  summary: 'The bytes that were compressed by zlib, gzip, flate or zstd.',
  examples: [
    { call: 'decompress(a, "gzip")', row: { a: gzipSync('hi') }, gives: '"aGk="' },
    { call: 'decompress(a, "gzip")', row: { a: [1] }, fails: 'require string or bytea parameter, but got [1]' },
    { call: 'decompress("x", "lz4")', fails: 'unsupported decompressor: lz4' },
    { call: 'decompress("hello world", "zlib")', fails: 'failed to decompress: zlib: invalid header' },
  ],
  eval: (context: FunctionContext, data: unknown, method: unknown) => {
    if (isNil(data)) return null;
    const transform = transformOf(context, decompressors, text(method), 'decompress');
    const bytes = bytesOf(data);
    try {
      return new Uint8Array(transform(bytes));
    } catch (error) {
      return rowError(`failed to decompress: ${failureText(text(method), error)}`);
    }
  },
});

export const compressFunctions: readonly FunctionDeclaration[] = [compress, decompress];
