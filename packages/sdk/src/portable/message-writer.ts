/**
 * Writes messages of the extended protocol as MessagePack. Ints and floats stay apart: a `bigint` is written as an int,
 * a `number` as a float. Source: portable protocol, "Values".
 */
import { DateTime, INT64_MAX, INT64_MIN, makeRowError } from '@kuiper/base';

const FIRST_BYTES = 1024;
/** A buffer that has grown beyond this is not kept. */
const KEPT_BYTES = 1 << 20;

/** `int`: whole numbers are ints, as where a function computed them. `float`: all numbers are floats, as tagged values are. */
export type WholeNumbers = 'int' | 'float';

export class MessageWriter {
  readonly #wholeNumbers: WholeNumbers;
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #at = 0;

  constructor(wholeNumbers: WholeNumbers) {
    this.#wholeNumbers = wholeNumbers;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  /** Forgets what was written behind this length. */
  truncate(length: number): void {
    this.#at = length;
  }

  /** What was written, which the caller keeps; the writer begins anew. */
  take(): Buffer {
    const taken = Buffer.from(this.#buffer.subarray(0, this.#at));
    this.#at = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
    return taken;
  }

  list(length: number): this {
    this.#head(length, 0x90, 16, -1, 0xdc, 0xdd);
    return this;
  }

  map(size: number): this {
    this.#head(size, 0x80, 16, -1, 0xde, 0xdf);
    return this;
  }

  text(value: string): this {
    const bytes = Buffer.byteLength(value);
    this.#head(bytes, 0xa0, 32, 0xd9, 0xda, 0xdb);
    this.#reserve(bytes);
    if (bytes > 0) this.#buffer.write(value, this.#at);
    this.#at += bytes;
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#head(value.length, 0, 0, 0xc4, 0xc5, 0xc6);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** Values that another writer has written. */
  raw(written: Uint8Array): this {
    this.#reserve(written.length);
    this.#buffer.set(written, this.#at);
    this.#at += written.length;
    return this;
  }

  null(): this {
    return this.#byte(0xc0);
  }

  bool(value: boolean): this {
    return this.#byte(value ? 0xc3 : 0xc2);
  }

  /** @param value a safe integer */
  int(value: number): this {
    if (value >= 0 && value < 0x80) return this.#byte(value);
    if (value < 0 && value >= -32) return this.#byte(value & 0xff);
    if (value >= -0x8000_0000 && value <= 0x7fff_ffff) {
      this.#byte(0xd2);
      this.#reserve(4);
      this.#at = this.#buffer.writeInt32BE(value, this.#at);
      return this;
    }
    return this.#int64(BigInt(value));
  }

  float(value: number): this {
    this.#byte(0xcb);
    this.#reserve(8);
    this.#at = this.#buffer.writeDoubleBE(value, this.#at);
    return this;
  }

  /**
   * A value as the engine or a plugin has it. Members that are `undefined` are left out.
   * Throws a row error for NaN, infinities, ints beyond 64 bits and what is no value.
   */
  value(value: unknown): this {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return this.bool(value);
      case 'bigint':
        return this.#bigint(value);
      case 'undefined':
        return this.null();
      case 'object':
        return value === null ? this.null() : this.#object(value);
      default:
        throw makeRowError(`a ${typeof value} is no value`);
    }
  }

  #number(value: number): this {
    if (value - value !== 0) throw makeRowError(`result is ${Number.isNaN(value) ? 'NaN' : 'Inf'}`);
    if (this.#wholeNumbers === 'int' && Number.isSafeInteger(value) && !Object.is(value, -0)) return this.int(value);
    return this.float(value);
  }

  #bigint(value: bigint): this {
    if (value >= -0x8000_0000n && value <= 0x7fff_ffffn) return this.int(Number(value));
    if (value < INT64_MIN || value > INT64_MAX) throw makeRowError(`${value} does not fit 64 bits`);
    return this.#int64(value);
  }

  #int64(value: bigint): this {
    this.#byte(0xd3);
    this.#reserve(8);
    this.#at = this.#buffer.writeBigInt64BE(value, this.#at);
    return this;
  }

  #object(value: object): this {
    if (Array.isArray(value)) {
      this.list(value.length);
      for (let i = 0; i < value.length; i++) this.value(value[i]);
      return this;
    }
    if (value instanceof Uint8Array) return this.bytes(value);
    if (value instanceof DateTime) return this.#moment(value.ms, value.subMsNanos);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? this.null() : this.#moment(value.getTime(), 0);
    if (ArrayBuffer.isView(value)) return this.bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (value instanceof ArrayBuffer) return this.bytes(new Uint8Array(value));
    return this.#members(value as Readonly<Record<string, unknown>>);
  }

  #members(members: Readonly<Record<string, unknown>>): this {
    const keys = Object.keys(members);
    let size = keys.length;
    for (const key of keys) if (members[key] === undefined) size--;
    this.map(size);
    for (const key of keys) if (members[key] !== undefined) this.text(key).value(members[key]);
    return this;
  }

  /** Extension type −1 in its form of 96 bits: nanoseconds, then seconds since the epoch. */
  #moment(ms: number, subMsNanos: number): this {
    const seconds = Math.floor(ms / 1000);
    this.#reserve(15);
    this.#byte(0xc7).#byte(12).#byte(0xff);
    this.#at = this.#buffer.writeUInt32BE((ms - seconds * 1000) * 1_000_000 + subMsNanos, this.#at);
    this.#at = this.#buffer.writeBigInt64BE(BigInt(seconds), this.#at);
    return this;
  }

  /** @param code8 −1 where there is no form with a length of 8 bits */
  #head(length: number, fix: number, fixBelow: number, code8: number, code16: number, code32: number): void {
    if (length < fixBelow) this.#byte(fix | length);
    else if (length < 0x100 && code8 >= 0) this.#byte(code8).#byte(length);
    else if (length < 0x1_0000) {
      this.#byte(code16);
      this.#reserve(2);
      this.#at = this.#buffer.writeUInt16BE(length, this.#at);
    } else {
      this.#byte(code32);
      this.#reserve(4);
      this.#at = this.#buffer.writeUInt32BE(length, this.#at);
    }
  }

  #byte(byte: number): this {
    if (this.#at === this.#buffer.length) this.#reserve(1);
    this.#buffer[this.#at++] = byte;
    return this;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}
