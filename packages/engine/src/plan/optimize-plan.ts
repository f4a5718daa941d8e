/**
 * optimize: passes over a plan, in order, each named so that a rule can switch it off
 * (`planOptimizeStrategy.optimizeControl.disableOptimizeRules`), then names for the nodes that are left.
 */
import { foldConstants } from './fold-constants.ts';
import { finishPlan } from './finish-plan.ts';
import { markIndexConditions } from './index-condition.ts';
import type { LogicalPlan } from './logical-plan.ts';
import type { RulePlan } from './plan-node.ts';
import { pruneColumns } from './prune-columns.ts';
import { pushAliases } from './push-alias.ts';
import { pushDownPredicates } from './push-down-predicates.ts';

export interface Pass {
  readonly name: string;
  readonly run: (plan: LogicalPlan) => LogicalPlan;
}

export const passes: readonly Pass[] = [
  { name: 'columnPruner', run: pruneColumns },
  { name: 'predicatePushDown', run: pushDownPredicates },
  { name: 'push_alias', run: pushAliases },
  { name: 'constantFolding', run: foldConstants },
  { name: 'indexCondition', run: markIndexConditions },
];

export function optimizePlan(plan: LogicalPlan): RulePlan {
  const { disableOptimizeRules } = plan.query.options.planOptimizeStrategy;
  let optimized = plan;
  for (const pass of passes) if (!disableOptimizeRules.includes(pass.name)) optimized = pass.run(optimized);
  return finishPlan(optimized);
}
