/**
 * The messages of one subscription: turns frames into batches, keeps track of what has been committed, and holds
 * back what comes while the rules are full and reading cannot stop.
 */
import type { BytesBatch, Meta } from '@kuiper/sdk';
import { decodeUserProperties } from './publish-encoder.ts';
import { type PublishFrames, qosOf } from './publish-frames.ts';

export interface InboxReceiver {
  now(): number;
  ingest(batch: BytesBatch): Promise<void> | undefined;
  /** A message has been dropped. */
  dropped(error: Error): void;
  /** The payload that ends the stream has come. */
  ended(): void;
}

/** What is held back at most, in bytes of reads. Only QoS 0 can fill it: brokers limit what is not acknowledged. */
const maxHeldBytes = 16 * 1024 * 1024;

/** Messages with QoS > 0 at positions `[position, position + count)` have sequence numbers from `sequence` on. */
interface Run {
  position: number;
  sequence: number;
  count: number;
}

export class MqttInbox {
  readonly #receiver: InboxReceiver;
  readonly #isVersion5: boolean;
  readonly #endPayload: Buffer | null;
  #position = 0;
  #runs: Run[] = [];
  #runsHead = 0;
  #full: Promise<void> | null = null;
  #held: Messages[] = [];
  #heldBytes = 0;
  #closed = false;
  /** Told when the rules are full (false) and when they have room again (true). */
  onReading: (reading: boolean) => void = () => {};

  // the batch under construction
  #topicStarts = new Uint32Array(0);
  #topicEnds = new Uint32Array(0);
  #starts = new Uint32Array(0);
  #ends = new Uint32Array(0);
  #ids = new Uint16Array(0);
  #headers = new Uint8Array(0);
  #count = 0;

  /** @param endPayload a payload that ends the stream, null for none */
  constructor(receiver: InboxReceiver, isVersion5: boolean, endPayload: Buffer | null) {
    this.#receiver = receiver;
    this.#isVersion5 = isVersion5;
    this.#endPayload = endPayload;
  }

  get isFull(): boolean {
    return this.#full !== null;
  }

  /** Takes all frames of a read; `firstSequence` is that of the first one with QoS > 0. */
  takeAll(frames: PublishFrames, firstSequence: number): void {
    if (frames.acknowledged) {
      let sequence = firstSequence;
      for (let i = 0; i < frames.count; i++) {
        if (frames.ids[i] !== 0) this.#note(this.#position + i, sequence++);
      }
    }
    this.#deliver(frames);
  }

  /** Takes frame `i`; `sequence` is -1 with QoS 0. The batch goes on with {@link flush}. */
  take(frames: PublishFrames, i: number, sequence: number): void {
    const at = this.#count++;
    if (at >= this.#starts.length) this.#grow();
    this.#topicStarts[at] = frames.topicStarts[i] as number;
    this.#topicEnds[at] = frames.topicEnds[i] as number;
    this.#starts[at] = frames.starts[i] as number;
    this.#ends[at] = frames.ends[i] as number;
    this.#ids[at] = frames.ids[i] as number;
    this.#headers[at] = frames.headers[i] as number;
    if (sequence >= 0) this.#note(this.#position + at, sequence);
  }

  flush(buffer: Buffer): void {
    if (this.#count === 0) return;
    const count = this.#count;
    this.#count = 0;
    this.#deliver({
      buffer,
      count,
      headers: this.#headers,
      topicStarts: this.#topicStarts,
      topicEnds: this.#topicEnds,
      ids: this.#ids,
      starts: this.#starts,
      ends: this.#ends,
      acknowledged: false,
    });
  }

  /** Everything up to `position` is safe. @param commit told the ranges `[from, to)` of sequence numbers */
  committed(position: number, commit: (from: number, to: number) => void): void {
    while (this.#runsHead < this.#runs.length) {
      const run = this.#runs[this.#runsHead] as Run;
      if (run.position > position) break;
      const count = Math.min(run.count, position - run.position + 1);
      commit(run.sequence, run.sequence + count);
      if (count < run.count) {
        run.position += count;
        run.sequence += count;
        run.count -= count;
        break;
      }
      this.#runsHead++;
    }
    if (this.#runsHead > 256 || this.#runsHead === this.#runs.length) {
      this.#runs = this.#runs.slice(this.#runsHead);
      this.#runsHead = 0;
    }
  }

  /** The connection is lost: what was not committed comes again, under new positions. */
  forgetUncommitted(): void {
    this.#runs = [];
    this.#runsHead = 0;
  }

  close(): void {
    this.#closed = true;
    this.#held = [];
    this.#heldBytes = 0;
  }

