/**
 * Keeps one connection to a listener. The first attempt is reported; after a connection was lost it dials for ever,
 * more and more seldom. Source: behaviour spec, extension §4.4.
 */
import { createConnection, type Socket } from 'node:net';
import type { KuiperError, Timer } from '@kuiper/base';
import { spErrors } from './errors.ts';
import { parseSpAddress, placeOf, type SpAddress, systemText } from './sp-address.ts';
import { type SpOptions, SpPipe, type SpPipeListener } from './sp-pipe.ts';
import type { SpProtocol } from './sp-protocol.ts';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
const DELAY_GROWTH = 1.3;

export interface SpDialerOptions extends SpOptions {
  readonly protocol: SpProtocol;
}

export class SpDialer {
  readonly #address: SpAddress;
  readonly #options: SpDialerOptions;
  readonly #pipeListener: SpPipeListener;
  #pipe: SpPipe | null = null;
  #abandonAttempt: (() => void) | null = null;
  #delayMs = FIRST_DELAY_MS;
  #timer: Timer | null = null;
  #closed = false;

  /** @param pipeListener hears only of pipes that opened. Throws `ADDRESS` or `PATH_TOO_LONG`. */
  constructor(url: string, options: SpDialerOptions, pipeListener: SpPipeListener) {
    this.#address = parseSpAddress(url);
    this.#options = options;
    this.#pipeListener = pipeListener;
  }

  /** The open pipe, null while there is none. */
  get pipe(): SpPipe | null {
    return this.#pipe;
  }

  /**
   * Resolves when the greetings are exchanged; from then on a lost connection is dialled again. Rejects with `DIAL`
   * when the first attempt fails, and then no other follows.
   */
  async dial(): Promise<void> {
    await this.#attempt();
  }

  /** Dials until it succeeds, without telling of attempts that fail. */
  dialForever(): void {
    this.#attempt().catch(() => this.#dialLater());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#abandonAttempt?.();
    this.#pipe?.close();
  }

  #attempt(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(spErrors.CLOSED());
        return;
      }
      const socket = createConnection(this.#address);
      const onError = (error: Error) => fail(`connect: ${systemText(error)}`, error);
      const fail = (why: string, cause: unknown) => {
        this.#abandonAttempt = null;
        socket.destroy();
        reject(spErrors.DIAL(placeOf(this.#address), why, { cause }));
      };
      this.#abandonAttempt = () => {
        this.#abandonAttempt = null;
        socket.destroy();
        reject(spErrors.CLOSED());
      };
      socket.once('error', onError);
      socket.once('connect', () => {
        socket.off('error', onError);
        this.#carry(socket, resolve, (error) => fail(error?.message ?? 'connection closed', error));
      });
    });
  }

  #carry(socket: Socket, opened: () => void, refused: (error: KuiperError | null) => void): void {
    const { transport } = this.#address;
    const pipe = new SpPipe(
      socket,
      { ...this.#options, transport },
      {
        opened: () => {
          this.#abandonAttempt = null;
          this.#delayMs = FIRST_DELAY_MS;
          this.#pipe = pipe;
          this.#pipeListener.opened?.(pipe);
          opened();
        },
        received: (_, batch) => this.#pipeListener.received(pipe, batch),
        closed: (_, error) => {
          if (this.#pipe !== pipe) {
            refused(error);
            return;
          }
          this.#pipe = null;
          this.#pipeListener.closed?.(pipe, error);
          this.#dialLater();
        },
      },
    );
  }

  #dialLater(): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    this.#timer = clock.setTimer(clock.now() + this.#delayMs, () => this.dialForever());
    this.#delayMs = Math.min(this.#delayMs * DELAY_GROWTH, LONGEST_DELAY_MS);
  }
}
