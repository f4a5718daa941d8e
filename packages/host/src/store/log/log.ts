/**
 * The append-only face of the store: input log, sink cache, spool.
 *
 * Records are numbered from 0 without gaps and never change. They live in segment files of bounded size; trimming
 * deletes whole segments. After a crash the log holds a prefix of what was appended that includes everything for which
 * {@link Log.sync} had resolved. Errors: `storeErrors`.
 */
export interface Log {
  /** The oldest record kept; equals `nextSeq` when the log is empty. */
  readonly firstSeq: number;
  /** The number that the next record gets. */
  readonly nextSeq: number;
  /** Size of the files, with what still waits to be written. */
  readonly bytes: number;
  /** What waits to be written, in bytes; a producer that sees it grow should slow down. */
  readonly waitingBytes: number;
  /** What opening had to repair. */
  readonly recovery: LogRecovery;

  /**
   * Takes a record into the write buffer and returns its number. Never waits.
   *
   * @param record kept by reference until the next `sync` resolves: the bytes must not change before. `parts` are
   *   written one after the other as one record, without being joined first.
   * @throws LOG_BUSY (retry) when too much waits already, LOG_RECORD_TOO_LARGE, STORE_CLOSED; nothing is appended then
   */
  append(record: Uint8Array | LogParts): number;

  /**
   * Resolves when everything appended so far is on the disk. Calls share their fsyncs: there is at most one per
   * `maxDelayMs`, the first after a quiet time without delay.
   *
   * Rejects with LOG_DISK_FULL or LOG_IO (both retry). The records stay in the buffer under their numbers and the next
   * `sync` tries again.
   */
  sync(): Promise<void>;

  /** Streams the records from `fromSeq` (or the oldest kept) to the newest; see {@link LogCursor.next} for errors. */
  read(fromSeq: number): AsyncIterable<LogRecord>;
  /** A reader that can wait for more; close it. */
  cursor(fromSeq: number): LogCursor;

  /**
   * Declares records before `beforeSeq` unneeded and deletes segments that hold nothing else, so `firstSeq` may stay
   * lower. With `beforeSeq >= nextSeq` the log becomes empty.
   */
  trim(beforeSeq: number): Promise<void>;

  /** Writes and syncs what waits. When that fails it rejects and the log stays open. Closing again does nothing. */
  close(): Promise<void>;
  /** Closes and deletes the log with its directory. */
  destroy(): Promise<void>;
}

export interface LogParts {
  readonly parts: readonly Uint8Array[];
}

export interface LogRecord {
  readonly seq: number;
  /** Belongs to the reader; a slice of a read buffer of some 256 KiB, so copy what is kept for long. */
  readonly data: Uint8Array;
}

export interface LogCursor {
  /** The record that comes next. */
  readonly seq: number;
  /**
   * The next records, as many as one read of the disk gives; empty when there are none yet.
   *
   * Rejects with LOG_CORRUPT, naming file and byte, when the next record cannot be read; again on every call until
   * {@link skipDamage}. Rejects with LOG_IO (retry) when the disk fails.
   */
  next(maxRecords?: number): Promise<readonly LogRecord[]>;
  /** After LOG_CORRUPT: goes on behind the damage. @returns how many records were lost, 0 without damage */
  skipDamage(): number;
  close(): Promise<void>;
}

export interface LogRecovery {
  /** Bytes of a torn tail that were cut: records for which no `sync` had resolved. */
  readonly cutBytes: number;
  /** Records of the newest segment that were safe once and cannot be read any more. */
  readonly lostRecords: number;
}
