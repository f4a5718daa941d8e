/**
 * analyze: a syntax tree and a catalog give a {@link Query}: what each name, call and clause means, or the first error.
 *
 * Order of binding: select list, joins, WHERE, GROUP BY, HAVING, ORDER BY (behaviour spec, sql §6.2). Analytic calls
 * therefore get their slots in the order in which they are evaluated: those of the select list first (functions §5).
 */
import {
  type Call,
  type Expr,
  forEachChild,
  forEachSelectExpr,
  type SelectStatement,
  type Window,
  walkExpr,
} from '@kuiper/sql';
import { usedNames } from './alias-order.ts';
import { bindWindow } from './bind-window.ts';
import { Binder, type Place } from './binder.ts';
import type { Catalog } from './catalog.ts';
import { checkHaving } from './check-having.ts';
import { checkSliceTuple } from './check-slice-tuple.ts';
import { analyzeErrors } from './errors.ts';
import { leadingName } from './leading-name.ts';
import type { AnalyzeOptions, Query, QueryJoin, QuerySource } from './query.ts';
import { type ResolvedSource, resolveSources } from './resolve-sources.ts';
import { bindSelectList } from './select-list.ts';
import type { TypedExpr } from './typed-expr.ts';

/** @throws an error of `analyzeErrors`, with the place in the statement's text */
export function analyzeSelect(statement: SelectStatement, catalog: Catalog, options: AnalyzeOptions): Query {
  if (options.sendMetaToSink && (statement.joins.length > 0 || statement.groupBy.length > 0)) {
    throw analyzeErrors.META_TO_SINK({ span: statement.span });
  }
  const sources = resolveSources(statement, catalog, options);
  const binder = new Binder({
    sources,
    functions: catalog.functions,
    callIds: numberCalls(statement),
    grouped: statement.groupBy.length > 0 || statement.joins.length > 0,
    looseNames: options.looseNames === true,
  });
  const list = bindSelectList(binder, statement.items, {
    aliasesKnownEarly: options.planOptimizeStrategy.disableAliasRefCal,
    aliasesInConditions: namesInConditions(statement, binder),
  });
  const aggregatesInSelect = binder.aggregates.map((call) => call.slot);
  const aggregateList =
    list.fields.some((field) => fieldExprs(field).some((expr) => binder.hasAggregate(expr))) ||
    (list.setCall?.args.some((arg) => binder.hasAggregate(arg)) ?? false);

  const joins = statement.joins.map(
    (join, i): QueryJoin => ({
      type: join.type,
      source: i + 1,
      on: join.on === null ? null : bindOn(binder, join.on),
      span: join.span,
    }),
  );
  const where = statement.where === null ? null : binder.bind(statement.where, placeOf('where', 'condition'));
  const { window, dimensions } = bindGroupBy(binder, statement, options);
  const having = statement.having === null ? null : binder.bind(statement.having, placeOf('having', 'condition'));
  if (statement.having !== null && having !== null) checkHaving(binder, statement.having, having);
  const orderBy = statement.orderBy.map((item) => ({
    name: leadingName(item.expr),
    expr: binder.bind(item.expr, placeOf('orderBy')),
    descending: item.descending,
  }));
  if (options.sendMetaToSink) for (const usage of binder.usages) usage.meta(null);
  if (options.useSliceTuple === true) checkSliceTuple(statement, sources, options);

  const isStateWindow = window?.spec.type === 'state';
  return {
    sources: sources.map((source) => querySource(source, binder)),
    joins,
    aliases: binder.aliases.map(({ name, expr }) => ({ name, expr })),
    fields: list.fields,
    fieldsText: list.text,
    setCall: list.setCall,
    where,
    window,
    dimensions: isStateWindow ? [] : dimensions,
    having,
    orderBy,
    limit: statement.limit !== null && statement.limit >= 0 ? statement.limit : null,
    aggregate: aggregateList || dimensions.length > 0,
    hoistedCalls: binder.hoistedCalls,
    analytics: binder.analytics,
    aggregates: binder.aggregates,
    aggregatesInWhere: binder.aggregatesInWhere,
    aggregatesInSelect,
    windowCalls: binder.windowCalls,
    dedup: binder.dedup,
    options,
  };
}

function placeOf(clause: Place['clause'], counts: Place['counts'] = 'evaluation'): Place {
  return { clause, selfAlias: null, counts };
}

function fieldExprs(field: {
  readonly expr: TypedExpr;
  readonly columns: { readonly values: readonly { readonly expr: TypedExpr }[] } | null;
}): readonly TypedExpr[] {
  return field.columns === null ? [field.expr] : field.columns.values.map((value) => value.expr);
}

/** Rows are joined before they are grouped. */
function bindOn(binder: Binder, on: Expr): TypedExpr {
  const bound = binder.bind(on, placeOf('on'));
  if (binder.hasAggregate(bound)) throw analyzeErrors.AGGREGATE_IN_ON(String(bound.text), { span: on.span });
  return bound;
}

function bindGroupBy(
  binder: Binder,
  statement: SelectStatement,
  options: AnalyzeOptions,
): { readonly window: Query['window']; readonly dimensions: readonly TypedExpr[] } {
  const windows: Window[] = [];
  const dimensions: TypedExpr[] = [];
  for (const dimension of statement.groupBy) {
    if (dimension.kind === 'window') {
      windows.push(dimension);
      continue;
    }
    const bound = binder.bind(dimension, placeOf('groupBy'));
    if (binder.hasAggregate(bound))
      throw analyzeErrors.AGGREGATE_IN_GROUP_BY(String(bound.text), { span: dimension.span });
    dimensions.push(bound);
  }
  const [first] = windows;
  const [dimension] = dimensions;
  if (first === undefined && dimension !== undefined)
    throw analyzeErrors.GROUP_WITHOUT_WINDOW({ span: dimension.span });
  return { window: first === undefined ? null : bindWindow(binder, first, options), dimensions };
}

/** Numbers every call, arguments before the call, in the order of the text (functions §1.3). */
function numberCalls(statement: SelectStatement): ReadonlyMap<Call, number> {
  const ids = new Map<Call, number>();
  forEachSelectExpr(statement, function number(expr) {
    forEachChild(expr, number);
    if (expr.kind === 'call') ids.set(expr, ids.size);
  });
  return ids;
}

/** Aliases that WHERE, HAVING or a trigger reads, directly or through other aliases. */
function namesInConditions(statement: SelectStatement, binder: Binder): ReadonlySet<string> {
  const isSource = (name: string): boolean => binder.sourceIndex(name) >= 0;
  const byAlias = new Map(statement.items.map((item) => [item.alias, item.expr]));
  const names = new Set<string>();
  const add = (expr: Parameters<typeof walkExpr>[0]): void => {
    for (const name of usedNames(expr, isSource)) {
      if (names.has(name)) continue;
      names.add(name);
      const used = byAlias.get(name);
      if (used !== undefined) add(used);
    }
  };
  if (statement.where !== null) add(statement.where);
  if (statement.having !== null) add(statement.having);
  for (const dimension of statement.groupBy) {
    if (dimension.kind === 'window' && dimension.over !== null && dimension.over.when !== null)
      add(dimension.over.when);
  }
  return names;
}

function querySource(source: ResolvedSource, binder: Binder): QuerySource {
  const usage = binder.usages[source.index]?.finish();
  if (usage === undefined) throw new Error(`no usage of source ${source.index}`);
  return { ...source, role: source.definition.kind, usage };
}
