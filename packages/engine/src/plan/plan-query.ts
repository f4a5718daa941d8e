/**
 * plan: a query gives a tree of operators in their fixed order, from the sources up (behaviour spec, sql §14.1). Here
 * stand the checks that concern a combination of clauses; the optimizer only moves and trims.
 */
import { conditionHits } from '../analyze/bind-window.ts';
import { analyzeErrors } from '../analyze/errors.ts';
import type { Query, QueryJoin, QuerySource } from '../analyze/query.ts';
import { joinConjuncts } from './conjuncts.ts';
import { canAggregateOnArrival } from './incremental.ts';
import { joinStep, lookupKeys } from './join-keys.ts';
import type { LogicalPlan } from './logical-plan.ts';
import type { JoinStep, PlanNode, WindowNode } from './plan-node.ts';
import { sourcePlan } from './source-plan.ts';

/** @throws an error of `analyzeErrors` for a combination that cannot run */
export function planQuery(query: Query): LogicalPlan {
  checkSources(query);
  let nodes = sourceNodes(query, 'stream');
  nodes = planWatermark(query, nodes);
  if (query.hoistedCalls.length > 0) nodes = [{ kind: 'analytic', name: '', inputs: nodes, calls: query.hoistedCalls }];
  nodes = planWindow(query, nodes);
  nodes = planTables(query, nodes);
  nodes = planJoins(query, nodes);
  nodes = planLookups(query, nodes);
  nodes = planFilter(query, nodes);
  nodes = planGroups(query, nodes);
  for (const { slot, field, fn, partitionBy, orderBy, text } of query.windowCalls) {
    nodes = [{ kind: 'windowFunction', name: '', inputs: nodes, slot, field, fn, partitionBy, orderBy, text }];
  }
  if (query.orderBy.length > 0) nodes = [{ kind: 'order', name: '', inputs: nodes, keys: query.orderBy }];
  if (query.dedup !== null) nodes = [{ kind: 'dedupTrigger', name: '', inputs: nodes, ...query.dedup }];
  const root = planProjection(query, nodes);
  checkWindow(query);
  return { root, query };
}

function checkSources(query: Query): void {
  const { sources, window, joins } = query;
  const [from] = sources;
  const span = from?.span;
  const at = span === undefined ? {} : { span };
  const streams = sources.filter((source) => source.role === 'stream').length;
  if (window !== null && streams === 0) throw analyzeErrors.WINDOW_OVER_TABLES(at);
  const unjoined = sources.filter((source) => source.role === 'lookup' && !isJoined(source, joins));
  if (unjoined.length > 0) {
    throw analyzeErrors.LOOKUP_WITHOUT_JOIN(unjoined.map((source) => source.definition.name).join(','), at);
  }
  if (streams > 1 && streams === sources.length && window === null) throw analyzeErrors.JOIN_WITHOUT_WINDOW(at);
}

function isJoined(source: QuerySource, joins: readonly QueryJoin[]): boolean {
  return joins.some((join) => join.source === source.index);
}

/** The number is that of the window type in the reference, where these checks come last. */
function checkWindow(query: Query): void {
  if (query.window === null) return;
  const { type, version2 } = query.window.spec;
  if (query.options.isEventTime && type === 'count') throw analyzeErrors.WINDOW_TYPE_EVENT_TIME(5);
  if (version2 && type !== 'sliding' && type !== 'state') {
    throw analyzeErrors.WINDOW_TYPE_VERSION(`${type.toUpperCase()}_WINDOW`);
  }
}

function sourceNodes(query: Query, role: QuerySource['role']): readonly PlanNode[] {
  return query.sources
    .filter((source) => source.role === role)
    .map((source) => ({ kind: 'dataSource', name: '', inputs: [], source: sourcePlan(source, query) }));
}

function planWatermark(query: Query, inputs: readonly PlanNode[]): readonly PlanNode[] {
  const { isEventTime, lateToleranceMs, idleTimeoutMs } = query.options;
  if (!isEventTime || inputs.length === 0) return inputs;
  const sources = query.sources.filter((source) => source.role === 'stream').map((source) => source.index);
  const sendWatermark = query.window !== null;
  return [{ kind: 'watermark', name: '', inputs, sources, lateToleranceMs, idleTimeoutMs, sendWatermark }];
}

