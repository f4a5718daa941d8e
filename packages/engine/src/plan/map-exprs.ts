/** The only place that knows where plan nodes and queries keep their expressions. */
import { assertNever } from '@kuiper/base';
import type { Query } from '../analyze/query.ts';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import type { AnalyticCall, ColumnsCall, JoinStep, OutputField, PlanNode, SortKey, WindowSpec } from './plan-node.ts';

type MapTyped = (expr: TypedExpr) => TypedExpr;

/** Replaces every expression of a tree of nodes by `map(expr)`. */
export function mapNodeExprs(node: PlanNode, map: MapTyped): PlanNode {
  const inputs = node.inputs.map((input) => mapNodeExprs(input, map));
  switch (node.kind) {
    case 'dataSource':
    case 'watermark':
    case 'joinAlign':
    case 'aggregateInWhere':
      return { ...node, inputs };
    case 'analytic':
      return { ...node, inputs, calls: node.calls.map((call) => mapAnalytic(call, map)) };
    case 'window':
      return {
        ...node,
        inputs,
        window: mapWindow(node.window, map),
        filter: optional(node.filter, map),
        dimensions: node.dimensions.map(map),
      };
    case 'join':
      return { ...node, inputs, steps: node.steps.map((step) => mapStep(step, map)) };
    case 'lookup':
      return {
        ...node,
        inputs,
        values: node.values.map(map),
        on: map(node.on),
        condition: optional(node.condition, map),
      };
    case 'filter':
    case 'having':
      return { ...node, inputs, condition: map(node.condition) };
    case 'aggregate':
      return { ...node, inputs, dimensions: node.dimensions.map(map) };
    case 'windowFunction':
      return {
        ...node,
        inputs,
        partitionBy: node.partitionBy.map(map),
        orderBy: node.orderBy.map((key) => mapSortKey(key, map)),
      };
    case 'dedupTrigger':
      return { ...node, inputs, start: map(node.start), end: map(node.end), now: map(node.now) };
    case 'order':
      return { ...node, inputs, keys: node.keys.map((key) => mapSortKey(key, map)) };
    case 'project':
      return { ...node, inputs, fields: node.fields.map((field) => mapField(field, map)) };
    case 'projectSet':
      return { ...node, inputs, args: node.args.map(map) };
    default:
      return assertNever(node);
  }
}

/** Replaces the expressions that nodes refer to by slot: aliases, analytic and aggregate calls. */
export function mapQueryExprs(query: Query, map: MapTyped): Query {
  return {
    ...query,
    aliases: query.aliases.map((alias) => ({ ...alias, expr: map(alias.expr) })),
    analytics: query.analytics.map((call) => mapAnalytic(call, map)),
    aggregates: query.aggregates.map((call) => ({ ...call, args: call.args.map(map) })),
  };
}

function optional(expr: TypedExpr | null, map: MapTyped): TypedExpr | null {
  return expr === null ? null : map(expr);
}

function mapAnalytic(call: AnalyticCall, map: MapTyped): AnalyticCall {
  return {
    ...call,
    args: call.args.map(map),
    partitionBy: call.partitionBy.map(map),
    when: optional(call.when, map),
  };
}

function mapWindow(window: WindowSpec, map: MapTyped): WindowSpec {
  return {
    ...window,
    trigger: optional(window.trigger, map),
    begin: optional(window.begin, map),
    emit: optional(window.emit, map),
    partitionBy: window.partitionBy.map(map),
    calls: window.calls.map((call) => mapAnalytic(call, map)),
  };
}

function mapStep(step: JoinStep, map: MapTyped): JoinStep {
  return {
    ...step,
    on: optional(step.on, map),
    equalities: step.equalities.map(({ left, right }) => ({ left: map(left), right: map(right) })),
    residual: optional(step.residual, map),
  };
}

function mapSortKey(key: SortKey, map: MapTyped): SortKey {
  return { ...key, expr: map(key.expr) };
}

function mapField(field: OutputField, map: MapTyped): OutputField {
  const columns = field.columns === null ? null : mapColumns(field.columns, map);
  return { ...field, expr: map(field.expr), columns };
}

function mapColumns(call: ColumnsCall, map: MapTyped): ColumnsCall {
  return {
    ...call,
    options: call.options.map(map),
    values: call.values.map((value) => ({ ...value, expr: map(value.expr) })),
  };
}
