/** Questions about typed expressions that decide how they may be run. */
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { forEachTypedChild } from '../analyze/walk-typed.ts';
import { isVolatile } from '../interpret/volatile.ts';
import type { RulePlan } from '../plan/plan-node.ts';

/** True when `test` holds for the expression, for one inside it or for the definition of an alias in it. */
export function containsExpr(e: TypedExpr, plan: RulePlan, test: (e: TypedExpr) => boolean): boolean {
  if (test(e)) return true;
  if (e.kind === 'alias') {
    const definition = plan.aliases[e.alias];
    return definition !== undefined && containsExpr(definition.expr, plan, test);
  }
  let found = false;
  forEachTypedChild(e, (child) => {
    found ||= containsExpr(child, plan, test);
  });
  return found;
}

/** Needs the range of the window. */
export function usesRange(e: TypedExpr, plan: RulePlan): boolean {
  return containsExpr(e, plan, (x) => x.kind === 'implicit' && x.value.startsWith('window_'));
}

export function usesAggregates(e: TypedExpr, plan: RulePlan): boolean {
  return containsExpr(e, plan, (x) => x.kind === 'aggregate');
}

/** A second evaluation may give another value. */
export function isUnrepeatable(e: TypedExpr, plan: RulePlan): boolean {
  return containsExpr(
    e,
    plan,
    (x) => (x.kind === 'call' && isVolatile(x.fn)) || (x.kind === 'implicit' && x.counts !== 'never'),
  );
}
