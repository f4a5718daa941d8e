/** Names of an interpreted expression: columns of the rows of one unit, aliases, slots, aggregates. */
import { columnKind, isMapKind, type Row, type RowType, setMember } from '@kuiper/base';
import type { FunctionContext, FunctionInstance, Meta } from '@kuiper/sdk';
import type {
  AggregateExpr,
  AliasExpr,
  AnalyticExpr,
  CallExpr,
  ColumnExpr,
  ImplicitExpr,
  MetaExpr,
  TypedExpr,
  WildcardExpr,
  WindowFunctionExpr,
} from '../analyze/typed-expr.ts';
import { awaitedValue } from '../compile/awaited.ts';
import { isExtension } from '../compile/call-rules.ts';
import { compileErrors } from '../compile/errors.ts';
import { isUnrepeatable } from '../compile/expression-traits.ts';
import { aliasesOf } from '../compile/item.ts';
import { convertRow, convertValue, copyExcept, layOver } from '../compile/row-merge.ts';
import { countThenHit, metaValue, type Runtime, timeThenHit } from '../compile/runtime.ts';
import type { Group } from '../compile/units.ts';
import type { WindowRange } from '../operators/types.ts';
import type { AliasPlan, AggregateCall, RulePlan, SourcePlan } from '../plan/plan-node.ts';
import type { Frame } from './frame.ts';
import { callError, interpret } from './interpret.ts';

export interface FrameRow {
  readonly source: number;
  readonly row: Row;
  readonly time: number;
  readonly meta: () => Meta | null;
  readonly slots: readonly unknown[] | null;
}

export interface FrameSetup {
  readonly plan: RulePlan;
  readonly rt: Runtime;
  /** Those that are there, in the order in which names look. */
  readonly rows: readonly FrameRow[];
  readonly group: Group | null;
  readonly aggregatePosition: (slot: number) => number;
  readonly range: WindowRange | null;
  readonly numbers: readonly unknown[] | null;
  readonly aggregate: boolean;
}

/** What a row without a source holds. */
export const noColumns: RowType = { k: 'map', fields: {}, rest: null };

export class RowFrame implements Frame {
  readonly swallowsCallErrors: boolean;
  readonly setup: FrameSetup;
  /** Analytic results of this event, computed so far. */
  readonly slots: unknown[] = [];
  private readonly aliases = new Map<number, unknown>();
  /** The unit whose aliases keep their values from stage to stage. */
  private readonly unit: object | null;

  constructor(setup: FrameSetup, unit: object | null = null) {
    this.setup = setup;
    this.unit = unit;
    this.swallowsCallErrors = setup.aggregate;
  }

  private typeOf(source: number): RowType {
    // the row of a window without rows comes from no source, and is empty
    return (this.setup.plan.sources[source] as SourcePlan | undefined)?.type ?? noColumns;
  }

  rowsOf(source: number | null): readonly FrameRow[] {
    return source === null ? this.setup.rows : this.setup.rows.filter((row) => row.source === source);
  }

  column(e: ColumnExpr): unknown {
    for (const { row, source } of this.rowsOf(e.source)) {
      const value = Object.hasOwn(row, e.name) ? row[e.name] : undefined;
      if (value !== undefined) return convertValue(value, columnKind(this.typeOf(source), e.name), e.type);
    }
    return undefined;
  }

  alias(e: AliasExpr): unknown {
    const { expr } = this.setup.plan.aliases[e.alias] as AliasPlan;
    if (!this.aliases.has(e.alias)) this.aliases.set(e.alias, this.aliasValue(e.alias, expr));
    return convertValue(this.aliases.get(e.alias), expr.type, e.type);
  }

  private aliasValue(alias: number, expr: TypedExpr): unknown {
    if (this.unit === null || !isUnrepeatable(expr, this.setup.plan)) return interpret(expr, this);
    const kept = aliasesOf(this.unit);
    kept[alias] ??= { value: interpret(expr, this) };
    return kept[alias].value;
  }

  /** Hands values that a second evaluation would change to the item made of this row. */
  keepAliases(item: object): void {
    for (const [alias, value] of this.aliases) {
      const { expr } = this.setup.plan.aliases[alias] as AliasPlan;
      if (isUnrepeatable(expr, this.setup.plan)) aliasesOf(item)[alias] = { value };
    }
  }

  meta(e: MetaExpr): unknown {
    for (const row of this.rowsOf(e.source)) {
      const value = e.path === null ? (row.meta() ?? {}) : metaValue(row.meta(), e.path);
      if (value !== null) return value;
    }
    return null;
  }

  analytic(e: AnalyticExpr): unknown {
    const call = this.setup.plan.analytics[e.slot] as { readonly type: AnalyticExpr['type'] };
    const value = e.slot in this.slots ? this.slots[e.slot] : this.setup.rows[0]?.slots?.[e.slot];
    return convertValue(value, call.type, e.type);
  }

  aggregate(e: AggregateExpr): unknown {
    const call = this.setup.plan.aggregates[e.slot] as AggregateCall;
    if (this.setup.group === null) return null;
    try {
      const value = this.setup.group.result(this.setup.aggregatePosition(e.slot));
      return convertValue(value, call.impl.returns, e.type);
    } catch (error) {
      throw callError(call.name, error);
    }
  }

  windowFunction(e: WindowFunctionExpr): unknown {
    return this.setup.numbers?.[e.slot] ?? null;
  }

  implicit(e: ImplicitExpr): unknown {
    const { range, aggregate, rows, rt } = this.setup;
    const time = aggregate && range !== null ? range.trigger : (rows[0]?.time ?? null);
    switch (e.value) {
      case 'window_start':
        return range?.start ?? null;
      case 'window_end':
        return range?.end ?? null;
      case 'window_trigger':
        return range?.trigger ?? null;
      case 'event_time':
        return time;
      default: {
        const hits = rt.hits.get(e.id);
        if (hits === undefined) return null;
        const isCount = e.value.endsWith('count');
        if (e.counts !== 'evaluation') return isCount ? hits.count : hits.timeMs;
        return isCount ? countThenHit(hits, time ?? 0) : timeThenHit(hits, time ?? 0);
      }
    }
  }

  wildcard(e: WildcardExpr): unknown {
    const rows = this.rowsOf(e.source);
    if (rows.length === 0) return null;
    const type: RowType = isMapKind(e.type) ? e.type : { k: 'map', fields: {}, rest: 'any' };
    let whole: Row = {};
    for (const { row, source } of rows) layOver(whole, convertRow(row, this.typeOf(source), type));
    if (e.except.length > 0) whole = copyExcept(whole, new Set(e.except));
    for (const { name, expr } of e.replace)
      setMember(whole, name, convertValue(interpret(expr, this), expr.type, columnKind(type, name)));
    return whole;
  }

  awaited(e: CallExpr): unknown {
    if (this.unit === null) throw compileErrors.ASYNC_FUNCTION(e.fn.name);
    return awaitedValue(this.unit, e.id, this.swallowsCallErrors && !isExtension(e.fn));
  }

  context(e: CallExpr): FunctionContext {
    return this.setup.rt.context(e.id);
  }

  instance(e: CallExpr): FunctionInstance {
    return this.setup.rt.instance(e.id).present;
  }
}
