/** Outgoing HTTP: pooled keep-alive connections, one pool per distinct TLS setup, guarded against private networks. */
import type { Agent, buildConnector, Dispatcher, request } from 'undici';
import type { TlsOptions } from '../tls-options.ts';
import { privateNetwork } from './private-network.ts';

export interface OutboundHttpOptions {
  /** Allows loopback, private and link-local addresses. Default false. */
  readonly enablePrivateNet?: boolean;
}

const connectTimeoutMs = 10_000;

export class OutboundHttp {
  readonly #enablePrivateNet: boolean;
  readonly #pools = new Map<string, HttpPool>();

  constructor(options: OutboundHttpOptions = {}) {
    this.#enablePrivateNet = options.enablePrivateNet ?? false;
  }

  /** The pool for this TLS setup; shared by everybody who has the same. */
  pool(tls: TlsOptions): HttpPool {
    const name = JSON.stringify(tls);
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      pool = new HttpPool(tls, this.#enablePrivateNet);
      this.#pools.set(name, pool);
    }
    return pool;
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.close()));
  }
}

export interface HttpPoolClient {
  readonly dispatcher: Dispatcher;
  readonly request: typeof request;
}

/** Connections of one TLS setup. The client library is loaded for the first request. */
export class HttpPool {
  readonly #tls: TlsOptions;
  readonly #enablePrivateNet: boolean;
  #client: Promise<HttpPoolClient & { readonly dispatcher: Agent }> | null = null;

  constructor(tls: TlsOptions, enablePrivateNet: boolean) {
    this.#tls = tls;
    this.#enablePrivateNet = enablePrivateNet;
  }

  client(): Promise<HttpPoolClient> {
    this.#client ??= import('undici').then(({ Agent, buildConnector, request }) => {
      const connect = guardedConnector(buildConnector, this.#tls, this.#enablePrivateNet);
      return { dispatcher: new Agent({ connect, pipelining: 1 }), request };
    });
    return this.#client;
  }

  async close(): Promise<void> {
    await (await this.#client)?.dispatcher.destroy();
  }
}

function guardedConnector(
  build: typeof buildConnector,
  tls: TlsOptions,
  enablePrivateNet: boolean,
): buildConnector.connector {
  if (enablePrivateNet) return build({ ...tls, timeout: connectTimeoutMs });
  const connect = build({ ...tls, timeout: connectTimeoutMs, lookup: privateNetwork.lookup });
  return (options, callback) => {
    try {
      privateNetwork.refuse(options.hostname);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    connect(options, callback);
  };
}
