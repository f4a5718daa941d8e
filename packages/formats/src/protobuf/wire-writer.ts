/** Writes the protobuf wire format into a buffer that grows and is used again for the next message. */
import type { Int } from '@kuiper/base';

const shortLength = 32;

export class WireWriter {
  private buffer: Buffer = Buffer.allocUnsafeSlow(256);
  private view: DataView = new DataView(this.buffer.buffer);
  private at = 0;
  // The halves of a 64-bit integer, both unsigned.
  private low = 0;
  private high = 0;

  start(): void {
    this.at = 0;
  }

  /** A copy of what has been written since {@link start}. */
  finish(): Uint8Array {
    const copy = Buffer.allocUnsafe(this.at);
    this.buffer.copy(copy, 0, 0, this.at);
    return copy;
  }

  uint32(value: number): void {
    this.reserve(5);
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.at++] = rest;
  }

  /** Negative numbers take ten bytes. */
  int64(value: Int): void {
    this.split(value);
    this.varint64();
  }

  sint64(value: Int): void {
    this.split(value);
    const { low, high } = this;
    const sign = (high | 0) >> 31;
    this.low = ((low << 1) ^ sign) >>> 0;
    this.high = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
    this.varint64();
  }

  sint32(value: number): void {
    this.uint32(((value << 1) ^ (value >> 31)) >>> 0);
  }

  fixed32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.at, value >>> 0, true);
    this.at += 4;
  }

  fixed64(value: Int): void {
    this.split(value);
    this.fixed32(this.low);
    this.fixed32(this.high);
  }

  float(value: number): void {
    this.reserve(4);
    this.view.setFloat32(this.at, value, true);
    this.at += 4;
  }

  double(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  /** Lone surrogates become U+FFFD. */
  string(value: string): void {
    const mark = this.open();
    this.reserve(value.length * 3);
    if (value.length > shortLength || !this.ascii(value)) this.at += this.buffer.write(value, this.at, 'utf8');
    this.close(mark);
  }

  /** For short texts quicker than calling out. False for a text that is not ASCII: nothing is written. */
  private ascii(value: string): boolean {
    const { buffer, at } = this;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) return false;
      buffer[at + i] = unit;
    }
    this.at = at + value.length;
    return true;
  }

  /** Begins a value whose length comes before it. @returns what {@link close} wants */
  open(): number {
    this.reserve(1);
    return this.at++;
  }

  close(mark: number): void {
    const start = mark + 1;
    const length = this.at - start;
    if (length < 0x80) {
      this.buffer[mark] = length;
      return;
    }
    // A longer length needs more than the one byte that was kept for it.
    const end = this.at;
    const extra = length < 0x4000 ? 1 : length < 0x20_0000 ? 2 : length < 0x1000_0000 ? 3 : 4;
    this.reserve(extra);
    this.buffer.copyWithin(start + extra, start, end);
    this.at = mark;
    this.uint32(length);
    this.at = end + extra;
  }

  private varint64(): void {
    this.reserve(10);
    let { low, high } = this;
    while (high !== 0 || low >= 0x80) {
      this.buffer[this.at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.buffer[this.at++] = low;
  }

  private split(value: Int): void {
    if (typeof value === 'number') {
      this.low = value >>> 0;
      this.high = Math.floor(value / 0x1_0000_0000) >>> 0;
    } else {
      this.low = Number(BigInt.asUintN(32, value));
      this.high = Number(BigInt.asUintN(32, value >> 32n));
    }
  }

  private reserve(length: number): void {
    const needed = this.at + length;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }
}
