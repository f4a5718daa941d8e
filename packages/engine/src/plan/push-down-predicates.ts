/**
 * predicatePushDown: moves the terms of filters towards the sources they refer to.
 *
 * A term goes below a node only where no row can come out differently: to the one stream it reads, through windows
 * whose WHERE runs on what enters them. It stays above count and sliding windows, any window in event time, the
 * watermark, the analytic node, aggregates in WHERE and scan tables. A single inner join takes what is left into its
 * ON, and gives the single-stream terms of its ON away. Outer joins hand single-stream terms down as well, which is what
 * users of the language know. After several joins the rest is tested after all of them.
 *
 * Source: behaviour spec, sql §9, §14.2; listed defects D7, D10, D11.
 */
import { conditionHits } from '../analyze/bind-window.ts';
import type { Query } from '../analyze/query.ts';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { someTyped } from '../analyze/walk-typed.ts';
import { joinConjuncts, sourcesOf, splitConjuncts } from './conjuncts.ts';
import { windowBlocksFilter } from './incremental.ts';
import { joinStep } from './join-keys.ts';
import type { LogicalPlan } from './logical-plan.ts';
import type { FilterNode, JoinNode, PlanNode } from './plan-node.ts';

/** A node after pushing, and the terms that still have to be tested above it. */
interface Pushed {
  readonly node: PlanNode;
  readonly rest: readonly TypedExpr[];
}

export function pushDownPredicates(plan: LogicalPlan): LogicalPlan {
  const { query } = plan;
  return { query, root: withFilter(push(plan.root, [], query), query) };
}

function withFilter(pushed: Pushed, query: Query): PlanNode {
  const condition = joinConjuncts(pushed.rest);
  return condition === null ? pushed.node : filterAbove(pushed.node, condition, query);
}

function filterAbove(node: PlanNode, condition: TypedExpr, query: Query): FilterNode {
  return { kind: 'filter', name: '', inputs: [node], condition, index: null, hits: conditionHits(query, condition) };
}

function push(node: PlanNode, terms: readonly TypedExpr[], query: Query): Pushed {
  switch (node.kind) {
    case 'dataSource': {
      const isStream = node.source.role === 'stream';
      const [own, rest] = partition(terms, (term) => isStream && belongsTo(term, node.source.index, query));
      return { node: withFilter({ node, rest: own }, query), rest };
    }
    case 'filter':
      return pushFilter(node, terms, query);
    case 'aggregateInWhere':
      return { node: withInputs(node, query), rest: terms };
    case 'analytic':
    case 'watermark':
      return aboveStreams(node, terms, query);
    case 'window': {
      if (windowBlocksFilter(query)) return { node: withInputs(node, query), rest: terms };
      const { inputs, rest } = pushInputs(node, terms, query);
      return { node: { ...node, inputs }, rest };
    }
    case 'join':
      return pushJoin(node, terms, query);
    case 'lookup': {
      const [above, below] = partition(terms, (term) => mayRead(term, node.table, query));
      const { inputs, rest } = pushInputs(node, below, query);
      return { node: { ...node, inputs }, rest: [...rest, ...above] };
    }
    case 'joinAlign': {
      const { inputs, rest } = pushInputs(node, terms, query);
      return { node: { ...node, inputs }, rest };
    }
    default:
      return { node: withInputs(node, query), rest: terms };
  }
}

function pushFilter(node: FilterNode, terms: readonly TypedExpr[], query: Query): Pushed {
  const [input] = node.inputs;
  if (input === undefined || node.inputs.length > 1 || input.kind === 'aggregateInWhere') {
    return { node: withInputs(node, query), rest: terms };
  }
  // terms from above come after the filter's own: they saw only rows that passed it
  return push(input, [...splitConjuncts(node.condition), ...terms], query);
}

/** Offers each term to each input in turn; what the first takes is gone. */
function pushInputs(
  node: PlanNode,
  terms: readonly TypedExpr[],
  query: Query,
): { readonly inputs: readonly PlanNode[]; readonly rest: readonly TypedExpr[] } {
  let rest = terms;
  const inputs = node.inputs.map((input) => {
    const pushed = push(input, rest, query);
    rest = pushed.rest;
    return pushed.node;
  });
  return { inputs, rest };
}

function withInputs(node: PlanNode, query: Query): PlanNode {
  const inputs = node.inputs.map((input) => withFilter(push(input, [], query), query));
  return { ...node, inputs };
}

/** With one stream a filter may stand right above; among several it would drop rows of the others. */
function aboveStreams(node: PlanNode, terms: readonly TypedExpr[], query: Query): Pushed {
  const pushed = withInputs(node, query);
  const streams = query.sources.filter((source) => source.role === 'stream');
  const [only] = streams;
  if (only === undefined || streams.length > 1) return { node: pushed, rest: terms };
  const [own, rest] = partition(terms, (term) => belongsTo(term, only.index, query));
  return { node: withFilter({ node: pushed, rest: own }, query), rest };
}

function pushJoin(node: JoinNode, terms: readonly TypedExpr[], query: Query): Pushed {
  const [step] = node.steps;
  if (step === undefined || node.steps.length > 1 || step.type !== 'inner') {
    const { inputs, rest } = pushInputs(node, terms, query);
    return { node: { ...node, inputs }, rest };
  }
  const all = step.on === null ? terms : [...splitConjuncts(step.on), ...terms];
  const [movable, others] = partition(all, (term) => sourcesOf(term, query).size <= 1);
  const { inputs, rest } = pushInputs(node, movable, query);
  const [absorbed, kept] = partition([...others, ...rest], (term) => !readsLookup(term, query));
  const on = joinConjuncts(inTextOrder(absorbed, all));
  const steps = [joinStep(step.type, step.source, on, new Set([node.from]), query)];
  return { node: { ...node, inputs, steps }, rest: kept };
}

function inTextOrder(terms: readonly TypedExpr[], all: readonly TypedExpr[]): readonly TypedExpr[] {
  return all.filter((term) => terms.includes(term));
}

function readsLookup(term: TypedExpr, query: Query): boolean {
  const sources = sourcesOf(term, query);
  return query.sources.some((source) => source.role === 'lookup' && sources.has(source.index));
}

function mayRead(term: TypedExpr, source: number, query: Query): boolean {
  const sources = sourcesOf(term, query);
  return sources.has(source) || sources.has(null);
}

/** Reads this source only. A term that reads none belongs to a statement's only source. */
function belongsTo(term: TypedExpr, source: number, query: Query): boolean {
  const isSlot = (expr: TypedExpr): boolean => expr.kind === 'aggregate' || expr.kind === 'windowFunction';
  if (someTyped(term, isSlot, query.aliases)) return false;
  const sources = sourcesOf(term, query);
  if (sources.size === 0) return query.sources.length === 1;
  return sources.size === 1 && sources.has(source);
}

function partition(
  terms: readonly TypedExpr[],
  test: (term: TypedExpr) => boolean,
): readonly [readonly TypedExpr[], readonly TypedExpr[]] {
  const yes: TypedExpr[] = [];
  const no: TypedExpr[] = [];
  for (const term of terms) (test(term) ? yes : no).push(term);
  return [yes, no];
}
