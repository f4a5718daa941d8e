/** A {@link RecordLog} of the engine over a {@link Log} of the store: sequential reads share one cursor. */
import { errorText, KuiperError, type Logger } from '@kuiper/base';
import type { RecordLog } from '@kuiper/engine';
import type { Log, LogCursor, LogRecord } from '../store/index.ts';

export class StoreRecordLog implements RecordLog {
  private readonly log: Log;
  private readonly logger: Logger;
  private cursor: LogCursor | null = null;

  constructor(log: Log, logger: Logger) {
    this.log = log;
    this.logger = logger;
  }

  get firstSeq(): number {
    return this.log.firstSeq;
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

  trim(before: number): Promise<void> {
    return this.log.trim(before);
  }

  async close(): Promise<void> {
    await this.cursor?.close();
    await this.log.close();
  }

  async destroy(): Promise<void> {
    await this.cursor?.close();
    await this.log.destroy();
  }
}
