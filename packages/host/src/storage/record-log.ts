/**
 * A {@link RecordLog} of the engine over a {@link Log} of the store: sequential reads share one cursor, and trimming is
 * exact, although the store deletes whole segments.
 */
import { errorText, KuiperError, type Logger } from '@kuiper/base';
import type { RecordLog } from '@kuiper/engine';
import type { Log, LogCursor, LogRecord } from '../store/index.ts';

/** Remembers where a log was trimmed to. */
export interface TrimMark {
  load(): number;
  save(seq: number): Promise<void>;
  delete(): Promise<void>;
}

export class StoreRecordLog implements RecordLog {
  private readonly log: Log;
  private readonly logger: Logger;
  private readonly mark: TrimMark;
  private cursor: LogCursor | null = null;
  private trimmed: number;
  private closed = false;

  constructor(log: Log, logger: Logger, mark: TrimMark) {
    this.log = log;
    this.logger = logger;
    this.mark = mark;
    // A mark beyond the end belongs to a log that is gone.
    const marked = mark.load();
    this.trimmed = marked <= log.nextSeq ? marked : 0;
  }

  get firstSeq(): number {
    return Math.max(this.trimmed, this.log.firstSeq);
  }

  get nextSeq(): number {
    return this.log.nextSeq;
  }

  append(record: Uint8Array): number {
    return this.log.append(record);
  }

  sync(): Promise<void> {
    return this.log.sync();
  }

  async read(from: number, limit: number): Promise<readonly LogRecord[]> {
    let cursor = this.cursor;
    if (cursor === null || cursor.seq !== from) {
      await cursor?.close();
      cursor = this.log.cursor(from);
      this.cursor = cursor;
    }
    try {
      return await cursor.next(limit);
    } catch (error) {
      if (!(error instanceof KuiperError) || error.id !== 'LOG_CORRUPT') throw error;
      const lost = cursor.skipDamage();
      this.logger.error(`${errorText(error)}; ${lost} records are lost`);
      return cursor.next(limit);
    }
  }

  async trim(before: number): Promise<void> {
    if (before <= this.trimmed || this.closed) return;
    this.trimmed = before;
    try {
      await this.mark.save(before);
      await this.log.trim(before);
    } catch (error) {
      // Closing overtakes what is under way.
      if (!this.closed) this.logger.warn(`trimming a log: ${errorText(error)}`);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.cursor?.close();
    await this.log.close();
  }

  async destroy(): Promise<void> {
    this.closed = true;
    await this.cursor?.close();
    // First: a mark without its log would hide what the next log of this name holds.
    await this.mark.delete();
    await this.log.destroy();
  }
}
