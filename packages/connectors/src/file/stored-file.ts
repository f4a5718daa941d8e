/**
 * One open file of the sink. A plain file is appended to, its footer overwritten by the next write; a compressed or
 * encrypted one is a stream that is only ever continued. What is there already is kept and continued.
 */
import { type Cipher, createCipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { connectorErrors } from '../errors.ts';
import type { FileLayout } from './file-layout.ts';

export type SinkCompression = '' | 'gzip' | 'zstd';

export interface StoredFile {
  /** Appends bytes that carry separator and footer; resolves when the operating system has them. */
  append(makeBytes: (lead: string) => Buffer): Promise<void>;
  close(): Promise<void>;
}

export interface StoredFileOptions {
  readonly layout: FileLayout;
  readonly compression: SinkCompression;
  /** 16, 24 or 32 bytes, null for plain text. */
  readonly aesKey: Uint8Array | null;
}

/** Opens or creates the file and its directory. */
export async function openStoredFile(path: string, options: StoredFileOptions): Promise<StoredFile> {
  await mkdir(dirname(path), { recursive: true });
  // several rules may write lines to one file; a footer has to be written over, so there only one can
  const append = options.layout.footer === '' && options.compression === '' && options.aesKey === null;
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | (append ? constants.O_APPEND : 0), 0o666);
  try {
    const { size } = await file.stat();
    if (options.compression === '' && options.aesKey === null) {
      return await PlainFile.at(file, size, options.layout);
    }
    return new StreamedFile(file, size, options);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class PlainFile implements StoredFile {
  readonly #file: FileHandle;
  readonly #layout: FileLayout;
  /** Where the next write starts: behind the last message, on the footer. */
  #end: number;
  /** What the next write starts with. */
  #lead: string;

  static async at(file: FileHandle, size: number, layout: FileLayout): Promise<PlainFile> {
    if (size === 0) return new PlainFile(file, layout, 0, layout.header);
    const tail = Buffer.alloc(Math.min(size, 16));
    await file.read(tail, 0, tail.length, size - tail.length);
    const text = tail.toString('latin1');
    if (layout.footer === '') {
      return new PlainFile(file, layout, size, text.endsWith(layout.separator) ? '' : layout.separator);
    }
    const kept = text.trimEnd();
    const hasFooter = kept.endsWith(layout.footer);
    const end = size - (text.length - kept.length) - (hasFooter ? layout.footer.length : 0);
    const isEmpty = kept === layout.header + layout.footer && end === layout.header.length;
    return new PlainFile(file, layout, end, isEmpty ? '' : layout.separator);
  }

  private constructor(file: FileHandle, layout: FileLayout, end: number, lead: string) {
    this.#file = file;
    this.#layout = layout;
    this.#end = end;
    this.#lead = lead;
  }

  async append(makeBytes: (lead: string) => Buffer): Promise<void> {
    const bytes = makeBytes(this.#lead);
    for (let at = 0; at < bytes.length; ) {
      const position = this.#layout.footer === '' ? null : this.#end + at;
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, position);
      at += bytesWritten;
      // should the rest fail, the next attempt must not continue the torn message
      if (position === null) this.#lead = this.#layout.separator;
    }
    this.#end += bytes.length - Buffer.byteLength(this.#layout.footer);
    this.#lead = this.#layout.separator;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Data → compress → encrypt. The encrypted part starts with its 16-byte IV. Source: behaviour spec, io §10. */
class StreamedFile implements StoredFile {
  readonly #file: FileHandle;
  readonly #layout: FileLayout;
  readonly #compressor: Flushable | null;
  readonly #cipher: Cipher | null = null;
  #position: number;
  #writes: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #lead: string;

  constructor(file: FileHandle, size: number, options: StoredFileOptions) {
    this.#file = file;
    this.#layout = options.layout;
    this.#position = size;
    this.#lead = size === 0 ? options.layout.header : options.layout.separator;
    this.#compressor = createCompressor(options.compression);
    this.#compressor?.on('data', (chunk: Buffer) => this.#encrypt(chunk));
    if (options.aesKey !== null) {
      const iv = randomBytes(16);
      this.#put(iv);
      this.#cipher = createCipheriv(`aes-${options.aesKey.length * 8}-cfb`, options.aesKey, iv);
    }
  }

  async append(makeBytes: (lead: string) => Buffer): Promise<void> {
    const bytes = makeBytes(this.#lead);
    this.#lead = this.#layout.separator;
    await this.#send(bytes.subarray(0, bytes.length - Buffer.byteLength(this.#layout.footer)));
  }

  async close(): Promise<void> {
    try {
      await this.#send(Buffer.from(this.#layout.footer));
      if (this.#compressor !== null) {
        const ended = once(this.#compressor, 'end');
        this.#compressor.end();
        await ended;
      }
      await this.#writes;
    } finally {
      await this.#file.close();
    }
    if (this.#failure !== null) throw this.#failure;
  }

  /** Resolves when every byte that this makes has been written. */
  async #send(bytes: Buffer): Promise<void> {
    const compressor = this.#compressor;
    if (compressor === null) this.#encrypt(bytes);
    else {
      compressor.write(bytes);
      await new Promise<void>((resolve) => compressor.flush(resolve));
      // what a flush makes comes out in the next turn at the latest
      await new Promise(setImmediate);
    }
    await this.#writes;
    if (this.#failure !== null) throw this.#failure;
  }

  #encrypt(chunk: Buffer): void {
    this.#put(this.#cipher === null ? chunk : this.#cipher.update(chunk));
  }

  #put(chunk: Buffer): void {
    const position = this.#position;
    this.#position += chunk.length;
    this.#writes = this.#writes
      .then(async () => {
        await this.#file.write(chunk, 0, chunk.length, position);
      })
      .catch((error: unknown) => {
        this.#failure ??= error;
      });
  }
}

type Flushable = Transform & { flush(done: () => void): void };

/** Throws for zstd where this version of Node does not have it. */
export function createCompressor(compression: SinkCompression): Flushable | null {
  if (compression === '') return null;
  if (compression === 'gzip') return zlib.createGzip();
  const create = (zlib as unknown as { createZstdCompress?: () => Flushable }).createZstdCompress;
  if (create === undefined) throw connectorErrors.ZSTD_ABSENT();
  return create();
}
