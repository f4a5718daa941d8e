/**
 * Reads the protobuf wire format: varints, fixed numbers, length-delimited bytes. Integers come in the form of `int`
 * slots, unsigned 64-bit ones wrapped to signed.
 *
 * Reading past the end of the message is noticed after the value and is a row error, as is everything else that is no
 * valid message.
 */
import { type Int, makeRowError, normInt } from '@kuiper/base';

const noBytes = Buffer.alloc(0);
const maxGroupDepth = 100;
const shortLength = 12;

export class WireReader {
  /** Next byte to read. */
  at = 0;
  /** End of the message. */
  limit = 0;
  private buffer: Buffer = noBytes;
  private view: DataView = new DataView(noBytes.buffer);
  // The halves of a 64-bit integer, both unsigned.
  private low = 0;
  private high = 0;

  /** The bytes are read until {@link close}; they must not change meanwhile. */
  open(buffer: Buffer): void {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  }

  close(): void {
    this.buffer = noBytes;
  }

  /** The next message is `buffer[start, end)`. */
  seek(start: number, end: number): void {
    this.at = start;
    this.limit = end;
  }

  fail(why: string): never {
    throw makeRowError(`cannot parse protobuf message: ${why}`);
  }

  /** The end of a length-delimited value, whose length is read. */
  stop(): number {
    const length = this.uint32();
    const end = this.at + length;
    if (end > this.limit) this.fail('unexpected end');
    return end;
  }

  uint32(): number {
    const { buffer } = this;
    let byte = buffer[this.at++] as number;
    let value = byte & 0x7f;
    if (byte >= 0x80) {
      byte = buffer[this.at++] as number;
      value |= (byte & 0x7f) << 7;
      if (byte >= 0x80) {
        byte = buffer[this.at++] as number;
        value |= (byte & 0x7f) << 14;
        if (byte >= 0x80) {
          byte = buffer[this.at++] as number;
          value |= (byte & 0x7f) << 21;
          if (byte >= 0x80) {
            byte = buffer[this.at++] as number;
            value |= byte << 28;
            if (byte >= 0x80) this.skipHighBytes();
          }
        }
      }
    }
    if (this.at > this.limit) this.fail('unexpected end');
    return value >>> 0;
  }

  int32(): number {
    return this.uint32() | 0;
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  int64(): Int {
    const first = this.buffer[this.at] as number;
    if (first < 0x80 && this.at < this.limit) {
      this.at++;
      return first;
    }
    this.varint64();
    return this.joined();
  }

  sint64(): Int {
    this.varint64();
    const { low, high } = this;
    const mask = -(low & 1);
    this.low = (((low >>> 1) | (high << 31)) ^ mask) >>> 0;
    this.high = ((high >>> 1) ^ mask) >>> 0;
    return this.joined();
  }

  fixed64(): Int {
    const at = this.take(8);
    this.low = this.view.getUint32(at, true);
    this.high = this.view.getUint32(at + 4, true);
    return this.joined();
  }

  fixed32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  sfixed32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  float(): number {
    return this.view.getFloat32(this.take(4), true);
  }

  double(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  bool(): boolean {
    const first = this.buffer[this.at] as number;
    if (first < 0x80 && this.at < this.limit) {
      this.at++;
      return first !== 0;
    }
    this.varint64();
    return this.low !== 0 || this.high !== 0;
  }

  string(): string {
    const end = this.stop();
    const start = this.at;
    this.at = end;
    return end - start > shortLength ? this.buffer.toString('utf8', start, end) : this.shortString(start, end);
  }

  /** For short ASCII texts quicker than calling out. */
  private shortString(start: number, end: number): string {
    const { buffer } = this;
    let text = '';
    for (let i = start; i < end; i++) {
      const byte = buffer[i] as number;
      if (byte >= 0x80) return buffer.toString('utf8', start, end);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** A copy. */
  bytes(): Uint8Array {
    const end = this.stop();
    const start = this.at;
    this.at = end;
    return new Uint8Array(this.buffer.subarray(start, end));
  }

  /** Passes over a value that nobody wants. @param tag of the field, with its wire type */
  skip(tag: number, depth = 0): void {
    if (tag >>> 3 === 0) this.fail('field number 0');
    switch (tag & 7) {
      case 0:
        this.varint64();
        return;
      case 1:
        this.take(8);
        return;
      case 2:
        this.at = this.stop();
        return;
      case 3:
        this.skipGroup(tag, depth + 1);
        return;
      case 5:
        this.take(4);
        return;
      default:
        this.fail(`wire type ${tag & 7} out of place`);
    }
  }

  private skipGroup(tag: number, depth: number): void {
    if (depth > maxGroupDepth) this.fail('groups nested too deep');
    const end = tag + 1;
    for (;;) {
      if (this.at >= this.limit) this.fail('unexpected end');
      const next = this.uint32();
      if (next === end) return;
      this.skip(next, depth);
    }
  }

  private take(length: number): number {
    const { at } = this;
    this.at += length;
    if (this.at > this.limit) this.fail('unexpected end');
    return at;
  }

  /** What follows the fifth byte of a number of 32 bits: the sign of a negative one. */
  private skipHighBytes(): void {
    for (let i = 0; i < 5; i++) if ((this.buffer[this.at++] as number) < 0x80) return;
    this.fail('number of more than ten bytes');
  }

  private varint64(): void {
    const { buffer } = this;
    let low = 0;
    let high = 0;
    let byte = 0x80;
    let shift = 0;
    for (; byte >= 0x80 && shift < 70; shift += 7) {
      byte = buffer[this.at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
    }
    if (this.at > this.limit) this.fail('unexpected end');
    if (byte >= 0x80) this.fail('number of more than ten bytes');
    this.low = low >>> 0;
    this.high = high >>> 0;
  }

  private joined(): Int {
    const high = this.high | 0;
    const { low } = this;
    if (high >= -0x20_0000 && high < 0x20_0000 && (high !== -0x20_0000 || low !== 0)) return high * 0x1_0000_0000 + low;
    return normInt((BigInt(high) << 32n) | BigInt(low));
  }
}
