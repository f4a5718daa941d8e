import { type FileSystem, joinPath, type StoreFile } from '../files/file-system.ts';
import { segmentHeader, segmentHeaderBytes, segmentName } from './log-format.ts';
import { WriteBuffer } from './write-buffer.ts';

/**
 * One file of a log: what of it is written, and what waits. Written means synced, in a log that syncs.
 *
 * A failed write leaves `sizeBytes` and the waiting buffers as they were, so the next attempt writes the same bytes to
 * the same place. That also heals a failed fsync, after which the system may have dropped the pages unsaved.
 */
export class Segment {
  /** Its first record. */
  readonly base: number;
  readonly path: string;
  /** Written bytes, header included; 0 before the first write. */
  sizeBytes: number;
  /** Bytes that wait, including those being written right now. */
  waitingBytes = 0;
  readonly #directory: string;
  readonly #files: FileSystem;
  readonly #buffer = new WriteBuffer();
  #unwritten: Uint8Array[] = [];
  #file: StoreFile | null = null;

  constructor(files: FileSystem, directory: string, base: number, sizeBytes: number) {
    this.#files = files;
    this.#directory = directory;
    this.base = base;
    this.path = joinPath(directory, segmentName(base));
    this.sizeBytes = sizeBytes;
  }

  get endBytes(): number {
    return this.sizeBytes + this.waitingBytes;
  }

  putHeader(): void {
    this.#buffer.putBytes(segmentHeader(this.base));
    this.waitingBytes += segmentHeaderBytes;
  }

  putRecord(seq: number, safeOffset: number, parts: readonly Uint8Array[], lengthBytes: number): void {
    if (this.endBytes === 0) this.putHeader();
    this.waitingBytes += this.#buffer.putRecord(seq, safeOffset, parts, lengthBytes);
  }

  /** Writes what waits at this moment. @returns bytes written */
  async write(sync: boolean): Promise<number> {
    const { buffers } = this.#buffer.take();
    this.#unwritten = this.#unwritten.concat(buffers);
    const bytes = this.#unwritten.reduce((sum, buffer) => sum + buffer.length, 0);
    if (bytes === 0) return 0;
    const isNew = this.sizeBytes === 0;
    this.#file ??= await this.#files.open(this.path, isNew ? 'create' : 'readWrite');
    try {
      await writeAll(this.#file, this.#unwritten, this.sizeBytes);
      if (sync) {
        await this.#file.sync();
        if (isNew) await this.#files.syncDirectory(this.#directory);
      }
    } catch (error) {
      await this.#cutPartial(this.#file);
      throw error;
    }
    this.#unwritten = [];
    this.sizeBytes += bytes;
    this.waitingBytes -= bytes;
    return bytes;
  }

  async closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  /** Gives the space of half a record back; when even that fails, the next write or opening covers it. */
  async #cutPartial(file: StoreFile): Promise<void> {
    try {
      await file.truncate(this.sizeBytes);
    } catch {
      this.#file = null;
      await file.close().catch(() => {});
    }
  }
}

async function writeAll(file: StoreFile, buffers: readonly Uint8Array[], position: number): Promise<void> {
  let at = position;
  let next = 0;
  let skip = 0;
  while (next < buffers.length) {
    const some = buffers.slice(next, next + maxBuffersPerWrite);
    if (skip > 0) some[0] = (some[0] as Uint8Array).subarray(skip);
    let taken = await file.writev(some, at);
    if (taken === 0) throw new Error('the system wrote nothing');
    at += taken;
    taken += skip;
    while (next < buffers.length && taken >= (buffers[next] as Uint8Array).length) {
      taken -= (buffers[next] as Uint8Array).length;
      next++;
    }
    skip = taken;
  }
}

// IOV_MAX of Linux and macOS.
const maxBuffersPerWrite = 1024;
