/**
 * Down-sampling of a push source by `interval`: of all messages between two ticks only the newest goes on, undecoded
 * until then. Leaving out the others is what the user asked for; they count as safe when the newest does.
 * Source: behaviour spec, io §3.2 (`latest`).
 */
import type { Clock, Timer } from '@kuiper/base';
import type { BytesBatch, Meta } from '@kuiper/sdk';
import type { Ticket } from './ack.ts';

export class LatestOnly {
  private readonly clock: Clock;
  private readonly intervalMs: number;
  private readonly emit: (batch: BytesBatch, ticket: Ticket) => void;
  private kept: { readonly batch: BytesBatch; readonly ticket: Ticket } | null = null;
  private timer: Timer | null = null;

  /** @param emit takes the newest message as a batch of its own, with the ticket that stands for it and those before */
  constructor(clock: Clock, intervalMs: number, emit: (batch: BytesBatch, ticket: Ticket) => void) {
    this.clock = clock;
    this.intervalMs = intervalMs;
    this.emit = emit;
    this.next(clock.now() + intervalMs);
  }

  take(batch: BytesBatch, ticket: Ticket): void {
    this.kept?.ticket.release();
    this.kept = { batch: lastMessage(batch), ticket };
  }

  stop(): void {
    this.timer?.cancel();
    this.kept?.ticket.release();
    this.kept = null;
  }

  private next(atMs: number): void {
    this.timer = this.clock.setTimer(atMs, () => {
      const { kept } = this;
      this.kept = null;
      // Missed ticks are not made up for.
      this.next(Math.max(atMs, this.clock.now() - this.intervalMs) + this.intervalMs);
      if (kept !== null) this.emit(kept.batch, kept.ticket);
    });
  }
}

/** The last message with bytes of its own: the source's buffer is only lent. */
function lastMessage(batch: BytesBatch): BytesBatch {
  const last = batch.count - 1;
  const bytes = Buffer.from(batch.buffer.subarray(batch.starts[last], batch.ends[last]));
  const meta: Meta | null = batch.meta(last);
  return {
    buffer: bytes,
    starts: [0],
    ends: [bytes.length],
    count: 1,
    timestampMs: batch.timestampMs,
    position: batch.position + last,
    meta: () => meta,
  };
}
