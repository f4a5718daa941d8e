/**
 * Results of asynchronous functions: computed before the stage that reads them, kept by the unit they belong to.
 *
 * A stage whose expressions call an asynchronous function is preceded by a wait: the calls of each unit are started,
 * inner ones first, and units go on in the order in which they came. An error waits until the value is read.
 */
import { errorText, makeRowError } from '@kuiper/base';
import { isReported } from './call-rules.ts';

interface Outcome {
  readonly value: unknown;
  readonly error: unknown;
  /** The function failed, not one of its arguments: an aggregate projection makes that null. */
  readonly fromCall: boolean;
}

const outcomes = new WeakMap<object, Map<number, Outcome>>();

function keep(unit: object, id: number, outcome: Outcome): void {
  let of = outcomes.get(unit);
  if (of === undefined) {
    of = new Map();
    outcomes.set(unit, of);
  }
  of.set(id, outcome);
}

/** Gives a unit the outcomes that another one has so far. */
export function copyOutcomes(from: object, to: object): void {
  const known = outcomes.get(from);
  if (known !== undefined) outcomes.set(to, new Map(known));
}

/** The result of call `id` for this unit; throws what it failed with. */
export function awaitedValue(unit: object, id: number, swallowsCallErrors: boolean): unknown {
  const outcome = outcomes.get(unit)?.get(id);
  if (outcome === undefined) return null;
  if (outcome.error === null) return outcome.value;
  if (swallowsCallErrors && outcome.fromCall && !isReported(outcome.error)) return null;
  throw outcome.error;
}

/** One asynchronous call: starts it for a unit. What it throws is complete; `callee` is set when the function failed. */
export interface AsyncCall<B> {
  readonly id: number;
  readonly name: string;
  start(unit: object, batch: B): unknown;
}

/** Units in flight at once; further ones wait for their turn. */
const CONCURRENCY = 64;

interface Entry<B> {
  readonly units: readonly object[];
  readonly batch: B;
  done: boolean;
}

/** Calls functions for the units of batches and lets the batches go on in the order in which they came. */
export class Awaiting<B> {
  private readonly levels: readonly (readonly AsyncCall<B>[])[];
  private readonly deliver: (batch: B) => void;
  private readonly resume: (step: () => void) => void;
  private queue: Entry<B>[] = [];
  private started = 0;
  private stopped = false;
  private idle: (() => void) | null = null;
  private idlePromise: Promise<void> | null = null;

  /**
   * @param levels calls of one level do not need each other's results, those of the level before they may
   * @param resume see `RunEnvironment`
   */
  constructor(
    levels: readonly (readonly AsyncCall<B>[])[],
    deliver: (batch: B) => void,
    resume: ((step: () => void) => void) | undefined,
  ) {
    this.levels = levels;
    this.deliver = deliver;
    this.resume = resume ?? ((step) => step());
  }

  /** When every answer is at hand and nothing waits, the batch goes on within this call. */
  offer(units: readonly object[], batch: B): void {
    if (this.stopped) return;
    this.queue.push({ units, batch, done: false });
    this.startMore();
    this.flush();
  }

  drain(): Promise<void> | undefined {
    if (this.queue.length === 0) return undefined;
    this.idlePromise ??= new Promise((resolve) => {
      this.idle = resolve;
    });
    return this.idlePromise;
  }

  /** What is in flight is dropped when it comes back. */
  stop(): void {
    this.stopped = true;
    this.queue = [];
    this.settle();
  }

  private startMore(): void {
    while (this.started < CONCURRENCY && this.started < this.queue.length) {
      const entry = this.queue[this.started++] as Entry<B>;
      const waiting = this.runLevels(entry, 0);
      if (waiting === undefined) entry.done = true;
      else
        void waiting.then(() => {
          entry.done = true;
          if (this.queue.includes(entry)) this.resume(() => this.flush());
        });
    }
  }

  /** @returns undefined when nothing has to be waited for */
  private runLevels(entry: Entry<B>, from: number): Promise<void> | undefined {
    for (let at = from; at < this.levels.length; at++) {
      const waiting: Promise<void>[] = [];
      for (const unit of entry.units) {
        for (const call of this.levels[at] as readonly AsyncCall<B>[]) {
          const pending = start(call, unit, entry.batch);
          if (pending !== undefined) waiting.push(pending);
        }
      }
      if (waiting.length > 0)
        return Promise.all(waiting).then(() => {
          let rest: Promise<void> | undefined;
          if (!this.stopped)
            this.resume(() => {
              rest = this.runLevels(entry, at + 1);
            });
          return rest;
        });
    }
    return undefined;
  }

  private flush(): void {
    while (this.queue[0]?.done === true) {
      const { batch } = this.queue.shift() as Entry<B>;
      this.started--;
      this.deliver(batch);
      this.startMore();
    }
    if (this.queue.length === 0) this.settle();
  }

  private settle(): void {
    this.started = 0;
    this.idle?.();
    this.idle = null;
    this.idlePromise = null;
  }
}

function start<B>(call: AsyncCall<B>, unit: object, batch: B): Promise<void> | undefined {
  const { id } = call;
  if (outcomes.get(unit)?.has(id) === true) return undefined;
  const value = (result: unknown): void => keep(unit, id, { value: result, error: null, fromCall: false });
  try {
    const result = call.start(unit, batch);
    if (!(result instanceof Promise)) {
      value(result);
      return undefined;
    }
    return result.then(value, (error: unknown) => {
      const named = isReported(error) ? error : makeRowError(`call func ${call.name} error: ${errorText(error)}`);
      keep(unit, id, { value: null, error: named, fromCall: true });
    });
  } catch (error) {
    keep(unit, id, { value: null, error, fromCall: ((error as { callee?: number }).callee ?? 0) !== 0 });
    return undefined;
  }
}
