import { crc32 } from './crc32.ts';
import { recordHeaderBytes, writeU32 } from './log-format.ts';

/**
 * Records encoded as a list of buffers for `writev`. Headers and small parts are copied side by side into chunks; large
 * parts are taken by reference.
 */
export class WriteBuffer {
  #buffers: Uint8Array[] = [];
  #bytes = 0;
  #chunk: Uint8Array = new Uint8Array(0);
  /** Where in the chunk the bytes begin that are not in `#buffers` yet, and where they end. */
  #from = 0;
  #at = 0;

  /** Adds a record and returns its size with header. */
  putRecord(seq: number, safeOffset: number, parts: readonly Uint8Array[], lengthBytes: number): number {
    if (this.#chunk.length - this.#at < recordHeaderBytes) this.#newChunk();
    const chunk = this.#chunk;
    const header = this.#at;
    this.#at += recordHeaderBytes;
    writeU32(chunk, header + 4, lengthBytes);
    writeU32(chunk, header + 8, seq % 2 ** 32);
    writeU32(chunk, header + 12, safeOffset);
    let sum = crc32(chunk.subarray(header + 4, header + recordHeaderBytes), 0);
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Uint8Array;
      sum = crc32(part, sum);
      this.#putPart(part);
    }
    // The chunk may have been handed on meanwhile, but nobody reads it before `take`.
    writeU32(chunk, header, sum);
    const size = recordHeaderBytes + lengthBytes;
    this.#bytes += size;
    return size;
  }

  putBytes(bytes: Uint8Array): void {
    this.#putPart(bytes);
    this.#bytes += bytes.length;
  }

  /** Hands over what was put since the last time. */
  take(): { readonly buffers: Uint8Array[]; readonly bytes: number } {
    this.#endSpan();
    const taken = { buffers: this.#buffers, bytes: this.#bytes };
    this.#buffers = [];
    this.#bytes = 0;
    return taken;
  }

  #putPart(part: Uint8Array): void {
    if (part.length > copyLimitBytes) {
      this.#endSpan();
      this.#buffers.push(part);
      return;
    }
    if (this.#chunk.length - this.#at < part.length) this.#newChunk();
    this.#chunk.set(part, this.#at);
    this.#at += part.length;
  }

  #newChunk(): void {
    this.#endSpan();
    this.#chunk = new Uint8Array(chunkBytes);
    this.#from = 0;
    this.#at = 0;
  }

  #endSpan(): void {
    if (this.#at === this.#from) return;
    this.#buffers.push(this.#chunk.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }
}

const chunkBytes = 64 * 1024;

// Up to here a copy costs less than one more buffer in the system call.
const copyLimitBytes = 4096;
