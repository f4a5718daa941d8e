/**
 * The asking end of a request channel, as the runtime of plugins uses it. One request at a time; a new one abandons the
 * one before. After a lost connection the unanswered request goes out again under its old id.
 * Source: behaviour spec, extension §4.4, §4.5.
 */
import { randomInt } from 'node:crypto';
import type { Timer } from '@kuiper/base';
import { spErrors } from './errors.ts';
import type { FrameBatch } from './frame-reader.ts';
import type { SpBody } from './frame-writer.ts';
import { isRequestId, nextRequestId } from './request-id.ts';
import { SpDialer } from './sp-dialer.ts';
import type { SpOptions } from './sp-pipe.ts';
import { SpProtocol } from './sp-protocol.ts';

interface Outstanding {
  readonly id: number;
  readonly body: SpBody;
  readonly timer: Timer | null;
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (error: Error) => void;
}

export interface ReqOptions extends SpOptions {
  readonly onConnected?: (connected: boolean, error: Error | null) => void;
}

export class ReqSocket {
  readonly #options: ReqOptions;
  readonly #dialer: SpDialer;
  #id = (0x8000_0000 | randomInt(0x8000_0000)) >>> 0;
  #outstanding: Outstanding | null = null;
  #closed = false;

  /** Throws `ADDRESS` or `PATH_TOO_LONG`. */
  constructor(url: string, options: ReqOptions) {
    this.#options = options;
    this.#dialer = new SpDialer(
      url,
      { ...options, protocol: SpProtocol.req },
      {
        opened: (pipe) => {
          options.onConnected?.(true, null);
          if (this.#outstanding !== null) pipe.send(this.#outstanding.id, this.#outstanding.body);
        },
        received: (_, batch) => this.#received(batch),
        closed: (_, error) => options.onConnected?.(false, error),
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

  /**
   * Resolves with the answer, a view into what was read. Rejects with `receive time out` after `timeoutMs`, with
   * `ABANDONED` when another request comes first, and with `CLOSED`. Waits for a connection.
   * @param body kept by reference until it is answered
   */
  request(body: SpBody, timeoutMs?: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(spErrors.CLOSED());
        return;
      }
      this.#end()?.reject(spErrors.ABANDONED());
      this.#id = nextRequestId(this.#id);
      const { clock } = this.#options;
      const timer =
        timeoutMs === undefined
          ? null
          : clock.setTimer(clock.now() + timeoutMs, () => this.#end()?.reject(spErrors.RECEIVE_TIME_OUT()));
      this.#outstanding = { id: this.#id, body, timer, resolve, reject };
      this.#dialer.pipe?.send(this.#id, body);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#end()?.reject(spErrors.CLOSED());
    this.#dialer.close();
  }

  #end(): Outstanding | null {
    const outstanding = this.#outstanding;
    this.#outstanding = null;
    outstanding?.timer?.cancel();
    return outstanding;
  }

  #received({ buffer, starts, ends, count }: FrameBatch): void {
    for (let i = 0; i < count; i++) {
      const start = starts[i] as number;
      const end = ends[i] as number;
      if (!isRequestId(buffer, start, end) || buffer.readUInt32BE(start) !== this.#outstanding?.id) continue;
      this.#end()?.resolve(buffer.subarray(start + 4, end));
    }
  }
}
