import { crc32 } from './crc32.ts';

/**
 * The files of a log.
 *
 * A segment is named after its first record (`0000000000000042.log`) and begins with 16 bytes: magic `KLG1`, that
 * number (u64), crc32 of both. Records follow without padding, all integers little endian:
 *
 * | bytes | content |
 * |---|---|
 * | 4 | crc32 of the rest of the record |
 * | 4 | length of the data |
 * | 4 | number of the record, low 32 bits |
 * | 4 | safe offset: up to here the segment was on the disk when the record was appended |
 * | n | data |
 *
 * The safe offset tells damage from a torn tail: a broken record below the safe offset of a later one was lost, one
 * behind all of them had never been synced.
 */
export const segmentHeaderBytes = 16;
export const recordHeaderBytes = 16;

const magic = 0x31474c4b;
const magicBytes = 3;

export function segmentName(base: number): string {
  return `${String(base).padStart(16, '0')}.log`;
}

/** The first record's number; null for a file that is no segment. */
export function segmentBase(name: string): number | null {
  return /^\d{16}\.log$/.test(name) ? Number.parseInt(name, 10) : null;
}

export function segmentHeader(base: number): Uint8Array {
  const bytes = new Uint8Array(segmentHeaderBytes);
  writeU32(bytes, 0, magic);
  writeU32(bytes, 4, base % 2 ** 32);
  writeU32(bytes, 8, Math.floor(base / 2 ** 32));
  writeU32(bytes, 12, crc32(bytes.subarray(0, 12), 0));
  return bytes;
}

/** `foreign` is a segment of another format version, which must not be touched. */
export function checkSegmentHeader(bytes: Uint8Array, base: number): 'good' | 'bad' | 'foreign' {
  const expected = segmentHeader(base);
  if (bytes.length < segmentHeaderBytes) return 'bad';
  if (expected.every((byte, i) => byte === bytes[i])) return 'good';
  const isOurs = expected.subarray(0, magicBytes).every((byte, i) => byte === bytes[i]);
  return isOurs && readU32(bytes, 12) === crc32(bytes.subarray(0, 12), 0) && readU32(bytes, 0) !== magic
    ? 'foreign'
    : 'bad';
}

/** Why the bytes at an offset are no record; `short` when the data ends too early. */
export type RecordFault = 'short' | 'checksum' | 'sequence';

/**
 * Looks at the record at `at`.
 *
 * @param end how far the bytes are valid
 * @returns the length of its data, or the fault
 */
export function checkRecord(bytes: Uint8Array, at: number, end: number, seq: number): number | RecordFault {
  if (end - at < recordHeaderBytes) return 'short';
  const length = readU32(bytes, at + 4);
  if (length > end - at - recordHeaderBytes) return 'short';
  if (readU32(bytes, at + 8) !== seq % 2 ** 32) return 'sequence';
  const sum = crc32(bytes.subarray(at + 4, at + recordHeaderBytes + length), 0);
  return sum === readU32(bytes, at) ? length : 'checksum';
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}
