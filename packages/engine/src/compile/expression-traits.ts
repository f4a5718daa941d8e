/** Questions about typed expressions that decide how they may be run. */
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { forEachTypedChild } from '../analyze/walk-typed.ts';
import { isVolatile } from '../interpret/volatile.ts';
import type { RulePlan } from '../plan/plan-node.ts';

/** True when `test` holds for the expression, for one inside it or for the definition of an alias in it. */
function containsExpr(e: TypedExpr, plan: RulePlan, test: (e: TypedExpr) => boolean): boolean {
  // each alias is followed once: aliases of aliases would double the work at every step
  const followed = new Set<number>();
  const visit = (x: TypedExpr): boolean => {
    if (test(x)) return true;
    if (x.kind === 'alias') {
      if (followed.has(x.alias)) return false;
      followed.add(x.alias);
      const definition = plan.aliases[x.alias];
      return definition !== undefined && visit(definition.expr);
    }
    let found = false;
    forEachTypedChild(x, (child) => {
      found ||= visit(child);
    });
    return found;
  };
  return visit(e);
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
