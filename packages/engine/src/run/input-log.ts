/**
 * The input log of a source that cannot replay and feeds checkpointed state.
 *
 * Each read is appended with its arrival time and is acknowledged once it is on disk (a group fsync away), so state may
 * lag behind in memory: recovery is the last checkpoint plus a replay of the log on logged time. One log per source,
 * trimmed at the oldest checkpoint of its rules. Source: DESIGN §9.
 *
 * A disk that takes nothing (full, failing, too slow) loses nothing: reads wait in memory, unacknowledged, under the
 * numbers that they will get, and are tried again; the source is held back meanwhile.
 */
import { type Clock, errorText, KuiperError, type Logger, type Row, type Timer } from '@kuiper/base';
import type { BytesBatch, Decoder, Meta, RowsBatch } from '@kuiper/sdk';
import type { ProgramInput } from '../compile/program.ts';
import type { Ticket } from './ack.ts';
import type { RecordLog } from './services.ts';

/** A batch as it stands in the log. */
export type LoggedBatch =
  | { readonly kind: 'bytes'; readonly batch: BytesBatch }
  | {
      readonly kind: 'rows';
      readonly rows: readonly Row[];
      readonly timestampMs: number;
      readonly metas: readonly (Meta | null)[];
    };

interface Codec {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
}

/** [time, messages, metas]; rows are packed as they are. */
type Packed = readonly [
  timestampMs: number,
  payloads: readonly Uint8Array[] | null,
  rows: readonly Row[] | null,
  metas: readonly (Meta | null)[] | null,
];

const replayRecords = 64;

export interface InputLogOptions {
  readonly log: RecordLog;
  readonly codec: Codec;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Whether rules read metadata: only then it is stored. */
  readonly keepMetas: boolean;
  readonly onError: (text: string) => void;
}

const retryMs = 1000;

export class InputLog {
  private readonly options: InputLogOptions;
  /** Oldest record each rule still needs. */
  private readonly needed = new Map<string, number>();
  /** Reads that the log has not taken yet, with the tickets that wait for them. */
  private waiting: { readonly packed: Packed; readonly ticket: Ticket }[] = [];
  /** Tickets of records that are in the log's buffer and could not be written. */
  private readonly unsynced: Ticket[] = [];
  private retryTimer: Timer | null = null;
  private roomWaiters: (() => void)[] = [];
  private failure: string | null = null;
  private closed = false;

  constructor(options: InputLogOptions) {
    this.options = options;
  }

  /** Number of the next record: what a checkpoint stores as this source's position. */
  get nextSeq(): number {
    return this.options.log.nextSeq + this.waiting.length;
  }

  get firstSeq(): number {
    return this.options.log.firstSeq;
  }

