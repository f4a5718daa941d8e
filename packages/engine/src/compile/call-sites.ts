/** Where the calls of scalar functions stand in a plan: the operator that each belongs to. */
import type { CallExpr, TypedExpr } from '../analyze/typed-expr.ts';
import { walkTyped } from '../analyze/walk-typed.ts';
import { mapNodeExprs } from '../plan/map-exprs.ts';
import type { PlanNode, RulePlan } from '../plan/plan-node.ts';

export interface CallSite {
  readonly call: CallExpr;
  /** Name of the operator, for instance `2_project`. */
  readonly operator: string;
}

/**
 * By number of the call. A call that several nodes share, through an alias, belongs to the one that comes first on the
 * way of a row.
 */
export function callSites(plan: RulePlan): ReadonlyMap<number, CallSite> {
  const sites = new Map<number, CallSite>();
  const followed = new Set<number>();
  const claim = (e: TypedExpr, operator: string): void =>
    walkTyped(
      e,
      (inner) => {
        if (inner.kind === 'call' && !sites.has(inner.id)) sites.set(inner.id, { call: inner, operator });
        if (inner.kind === 'aggregate') {
          for (const arg of plan.aggregates[inner.slot]?.args ?? []) claim(arg, operator);
        }
      },
      plan.aliases,
      followed,
    );
  const visit = (node: PlanNode): void => {
    for (const input of node.inputs) visit(input);
    const operator = node.name;
    const groups = node.kind === 'aggregate' || (node.kind === 'window' && node.incremental);
    const slots = node.kind === 'aggregateInWhere' ? node.slots : groups ? plan.aggregates.map(({ slot }) => slot) : [];
    for (const slot of slots) for (const arg of plan.aggregates[slot]?.args ?? []) claim(arg, operator);
    mapNodeExprs({ ...node, inputs: [] } as PlanNode, (e) => {
      claim(e, operator);
      return e;
    });
  };
  visit(plan.root);
  return sites;
}
