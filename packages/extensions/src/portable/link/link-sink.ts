/**
 * A sink over the extended protocol: several messages at a time, each with its rendered properties, and each safe when
 * the plugin says so. What a process has not answered when it ends goes to the next one.
 */
import type { Clock } from '@kuiper/base';
import { type BytesItems, type Payload, type SinkContext, SinkWriteError } from '@kuiper/sdk';
import type { MessageReader } from '@kuiper/sdk/wire';
import { templateAt } from '../../template-at.ts';
import type { LinkLane, LinkServant } from './link-listener.ts';
import { LinkState } from './link-state.ts';

const BATCH_ITEMS = 256;
const BATCH_BYTES = 1 << 18;
/** Processes that may end over one item before it is given up. */
const ATTEMPTS = 2;

interface Outcome {
  readonly done: number;
  readonly error: string | null;
  /** The process went without an answer. */
  readonly isLost: boolean;
}

export interface LinkSinkOptions {
  readonly clock: Clock;
  readonly config: Readonly<Record<string, unknown>>;
  /** How long a write waits for a process to be there. */
  readonly sendTimeoutMs: number;
  /** How long a process may take until it answers. */
  readonly ackTimeoutMs: number;
  readonly onConnected: (isConnected: boolean, why: string) => void;
}

export class LinkSink implements LinkServant {
  readonly #options: LinkSinkOptions;
  readonly #state: LinkState;
  #lane: LinkLane | null = null;
  #arrived: (() => void) | null = null;
  #batch = 0;
  #waiting: { readonly batch: number; readonly settle: (outcome: Outcome) => void } | null = null;

  constructor(context: SinkContext, options: LinkSinkOptions) {
    this.#options = options;
    this.#state = new LinkState(context);
  }

  get isServed(): boolean {
    return this.#lane !== null;
  }

  snapshot(): Record<string, unknown> {
    return this.#state.snapshot();
  }

  opened(lane: LinkLane): void {
    this.#lane = lane;
    this.#options.onConnected(true, '');
    this.#arrived?.();
  }

  closed(lane: LinkLane, why: string): void {
    if (this.#lane !== lane) return;
    this.#lane = null;
    this.#options.onConnected(false, why);
    this.#settle({ done: 0, error: why, isLost: true });
  }

  received(lane: LinkLane, name: string, message: MessageReader): void {
    if (name !== 'done') throw new Error(`a sink does not send ${name}`);
    const batch = message.int();
    const done = message.int();
    const error = message.skipNull() ? null : message.text();
    this.#state.apply(message);
    if (lane === this.#lane && this.#waiting?.batch === batch) this.#settle({ done, error, isLost: false });
  }

  /** Ends what waits: the rule has ended. */
  interrupt(why: string): void {
    this.#settle({ done: 0, error: why, isLost: false });
    this.#arrived?.();
  }

  async write(items: BytesItems): Promise<void> {
    const { payloads } = items;
    let attempts = 0;
    for (let at = 0; at < payloads.length; ) {
      const lane = this.#lane ?? (await this.#arrival());
      if (lane === null) throw new SinkWriteError('send time out', { index: at, recoverable: true });
      const outcome = await this.#send(lane, items, at);
      at += outcome.done;
      if (outcome.done > 0) attempts = 0;
      if (outcome.error === null) continue;
      attempts++;
      if (outcome.isLost && attempts < ATTEMPTS) continue;
      const recoverable = outcome.isLost || outcome.error.startsWith('io error');
      throw new SinkWriteError(outcome.error.replace(/^io error: /, ''), { index: at, recoverable });
    }
  }

  async #arrival(): Promise<LinkLane | null> {
    const { clock, sendTimeoutMs } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(clock.now() + sendTimeoutMs, resolve);
      this.#arrived = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#arrived = null;
    return this.#lane;
  }

  #send(lane: LinkLane, { payloads, props }: BytesItems, from: number): Promise<Outcome> {
    const batch = ++this.#batch;
    let count = 0;
    for (let bytes = 0; from + count < payloads.length && count < BATCH_ITEMS && bytes < BATCH_BYTES; count++) {
      bytes += (payloads[from + count] as Payload).length;
    }
    const writer = lane
      .begin('items', 4)
      .int(batch)
      .list(count * 2);
    for (let i = from; i < from + count; i++) {
      const payload = payloads[i] as Payload;
      writer.bytes(typeof payload === 'string' ? Buffer.from(payload) : payload);
      writer.value(this.#byTemplate(props?.[i] ?? null));
    }
    const { clock, ackTimeoutMs } = this.#options;
    return new Promise((resolve) => {
      const timer = clock.setTimer(clock.now() + ackTimeoutMs, () =>
        this.#settle({ done: 0, error: `io error: no acknowledgement within ${ackTimeoutMs / 1000}s`, isLost: false }),
      );
      this.#waiting = {
        batch,
        settle: (outcome) => {
          timer.cancel();
          resolve(outcome);
        },
      };
      lane.send();
    });
  }

  #settle(outcome: Outcome): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.settle(outcome);
  }

  /** Plugins look for a property by what the user has written. */
  #byTemplate(rendered: Readonly<Record<string, string>> | null): Record<string, string> | null {
    if (rendered === null) return null;
    const found: Record<string, string> = {};
    for (const [path, text] of Object.entries(rendered)) {
      const template = templateAt(this.#options.config, path);
      if (template !== undefined) found[template] = text;
    }
    return found;
  }
}
