/**
 * Cuts the bytes of a connection into messages. A frame is `01` (ipc only), 8 bytes of length, big-endian, and the
 * payload. All complete frames of one read are handed over at once, as offsets into the buffer of that read; only a
 * message that reads cut apart is copied together. Source: behaviour spec, extension §4.4.
 */
import { constants } from 'node:buffer';

/** Messages in order. The arrays are reused for the next batch; the buffer is not and may be kept. */
export interface FrameBatch {
  readonly buffer: Buffer;
  /** Message `i` is `buffer[starts[i], ends[i])`. */
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
  readonly count: number;
}

export interface FrameReceiver {
  frames(batch: FrameBatch): void;
  /** The first byte of a frame is not 1: nothing more can be read. Called at most once, after the frames before it. */
  malformed(firstByte: number): void;
  /** A header announces more than the limit: nothing more can be read. Called at most once. */
  tooLong(bytes: number): void;
}

/** A message that reads cut apart gets this much at first and more when it really comes: a header costs nothing. */
const FIRST_ALLOCATION_BYTES = 1 << 20;

export class FrameReader {
  readonly #receiver: FrameReceiver;
  readonly #leadBytes: number;
  readonly #headerBytes: number;
  readonly #maxBytes: number;
  #stopped = false;

  /** A header that a read cut off. */
  readonly #header: Buffer;
  #headerFilled = 0;

  /** A message that is not complete yet, null when there is none. */
  #message: Buffer | null = null;
  #messageBytes = 0;
  #messageFilled = 0;

  #starts = new Uint32Array(16);
  #ends = new Uint32Array(16);

  /** @param options.maxBytes longest message taken; by default what a buffer can hold */
  constructor(
    receiver: FrameReceiver,
    options: { readonly transport: 'ipc' | 'tcp'; readonly maxBytes?: number | undefined },
  ) {
    this.#receiver = receiver;
    this.#leadBytes = options.transport === 'ipc' ? 1 : 0;
    this.#headerBytes = this.#leadBytes + 8;
    this.#header = Buffer.allocUnsafe(this.#headerBytes);
    this.#maxBytes = Math.min(options.maxBytes ?? Number.POSITIVE_INFINITY, constants.MAX_LENGTH, 0xffff_ffff);
  }

  /** From now on bytes are ignored; also when called by the receiver. */
  stop(): void {
    this.#stopped = true;
    this.#message = null;
  }

  /** Takes one read, which it keeps. Calls the receiver before it returns, at most twice with frames. */
  push(chunk: Buffer): void {
    if (this.#stopped) return;
    let offset = this.#message === null ? 0 : this.#fillMessage(chunk, 0);
    if (this.#stopped || this.#message !== null) return;
    if (this.#headerFilled > 0) {
      offset = this.#fillHeader(chunk, offset);
      if (this.#stopped || this.#headerFilled > 0 || this.#message !== null) return;
    }
    this.#cut(chunk, offset);
  }

  /** All whole frames from `offset` on; what is left over waits for the next read. */
  #cut(chunk: Buffer, from: number): void {
    const lead = this.#leadBytes;
    const { length } = chunk;
    const headerBytes = this.#headerBytes;
    let offset = from;
    let count = 0;
    let bytes = -1;
    while (length - offset >= headerBytes) {
      bytes = this.#lengthAt(chunk, offset);
      if (bytes < 0) break;
      const start = offset + headerBytes;
      const end = start + bytes;
      if (end > length) break;
      if (count === this.#starts.length) this.#grow();
      this.#starts[count] = start;
      this.#ends[count] = end;
      count++;
      offset = end;
      bytes = -1;
    }
    if (count > 0) {
      this.#receiver.frames({ buffer: chunk, starts: this.#starts, ends: this.#ends, count });
      if (this.#stopped) return;
    }
    if (length - offset < headerBytes) {
      // a wrong first byte is told now and not when the rest of a header has come
      if (lead === 1 && length > offset && chunk[offset] !== 1) this.#fail(chunk, offset);
      else this.#headerFilled = chunk.copy(this.#header, 0, offset);
    } else if (bytes < 0) this.#fail(chunk, offset);
    else this.#beginMessage(bytes, chunk, offset + headerBytes);
  }

  /** Length of the frame at `offset`, -1 when the header makes no sense. */
  #lengthAt(buffer: Buffer, offset: number): number {
    const lead = this.#leadBytes;
    if (lead === 1 && buffer[offset] !== 1) return -1;
    const bytes = buffer.readUInt32BE(offset + lead) * 0x1_0000_0000 + buffer.readUInt32BE(offset + lead + 4);
    return bytes > this.#maxBytes ? -1 : bytes;
  }

  #fail(buffer: Buffer, offset: number): void {
    this.stop();
    const first = buffer[offset] as number;
    if (this.#leadBytes === 1 && first !== 1) this.#receiver.malformed(first);
    else this.#receiver.tooLong(Number(buffer.readBigUInt64BE(offset + this.#leadBytes)));
  }

  /** @returns where the chunk goes on behind the header and, when all of it is there, the message */
  #fillHeader(chunk: Buffer, from: number): number {
    const taken = chunk.copy(this.#header, this.#headerFilled, from);
    this.#headerFilled += taken;
    if (this.#headerFilled < this.#headerBytes) return chunk.length;
    this.#headerFilled = 0;
    const bytes = this.#lengthAt(this.#header, 0);
    if (bytes < 0) {
      this.#fail(this.#header, 0);
      return chunk.length;
    }
    const start = from + taken;
    if (chunk.length - start < bytes) {
      this.#beginMessage(bytes, chunk, start);
      return chunk.length;
    }
    this.#deliver(chunk, start, start + bytes);
    return start + bytes;
  }

  #beginMessage(bytes: number, chunk: Buffer, from: number): void {
    this.#message = Buffer.allocUnsafeSlow(Math.min(bytes, Math.max(FIRST_ALLOCATION_BYTES, chunk.length - from)));
    this.#messageBytes = bytes;
    this.#messageFilled = chunk.copy(this.#message, 0, from);
  }

  #fillMessage(chunk: Buffer, from: number): number {
    let message = this.#message as Buffer;
    const take = Math.min(this.#messageBytes - this.#messageFilled, chunk.length - from);
    const filled = this.#messageFilled + take;
    if (filled > message.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(this.#messageBytes, Math.max(message.length * 2, filled)));
      message.copy(grown, 0, 0, this.#messageFilled);
      message = grown;
      this.#message = message;
    }
    chunk.copy(message, this.#messageFilled, from, from + take);
    this.#messageFilled = filled;
    if (filled === this.#messageBytes) {
      this.#message = null;
      this.#deliver(message, 0, filled);
    }
    return from + take;
  }

  #deliver(buffer: Buffer, start: number, end: number): void {
    this.#starts[0] = start;
    this.#ends[0] = end;
    this.#receiver.frames({ buffer, starts: this.#starts, ends: this.#ends, count: 1 });
  }

  #grow(): void {
    const starts = new Uint32Array(this.#starts.length * 2);
    const ends = new Uint32Array(starts.length);
    starts.set(this.#starts);
    ends.set(this.#ends);
    this.#starts = starts;
    this.#ends = ends;
  }
}
