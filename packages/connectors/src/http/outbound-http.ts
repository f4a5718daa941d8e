/** Outgoing HTTP: pooled keep-alive connections, one pool per distinct TLS setup, guarded against private networks. */
import { Agent, buildConnector, type Dispatcher } from 'undici';
import type { TlsOptions } from '../tls-options.ts';
import { publicLookup, refusePrivateAddress } from './private-network.ts';

export interface OutboundHttpOptions {
  /** Allows loopback, private and link-local addresses. Default false. */
  readonly enablePrivateNet?: boolean;
}

const connectTimeoutMs = 10_000;

export class OutboundHttp {
  readonly #enablePrivateNet: boolean;
  readonly #agents = new Map<string, Agent>();

  constructor(options: OutboundHttpOptions = {}) {
    this.#enablePrivateNet = options.enablePrivateNet ?? false;
  }

  /** The pool for this TLS setup; shared by everybody who has the same. */
  dispatcher(tls: TlsOptions): Dispatcher {
    const name = JSON.stringify(tls);
    let agent = this.#agents.get(name);
    if (agent === undefined) {
      agent = new Agent({ connect: this.#connector(tls), pipelining: 1 });
      this.#agents.set(name, agent);
    }
    return agent;
  }

  async close(): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  #connector(tls: TlsOptions): buildConnector.connector {
    if (this.#enablePrivateNet) return buildConnector({ ...tls, timeout: connectTimeoutMs });
    const connect = buildConnector({ ...tls, timeout: connectTimeoutMs, lookup: publicLookup });
    return (options, callback) => {
      try {
        refusePrivateAddress(options.hostname);
      } catch (error) {
        callback(error as Error, null);
        return;
      }
      connect(options, callback);
    };
  }
}
