/** Questions about typed expressions that decide how they may be run. */
import type { CallExpr, TypedExpr } from '../analyze/typed-expr.ts';
import { forEachTypedChild } from '../analyze/walk-typed.ts';
import { isVolatile } from '../interpret/volatile.ts';
import type { RulePlan } from '../plan/plan-node.ts';

type Trait = (e: TypedExpr, plan: RulePlan) => boolean;

/** True when `test` holds for the expression, for one inside it or for the definition of an alias in it. */
function containing(test: (e: TypedExpr) => boolean): Trait {
  // aliases are answered once per plan: chains of them would be followed from each of their members otherwise
  const answers = new WeakMap<RulePlan, Map<number, boolean>>();
  return (e, plan) => {
    let known = answers.get(plan);
    if (known === undefined) {
      known = new Map();
      answers.set(plan, known);
    }
    const aliases = known;
    const visit = (x: TypedExpr): boolean => {
      if (test(x)) return true;
      if (x.kind === 'alias') {
        let answer = aliases.get(x.alias);
        if (answer === undefined) {
          const definition = plan.aliases[x.alias];
          aliases.set(x.alias, false);
          answer = definition !== undefined && visit(definition.expr);
          aliases.set(x.alias, answer);
        }
        return answer;
      }
      let found = false;
      forEachTypedChild(x, (child) => {
        found ||= visit(child);
      });
      return found;
    };
    return visit(e);
  };
}

/** Needs the range of the window. */
export const usesRange: Trait = containing((x) => x.kind === 'implicit' && x.value.startsWith('window_'));

export const usesAggregates: Trait = containing(
  (x) => x.kind === 'aggregate' || (x.kind === 'call' && x.fn.overGroup === true),
);

/** A second evaluation may give another value. */
export const isUnrepeatable: Trait = containing(
  (x) => (x.kind === 'call' && isVolatile(x.fn)) || (x.kind === 'implicit' && x.counts !== 'never'),
);

/**
 * Asynchronous calls in expressions and in the aliases they use, each once, by level: a call stands above those in its
 * arguments.
 */
export function asyncCalls(exprs: readonly TypedExpr[], plan: RulePlan): CallExpr[][] {
  const levels: CallExpr[][] = [];
  const levelOf = new Map<number, number>();
  const aliasLevels = new Map<number, number>();
  /** @returns the number of levels that have to be through before `e` can be computed */
  const visit = (e: TypedExpr): number => {
    if (e.kind === 'alias') {
      let level = aliasLevels.get(e.alias);
      if (level === undefined) {
        const definition = plan.aliases[e.alias];
        aliasLevels.set(e.alias, 0);
        level = definition === undefined ? 0 : visit(definition.expr);
        aliasLevels.set(e.alias, level);
      }
      return level;
    }
    let below = 0;
    forEachTypedChild(e, (child) => {
      below = Math.max(below, visit(child));
    });
    if (e.kind !== 'call' || e.fn.async !== true) return below;
    const known = levelOf.get(e.id);
    if (known !== undefined) return known + 1;
    levelOf.set(e.id, below);
    levels[below] = [...(levels[below] ?? []), e];
    return below + 1;
  };
  for (const e of exprs) visit(e);
  return levels;
}
