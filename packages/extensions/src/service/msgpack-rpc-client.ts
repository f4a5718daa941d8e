/**
 * MessagePack-RPC over TCP: many calls on one connection, answers in any order. The connection is opened by the first call
 * and again after it was lost. Source: behaviour spec, extension §6.7.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Clock, errorText, jsonText } from '@kuiper/base';
import type { Encoder } from '@msgpack/msgpack';
import type { CallSignal } from './call-signal.ts';
import { withDeadline } from './deadline.ts';
import { callFailure } from './errors.ts';
import type { RemoteClient } from './remote-call.ts';
import type { ServiceTls } from './service-tls.ts';

export interface MsgpackRpcOptions {
  readonly clock: Clock;
  readonly address: string;
  /** Null for plaintext. */
  readonly tls: ServiceTls | null;
  readonly timeoutMs: number;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

interface Connection {
  readonly socket: Socket;
  readonly encoder: Encoder;
  readonly waiting: Map<number, Waiting>;
}

const requestType = 0;
const responseType = 1;
const longestConnectMs = 5000;

export class MsgpackRpcClient implements RemoteClient {
  readonly #options: MsgpackRpcOptions;
  #connecting: Promise<Connection> | null = null;
  #lastId = 0;

  constructor(options: MsgpackRpcOptions) {
    this.#options = options;
  }

  /** The result: ints are `bigint` when the other side sent 64 bits, maps are objects. */
  async call(method: string, params: readonly unknown[], signal: CallSignal): Promise<unknown> {
    const { clock, timeoutMs } = this.#options;
    const connection = await this.#connected();
    const late = (): string => `invoke ${method} timeout`;
    return withDeadline(clock, timeoutMs, signal, late, (inner) => this.#exchange(connection, method, params, inner));
  }

  close(): void {
    const connecting = this.#connecting;
    this.#connecting = null;
    connecting?.then(
      ({ socket }) => socket.destroy(),
      () => undefined,
    );
  }

  #exchange(connection: Connection, method: string, params: readonly unknown[], signal: CallSignal): Promise<unknown> {
    this.#lastId = (this.#lastId + 1) >>> 0;
    const id = this.#lastId;
    const { socket, encoder, waiting } = connection;
    return new Promise((resolve, reject) => {
      // A number would be written as a float, as those of the arguments are.
      const request = encoder.encode([BigInt(requestType), BigInt(id), method, params]);
      signal.on('abort', () => {
        waiting.delete(id);
        reject(signal.reason as Error);
      });
      waiting.set(id, { resolve, reject });
      socket.write(request);
    });
  }

  #connected(): Promise<Connection> {
    if (this.#connecting !== null) return this.#connecting;
    const opening: Promise<Connection> = this.#open(() => {
      if (this.#connecting === opening) this.#connecting = null;
    });
    this.#connecting = opening;
    opening.catch(() => {
      if (this.#connecting === opening) this.#connecting = null;
    });
    return opening;
  }

  async #open(lost: () => void): Promise<Connection> {
    const { Encoder, decodeMultiStream } = await import('@msgpack/msgpack');
    const socket = await this.#connect();
    const encoder = new Encoder({ useBigInt64: true, forceIntegerToFloat: true });
    const connection: Connection = { socket, encoder, waiting: new Map() };
    const answers = decodeMultiStream<undefined>(socket, { useBigInt64: true });
    void readAnswers(answers, connection).then((why) => {
      lost();
      socket.destroy();
      const error = callFailure('unreachable', `connection to ${this.#options.address} lost: ${why}`);
      for (const waiter of connection.waiting.values()) waiter.reject(error);
      connection.waiting.clear();
    });
    return connection;
  }

  #connect(): Promise<Socket> {
    const { clock, address, tls, timeoutMs } = this.#options;
    const { hostname, port } = new URL(address);
    const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
    return new Promise((resolve, reject) => {
      const socket = tls === null ? connectTcp(target) : connectTls({ ...target, ...tls, servername: target.host });
      const timer = clock.setTimer(clock.now() + Math.min(timeoutMs, longestConnectMs), () => {
        reject(callFailure('timeout', `connect to ${address} timeout`));
        socket.destroy();
      });
      socket.setNoDelay(true);
      socket.once(tls === null ? 'connect' : 'secureConnect', () => {
        timer.cancel();
        resolve(socket);
      });
      socket.on('error', (error) => {
        timer.cancel();
        reject(callFailure('unreachable', `connect to ${address} failed: ${errorText(error)}`));
      });
    });
  }
}

/** @returns why there are no more */
async function readAnswers(answers: AsyncIterable<unknown>, { waiting }: Connection): Promise<string> {
  try {
    for await (const answer of answers) {
      if (!Array.isArray(answer) || Number(answer[0]) !== responseType) continue;
      const id = Number(answer[1]);
      const waiter = waiting.get(id);
      if (waiter === undefined) continue;
      waiting.delete(id);
      const [, , error, result] = answer as readonly unknown[];
      if (error === null || error === undefined) waiter.resolve(result);
      else waiter.reject(callFailure('answer', typeof error === 'string' ? error : jsonText(error)));
    }
    return 'closed by the other side';
  } catch (error) {
    return errorText(error);
  }
}
