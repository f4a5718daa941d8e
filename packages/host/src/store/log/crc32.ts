import { crc32 as nativeCrc32 } from 'node:zlib';

/**
 * CRC-32 as in gzip and PNG, as an unsigned 32-bit integer.
 *
 * @param seed the checksum of what comes before, 0 at the beginning
 */
export function crc32(bytes: Uint8Array, seed: number): number {
  // A native call costs as much as the table does for some 250 bytes.
  return bytes.length < 256 ? tableCrc32(bytes, seed) : nativeCrc32(bytes, seed);
}

/** Eight bytes per step through eight tables. */
export function tableCrc32(bytes: Uint8Array, seed: number): number {
  let crc = ~seed;
  let i = 0;
  const whole = bytes.length - (bytes.length % 8);
  while (i < whole) {
    crc ^= at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24);
    crc =
      at(tables, 1792 + (crc & 255)) ^
      at(tables, 1536 + ((crc >>> 8) & 255)) ^
      at(tables, 1280 + ((crc >>> 16) & 255)) ^
      at(tables, 1024 + (crc >>> 24)) ^
      at(tables, 768 + at(bytes, i + 4)) ^
      at(tables, 512 + at(bytes, i + 5)) ^
      at(tables, 256 + at(bytes, i + 6)) ^
      at(tables, at(bytes, i + 7));
    i += 8;
  }
  for (; i < bytes.length; i++) crc = at(tables, (crc ^ at(bytes, i)) & 255) ^ (crc >>> 8);
  return ~crc >>> 0;
}

// Indexes are in range by construction; the type checker cannot know.
function at(array: Uint8Array | Int32Array, index: number): number {
  return array[index] as number;
}

const tables: Int32Array = buildTables();

/** Table k holds the effect of a byte that is followed by k zero bytes. */
function buildTables(): Int32Array {
  const built = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    built[byte] = crc;
  }
  for (let i = 256; i < built.length; i++) {
    const before = at(built, i - 256);
    built[i] = at(built, before & 255) ^ (before >>> 8);
  }
  return built;
}
