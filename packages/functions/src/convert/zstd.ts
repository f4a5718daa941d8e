/**
 * Zstandard. The runtime has it from Node 22.15 on; before, a WebAssembly build is loaded when a statement that may
 * need it is checked.
 */
import * as zlib from 'node:zlib';
import { rowError } from '@kuiper/base';

interface Zstd {
  compress(data: Uint8Array): Uint8Array;
  /** @param maxBytes of the result; throws when it would be larger */
  decompress(data: Uint8Array, maxBytes: number): Uint8Array;
}

let loaded: Zstd | null = builtinZstd();
let loading: Promise<void> | null = null;

type SyncTransform = (data: Uint8Array, options?: { readonly maxOutputLength: number }) => Uint8Array;

function builtinZstd(): Zstd | null {
  const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as Partial<
    Record<'zstdCompressSync' | 'zstdDecompressSync', SyncTransform>
  >;
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return null;
  return {
    compress: (data) => zstdCompressSync(data),
    decompress: (data, maxBytes) => zstdDecompressSync(data, { maxOutputLength: maxBytes }),
  };
}

/** Starts loading; resolves when calls can be served. */
export function prepareZstd(): Promise<void> {
  loading ??= loaded === null ? loadWasm() : Promise.resolve();
  return loading;
}

async function loadWasm(): Promise<void> {
  const wasm = await import('@bokuweb/zstd-wasm');
  await wasm.init();
  loaded = {
    compress: (data) => wasm.compress(data, 3),
    decompress: (data, maxBytes) => decompressWasm(wasm.decompress, data, maxBytes),
  };
}

export function zstd(): Zstd {
  if (loaded !== null) return loaded;
  void prepareZstd();
  return rowError('zstd is still loading');
}

type WasmDecompress = (data: Uint8Array, options: { readonly defaultHeapSize: number }) => Uint8Array;

/** The library allocates what the frame's header says before it looks further, so the header is checked first. */
function decompressWasm(decompress: WasmDecompress, data: Uint8Array, maxBytes: number): Uint8Array {
  const size = frameContentSize(data);
  if (size !== null) {
    if (size > maxBytes) throw new Error('the content is too large');
    return decompress(data, { defaultHeapSize: size });
  }
  for (let capacity = 1 << 20; ; capacity *= 4) {
    try {
      return decompress(data, { defaultHeapSize: Math.min(capacity, maxBytes) });
    } catch (error) {
      if (capacity >= maxBytes) throw error;
    }
  }
}

/** The size that the header of a frame states, or null. Throws when the data is no frame. */
function frameContentSize(data: Uint8Array): number | null {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 6 || view.getUint32(0, true) !== 0xfd2fb528)
    throw new Error('invalid input: magic number mismatch');
  const descriptor = view.getUint8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeCode = descriptor >> 6;
  if (sizeCode === 0 && !singleSegment) return null;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
  const at = 5 + (singleSegment ? 0 : 1) + dictionaryBytes;
  const width = sizeCode === 0 ? 1 : 1 << sizeCode;
  if (at + width > data.length) throw new Error('unexpected EOF');
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at, true) + 256;
  return width === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}
