import type { Clock, KuiperError, Timer } from '@kuiper/base';
import { storeErrors } from '../errors.ts';
import type { FileSystem } from '../files/file-system.ts';
import type { Log, LogCursor, LogParts, LogRecord, LogRecovery } from './log.ts';
import { logFailure } from './log-failure.ts';
import { recordHeaderBytes } from './log-format.ts';
import { Segment } from './segment.ts';
import { type CursorSource, SegmentCursor } from './segment-cursor.ts';

export interface SegmentLogSettings {
  readonly directory: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly segmentBytes: number;
  readonly maxDelayMs: number;
  readonly maxWaitingBytes: number;
  readonly reserveBytes: number;
  readonly fsync: boolean;
}

/**
 * {@link Log} over segment files. Appending only encodes; a commit writes everything that waits with as few system
 * calls as possible and one fsync, and only one commit runs at a time.
 */
export class SegmentLog implements Log {
  readonly recovery: LogRecovery;
  readonly #settings: SegmentLogSettings;
  readonly #segments: Segment[];
  #active: Segment;
  #nextSeq: number;
  #waitingBytes = 0;
  /** The commit that is running, and the one that callers of `sync` wait for next. */
  #running: Commit | null = null;
  #awaited: Commit | null = null;
  /** Whether something was put that the running commit may not cover. */
  #isDirty = false;
  #timer: Timer | null = null;
  #lastCommitMs = Number.NEGATIVE_INFINITY;
  #lastFailure: KuiperError | null = null;
  /** While trimming: a segment that must be written first replaces one that goes. */
  #mayUseReserve = false;
  #trimming: Promise<void> = Promise.resolve();
  #state: 'open' | 'closed' = 'open';
  readonly #single: [Uint8Array] = [new Uint8Array(0)];

  /** @param segments oldest first; the last one takes records */
  constructor(settings: SegmentLogSettings, segments: Segment[], nextSeq: number, recovery: LogRecovery) {
    this.#settings = settings;
    this.#segments = segments;
    this.#active = segments.at(-1) as Segment;
    this.#nextSeq = nextSeq;
    this.recovery = recovery;
  }

