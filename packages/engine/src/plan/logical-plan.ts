import type { Query } from '../analyze/query.ts';
import type { PlanNode } from './plan-node.ts';

/** A plan that passes still work on: nodes have no names yet, and what they refer to by slot stands in the query. */
export interface LogicalPlan {
  readonly root: PlanNode;
  readonly query: Query;
}
