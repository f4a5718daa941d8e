/** What generated and interpreted functions of one run share. */
import { describeValue, errorText, type Kind, makeRowError, rowError } from '@kuiper/base';
import type { FunctionContext, Meta } from '@kuiper/sdk';
import type { HitStateOperator, PartitionStateOperator } from '../operators/types.ts';
import { isReported } from './call-rules.ts';
import type { CallSite } from './call-sites.ts';
import type { PlaceTable } from './function-body.ts';
import type { Item } from './item.ts';
import type { RunEnvironment } from './program.ts';

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
    const { prefix } = this.places.places[place] as { prefix: string };
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
