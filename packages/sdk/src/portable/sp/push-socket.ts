/**
 * The sending end of a one-way channel. Messages wait in a queue while there is no connection or the other side does
 * not read. Source: behaviour spec, extension §4.8.
 */
import { Ring, type Timer } from '@kuiper/base';
import { spErrors } from './errors.ts';
import type { SpBody } from './frame-writer.ts';
import { SpDialer } from './sp-dialer.ts';
import type { SpOptions, SpPipe } from './sp-pipe.ts';
import { SpProtocol } from './sp-protocol.ts';

/** Messages that wait at most. */
const QUEUE_LENGTH = 128;
/** Written together at most. */
const RUN_BYTES = 65_536;

export interface PushOptions extends SpOptions {
  /** How long a full queue may stand still. */
  readonly sendTimeoutMs: number;
  /** The connection is there, or lost and dialled again. */
  readonly onConnected?: (connected: boolean, error: Error | null) => void;
  /**
   * A message that was being written twice when the connection broke is given up: the other side may be what breaks
   * it, for instance because it takes no message of this length.
   */
  readonly onDropped?: (body: SpBody) => void;
}

interface Waiting {
  readonly body: SpBody;
  attempts: number;
}

interface Sender {
  readonly bodies: readonly SpBody[];
  next: number;
  readonly resolve: (queued: number) => void;
  readonly reject: (error: Error) => void;
}

export class PushSocket {
  readonly #options: PushOptions;
  readonly #dialer: SpDialer;
  readonly #queue = new Ring<Waiting>();
  /** Written, but not all of it has left. */
  #unsent: Waiting[] = [];
  readonly #senders = new Ring<Sender>();
  #idleWaiters: (() => void)[] = [];
  #progressMs = 0;
  #timer: Timer | null = null;
  #closed = false;

  /** Throws `ADDRESS` or `PATH_TOO_LONG`. */
  constructor(url: string, options: PushOptions) {
    this.#options = options;
    this.#dialer = new SpDialer(
      url,
      { ...options, protocol: SpProtocol.push },
      {
        opened: () => {
          options.onConnected?.(true, null);
          this.#write();
          this.#letIn();
        },
        received: () => {},
        closed: (_, error) => {
          this.#takeBack();
          options.onConnected?.(false, error);
        },
      },
    );
  }

  /** See {@link SpDialer.dial}. */
  dial(): Promise<void> {
    return this.#dialer.dial();
  }

  /** See {@link SpDialer.dialForever}. */
  dialForever(): void {
    this.#dialer.dialForever();
  }

  get isConnected(): boolean {
    return this.#dialer.pipe !== null;
  }

  /** Messages that have not left. */
  get pending(): number {
    return this.#queue.length + this.#unsent.length;
  }

  /**
   * Queues messages in order and writes what it can at once. Undefined when all are queued; otherwise a promise of
   * how many were: all of them, or fewer when the full queue stood still for the time allowed (`SEND_TIME_OUT` is the
   * error for the first that was not). Rejects with `CLOSED` on a closed socket.
   * @param bodies kept by reference until they have left
   */
  send(bodies: readonly SpBody[]): Promise<number> | undefined {
    if (this.#closed) return Promise.reject(spErrors.CLOSED());
    let next = 0;
    if (this.#senders.length === 0) {
      do {
        next = this.#enqueue(bodies, next);
        this.#write();
      } while (next < bodies.length && this.pending < QUEUE_LENGTH);
      if (next === bodies.length) return undefined;
    }
    return new Promise((resolve, reject) => {
      if (this.#senders.length === 0) this.#progressMs = this.#options.clock.now();
      this.#senders.push({ bodies, next, resolve, reject });
      this.#watch();
    });
  }

  /** Undefined when everything queued has left for the kernel, else a promise of that. It may never come. */
  flushed(): Promise<void> | undefined {
    if (this.pending === 0) return undefined;
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** What has not left is lost. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    for (let sender = this.#senders.shift(); sender !== undefined; sender = this.#senders.shift()) {
      sender.reject(spErrors.CLOSED());
    }
    this.#dialer.close();
    this.#queue.clear();
    this.#unsent = [];
    this.#tellIdle();
  }

  #enqueue(bodies: readonly SpBody[], from: number): number {
    let next = from;
    for (; next < bodies.length && this.pending < QUEUE_LENGTH; next++) {
      this.#queue.push({ body: bodies[next] as SpBody, attempts: 0 });
    }
    return next;
  }

  #write(): void {
    const { pipe } = this.#dialer;
    if (pipe === null || !pipe.isOpen || this.#closed) return;
    while (this.#unsent.length === 0 && this.#queue.length > 0) {
      const bodies: SpBody[] = [];
      let bytes = 0;
      do {
        const waiting = this.#queue.shift() as Waiting;
        waiting.attempts++;
        this.#unsent.push(waiting);
        bodies.push(waiting.body);
        bytes += waiting.body.length;
      } while (this.#queue.length > 0 && bytes < RUN_BYTES);
      pipe.sendAll(bodies, () => this.#settle(pipe));
      if (pipe.unsentBytes > 0) return;
      this.#unsent = [];
    }
    if (this.#queue.length === 0) this.#tellIdle();
  }

  #settle(pipe: SpPipe): void {
    if (this.#unsent.length === 0 || pipe !== this.#dialer.pipe || pipe.unsentBytes > 0) return;
    this.#unsent = [];
    this.#write();
    this.#letIn();
  }

  /** The connection is lost: what had not left goes out again, once. */
  #takeBack(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    for (let i = unsent.length - 1; i >= 0; i--) {
      const waiting = unsent[i] as Waiting;
      if (waiting.attempts < 2) this.#queue.unshift(waiting);
      else this.#options.onDropped?.(waiting.body);
    }
    this.#letIn();
  }

  /** Room in the queue goes to those who wait for it. */
  #letIn(): void {
    while (this.#senders.length > 0 && this.pending < QUEUE_LENGTH) {
      const sender = this.#senders.at(0) as Sender;
      this.#progressMs = this.#options.clock.now();
      sender.next = this.#enqueue(sender.bodies, sender.next);
      if (sender.next === sender.bodies.length) {
        this.#senders.shift();
        sender.resolve(sender.next);
      }
      this.#write();
    }
  }

  #watch(): void {
    if (this.#timer !== null) return;
    const { clock, sendTimeoutMs } = this.#options;
    this.#timer = clock.setTimer(this.#progressMs + sendTimeoutMs, () => {
      this.#timer = null;
      if (this.#senders.length === 0) return;
      if (clock.now() - this.#progressMs >= sendTimeoutMs) {
        for (let sender = this.#senders.shift(); sender !== undefined; sender = this.#senders.shift()) {
          sender.resolve(sender.next);
        }
      } else this.#watch();
    });
  }

  #tellIdle(): void {
    if (this.#idleWaiters.length === 0 || this.pending > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
