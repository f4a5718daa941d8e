/** The result of planning: everything the compiler, the run and the REST API ask of a statement. */
import { createHash } from 'node:crypto';
import { type Kind, joinKinds, type RowType } from '@kuiper/base';
import type { ScalarFunction } from '@kuiper/sdk';
import { canonicalText } from '../analyze/canonical.ts';
import { setField } from '../analyze/expr-kind.ts';
import { briefText } from '../analyze/expr-text.ts';
import type { Query } from '../analyze/query.ts';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { walkTyped } from '../analyze/walk-typed.ts';
import type { LogicalPlan } from './logical-plan.ts';
import { mapNodeExprs } from './map-exprs.ts';
import { nameNodes } from './name-nodes.ts';
import type { PlanNode, RulePlan, SourcePlan } from './plan-node.ts';
import { sourcePlan } from './source-plan.ts';

export function finishPlan({ root: unnamed, query }: LogicalPlan): RulePlan {
  const { root, operators } = nameNodes(
    unnamed,
    query.sources.map((source) => source.definition.name),
  );
  const sources = planSources(root, query);
  const { aliases, analytics, aggregates } = query;
  return {
    root,
    sources,
    aliases,
    analytics,
    aggregates,
    operators,
    outputType: outputType(query),
    outputFields: outputFields(query),
    stateful: isStateful(root, query),
    cacheKey: cacheKey(root, sources, query),
  };
}

/** By index; lookup tables have no node of their own below the join. */
function planSources(root: PlanNode, query: Query): readonly SourcePlan[] {
  const found = new Map<number, SourcePlan>();
  const visit = (node: PlanNode): void => {
    if (node.kind === 'dataSource') found.set(node.source.index, node.source);
    for (const input of node.inputs) visit(input);
  };
  visit(root);
  return query.sources.map((source) => found.get(source.index) ?? sourcePlan(source, query));
}

function outputFields(query: Query): readonly string[] {
  const names = query.fields
    .filter((field) => field.kind !== 'wildcard' && !field.invisible)
    .map((field) => field.name);
  return query.setCall === null ? names : [...names, query.setCall.name];
}

function outputType(query: Query): RowType {
  const fields: Record<string, Kind> = {};
  let rest: Kind | null = query.setCall === null ? null : 'any';
  const visible = query.fields.filter((field) => !field.invisible);
  for (const field of visible) {
    if (field.kind === 'columns' && field.columns?.gather !== true) rest = 'any';
    if (field.kind !== 'wildcard' || field.expr.type === null || typeof field.expr.type === 'string') continue;
    const row = field.expr.type as RowType;
    for (const [name, kind] of Object.entries(row.fields)) setField(fields, name, kind);
    if (row.rest !== null) rest = rest === null ? row.rest : joinKinds(rest, row.rest);
  }
  // named items win over the columns of a wildcard
  for (const field of visible) {
    if (field.kind === 'columns') {
      if (field.columns?.gather === true) setField(fields, field.name, 'any');
    } else if (field.kind !== 'wildcard') setField(fields, field.name, field.expr.type);
  }
  if (query.setCall !== null) setField(fields, query.setCall.name, 'any');
  if (query.options.sendMetaToSink) setField(fields, '__meta', 'any');
  return { k: 'map', fields, rest };
}

/** Does the rule remember anything from one event to the next? */
function isStateful(root: PlanNode, query: Query): boolean {
  if (query.analytics.length > 0 || query.fields.some((field) => field.columns !== null)) return true;
  let stateful = false;
  const seen = new Set<number>();
  const visitExpr = (expr: TypedExpr): TypedExpr => {
    walkTyped(
      expr,
      (inner) => {
        if (inner.kind === 'implicit' && inner.counts !== 'never') stateful = true;
        if (inner.kind === 'call' && keepsState(inner.fn)) stateful = true;
      },
      query.aliases,
      seen,
    );
    return expr;
  };
  const visit = (node: PlanNode): void => {
    if (node.kind === 'window' || node.kind === 'watermark' || node.kind === 'joinAlign') stateful = true;
    for (const input of node.inputs) visit(input);
  };
  visit(root);
  mapNodeExprs(root, visitExpr);
  for (const call of query.aggregates) for (const arg of call.args) visitExpr(arg);
  return stateful;
}

function keepsState({ context, keepsState: declared, instantiate, version }: ScalarFunction): boolean {
  return (context === true || instantiate !== undefined) && (declared ?? (instantiate ?? version) !== undefined);
}

/** Statements that mean the same over the same definitions share it; printed forms count where error texts quote them. */
function cacheKey(root: PlanNode, sources: readonly SourcePlan[], query: Query): string {
  const { aliases, analytics, aggregates, fields, setCall, options } = query;
  const quoted = [...fields, ...aliases].map(({ expr }) => briefText(expr.text));
  if (setCall !== null) quoted.push(briefText(setCall.text));
  const text = canonicalText({ root, sources, aliases, analytics, aggregates, quoted, eventTime: options.isEventTime });
  return createHash('sha256').update(text).digest('base64');
}
