/** What the functions of one interface share while it is loaded: connections, patience, the number of calls in flight. */
import type { Clock } from '@kuiper/base';
import type { CallSignal } from './call-signal.ts';
import { CallLimit } from './call-limit.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { cancelled } from './errors.ts';
import type { RemoteClient } from './remote-call.ts';
import type { ServiceOptions } from './service-options.ts';

export class ServiceInterface {
  readonly name: string;
  readonly clock: Clock;
  readonly options: ServiceOptions;
  readonly limit: CallLimit;
  readonly breaker: CircuitBreaker;
  readonly #client: RemoteClient;
  readonly #calls = new Set<CallSignal>();
  #retired = false;

  constructor(name: string, clock: Clock, options: ServiceOptions, client: RemoteClient) {
    this.name = name;
    this.clock = clock;
    this.options = options;
    this.limit = new CallLimit(options.concurrency);
    this.breaker = new CircuitBreaker({
      clock,
      failures: options.breakerFailures,
      pauseMs: options.breakerPause,
    });
    this.#client = client;
  }

  began(call: CallSignal): void {
    this.#calls.add(call);
  }

  ended(call: CallSignal): void {
    this.#calls.delete(call);
    if (this.#retired && this.#calls.size === 0) void this.#client.close();
  }

  /** Nothing new should come: connections are closed when the last call has ended. */
  retire(): void {
    this.#retired = true;
    if (this.#calls.size === 0) void this.#client.close();
  }

  /** Gives up what is in flight. */
  async close(): Promise<void> {
    this.#retired = true;
    for (const call of [...this.#calls]) call.abort(cancelled());
    await this.#client.close();
  }
}
