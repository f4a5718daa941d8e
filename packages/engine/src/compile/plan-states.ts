/** The state that the calls in a plan need, by name. */
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { forEachTypedChild } from '../analyze/walk-typed.ts';
import { mapNodeExprs } from '../plan/map-exprs.ts';
import type { ColumnsCall, PlanNode, RulePlan } from '../plan/plan-node.ts';

/** Every expression of a plan: of its nodes, its aliases and its calls. */
function forEachPlanExpr(plan: RulePlan, visit: (e: TypedExpr) => void): void {
  const deep = (e: TypedExpr): TypedExpr => {
    visit(e);
    forEachTypedChild(e, deep);
    return e;
  };
  mapNodeExprs(plan.root, deep);
  for (const alias of plan.aliases) deep(alias.expr);
  for (const call of plan.aggregates) call.args.forEach(deep);
}

/** Ids of the `last_hit_…` and `last_agg_hit_…` calls. */
export function hitIds(plan: RulePlan): number[] {
  const ids = new Set<number>();
  forEachPlanExpr(plan, (e) => {
    if (e.kind === 'implicit' && e.counts !== 'never') ids.add(e.id);
  });
  return [...ids];
}

/** The `changed_cols` calls. */
export function columnsCalls(plan: RulePlan): ColumnsCall[] {
  const visit = (node: PlanNode): ColumnsCall[] => [
    ...(node.kind === 'project' ? node.fields.flatMap((field) => field.columns ?? []) : []),
    ...node.inputs.flatMap(visit),
  ];
  return visit(plan.root);
}