  /** Resolves when the disk takes reads again; undefined when it does. */
  whenRoom(): Promise<void> | undefined {
    if (this.waiting.length === 0 || this.closed) return undefined;
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  /** Resolves when everything so far is on the disk; rejects when that fails now. */
  async synced(): Promise<void> {
    if (this.closed) return;
    if (this.waiting.length > 0) throw new Error('the input log does not take what comes');
    await this.options.log.sync();
  }

  append(batch: BytesBatch, ticket: Ticket): void {
    const payloads: Uint8Array[] = [];
    const metas: (Meta | null)[] | null = this.options.keepMetas ? [] : null;
    for (let i = 0; i < batch.count; i++) {
      payloads.push(batch.buffer.subarray(batch.starts[i] as number, batch.ends[i] as number));
      metas?.push(batch.meta(i));
    }
    this.write([batch.timestampMs, payloads, null, metas], ticket);
  }

  appendRows(batch: RowsBatch, ticket: Ticket): void {
    const metas = this.options.keepMetas ? batch.rows.map((_, i) => batch.meta(i)) : null;
    this.write([batch.timestampMs, null, batch.rows, metas], ticket);
  }

  /**
   * Hands out every record from `from` to the end, in order; waits where `take` returns a promise.
   * @param caughtUp called in the same step in which the end is seen, so that nothing comes in between
   * @param stopped asked after each wait; true ends the replay
   */
  async replay(
    from: number,
    take: (batch: LoggedBatch) => Promise<void> | undefined,
    caughtUp: () => void,
    stopped: () => boolean,
  ): Promise<void> {
    const { log, codec } = this.options;
    let at = Math.max(from, log.firstSeq);
    while (at < this.nextSeq) {
      const waiting = this.waiting[at - log.nextSeq];
      const records =
        waiting === undefined
          ? (await log.read(at, replayRecords)).map(({ seq, data }) => [seq, codec.unpack(data) as Packed] as const)
          : [[at, waiting.packed] as const];
      // Unreadable to the end: the log has said so.
      if (records.length === 0) at = log.nextSeq;
      for (const [seq, packed] of records) {
        if (stopped()) return;
        at = seq + 1;
        const full = take(fromPacked(packed));
        if (full !== undefined) await full;
      }
      if (stopped()) return;
    }
    caughtUp();
  }

  /** The rule's state holds everything before `seq`. */
  keepFrom(ruleId: string, seq: number): void {
    this.needed.set(ruleId, seq);
    this.trim();
  }

  forget(ruleId: string): void {
    if (this.needed.delete(ruleId) && this.needed.size > 0) this.trim();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.retryTimer?.cancel();
    this.retryTimer = null;
    this.tellRoom();
    await this.options.log.close();
  }

  private trim(): void {
    if (this.closed) return;
    const oldest = Math.min(...this.needed.values());
    if (oldest > this.options.log.firstSeq) void this.options.log.trim(oldest);
  }

  private write(packed: Packed, ticket: Ticket): void {
    ticket.hold();
    if (this.waiting.length > 0 || !this.tryAppend(packed)) {
      // Until it is tried again the source may still send, into buffers that it uses again.
      this.waiting.push({ packed: ownBytes(packed), ticket });
      return;
    }
    this.releaseWhenSynced([ticket]);
  }

  /** @returns false when the log does not take it now; what it never takes is told and passed over */
  private tryAppend(packed: Packed): boolean {
    const { log, codec, onError } = this.options;
    try {
      log.append(codec.pack(packed));
    } catch (error) {
      if (error instanceof KuiperError && error.retry) {
        // Too much waits: it goes on when that is written, and when it cannot be, that failure is told.
        this.releaseWhenSynced([]);
        return false;
      }
      onError(errorText(error));
    }
    return true;
  }

  private releaseWhenSynced(tickets: readonly Ticket[]): void {
    this.options.log.sync().then(
      () => {
        this.failure = null;
        for (const ticket of tickets) ticket.release();
        if (this.waiting.length > 0 && !this.closed) this.retry();
      },
      (error: unknown) => {
        // The records stay in the log's buffer under their numbers: unwritten means unacknowledged, until it works.
        if (this.closed) return;
        for (const ticket of tickets) this.unsynced.push(ticket);
        this.failed(error);
      },
    );
  }

  private failed(error: unknown): void {
    // The text may hold changing numbers: a failure that goes on is told once.
    const failure = error instanceof KuiperError ? error.id : errorText(error);
    if (failure !== this.failure) this.options.onError(errorText(error));
    this.failure = failure;
    const { clock } = this.options;
    this.retryTimer ??= clock.setTimer(clock.now() + retryMs, () => {
      this.retryTimer = null;
      if (!this.closed) this.retry();
    });
  }

  private retry(): void {
    const tickets = this.unsynced.splice(0);
    let count = 0;
    for (; count < this.waiting.length; count++) {
      const { packed, ticket } = this.waiting[count] as (typeof this.waiting)[0];
      if (!this.tryAppend(packed)) break;
      tickets.push(ticket);
    }
    this.waiting.splice(0, count);
    this.releaseWhenSynced(tickets);
    if (this.waiting.length === 0) this.tellRoom();
  }

  private tellRoom(): void {
    for (const resolve of this.roomWaiters.splice(0)) resolve();
  }
}

function ownBytes([timestampMs, payloads, rows, metas]: Packed): Packed {
  return [timestampMs, payloads === null ? null : payloads.map((bytes) => bytes.slice()), rows, metas];
}

function fromPacked([timestampMs, payloads, rows, metas]: Packed): LoggedBatch {
  if (payloads === null) return { kind: 'rows', rows: rows ?? [], timestampMs, metas: metas ?? [] };
  const buffer = Buffer.concat(payloads);
  const starts: number[] = [];
  const ends: number[] = [];
  let offset = 0;
  for (const { length } of payloads) {
    starts.push(offset);
    offset += length;
    ends.push(offset);
  }
  const meta = (i: number): Meta | null => metas?.[i] ?? null;
  return { kind: 'bytes', batch: { buffer, starts, ends, count: payloads.length, timestampMs, position: 0, meta } };
}

/** Decodes a logged batch straight into one program input. */
export function replayBatch(logged: LoggedBatch, decoder: Decoder | null, input: ProgramInput): void {
  if (logged.kind === 'rows') {
    const metas = { meta: (i: number) => logged.metas[i] ?? null };
    logged.rows.forEach((row, i) => {
      input.row(row, logged.timestampMs, metas, i);
    });
    return;
  }
  const { batch } = logged;
  (decoder as Decoder).decodeBatch(batch, {
    row: (row, index) => input.row(row, batch.timestampMs, batch, index),
    // It was counted when it first came.
    fail: () => {},
  });
}
