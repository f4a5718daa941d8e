/**
 * The input log of a source that cannot replay and feeds checkpointed state.
 *
 * Each read is appended with its arrival time and is acknowledged once it is on disk (a group fsync away), so state may
 * lag behind in memory: recovery is the last checkpoint plus a replay of the log on logged time. One log per source,
 * trimmed at the oldest checkpoint of its rules. Source: DESIGN §9.
 */
import { errorText, type Logger, type Row } from '@kuiper/base';
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
  /** Whether rules read metadata: only then it is stored. */
  readonly keepMetas: boolean;
  readonly onError: (text: string) => void;
}

export class InputLog {
  private readonly options: InputLogOptions;
  /** Oldest record each rule still needs. */
  private readonly needed = new Map<string, number>();

  constructor(options: InputLogOptions) {
    this.options = options;
  }

  /** Number of the next record: what a checkpoint stores as this source's position. */
  get nextSeq(): number {
    return this.options.log.nextSeq;
  }

  get firstSeq(): number {
    return this.options.log.firstSeq;
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

  /** Hands out every record from `from` to the end, in order; waits where `take` returns a promise. */
  async replay(from: number, take: (batch: LoggedBatch) => Promise<void> | undefined): Promise<void> {
    const { log, codec } = this.options;
    let at = Math.max(from, log.firstSeq);
    while (at < log.nextSeq) {
      const records = await log.read(at, replayRecords);
      if (records.length === 0) break;
      for (const { seq, data } of records) {
        at = seq + 1;
        const full = take(fromPacked(codec.unpack(data) as Packed));
        if (full !== undefined) await full;
      }
    }
  }

  /** The rule's state holds everything before `seq`. */
  keepFrom(ruleId: string, seq: number): void {
    this.needed.set(ruleId, seq);
    this.trim();
  }

  forget(ruleId: string): void {
    this.needed.delete(ruleId);
    if (this.needed.size > 0) this.trim();
  }

  async close(): Promise<void> {
    await this.options.log.close();
  }

  private trim(): void {
    const oldest = Math.min(...this.needed.values());
    if (oldest > this.options.log.firstSeq) void this.options.log.trim(oldest);
  }

  private write(packed: Packed, ticket: Ticket): void {
    const { log, codec, onError } = this.options;
    ticket.hold();
    try {
      log.append(codec.pack(packed));
    } catch (error) {
      // Unwritten means unacknowledged: the ticket stays held and the sender keeps the message.
      onError(errorText(error));
      return;
    }
    log.sync().then(
      () => ticket.release(),
      (error: unknown) => onError(errorText(error)),
    );
  }
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
