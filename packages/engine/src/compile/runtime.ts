/** What generated and interpreted functions of one run share. */
import { describeValue, errorText, type Kind, makeRowError, rowError } from '@kuiper/base';
import type { FunctionContext, FunctionInstance, Meta } from '@kuiper/sdk';
import type { HitStateOperator, PartitionStateOperator } from '../operators/types.ts';
import { isReported } from './call-rules.ts';
import type { CallSite } from './call-sites.ts';
import type { Place, PlaceTable } from './function-body.ts';
import type { Item } from './item.ts';
import type { RunEnvironment } from './program.ts';

/** A call site whose function keeps something between calls. */
export interface InstanceHolder {
  present: FunctionInstance;
}

const notMade: FunctionInstance = { eval: () => rowError('the function has not been started') };

/** An error with its complete text, its operator, and the call site that failed (0: none). */
type DescribedError = Error & { readonly operator: number; readonly callee: number };

export class Runtime {
  readonly env: RunEnvironment;
  readonly counters: Float64Array;
  readonly places: PlaceTable;
  /** State of analytic calls by slot. */
  readonly analytics: readonly (PartitionStateOperator<unknown, unknown> | undefined)[];
  /** State of `last_hit_…` calls by id. */
  readonly hits: ReadonlyMap<number, HitStateOperator>;
  /** State of `changed_cols` calls by state name. */
  readonly columnStates: ReadonlyMap<string, PartitionStateOperator<unknown, unknown>>;
  /** Operators that take items, by number. */
  readonly targets: readonly ((item: Item, timeMs: number) => void)[];
  private readonly sites: ReadonlyMap<number, CallSite>;
  private readonly contexts = new Map<number, FunctionContext>();
  private readonly holders = new Map<number, InstanceHolder>();
  private closed = false;

  constructor(
    parts: Pick<Runtime, 'env' | 'places' | 'analytics' | 'hits' | 'columnStates' | 'targets'> & {
      readonly sites: ReadonlyMap<number, CallSite>;
    },
  ) {
    this.env = parts.env;
    this.sites = parts.sites;
    this.counters = parts.env.counters;
    this.places = parts.places;
    this.analytics = parts.analytics;
    this.hits = parts.hits;
    this.columnStates = parts.columnStates;
    this.targets = parts.targets;
  }

  context(id: number): FunctionContext {
    let context = this.contexts.get(id);
    if (context === undefined) {
      const opId = this.sites.get(id)?.operator ?? '';
      context = this.env.functionContext({ stateName: `$$func${id}`, opId, funcId: id });
      this.contexts.set(id, context);
    }
    return context;
  }

  /** What stands for the instance of a call site until, and after, there is one. */
  instance(id: number): InstanceHolder {
    let holder = this.holders.get(id);
    if (holder === undefined) {
      holder = { present: notMade };
      this.holders.set(id, holder);
    }
    return holder;
  }

  /** Makes the instances that the plan's calls need, in the order of the calls. Fails with what making one fails with. */
  open(): Promise<void> | undefined {
    const wanted = [...this.sites.values()].filter(({ call }) => call.fn.instantiate !== undefined);
    return wanted.length === 0 ? undefined : this.makeInstances(wanted);
  }

  private async makeInstances(wanted: readonly CallSite[]): Promise<void> {
    for (const { call } of [...wanted].sort((a, b) => a.call.id - b.call.id)) {
      const made = await this.make(call);
      if (made === undefined) continue;
      if (this.closed) {
        await made.close?.();
        return;
      }
      this.instance(call.id).present = made;
    }
  }

  private make({ id, fn }: CallSite['call']): Promise<FunctionInstance | undefined> {
    const { resume = (step: () => void): void => step() } = this.env;
    return new Promise((resolve, reject) =>
      resume(() => {
        try {
          resolve(fn.instantiate?.(this.context(id)));
        } catch (error) {
          reject(error);
        }
      }),
    );
  }

  /** Ends the instances; one that fails does not keep the others. */
  close(): Promise<void> | undefined {
    this.closed = true;
    const endings: Promise<void>[] = [];
    for (const holder of this.holders.values()) {
      const { present } = holder;
      holder.present = notMade;
      try {
        const ending = present.close?.();
        if (ending instanceof Promise) endings.push(ending.catch((error: unknown) => this.closeFailed(error)));
      } catch (error) {
        this.closeFailed(error);
      }
    }
    return endings.length === 0 ? undefined : Promise.all(endings).then(() => undefined);
  }

  private closeFailed(error: unknown): void {
    this.env.logger.warn(`rule ${this.env.ruleId}: a function cannot be closed: ${errorText(error)}`);
  }

  /** Counts an error of an operator and sends it on where the rule asks for it. */
  report(operator: number, text: string): void {
    this.env.onError(operator, text);
    if (this.env.sendError) this.env.output.emitError(text);
  }

  /** What generated code does with an error it catches; see `FunctionBody` for the marks. */
  fail(place: number, callee: number, conditions: number, error: unknown): void {
    const { operator } = this.places.places[place] as { operator: number };
    this.report(operator, this.textOf(place, callee, conditions, error));
  }

  /** The error with its complete text and its operator, for a caller that reports it. */
  describe(place: number, callee: number, conditions: number, error: unknown): DescribedError {
    const { operator } = this.places.places[place] as { operator: number };
    return Object.assign(makeRowError(this.textOf(place, callee, conditions, error)), { operator, callee });
  }

  private textOf(place: number, callee: number, conditions: number, error: unknown): string {
    const { prefix } = this.places.places[place] as Place;
    const call = callee === 0 || isReported(error) ? '' : `call func ${this.places.callees[callee]} error: `;
    return `${prefix}${'evaluate case expression error: '.repeat(conditions)}${call}${errorText(error)}`;
  }
}

/** The value of a metadata key; nested keys by path. Tagged; null when absent. */
export function metaValue(meta: Meta | null, path: readonly string[]): unknown {
  let value: unknown = meta;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as Record<string, unknown>)[key];
  }
  return value ?? null;
}

/** `last_hit_count()` where each evaluation is a hit: the count before this one. */
export function countThenHit(hits: HitStateOperator, timeMs: number): number {
  const { count } = hits;
  hits.hit(timeMs);
  return count;
}

/** `last_hit_time()` where each evaluation is a hit. */
export function timeThenHit(hits: HitStateOperator, timeMs: number): number {
  const time = hits.timeMs;
  hits.hit(timeMs);
  return time;
}

/** The outcome of a condition: true passes, false and nil do not, anything else is an error (sql §9). */
export function passes(value: unknown, kind: Kind): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null || value === undefined) return false;
  return rowError(`invalid condition that returns non-bool value ${describeValue(value, kind)}`);
}

/** As {@link passes}, where nil is an error too: HAVING and ON. */
export function passesStrictly(value: unknown, kind: Kind, what: string): boolean {
  if (typeof value === 'boolean') return value;
  return rowError(`invalid ${what} that returns non-bool value ${describeValue(value, kind)}`);
}
