/**
 * One connection to a Redis server.
 *
 * Opening it fails when the server cannot be reached or refuses; a connection that is lost later comes back on its own.
 * Meanwhile commands fail at once: who sends them decides about a retry. The client library is loaded with the first
 * connection. Source: behaviour spec, io §14.9.
 */
import { errorText } from '@kuiper/base';
import type { ConnectionStatus } from '@kuiper/sdk';
import type { Redis } from 'ioredis';
import { redisErrors } from './errors.ts';

export interface RedisTarget {
  /** `host:port`, also `[::1]:6379`; without a port 6379, empty is the local server. */
  readonly address: string;
  readonly db: number;
  readonly username: string;
  readonly password: string;
}

export interface RedisLinkOptions {
  readonly target: RedisTarget;
  readonly onStatus: (status: ConnectionStatus, message?: string) => void;
  /** Done on every new connection before it counts as connected. */
  readonly prepare?: (client: Redis) => Promise<unknown>;
}

/** A server that does not answer for this long counts as lost. */
const answerTimeoutMs = 5000;
const firstRetryMs = 100;
const longestRetryMs = 10_000;

/** The server is there and will do it later: it loads its data, is full, is no longer or not yet the primary. */
const passingReplies = /^(LOADING|READONLY|OOM|MISCONF|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|NOREPLICAS)\b/;

export class RedisLink {
  readonly client: Redis;
  readonly #options: RedisLinkOptions;
  #why = '';
  #open = false;
  #closed = false;

  private constructor(client: Redis, options: RedisLinkOptions, endpoint: Endpoint) {
    this.client = client;
    this.#options = options;
    client.on('error', (error: Error) => {
      this.#why = dialText(error, endpoint);
    });
    client.on('close', () => {
      if (this.#open && !this.#closed) options.onStatus('disconnected', this.reason);
    });
    client.on('ready', () => {
      if (this.#open) void this.#reconnected();
    });
  }

  /** Rejects with why the server cannot be used. */
  static async open(options: RedisLinkOptions): Promise<RedisLink> {
    const { db, username, password } = options.target;
    const endpoint = endpointOf(options.target.address);
    const { Redis } = await import('ioredis');
    const client = new Redis({
      ...endpoint,
      db,
      ...(username === '' ? {} : { username }),
      ...(username === '' && password === '' ? {} : { password }),
      protocol: 2,
      lazyConnect: true,
      enableReadyCheck: false,
      disableClientInfo: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      connectTimeout: answerTimeoutMs,
      socketTimeout: answerTimeoutMs,
      retryStrategy: (attempt) =>
        link.#open && !link.#closed ? Math.min(firstRetryMs * 1.5 ** (attempt - 1), longestRetryMs) : null,
    });
    const link: RedisLink = new RedisLink(client, options, endpoint);
    try {
      await client.connect();
      await client.ping();
      // the library goes on in database 0 when it is refused the wanted one
      if (db !== 0) await client.select(db);
      await options.prepare?.(client);
    } catch (error) {
      await link.close();
      throw redisErrors.CONNECT(link.#why === '' ? errorText(error) : link.#why);
    }
    link.#open = true;
    options.onStatus('connected');
    return link;
  }

  get isReady(): boolean {
    return this.client.status === 'ready';
  }

  /** Why the connection was lost. */
  get reason(): string {
    return this.#why === '' ? 'connection closed by the redis server' : this.#why;
  }

  /** Whether a failed command may succeed later, with the same arguments. */
  isPassing(error: Error): boolean {
    return error.name !== 'ReplyError' || passingReplies.test(error.message);
  }

  /** Why a command failed; a lost connection explains more than what the library says about the command. */
  explain(error: Error): string {
    return error.name === 'ReplyError' ? error.message : this.reason;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { client } = this;
    const isConnected = client.status === 'ready' || client.status === 'connect';
    const ended = isConnected ? new Promise<void>((resolve) => client.once('end', resolve)) : undefined;
    client.disconnect();
    // a server that hangs would never end its side
    client.stream?.destroy();
    await ended;
  }

  async #reconnected(): Promise<void> {
    try {
      await this.#options.prepare?.(this.client);
    } catch (error) {
      this.#why = errorText(error);
      if (!this.#closed) this.client.disconnect(true);
      return;
    }
    this.#why = '';
    if (!this.#closed) this.#options.onStatus('connected');
  }
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

function endpointOf(address: string): Endpoint {
  const found = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(address);
  const port = found?.[3] === undefined ? 6379 : Number(found[3]);
  if (found === null || port === 0 || port > 65535) throw redisErrors.ADDRESS(address);
  return { host: found[1] ?? (found[2] || '127.0.0.1'), port };
}

function dialText(error: Error, { host, port }: Endpoint): string {
  const { code } = error as { code?: string };
  if (code === 'ECONNREFUSED') return `dial tcp ${host}:${port}: connect: connection refused`;
  return error.message === '' ? (code ?? error.name) : error.message;
}
