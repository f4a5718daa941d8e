/**
 * Reads messages of the extended protocol. Values come out tagged: ints as `bigint`, floats as `number`, moments as
 * `DateTime`. Every failure is an error; a message may come from anywhere.
 */
import { DateTime, isMapValue, setMember } from '@kuiper/base';

/** Values nested deeper are refused: reading them would end in a stack overflow. */
const MAX_DEPTH = 500;
const MOMENT = -1;

export class MessageReader {
  readonly #buffer: Buffer;
  readonly #end: number;
  #at: number;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  /** Number of elements of the list that follows. */
  list(): number {
    const code = this.#byte();
    if (code >= 0x90 && code < 0xa0) return code & 0x0f;
    if (code === 0xdc) return this.#count(this.#uint16(), 1);
    if (code === 0xdd) return this.#count(this.#uint32(), 1);
    throw new Error(`expected a list, got ${hex(code)}`);
  }

  /** True, and read, when the next value is null. */
  skipNull(): boolean {
    if (this.#at >= this.#end || this.#buffer[this.#at] !== 0xc0) return false;
    this.#at++;
    return true;
  }

  text(): string {
    const value = this.value();
    if (typeof value !== 'string') throw new Error('expected a text');
    return value;
  }

  /** An integer that a number holds. */
  int(): number {
    const code = this.#buffer[this.#at];
    if (code !== undefined && code < 0x80 && this.#at < this.#end) {
      this.#at++;
      return code;
    }
    const value = this.value();
    if (typeof value !== 'bigint' || !Number.isSafeInteger(Number(value))) throw new Error('expected an integer');
    return Number(value);
  }

  bool(): boolean {
    const value = this.value();
    if (typeof value !== 'boolean') throw new Error('expected true or false');
    return value;
  }

  /** Null for null. */
  members(): Record<string, unknown> | null {
    const value = this.value();
    if (value === null) return null;
    if (!isMapValue(value)) throw new Error('expected a map');
    return value;
  }

  value(): unknown {
    return this.#value(0);
  }

  #value(depth: number): unknown {
    const code = this.#byte();
    if (code < 0x80) return BigInt(code);
    if (code < 0x90) return this.#map(code & 0x0f, depth);
    if (code < 0xa0) return this.#list(code & 0x0f, depth);
    if (code < 0xc0) return this.#text(code & 0x1f);
    if (code >= 0xe0) return BigInt(code - 0x100);
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#bytes(this.#byte());
      case 0xc5:
        return this.#bytes(this.#uint16());
      case 0xc6:
        return this.#bytes(this.#uint32());
      case 0xc7:
        return this.#extension(this.#byte());
      case 0xc8:
        return this.#extension(this.#uint16());
      case 0xc9:
        return this.#extension(this.#uint32());
      case 0xca:
        return this.#buffer.readFloatBE(this.#skip(4));
      case 0xcb:
        return this.#buffer.readDoubleBE(this.#skip(8));
      case 0xcc:
        return BigInt(this.#byte());
      case 0xcd:
        return BigInt(this.#uint16());
      case 0xce:
        return BigInt(this.#uint32());
      case 0xcf:
        return this.#uint64();
      case 0xd0:
        return BigInt(this.#buffer.readInt8(this.#skip(1)));
      case 0xd1:
        return BigInt(this.#buffer.readInt16BE(this.#skip(2)));
      case 0xd2:
        return BigInt(this.#buffer.readInt32BE(this.#skip(4)));
      case 0xd3:
        return this.#buffer.readBigInt64BE(this.#skip(8));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (code - 0xd4));
      case 0xd9:
        return this.#text(this.#byte());
      case 0xda:
        return this.#text(this.#uint16());
      case 0xdb:
        return this.#text(this.#uint32());
      case 0xdc:
        return this.#list(this.#uint16(), depth);
      case 0xdd:
        return this.#list(this.#uint32(), depth);
      case 0xde:
        return this.#map(this.#uint16(), depth);
      case 0xdf:
        return this.#map(this.#uint32(), depth);
      default:
        throw new Error(`${hex(code)} is no value`);
    }
  }

  #list(length: number, depth: number): unknown[] {
    if (depth >= MAX_DEPTH) throw new Error('nested too deep');
    const list = new Array<unknown>(this.#count(length, 1));
    for (let i = 0; i < length; i++) list[i] = this.#value(depth + 1);
    return list;
  }

  #map(size: number, depth: number): Record<string, unknown> {
    if (depth >= MAX_DEPTH) throw new Error('nested too deep');
    const members: Record<string, unknown> = {};
    this.#count(size, 2);
    for (let i = 0; i < size; i++) {
      const key = this.#value(depth + 1);
      if (typeof key !== 'string') throw new Error('a key is not a text');
      setMember(members, key, this.#value(depth + 1));
    }
    return members;
  }

  #text(bytes: number): string {
    const start = this.#skip(bytes);
    return this.#buffer.toString('utf8', start, start + bytes);
  }

  /** A copy: values outlive what was read. */
  #bytes(bytes: number): Uint8Array {
    const start = this.#skip(bytes);
    const copy = new Uint8Array(bytes);
    copy.set(this.#buffer.subarray(start, start + bytes));
    return copy;
  }

  #uint64(): bigint {
    const value = this.#buffer.readBigUInt64BE(this.#skip(8));
    if (value > 0x7fff_ffff_ffff_ffffn) throw new Error(`${value} does not fit 64 bits`);
    return value;
  }

  #extension(bytes: number): DateTime {
    const type = this.#buffer.readInt8(this.#skip(1));
    const at = this.#skip(bytes);
    if (type !== MOMENT) throw new Error(`extension type ${type} is unknown`);
    if (bytes === 4) return moment(this.#buffer.readUInt32BE(at), 0);
    if (bytes === 8) {
      const both = this.#buffer.readBigUInt64BE(at);
      return moment(Number(both & 0x3_ffff_ffffn), Number(both >> 34n));
    }
    if (bytes === 12) return moment(Number(this.#buffer.readBigInt64BE(at + 4)), this.#buffer.readUInt32BE(at));
    throw new Error(`a moment of ${bytes} bytes`);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new Error('message ends too early');
    return this.#buffer[this.#at++] as number;
  }

  #uint16(): number {
    return this.#buffer.readUInt16BE(this.#skip(2));
  }

  #uint32(): number {
    return this.#buffer.readUInt32BE(this.#skip(4));
  }

  /** @returns where the bytes begin */
  #skip(bytes: number): number {
    const start = this.#at;
    if (start + bytes > this.#end) throw new Error('message ends too early');
    this.#at = start + bytes;
    return start;
  }

  /** A length that the rest of the message cannot hold allocates nothing. */
  #count(count: number, bytesEach: number): number {
    if (count * bytesEach > this.#end - this.#at) throw new Error('message ends too early');
    return count;
  }
}

function moment(seconds: number, nanos: number): DateTime {
  return new DateTime(seconds * 1000 + Math.floor(nanos / 1_000_000), 'UTC', nanos % 1_000_000);
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}
