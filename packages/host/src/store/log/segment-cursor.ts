import type { KuiperError } from '@kuiper/base';
import { storeErrors } from '../errors.ts';
import type { FileSystem } from '../files/file-system.ts';
import type { LogCursor, LogRecord } from './log.ts';
import { logFailure } from './log-failure.ts';
import type { Segment } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';

/** What a cursor needs to know of its log. */
export interface CursorSource {
  readonly files: FileSystem;
  /** Throws once the log is closed. */
  nextSeq(): number;
  /** Oldest first; never empty. */
  readonly segments: readonly Segment[];
  /** Writes what waits; only written records can be read. */
  writeNow(): Promise<void>;
}

export class SegmentCursor implements LogCursor {
  readonly #log: CursorSource;
  #seq: number;
  #reader: SegmentReader | null = null;
  #ready: LogRecord[] = [];
  /** Set while the next record cannot be read: where reading can go on. */
  #resumeSeq: number | null = null;

  constructor(log: CursorSource, fromSeq: number) {
    this.#log = log;
    this.#seq = fromSeq;
  }

  get seq(): number {
    return this.#seq;
  }

  async next(maxRecords: number = Number.POSITIVE_INFINITY): Promise<readonly LogRecord[]> {
    while (this.#ready.length === 0) {
      const found = await this.#readSome();
      if (found === null) return [];
      this.#ready = found;
    }
    const batch = this.#ready.length <= maxRecords ? this.#ready : this.#ready.slice(0, maxRecords);
    this.#ready = this.#ready.slice(batch.length);
    this.#seq = (batch.at(-1) as LogRecord).seq + 1;
    return batch;
  }

  skipDamage(): number {
    if (this.#resumeSeq === null) return 0;
    const lost = this.#resumeSeq - this.#seq;
    this.#seq = this.#resumeSeq;
    this.#resumeSeq = null;
    return lost;
  }

  async close(): Promise<void> {
    const reader = this.#reader;
    this.#reader = null;
    await reader?.close();
  }

  /** The records from `#seq` on that one read gives, possibly none; null when there are none yet. */
  async #readSome(): Promise<LogRecord[] | null> {
    this.#seq = Math.max(this.#seq, (this.#log.segments[0] as Segment).base);
    if (this.#seq >= this.#log.nextSeq()) return null;
    const index = this.#log.segments.findLastIndex((segment) => segment.base <= this.#seq);
    const segment = this.#log.segments[index] as Segment;
    const endSeq = this.#log.segments[index + 1]?.base ?? null;
    try {
      const reader = await this.#readerOf(segment);
      const records = await reader.next(segment.sizeBytes);
      if (records.length > 0) return records[0]!.seq >= this.#seq ? records : records.filter((r) => r.seq >= this.#seq);
      const isTorn = reader.fault !== null || (endSeq !== null && segment.waitingBytes === 0 && reader.seq < endSeq);
      if (isTorn) throw this.#corrupt(segment, reader, endSeq ?? this.#log.nextSeq());
    } catch (error) {
      // The next attempt starts with a fresh file.
      if (this.#resumeSeq === null) await this.close().catch(() => {});
      throw logFailure(error, segment.path);
    }
    await this.#log.writeNow();
    return [];
  }

  async #readerOf(segment: Segment): Promise<SegmentReader> {
    const current = this.#reader;
    if (current?.base === segment.base && current.seq <= this.#seq) return current;
    await this.close();
    if (segment.sizeBytes === 0) await this.#log.writeNow();
    const file = await this.#log.files.open(segment.path, 'read');
    this.#reader = new SegmentReader(file, segment.base);
    return this.#reader;
  }

  #corrupt(segment: Segment, reader: SegmentReader, endSeq: number): KuiperError {
    const place = reader.fault === 'header' ? 0 : reader.offsetBytes;
    const why = reader.fault === null ? 'records are missing at the end' : faultTexts[reader.fault];
    this.#resumeSeq = endSeq;
    return storeErrors.LOG_CORRUPT(segment.path, place, why, Math.max(reader.seq, this.#seq), endSeq);
  }
}

const faultTexts = {
  header: 'the segment header is damaged',
  short: 'a record runs past the end',
  checksum: 'a checksum does not match',
  sequence: 'a record carries another number',
} as const;
