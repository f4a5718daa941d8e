import type { StoreFile } from '../files/file-system.ts';
import type { LogRecord } from './log.ts';
import {
  checkRecord,
  checkSegmentHeader,
  type RecordFault,
  readU32,
  recordHeaderBytes,
  segmentHeaderBytes,
} from './log-format.ts';

/** Reads one segment front to back, checking every record. */
export class SegmentReader {
  readonly base: number;
  /** The record that comes next, and where it begins. */
  seq: number;
  offsetBytes: number = segmentHeaderBytes;
  /** Why the next record cannot be read; null while all is well. */
  fault: RecordFault | 'header' | null = null;
  /** The highest safe offset that any record read so far carries. */
  safeOffset = 0;
  readonly #file: StoreFile;
  #isHeaderChecked = false;

  constructor(file: StoreFile, base: number) {
    this.#file = file;
    this.base = base;
    this.seq = base;
  }

  /**
   * The records that one read gives, up to the file position `endBytes`. Empty at the end, or when {@link fault} is
   * set; records before a fault are returned first.
   */
  async next(endBytes: number): Promise<LogRecord[]> {
    if (!this.#isHeaderChecked) await this.#checkHeader(endBytes);
    const records: LogRecord[] = [];
    if (this.fault !== null || this.offsetBytes >= endBytes) return records;
    let bytes = await readAt(this.#file, this.offsetBytes, Math.min(readBytes, endBytes - this.offsetBytes));
    if (bytes.length >= recordHeaderBytes) {
      const firstBytes = recordHeaderBytes + readU32(bytes, 4);
      const isLonger = firstBytes > bytes.length && firstBytes <= endBytes - this.offsetBytes;
      if (isLonger) bytes = await readAt(this.#file, this.offsetBytes, firstBytes);
    }
    let at = 0;
    while (at < bytes.length) {
      const length = checkRecord(bytes, at, bytes.length, this.seq);
      if (typeof length !== 'number') {
        // A record that only this read cuts off comes whole with the next one.
        const isCutByRead = length === 'short' && records.length > 0 && this.offsetBytes + bytes.length - at < endBytes;
        if (!isCutByRead) this.fault = length;
        break;
      }
      const from = at + recordHeaderBytes;
      records.push({ seq: this.seq, data: bytes.subarray(from, from + length) });
      this.safeOffset = Math.max(this.safeOffset, readU32(bytes, at + 12));
      this.seq++;
      this.offsetBytes += recordHeaderBytes + length;
      at = from + length;
    }
    if (bytes.length === 0) this.fault = 'short';
    return records;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #checkHeader(endBytes: number): Promise<void> {
    const bytes = await readAt(this.#file, 0, Math.min(segmentHeaderBytes, endBytes));
    if (checkSegmentHeader(bytes, this.base) !== 'good') this.fault = 'header';
    this.#isHeaderChecked = true;
  }
}

/** Up to `sizeBytes` bytes from a position; fewer at the end of the file. */
export async function readAt(file: StoreFile, position: number, sizeBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let filled = 0;
  while (filled < sizeBytes) {
    const got = await file.read(bytes.subarray(filled), position + filled);
    if (got === 0) break;
    filled += got;
  }
  return bytes.subarray(0, filled);
}

const readBytes = 256 * 1024;
