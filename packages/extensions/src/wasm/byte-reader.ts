/** Reads the binary format of WebAssembly: bytes, LEB128 numbers, names. Throws for a module that ends too early. */
import { wasmErrors } from './errors.ts';

export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) throw wasmErrors.MODULE('it ends too early');
    return this.bytes[this.at++] as number;
  }

  skip(count: number): void {
    if (count > this.end - this.at) throw wasmErrors.MODULE('it ends too early');
    this.at += count;
  }

  /** Unsigned, up to 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw wasmErrors.MODULE('a number is too long');
  }

  /** Steps over a signed number of up to 64 bits. */
  skipSigned(): void {
    for (let i = 0; i < 10; i++) if (this.byte() < 0x80) return;
    throw wasmErrors.MODULE('a number is too long');
  }

  name(): string {
    const length = this.u32();
    const start = this.at;
    this.skip(length);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, length).toString('utf8');
  }
}

/** LEB128 of an unsigned number. */
export function encodeU32(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

/** LEB128 of a number that fits a signed 32-bit integer. */
export function encodeS32(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

export function encodeName(name: string): number[] {
  const bytes = [...Buffer.from(name, 'utf8')];
  return [...encodeU32(bytes.length), ...bytes];
}
