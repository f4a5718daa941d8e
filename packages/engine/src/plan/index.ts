export { type ExplainOptions, explainPlan } from './explain-plan.ts';
export type { LogicalPlan } from './logical-plan.ts';
export { type Pass, optimizePlan, passes } from './optimize-plan.ts';
export type { GraphContext } from './graph/graph-context.ts';
export { planGraph } from './graph/plan-graph.ts';
export type * from './graph/graph-network.ts';
export * from './plan-node.ts';
export { planQuery } from './plan-query.ts';
