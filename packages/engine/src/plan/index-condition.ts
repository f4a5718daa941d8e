/**
 * indexCondition: tells dispatch which filters it can look up instead of running them: the leftmost term of a stateless
 * filter right above a source, an equality or a range on one column. Rules with analytic functions, event time, count
 * or sliding windows see every row. Source: design §7.
 */
import type { BinaryOp } from '@kuiper/sql';
import type { Query } from '../analyze/query.ts';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { someTyped } from '../analyze/walk-typed.ts';
import { splitConjuncts } from './conjuncts.ts';
import { windowBlocksFilter } from './incremental.ts';
import type { LogicalPlan } from './logical-plan.ts';
import type { IndexCondition, PlanNode } from './plan-node.ts';

export function markIndexConditions(plan: LogicalPlan): LogicalPlan {
  const { query } = plan;
  if (query.analytics.length > 0 || windowBlocksFilter(query)) return plan;
  return { query, root: mark(plan.root, query) };
}

function mark(node: PlanNode, query: Query): PlanNode {
  const inputs = node.inputs.map((input) => mark(input, query));
  const [input] = node.inputs;
  if (node.kind !== 'filter' || input?.kind !== 'dataSource') return { ...node, inputs };
  // a preprocessor stands between: it changes values, and fails on rows that dispatch would have skipped
  if (input.source.strict || input.source.timestamp !== null) return { ...node, inputs };
  const isStateless = !someTyped(node.condition, hasState, query.aliases);
  return { ...node, inputs, index: isStateless ? indexableCondition(node.condition) : null };
}

function hasState(expr: TypedExpr): boolean {
  if (expr.kind === 'implicit') return expr.counts !== 'never';
  return expr.kind === 'call' && (expr.fn.context === true || expr.fn.volatile === true || expr.fn.async === true);
}

const mirrored: Partial<Record<BinaryOp, IndexCondition['op']>> = {
  '=': '=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** The leftmost term of `condition`, when it compares a column with a literal. */
export function indexableCondition(condition: TypedExpr): IndexCondition | null {
  const [term] = splitConjuncts(condition);
  if (term?.kind !== 'binary') return null;
  const { left, right } = term;
  const flipped = mirrored[term.op];
  if (flipped === undefined) return null;
  if (left.kind === 'column' && right.kind === 'literal') return compare(left.name, mirrored[flipped], right);
  if (right.kind === 'column' && left.kind === 'literal') return compare(right.name, flipped, left);
  return null;
}

function compare(
  column: string,
  op: IndexCondition['op'] | undefined,
  literal: Extract<TypedExpr, { kind: 'literal' }>,
): IndexCondition | null {
  const { value, type } = literal;
  if (op === undefined) return null;
  if (type === 'int' && (typeof value === 'number' || typeof value === 'bigint')) {
    return { column, op, value: BigInt(value) };
  }
  if (typeof value === 'number' || typeof value === 'string') return { column, op, value };
  return typeof value === 'boolean' && op === '=' ? { column, op, value } : null;
}
