/**
 * Down-sampling of a push source by `interval` and `mergeField`: of all messages between two ticks the newest of each
 * value of a field go on together, undecoded until then but for that field. They become one row (`mergingDecoder`), with
 * the metadata of the last message. Source: behaviour spec, io §3.2, runtime §5.3.
 */
import type { Clock, Timer } from '@kuiper/base';
import type { BytesBatch, Decoder, Meta } from '@kuiper/sdk';
import type { Ticket } from './ack.ts';

export interface MergeSetup {
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly field: string;
  /** Decodes that field alone. */
  readonly decoder: Decoder;
  /** Takes the messages of a tick, with a ticket that stands for all of them. */
  readonly emit: (batch: BytesBatch, ticket: Ticket) => void;
  readonly fail: (error: Error) => void;
}

export class MergeByField {
  private readonly setup: MergeSetup;
  /** By the value of the field; the newest came last. What is no scalar shares null. */
  private frames = new Map<unknown, Buffer>();
  /** The first since the last tick: while it is held, nothing that came later counts as safe. */
  private ticket: Ticket | null = null;
  private position = 0;
  private meta: Meta | null = null;
  private timer: Timer | null = null;

  constructor(setup: MergeSetup) {
    this.setup = setup;
    this.next(setup.clock.now() + setup.intervalMs);
  }

  take(batch: BytesBatch, ticket: Ticket): void {
    const { decoder, field, fail } = this.setup;
    for (let i = 0; i < batch.count; i++) {
      // The source's buffer is only lent.
      const bytes = Buffer.from(batch.buffer.subarray(batch.starts[i], batch.ends[i]));
      try {
        const decoded = decoder.decode(bytes);
        const key = Array.isArray(decoded) ? null : scalar(decoded[field]);
        this.frames.delete(key);
        this.frames.set(key, bytes);
      } catch (error) {
        fail(error as Error);
      }
    }
    this.position = batch.position + batch.count - 1;
    this.meta = batch.meta(batch.count - 1);
    if (this.ticket === null) this.ticket = ticket;
    else ticket.release();
  }

  stop(): void {
    this.timer?.cancel();
    this.ticket?.release();
    this.ticket = null;
    this.frames.clear();
  }

  private next(atMs: number): void {
    const { clock, intervalMs } = this.setup;
    this.timer = clock.setTimer(atMs, () => {
      this.next(Math.max(atMs, clock.now() - intervalMs) + intervalMs);
      this.tick();
    });
  }

  private tick(): void {
    const { frames, ticket, meta } = this;
    if (ticket === null) return;
    this.ticket = null;
    this.frames = new Map();
    if (frames.size === 0) {
      ticket.release();
      return;
    }
    const ends: number[] = [];
    let length = 0;
    for (const frame of frames.values()) ends.push((length += frame.length));
    this.setup.emit(
      {
        buffer: Buffer.concat([...frames.values()]),
        starts: [0, ...ends.slice(0, -1)],
        ends,
        count: ends.length,
        timestampMs: this.setup.clock.now(),
        position: this.position - ends.length + 1,
        meta: () => meta,
      },
      ticket,
    );
  }
}

function scalar(value: unknown): unknown {
  return typeof value === 'object' || value === undefined ? null : value;
}