  get firstSeq(): number {
    return (this.#segments[0] as Segment).base;
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.endBytes, 0);
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  append(record: Uint8Array | LogParts): number {
    this.#assertOpen();
    let parts: readonly Uint8Array[] = this.#single;
    let lengthBytes = 0;
    if (record instanceof Uint8Array) {
      this.#single[0] = record;
      lengthBytes = record.length;
    } else {
      parts = record.parts;
      for (let i = 0; i < parts.length; i++) lengthBytes += (parts[i] as Uint8Array).length;
    }
    const sizeBytes = recordHeaderBytes + lengthBytes;
    this.#assertRoom(lengthBytes, sizeBytes);
    let active = this.#active;
    if (
      active.endBytes > 0 &&
      active.endBytes + sizeBytes > this.#settings.segmentBytes &&
      this.#nextSeq > active.base
    ) {
      active = this.#startSegment();
    }
    const before = active.waitingBytes;
    active.putRecord(this.#nextSeq, this.#settings.fsync ? active.sizeBytes : 0, parts, lengthBytes);
    this.#waitingBytes += active.waitingBytes - before;
    this.#isDirty = true;
    // A failing disk is tried again when somebody asks, not on every append.
    if (this.#waitingBytes >= eagerBytes && this.#running === null && this.#lastFailure === null) this.#commitUnasked();
    return this.#nextSeq++;
  }

  sync(): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(this.#closedError());
    if (this.#running !== null && !this.#isDirty) return this.#running.promise;
    if (this.#waitingBytes === 0) return Promise.resolve();
    const commit = this.#awaitCommit();
    this.#schedule();
    return commit.promise;
  }

  async *read(fromSeq: number): AsyncGenerator<LogRecord> {
    const cursor = this.cursor(fromSeq);
    const endSeq = this.#nextSeq;
    try {
      while (cursor.seq < endSeq) {
        const batch = await cursor.next(endSeq - cursor.seq);
        if (batch.length === 0) return;
        yield* batch;
      }
    } finally {
      await cursor.close();
    }
  }

  cursor(fromSeq: number): LogCursor {
    this.#assertOpen();
    const source: CursorSource = {
      files: this.#settings.files,
      segments: this.#segments,
      nextSeq: () => {
        this.#assertOpen();
        return this.#nextSeq;
      },
      writeNow: () => this.#writeNow(),
    };
    return new SegmentCursor(source, fromSeq);
  }

  trim(beforeSeq: number): Promise<void> {
    const trimmed = this.#trimming.then(() => this.#trim(beforeSeq));
    this.#trimming = trimmed.catch(() => {});
    return trimmed;
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    await this.#trimming;
    while (this.#waitingBytes > 0) await this.#writeNow();
    await this.#shut();
  }

  async destroy(): Promise<void> {
    const { files, directory } = this.#settings;
    this.#state = 'closed';
    await this.#trimming;
    while (this.#running !== null) await this.#running.promise.catch(() => {});
    await this.#shut();
    try {
      for (const name of await files.list(directory)) await files.unlink(`${directory}/${name}`);
      await files.removeDirectory(directory);
    } catch (error) {
      throw logFailure(error, directory);
    }
  }

  async #shut(): Promise<void> {
    this.#state = 'closed';
    this.#timer?.cancel();
    this.#timer = null;
    this.#awaited?.reject(this.#closedError());
    this.#awaited = null;
    for (const segment of this.#segments) await segment.closeFile().catch(() => {});
  }

  #startSegment(): Segment {
    const segment = new Segment(this.#settings.files, this.#settings.directory, this.#nextSeq, 0);
    this.#segments.push(segment);
    this.#active = segment;
    return segment;
  }

  #awaitCommit(): Commit {
    return (this.#awaited ??= new Commit());
  }

  /** Sets the timer for the awaited commit, at once after a quiet time. A running commit schedules the next one. */
  #schedule(): void {
    if (this.#timer !== null || this.#running !== null) return;
    const { clock, maxDelayMs } = this.#settings;
    const nowMs = clock.now();
    // The clock may have been set back since.
    const dueMs = Math.min(Math.max(nowMs, this.#lastCommitMs + maxDelayMs), nowMs + maxDelayMs);
    this.#timer = clock.setTimer(dueMs, () => {
      this.#timer = null;
      if (this.#running === null) void this.#commit();
    });
  }

  /** Commits without waiting for the timer; resolves when everything appended so far is written. */
  async #writeNow(): Promise<void> {
    while (this.#running !== null && this.#isDirty) await this.#running.promise.catch(() => {});
    if (this.#running !== null) return this.#running.promise;
    if (this.#waitingBytes === 0) return;
    const { promise } = this.#awaitCommit();
    void this.#commit();
    return promise;
  }

  #commitUnasked(): void {
    this.#awaitCommit();
    void this.#commit();
  }

  /** Never rejects: the outcome goes to those who wait for the commit. */
  async #commit(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    const commit = this.#awaitCommit();
    this.#awaited = null;
    this.#running = commit;
    this.#isDirty = false;
    this.#lastCommitMs = this.#settings.clock.now();
    try {
      for (const segment of this.#segments.filter((s) => s.waitingBytes > 0)) await this.#write(segment);
      this.#lastFailure = null;
      this.#running = null;
      commit.resolve();
    } catch (error) {
      this.#lastFailure = logFailure(error, this.#settings.directory);
      this.#running = null;
      commit.reject(this.#lastFailure);
    }
    if (this.#awaited !== null) this.#schedule();
  }

  async #write(segment: Segment): Promise<void> {
    try {
      if (segment.sizeBytes === 0) await this.#assertSpace();
      // In two steps: appends add to the sum while this waits.
      const writtenBytes = await segment.write(this.#settings.fsync);
      this.#waitingBytes -= writtenBytes;
      if (segment !== this.#active && segment.waitingBytes === 0) await segment.closeFile();
    } catch (error) {
      throw logFailure(error, segment.path);
    }
  }

  async #trim(beforeSeq: number): Promise<void> {
    this.#assertOpen();
    await this.#unlinkBefore(beforeSeq);
    if (beforeSeq >= this.#nextSeq && this.#nextSeq > this.#active.base) {
      // An empty segment carries the number on, then the last full one can go.
      const segment = this.#startSegment();
      segment.putHeader();
      this.#waitingBytes += segment.waitingBytes;
      this.#isDirty = true;
    }
    const following = this.#segments[1];
    if (following === undefined || following.base > beforeSeq) return;
    this.#mayUseReserve = true;
    try {
      await this.#writeNow();
    } finally {
      this.#mayUseReserve = false;
    }
    await this.#unlinkBefore(beforeSeq);
  }

  async #unlinkBefore(beforeSeq: number): Promise<void> {
    const segments = this.#segments;
    while (segments.length > 1 && (segments[1] as Segment).base <= beforeSeq) {
      const oldest = segments[0] as Segment;
      // What follows must be on the disk first, or a crash would leave nothing to tell the next number.
      if ((segments[1] as Segment).sizeBytes === 0) return;
      try {
        await oldest.closeFile();
        await this.#settings.files.unlink(oldest.path);
      } catch (error) {
        throw logFailure(error, oldest.path);
      }
      segments.shift();
    }
  }

  #assertOpen(): void {
    if (this.#state === 'closed') throw this.#closedError();
  }

  #closedError(): KuiperError {
    return storeErrors.STORE_CLOSED(`log ${this.#settings.directory}`);
  }

  #assertRoom(lengthBytes: number, sizeBytes: number): void {
    if (lengthBytes > maxRecordBytes) throw storeErrors.LOG_RECORD_TOO_LARGE(lengthBytes, maxRecordBytes);
    const waiting = this.#waitingBytes;
    if (waiting === 0 || waiting + sizeBytes <= this.#settings.maxWaitingBytes) return;
    if (this.#running === null) this.#commitUnasked();
    const cause = this.#lastFailure;
    const why = cause?.message ?? 'the disk is slower than the input';
    throw storeErrors.LOG_BUSY(this.#settings.directory, waiting, why, { cause: cause ?? undefined });
  }

  /** Leaves room for the store whose checkpoints allow this log to be trimmed. */
  async #assertSpace(): Promise<void> {
    const { files, directory, reserveBytes } = this.#settings;
    if (reserveBytes === 0 || this.#mayUseReserve) return;
    const freeBytes = await files.freeBytes(directory);
    if (freeBytes < reserveBytes) {
      throw storeErrors.LOG_DISK_FULL(directory, `${freeBytes} bytes free and ${reserveBytes} kept in reserve`);
    }
  }
}

/** One round of writing, shared by all who wait for it. */
class Commit {
  readonly promise: Promise<void>;
  resolve!: () => void;
  reject!: (reason: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Nobody may be waiting; those who are get the failure all the same.
    this.promise.catch(() => {});
  }
}

/** From here on records are written without anybody asking, so memory stays small. */
const eagerBytes = 1024 * 1024;

const maxRecordBytes = 2 ** 30;