  #note(position: number, sequence: number): void {
    const last = this.#runs[this.#runs.length - 1];
    if (
      last !== undefined &&
      this.#runs.length > this.#runsHead &&
      last.position + last.count === position &&
      last.sequence + last.count === sequence
    ) {
      last.count++;
    } else {
      this.#runs.push({ position, sequence, count: 1 });
    }
  }

  #deliver(frames: PublishFrames): void {
    if (this.#closed) return;
    const position = this.#position;
    this.#position += frames.count;
    const messages = new Messages(frames, this.#isVersion5, this.#receiver.now(), position);
    if (this.#full === null) this.#hand(messages);
    else this.#hold(messages.kept());
  }

  #hand(messages: Messages): void {
    const end = this.#endPayload === null ? -1 : messages.indexOf(this.#endPayload);
    if (end !== -1) messages.count = end;
    const full = messages.count === 0 ? undefined : this.#receiver.ingest(messages);
    if (end !== -1) {
      this.#closed = true;
      this.#receiver.ended();
      return;
    }
    if (full === undefined) return;
    this.#full = full;
    this.onReading(false);
    const goOn = (): void => {
      this.#full = null;
      while (this.#full === null && !this.#closed) {
        const next = this.#held.shift();
        if (next === undefined) {
          this.onReading(true);
          return;
        }
        this.#heldBytes -= next.buffer.length;
        this.#hand(next);
      }
    };
    full.then(goOn, goOn);
  }

  #hold(messages: Messages): void {
    this.#held.push(messages);
    this.#heldBytes += messages.buffer.length;
    while (this.#heldBytes > maxHeldBytes && this.#held.length > 1) {
      const oldest = this.#held.shift() as Messages;
      this.#heldBytes -= oldest.buffer.length;
      for (let i = 0; i < oldest.count; i++) this.#receiver.dropped(new Error('buffer full, drop message'));
    }
  }

  #grow(): void {
    const capacity = Math.max(64, this.#starts.length * 2);
    const wide = (array: Uint32Array): Uint32Array<ArrayBuffer> => {
      const wider = new Uint32Array(capacity);
      wider.set(array);
      return wider;
    };
    this.#topicStarts = wide(this.#topicStarts);
    this.#topicEnds = wide(this.#topicEnds);
    this.#starts = wide(this.#starts);
    this.#ends = wide(this.#ends);
    const ids = new Uint16Array(capacity);
    ids.set(this.#ids);
    this.#ids = ids;
    const headers = new Uint8Array(capacity);
    headers.set(this.#headers);
    this.#headers = headers;
  }
}

/** One batch over the bytes of a read. */
class Messages implements BytesBatch {
  readonly #frames: PublishFrames;
  readonly #isVersion5: boolean;
  readonly timestampMs: number;
  readonly position: number;
  count: number;

  constructor(frames: PublishFrames, isVersion5: boolean, timestampMs: number, position: number) {
    this.#frames = frames;
    this.#isVersion5 = isVersion5;
    this.timestampMs = timestampMs;
    this.position = position;
    this.count = frames.count;
  }

  get buffer(): Buffer {
    return this.#frames.buffer;
  }

  get starts(): Uint32Array {
    return this.#frames.starts;
  }

  get ends(): Uint32Array {
    return this.#frames.ends;
  }

  meta(i: number): Meta {
    const { buffer, headers, ids, topicStarts, topicEnds } = this.#frames;
    const topicEnd = topicEnds[i] as number;
    const qos = qosOf(headers[i] as number);
    const meta: Record<string, unknown> = {
      topic: buffer.toString('utf8', topicStarts[i], topicEnd),
      qos: BigInt(qos),
      messageId: BigInt(ids[i] as number),
    };
    if (!this.#isVersion5) return meta;
    const properties = decodeUserProperties(buffer, topicEnd + (qos > 0 ? 2 : 0));
    if (properties === null) return meta;
    meta['properties'] = properties;
    if (Object.hasOwn(properties, 'traceparent')) meta['traceId'] = properties['traceparent'];
    return meta;
  }

  /** The first message with this payload, -1 when there is none. */
  indexOf(payload: Buffer): number {
    const { buffer, starts, ends } = this.#frames;
    for (let i = 0; i < this.count; i++) {
      const start = starts[i] as number;
      const end = ends[i] as number;
      if (end - start === payload.length && buffer.compare(payload, 0, payload.length, start, end) === 0) return i;
    }
    return -1;
  }

  /** The same batch on arrays of its own. The buffer is not copied: it belongs to this read alone. */
  kept(): Messages {
    const { buffer, headers, topicStarts, topicEnds, ids, starts, ends, acknowledged } = this.#frames;
    const frames: PublishFrames = {
      buffer,
      count: this.count,
      headers: headers.slice(0, this.count),
      topicStarts: topicStarts.slice(0, this.count),
      topicEnds: topicEnds.slice(0, this.count),
      ids: ids.slice(0, this.count),
      starts: starts.slice(0, this.count),
      ends: ends.slice(0, this.count),
      acknowledged,
    };
    return new Messages(frames, this.#isVersion5, this.timestampMs, this.position);
  }
}
