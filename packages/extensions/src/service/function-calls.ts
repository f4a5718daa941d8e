/**
 * The calls of one function, from its arguments to its answer: identical calls in flight share one answer, answers are
 * kept for a while where the user wants that, at most so many attempts are out at a time, and attempts that got no answer are
 * repeated. Source: behaviour spec, extension §6.4 and §11.
 */
import { errorText, makeRowError } from '@kuiper/base';
import type { CallArgument } from '@kuiper/sdk';
import { AnswerCache } from './answer-cache.ts';
import { type CallCounters, newCounters } from './call-metrics.ts';
import { CallSignal } from './call-signal.ts';
import { cancelled, failureOf } from './errors.ts';
import type { RemoteCall } from './remote-call.ts';
import type { ServiceInterface } from './service-interface.ts';

const firstPauseMs = 100;

/** One call on its way, and the call sites that wait for it. */
interface Flight {
  readonly answer: Promise<unknown>;
  readonly signal: CallSignal;
  readonly waiting: Set<CallScope>;
  /** Somebody waits who cannot leave. */
  kept: boolean;
}

/** What one call site of a run waits for: with the run ends what nobody else waits for. */
export class CallScope {
  readonly #flights = new Set<Flight>();

  join(flight: Flight): void {
    this.#flights.add(flight);
    flight.waiting.add(this);
  }

  leave(flight: Flight): void {
    this.#flights.delete(flight);
  }

  close(): void {
    for (const flight of this.#flights) {
      flight.waiting.delete(this);
      if (flight.waiting.size === 0 && !flight.kept) flight.signal.abort(cancelled());
    }
    this.#flights.clear();
  }
}

export class FunctionCalls {
  readonly counters: CallCounters;
  readonly within: ServiceInterface;
  readonly #remote: RemoteCall;
  readonly #cache: AnswerCache;
  readonly #flights = new Map<string, Flight>();

  constructor(service: string, name: string, within: ServiceInterface, remote: RemoteCall) {
    const { cacheTtl, cacheSize } = within.options;
    this.counters = newCounters(service, within.name, name);
    this.within = within;
    this.#remote = remote;
    this.#cache = new AnswerCache(cacheTtl, cacheSize);
  }

  check(args: readonly CallArgument[]): string | null {
    return this.#remote.check(args);
  }

  /**
   * A promise, or the answer itself where it is at hand. Throws for arguments that do not fit.
   * @param scope null for a caller that waits whatever happens
   */
  call(args: readonly unknown[], scope: CallScope | null): unknown {
    const { counters } = this;
    counters.calls++;
    let request: unknown;
    try {
      request = this.#remote.encode(args);
    } catch (error) {
      this.#failed(error);
      throw error;
    }
    const shares = this.within.options.shareCalls ?? this.#remote.shareable(request);
    const key = shares || this.#cache.enabled ? this.#remote.key(request) : null;
    if (key === null) return this.#wait(this.#start(request, null), scope);
    const cached = this.#cache.enabled ? this.#cache.get(key, this.within.clock.now()) : undefined;
    if (cached !== undefined) {
      counters.cached++;
      counters.succeeded++;
      return cached;
    }
    const present = shares ? this.#flights.get(key) : undefined;
    if (present !== undefined && !present.signal.aborted) {
      counters.shared++;
      return this.#wait(present, scope);
    }
    const flight = this.#start(request, key);
    if (shares) this.#flights.set(key, flight);
    return this.#wait(flight, scope);
  }

  #wait(flight: Flight, scope: CallScope | null): Promise<unknown> {
    if (scope === null) flight.kept = true;
    else scope.join(flight);
    return flight.answer.then(
      (value) => {
        this.counters.succeeded++;
        return value;
      },
      (error: unknown) => {
        this.#failed(error);
        throw error;
      },
    );
  }

  #failed(error: unknown): void {
    if (failureOf(error) === 'cancelled') return;
    this.counters.failed++;
    this.counters.lastError = errorText(error);
  }

  #start(request: unknown, key: string | null): Flight {
    const signal = new CallSignal();
    const flight: Flight = {
      answer: this.#answer(request, key, signal).finally(() => {
        for (const scope of flight.waiting) scope.leave(flight);
        if (key !== null && this.#flights.get(key) === flight) this.#flights.delete(key);
      }),
      signal,
      waiting: new Set(),
      kept: false,
    };
    return flight;
  }

  async #answer(request: unknown, key: string | null, signal: CallSignal): Promise<unknown> {
    const { within } = this;
    within.began(signal);
    try {
      const value = await this.#attempts(request, signal);
      if (key !== null && this.#cache.enabled) this.#cache.put(key, value, within.clock.now());
      return value;
    } finally {
      within.ended(signal);
    }
  }

  async #attempts(request: unknown, signal: CallSignal): Promise<unknown> {
    const { retryCount, retryInterval, retryMultiplier, retryMaxInterval } = this.within.options;
    const growth = retryMultiplier ?? (retryInterval === undefined ? 2 : 1);
    let pauseMs = retryInterval ?? firstPauseMs;
    for (let left = Math.max(1, retryCount); ; left--) {
      try {
        return await this.#attempt(request, signal);
      } catch (error) {
        const failure = failureOf(error);
        if (left === 1 || (failure !== 'timeout' && failure !== 'unreachable')) throw error;
      }
      await this.#pause(Math.min(pauseMs, retryMaxInterval), signal);
      pauseMs *= growth;
      this.counters.retries++;
    }
  }

  async #attempt(request: unknown, signal: CallSignal): Promise<unknown> {
    const { limit, breaker, clock, name } = this.within;
    const { counters } = this;
    const turn = limit.enter();
    if (turn !== undefined) await turn;
    try {
      if (signal.reason !== null) throw signal.reason;
      if (!breaker.admits()) {
        counters.refused++;
        throw makeRowError(`interface ${name} is resting after failures: ${breaker.lastWhy}`);
      }
      const startedMs = clock.now();
      counters.attempts++;
      counters.inFlight++;
      try {
        const value = await this.#remote.send(request, signal);
        breaker.succeeded();
        counters.lastLatencyMs = clock.now() - startedMs;
        counters.totalLatencyMs += counters.lastLatencyMs;
        return value;
      } catch (error) {
        this.#judge(error);
        throw error;
      } finally {
        counters.inFlight--;
      }
    } finally {
      limit.leave();
    }
  }

  #judge(error: unknown): void {
    const { breaker } = this.within;
    switch (failureOf(error)) {
      case 'timeout':
        this.counters.timeouts++;
        return breaker.failed(errorText(error));
      case 'unreachable':
      case 'away':
        return breaker.failed(errorText(error));
      case 'cancelled':
        return breaker.undecided();
      case 'answer':
        return breaker.succeeded();
    }
  }

  #pause(lengthMs: number, signal: CallSignal): Promise<void> {
    const { clock } = this.within;
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        signal.removeListener('abort', done);
        resolve();
      };
      const timer = clock.setTimer(clock.now() + lengthMs, done);
      signal.on('abort', done);
    });
  }
}
