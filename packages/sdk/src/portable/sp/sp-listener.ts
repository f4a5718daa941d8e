/**
 * Listens and turns each connection into a pipe. A UNIX socket that nobody listens on any more is replaced; one that
 * somebody does is left alone. Source: behaviour spec, extension §4.4.
 */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import type { Clock } from '@kuiper/base';
import { spErrors } from './errors.ts';
import { parseSpAddress, placeOf, type SpAddress, systemText } from './sp-address.ts';
import { type SpOptions, SpPipe, type SpPipeListener } from './sp-pipe.ts';
import type { SpProtocol } from './sp-protocol.ts';

const RETRIES = 5;
const RETRY_MS = 100;
const BACKLOG = 128;

export interface SpListenerOptions extends SpOptions {
  readonly protocol: SpProtocol;
}

export class SpListener {
  readonly url: string;
  readonly #address: SpAddress;
  readonly #options: SpListenerOptions;
  readonly #pipeListener: SpPipeListener;
  readonly #pipes = new Set<SpPipe>();
  #server: Server | null = null;
  #closed = false;

  private constructor(url: string, options: SpListenerOptions, pipeListener: SpPipeListener) {
    this.url = url;
    this.#address = parseSpAddress(url);
    this.#options = options;
    this.#pipeListener = pipeListener;
  }

  /**
   * Rejects with `ADDRESS`, `PATH_TOO_LONG`, `ADDRESS_IN_USE` (after 5 more attempts at 100 ms) or `LISTEN`. Only the
   * owner of the process may connect to a UNIX socket.
   */
  static async listen(url: string, options: SpListenerOptions, pipeListener: SpPipeListener): Promise<SpListener> {
    const listener = new SpListener(url, options, pipeListener);
    await listener.#listen();
    return listener;
  }

  /** The port that was chosen for port 0 of tcp; 0 for ipc. */
  get port(): number {
    const address = this.#server?.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Hangs up every connection, stops listening and removes the path. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const stopped = new Promise<void>((resolve) => this.#server?.close(() => resolve()));
    for (const pipe of [...this.#pipes]) pipe.close();
    await stopped;
  }

  async #listen(): Promise<void> {
    for (let retries = 0; ; ) {
      const error = await this.#attempt();
      if (error === null) return;
      if (error.code !== 'EADDRINUSE') {
        throw spErrors.LISTEN(placeOf(this.#address), systemText(error), { cause: error });
      }
      if (this.#address.transport === 'ipc' && (await removeStale(this.#address.path))) continue;
      if (retries++ === RETRIES) throw spErrors.ADDRESS_IN_USE({ cause: error, hint: this.url });
      await sleep(this.#options.clock, RETRY_MS);
    }
  }

  #attempt(): Promise<NodeJS.ErrnoException | null> {
    return new Promise((resolve) => {
      const address = this.#address;
      const server = createServer({ noDelay: address.transport === 'tcp' }, (socket) => {
        this.#pipes.add(
          new SpPipe(
            socket,
            { ...this.#options, transport: address.transport },
            {
              opened: (pipe) => this.#pipeListener.opened?.(pipe),
              received: (pipe, batch) => this.#pipeListener.received(pipe, batch),
              closed: (pipe, error) => {
                this.#pipes.delete(pipe);
                this.#pipeListener.closed?.(pipe, error);
              },
            },
          ),
        );
      });
      server.once('error', resolve);
      server.once('listening', () => {
        server.off('error', resolve);
        // running out of descriptors, say: the next connection may work again
        server.on('error', () => {});
        this.#server = server;
        resolve(null);
      });
      if (address.transport === 'tcp') {
        server.listen({ host: address.host, port: address.port, backlog: BACKLOG });
        return;
      }
      server.listen({ path: address.path, backlog: BACKLOG, exclusive: true });
      // `listen` has bound the path by now, so that nobody else gets in before this
      if (server.listening) restrict(server, address.path, resolve);
    });
  }
}

function restrict(server: Server, path: string, failed: (error: NodeJS.ErrnoException) => void): void {
  try {
    chmodSync(path, 0o600);
  } catch (error) {
    server.close();
    failed(error as NodeJS.ErrnoException);
  }
}

/** True when the path was a socket without a listener and is gone now, so that listening may be tried again. */
async function removeStale(path: string): Promise<boolean> {
  const answer = await new Promise<string>((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('LISTENS');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'UNKNOWN'));
  });
  if (answer === 'ENOENT') return true;
  if (answer !== 'ECONNREFUSED') return false;
  try {
    if (!lstatSync(path).isSocket()) return false;
    unlinkSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(clock.now() + ms, resolve));
}
