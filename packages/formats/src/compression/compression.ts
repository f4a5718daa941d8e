/**
 * Whole messages packed and unpacked: `gzip`, `zlib`, `flate` (raw deflate) and, where the runtime has it, `zstd`.
 * Source: behaviour spec, io §10.
 */
import * as zlib from 'node:zlib';
import { errorText, rowError } from '@kuiper/base';
import { compressionErrors } from './errors.ts';

/** Makes new bytes; the argument is only read. */
export type BytesTransform = (bytes: Uint8Array) => Uint8Array;

/** Bytes that one unpacked message may have: a few hundred of them can ask for gigabytes. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;
const DEFAULT_WINDOW_BYTES = 8 * 1024 * 1024;
const MIN_WINDOW_LOG = 10;
const MAX_WINDOW_LOG = 29;

interface ZstdRuntime {
  readonly zstdCompressSync?: (bytes: Uint8Array, options: { params: Record<number, number> }) => Uint8Array;
  readonly zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
  readonly constants: { readonly ZSTD_c_windowLog?: number };
}

const zstd = zlib as unknown as ZstdRuntime;
const limits = { maxOutputLength: MAX_UNPACKED_BYTES };

/** Names of the methods that this runtime has. */
export const compressionMethods: readonly string[] =
  zstd.zstdCompressSync === undefined ? ['gzip', 'zlib', 'flate'] : ['gzip', 'zlib', 'flate', 'zstd'];

/**
 * Packs messages by a method; undefined for an unknown one.
 * @param props `windowSize` in bytes, for zstd
 * Throws COMPRESSION_UNAVAILABLE and ZSTD_WINDOW_SIZE.
 */
export function compressor(name: string, props: Readonly<Record<string, unknown>> = {}): BytesTransform | undefined {
  switch (name) {
    case 'gzip':
      return (bytes) => zlib.gzipSync(bytes);
    case 'zlib':
      return (bytes) => zlib.deflateSync(bytes);
    case 'flate':
      return (bytes) => zlib.deflateRawSync(bytes);
    case 'zstd':
      return zstdCompressor(props['windowSize'] ?? DEFAULT_WINDOW_BYTES);
    default:
      return undefined;
  }
}

function zstdCompressor(windowSize: unknown): BytesTransform {
  const compress = zstd.zstdCompressSync;
  const windowParam = zstd.constants.ZSTD_c_windowLog;
  const windowLog = Math.log2(Number(windowSize));
  if (!Number.isInteger(windowLog) || windowLog < MIN_WINDOW_LOG || windowLog > MAX_WINDOW_LOG)
    throw compressionErrors.ZSTD_WINDOW_SIZE(String(windowSize));
  if (compress === undefined || windowParam === undefined) throw compressionErrors.COMPRESSION_UNAVAILABLE('zstd');
  const options = { params: { [windowParam]: windowLog } };
  return (bytes) => compress(bytes, options);
}

/**
 * Unpacks messages; undefined for an unknown method. Bytes that were not packed that way, are cut off or unpack to more
 * than 256 MiB are row errors: `failed to decompress: …`. Throws COMPRESSION_UNAVAILABLE.
 */
export function decompressor(name: string): BytesTransform | undefined {
  const unpack = unpackerOf(name);
  if (unpack === undefined) return undefined;
  return (bytes) => {
    try {
      return unpack(bytes);
    } catch (error) {
      return rowError(`failed to decompress: ${errorText(error)}`);
    }
  };
}

function unpackerOf(name: string): BytesTransform | undefined {
  switch (name) {
    case 'gzip':
      return (bytes) => zlib.gunzipSync(bytes, limits);
    case 'zlib':
      return (bytes) => zlib.inflateSync(bytes, limits);
    case 'flate':
      return (bytes) => zlib.inflateRawSync(bytes, limits);
    case 'zstd': {
      const decompress = zstd.zstdDecompressSync;
      if (decompress === undefined) throw compressionErrors.COMPRESSION_UNAVAILABLE('zstd');
      return (bytes) => decompress(bytes, limits);
    }
    default:
      return undefined;
  }
}