function planWindow(query: Query, inputs: readonly PlanNode[]): readonly PlanNode[] {
  if (query.window === null) return inputs;
  const incremental = canAggregateOnArrival(query);
  const node: WindowNode = {
    kind: 'window',
    name: '',
    inputs,
    window: query.window.spec,
    filter: query.window.filter,
    filterName: null,
    eventTime: query.options.isEventTime,
    incremental,
    dimensions: incremental ? query.dimensions : [],
  };
  return [node];
}

function planTables(query: Query, inputs: readonly PlanNode[]): readonly PlanNode[] {
  const tables = sourceNodes(query, 'scan');
  if (tables.length === 0) return inputs;
  const indexes = query.sources.filter((source) => source.role === 'scan').map((source) => source.index);
  return [{ kind: 'joinAlign', name: '', inputs: [...inputs, ...tables], tables: indexes }];
}

function planJoins(query: Query, inputs: readonly PlanNode[]): readonly PlanNode[] {
  const steps: JoinStep[] = [];
  const accumulated = new Set([0]);
  for (const join of query.joins) {
    if (query.sources[join.source]?.role === 'lookup') continue;
    steps.push(joinStep(join.type, join.source, join.on, accumulated, query));
    accumulated.add(join.source);
  }
  return steps.length === 0 ? inputs : [{ kind: 'join', name: '', inputs, from: 0, steps }];
}

/** Stream joins run first, whatever the order in the text. */
function planLookups(query: Query, inputs: readonly PlanNode[]): readonly PlanNode[] {
  let nodes = inputs;
  for (const join of query.joins) {
    if (query.sources[join.source]?.role !== 'lookup') continue;
    const { keys, values, rest } = lookupKeys(join, join.on, query);
    const condition = joinConjuncts(rest);
    const type = join.type === 'left' ? 'left' : 'inner';
    const on = join.on as NonNullable<typeof join.on>;
    nodes = [
      { kind: 'lookup', name: '', inputs: nodes, table: join.source, type, fields: null, keys, values, on, condition },
    ];
    if (condition !== null) nodes = [{ kind: 'filter', name: '', inputs: nodes, condition, index: null, hits: [] }];
  }
  return nodes;
}

function planFilter(query: Query, inputs: readonly PlanNode[]): readonly PlanNode[] {
  const { where: condition, aggregatesInWhere: slots } = query;
  if (condition === null) return inputs;
  const nodes: readonly PlanNode[] =
    slots.length === 0 ? inputs : [{ kind: 'aggregateInWhere', name: '', inputs, slots }];
  return [{ kind: 'filter', name: '', inputs: nodes, condition, index: null, hits: conditionHits(query, condition) }];
}

function planGroups(query: Query, inputs: readonly PlanNode[]): readonly PlanNode[] {
  const { dimensions, having } = query;
  let nodes = inputs;
  if (dimensions.length > 0 && !canAggregateOnArrival(query)) {
    nodes = [{ kind: 'aggregate', name: '', inputs: nodes, dimensions }];
  }
  if (having === null) return nodes;
  return [{ kind: 'having', name: '', inputs: nodes, condition: having, hits: conditionHits(query, having) }];
}

function planProjection(query: Query, inputs: readonly PlanNode[]): PlanNode {
  const { fields, fieldsText, aggregate, limit, setCall, options } = query;
  const { sendMetaToSink: sendMeta, sendNilField: sendNil } = options;
  const project: PlanNode = {
    kind: 'project',
    name: '',
    inputs,
    fields,
    fieldsText,
    aggregate,
    limit,
    sendMeta,
    sendNil,
  };
  if (setCall === null) return project;
  const { fn, args, name: field, text, alias } = setCall;
  return { kind: 'projectSet', name: '', inputs: [project], fn, args, field, text, alias, limit };
}
