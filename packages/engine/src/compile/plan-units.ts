/** Functions over units that stages share: keys, sort keys, groups. */
import type { TypedExpr } from '../analyze/typed-expr.ts';
import type { PlanNode, RulePlan, SortKey } from '../plan/plan-node.ts';
import { asyncCalls, isUnrepeatable, usesRange } from './expression-traits.ts';
import type { AggregatePlan, CallPlan, FlowStage, GroupPlan, KeyPlan, SortPlan, TargetPlan } from './pipeline.ts';
import type { FunctionMaker, UnitShape } from './units.ts';

export const groupPrefix = 'run Group By error: ';

export class UnitPlanner {
  private readonly plan: RulePlan;
  private readonly maker: FunctionMaker;

  constructor(plan: RulePlan, maker: FunctionMaker) {
    this.plan = plan;
    this.maker = maker;
  }

  /** Slots of the aggregates that are not in WHERE: one group holds them all. */
  mainSlots(): number[] {
    const inWhere = whereSlots(this.plan);
    return this.plan.aggregates.map((call) => call.slot).filter((slot) => !inWhere.includes(slot));
  }

  group(dimensions: readonly TypedExpr[], slots: readonly number[], shape: UnitShape, operator: number): GroupPlan {
    const calls = slots.map((slot) => this.plan.aggregates[slot]).filter((call) => call !== undefined);
    const rows: UnitShape = { ...shape, group: null, aggregate: false };
    const exprs = [...dimensions, ...calls.flatMap((call) => call.args)];
    return {
      keys: this.keys(dimensions, rows, operator, groupPrefix),
      aggregates: calls.map((call): AggregatePlan => {
        const removable = call.impl.remove !== undefined && !call.args.some((arg) => isUnrepeatable(arg, this.plan));
        return {
          call,
          add: this.maker.aggregate(call, rows, 'add'),
          remove: removable ? this.maker.aggregate(call, rows, 'remove') : null,
        };
      }),
      waitsForWindow: exprs.some((e) => usesRange(e, this.plan)) || asyncCalls(exprs, this.plan).length > 0,
    };
  }

  /** Functions that start the asynchronous calls in expressions over units of this shape, by level. */
  calls(exprs: readonly TypedExpr[], shape: UnitShape, operator: number): CallPlan[][] {
    return asyncCalls(exprs, this.plan).map((level) =>
      level.map((call) => ({ id: call.id, name: call.fn.name, start: this.maker.call(call, shape, operator) })),
    );
  }

  key(expr: TypedExpr, shape: UnitShape, operator: number, errorPrefix: string): KeyPlan {
    return { value: this.maker.value({ shape, expr, operator, errorPrefix, as: 'value' }), kind: expr.type };
  }

  keys(exprs: readonly TypedExpr[], shape: UnitShape, operator: number, errorPrefix: string): KeyPlan[] {
    return exprs.map((expr) => this.key(expr, shape, operator, errorPrefix));
  }

  sortKeys(keys: readonly SortKey[], shape: UnitShape, operator: number, errorPrefix: string): SortPlan[] {
    return keys.map(({ expr, descending }) => ({ ...this.key(expr, shape, operator, errorPrefix), descending }));
  }
}

/** Slots of the aggregate calls in WHERE. */
export function whereSlots(plan: RulePlan): readonly number[] {
  const visit = (node: PlanNode): readonly number[] => [
    ...(node.kind === 'aggregateInWhere' ? node.slots : []),
    ...node.inputs.flatMap(visit),
  ];
  return visit(plan.root);
}

/**
 * A window that would only keep rows to filter and group them does so as they arrive, when neither asks for the range
 * of the window.
 */
export function groupOnArrival(target: Extract<TargetPlan, { kind: 'window' }>, plan: RulePlan): void {
  const { stages } = target.flow;
  const [first, second] = stages;
  const filter = first?.kind === 'filter' ? first : null;
  const group: FlowStage | undefined = filter === null ? first : second;
  if (group?.kind !== 'group' || group.group.waitsForWindow) return;
  if (filter !== null && (filter.usesRange || filter.usesAggregates)) return;
  target.content = {
    frozen:
      stages.some((stage) => stage.kind === 'await' || stage.kind === 'lookup') ||
      plan.aliases.some((alias) => isUnrepeatable(alias.expr, plan)),
    group: group.group,
    where: filter === null ? null : { condition: filter.condition, operator: filter.operator },
    operator: group.operator,
  };
  stages.splice(0, filter === null ? 1 : 2);
}
