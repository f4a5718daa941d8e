import { Ring, valueText } from '@kuiper/base';
import { LookupCache } from './lookup-cache.ts';
import type { LookupOperator, LookupSetup } from './types.ts';

/** Rows offered together, and what has been found for them so far. */
interface Batch<R, O> {
  readonly rows: readonly R[];
  readonly context: unknown;
  readonly matches: (readonly O[] | null)[];
  /** Calls that have not answered. */
  open: number;
  failure: { readonly error: unknown } | null;
}

interface Call<R, O> {
  readonly batch: Batch<R, O>;
  readonly row: number;
  readonly key: string;
  readonly values: readonly unknown[];
}

/**
 * Asks a lookup table for each row. Batches come out in the order in which they were offered, however long a call takes;
 * a bounded number of calls is in flight, the others wait in order. A key with a nil is not asked for.
 * Source: behaviour spec, sql §10.4, runtime §11.
 */
export class Lookup<R, O> implements LookupOperator<R> {
  readonly #setup: LookupSetup<R, O>;
  readonly #cache: LookupCache<O> | null;
  readonly #resume: (step: () => void) => void;
  readonly #batches = new Ring<Batch<R, O>>();
  readonly #calls = new Ring<Call<R, O>>();
  #inFlight = 0;
  #stopped = false;
  #drained: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;
  #emitting = false;

  constructor(setup: LookupSetup<R, O>) {
    const { cache, clock, resume = (step: () => void): void => step() } = setup;
    this.#setup = setup;
    this.#resume = resume;
    this.#cache = cache === null ? null : new LookupCache(clock, cache.ttlMs, cache.missing);
  }

  get waiting(): number {
    return this.#batches.length;
  }

  offer(rows: readonly R[], context: unknown): void {
    const batch: Batch<R, O> = { rows, context, matches: [], open: 0, failure: null };
    this.#batches.push(batch);
    for (let i = 0; i < rows.length; i++) {
      batch.matches.push(null);
      try {
        this.#prepare(batch, i);
      } catch (error) {
        batch.failure ??= { error };
      }
    }
    this.#pump();
    this.#emit();
  }

  drain(): Promise<void> | undefined {
    if (this.#batches.length === 0) return undefined;
    this.#drained ??= withResolver();
    return this.#drained.promise;
  }

  /** Answers still to come are dropped. */
  stop(): void {
    this.#stopped = true;
    this.#batches.clear();
    this.#calls.clear();
    this.#settleDrain();
  }

  #prepare(batch: Batch<R, O>, row: number): void {
    const values: unknown[] = [];
    let key = '';
    for (const evaluate of this.#setup.values) {
      const value = evaluate(batch.rows[row] as R);
      if (value === null || value === undefined) return;
      values.push(value);
      if (this.#cache !== null) key += `${valueText(value, 'any')},`;
    }
    const cached = this.#cache?.get(key);
    if (cached !== undefined) {
      batch.matches[row] = cached;
      return;
    }
    batch.open++;
    this.#calls.push({ batch, row, key, values });
  }

  #pump(): void {
    while (this.#inFlight < this.#setup.concurrency) {
      const call = this.#calls.shift();
      if (call === undefined) return;
      this.#ask(call);
    }
  }

  #ask(call: Call<R, O>): void {
    // an equal key may have been answered while this one waited
    const cached = this.#cache?.get(call.key);
    if (cached !== undefined) return this.#answer(call, cached);
    let answer: Promise<readonly O[]> | readonly O[];
    try {
      answer = this.#setup.fetch(call.values);
    } catch (error) {
      return this.#fail(call, error);
    }
    if (Array.isArray(answer)) {
      this.#cache?.set(call.key, answer);
      return this.#answer(call, answer);
    }
    this.#inFlight++;
    (answer as Promise<readonly O[]>).then(
      (rows) => {
        this.#cache?.set(call.key, rows);
        this.#answer(call, rows);
        this.#resume(() => this.#landed());
      },
      (error: unknown) => {
        this.#fail(call, error);
        this.#resume(() => this.#landed());
      },
    );
  }

  #answer({ batch, row }: Call<R, O>, rows: readonly O[]): void {
    batch.matches[row] = rows;
    batch.open--;
  }

  #fail({ batch }: Call<R, O>, error: unknown): void {
    batch.failure ??= { error };
    batch.open--;
  }

  #landed(): void {
    this.#inFlight--;
    if (this.#stopped) return;
    this.#pump();
    this.#emit();
  }

  /** Hands out finished batches from the front. What `output` offers in turn waits its turn. */
  #emit(): void {
    if (this.#emitting) return;
    this.#emitting = true;
    try {
      for (let batch = this.#batches.at(0); batch !== undefined && batch.open === 0; batch = this.#batches.at(0)) {
        this.#batches.shift();
        if (batch.failure === null) this.#setup.output(batch.rows, batch.matches, batch.context);
        else this.#setup.onError(batch.failure.error, batch.rows, batch.context);
      }
    } finally {
      this.#emitting = false;
    }
    if (this.#batches.length === 0) this.#settleDrain();
  }

  #settleDrain(): void {
    this.#drained?.resolve();
    this.#drained = null;
  }
}

function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
