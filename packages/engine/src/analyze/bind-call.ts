/** Calls by the class of their function: evaluated in place, hoisted into a slot, or supplied by the engine. */
import type { Kind } from '@kuiper/base';
import type {
  AggregateFunction,
  AnalyticFunction,
  FunctionDeclaration,
  ImplicitFunction,
  WindowFunction,
} from '@kuiper/sdk';
import type { Call, Expr, Wildcard } from '@kuiper/sql';
import { isVolatile } from '../interpret/volatile.ts';
import type { AggregateCall, AnalyticCall } from '../plan/plan-node.ts';
import type { Binder, Place } from './binder.ts';
import { canonicalText } from './canonical.ts';
import { bindDedupTrigger, dedupTrigger, isDedupTrigger } from './dedup-trigger.ts';
import { analyzeErrors } from './errors.ts';
import { callText } from './call-text.ts';
import { type ExprText, exprText, joinTexts } from './expr-text.ts';
import { groupList, isOverGroup } from './group-lists.ts';
import { callArgument, functionNotFound } from './function-check.ts';
import { leadingName } from './leading-name.ts';
import { printedArguments } from './printed-arguments.ts';
import type { TypedExpr } from './typed-expr.ts';
import { someTyped } from './walk-typed.ts';

export function bindCall(binder: Binder, call: Call, place: Place): TypedExpr {
  const lower = call.name.toLowerCase();
  if (lower === 'meta' || lower === 'mqtt') return bindMetaCall(binder, call, place, lower);
  if (isDedupTrigger(call)) return bindDedupTrigger(binder, call, place);
  const found = findFunction(binder, call);
  const fn = found.class === 'scalar' ? (found.specialize?.(call.args.map(callArgument)) ?? found) : found;
  switch (fn.class) {
    case 'scalar': {
      const bound = printedArguments(binder, call, fn, binder.bindAll(call.args, place));
      const args = isOverGroup(fn) ? bound.map((arg) => overGroup(binder, call, arg, place)) : bound;
      const type = kindOf(fn.returns, args);
      const text = callText(fn.name, bound);
      return { kind: 'call', type, id: callId(binder, call), fn, args, span: call.span, text };
    }
    case 'aggregate':
      return bindAggregate(binder, call, fn, place);
    case 'analytic':
      return bindAnalytic(binder, call, fn, place);
    case 'window':
      return bindWindowFunction(binder, call, fn, place);
    case 'implicit':
      return bindImplicit(binder, call, fn, place);
    case 'columns':
      throw analyzeErrors.COLUMNS_FUNCTION_PLACE(fn.name, { span: call.span });
    case 'set':
      throw analyzeErrors.SET_RETURNING_PLACE({ span: call.span });
  }
}

/** The declaration of a call. @throws for unknown names */
export function findFunction(binder: Binder, call: Call): FunctionDeclaration {
  if (isDedupTrigger(call)) return dedupTrigger;
  const fn = binder.functions.find(call.name);
  if (fn === undefined) throw functionNotFound(binder.functions, call.name, call.span.start);
  return fn;
}

export function callId(binder: Binder, call: Call): number {
  return binder.callIds.get(call) ?? binder.callIds.size;
}

function kindOf(returns: Kind | ((...kinds: Kind[]) => Kind), args: readonly TypedExpr[]): Kind {
  return typeof returns === 'function' ? returns(...args.map((arg) => arg.type)) : returns;
}

function bindMetaCall(binder: Binder, call: Call, place: Place, name: string): TypedExpr {
  const [arg] = call.args;
  if (arg === undefined) throw analyzeErrors.FUNCTION_ARGUMENTS(name, 'Expect 1 arguments but found 0.', call);
  const inner = arg.kind === 'wildcard' ? binder.bindAllMeta(arg.span) : binder.bind(arg, place);
  return { ...inner, span: call.span, text: callText(name, [inner]) };
}

function bindAggregate(binder: Binder, call: Call, fn: AggregateFunction, place: Place): TypedExpr {
  const { span } = call;
  const args = call.args.map((arg) =>
    arg.kind === 'wildcard' && fn.name === 'count' ? countedRow(binder, arg, place) : binder.bind(arg, place),
  );
  for (const arg of args) if (binder.hasAggregate(arg)) throw analyzeErrors.NESTED_AGGREGATE(fn.name, { span });
  if (fn.wholeRow === true) args.unshift(binder.bindWildcard(wholeRow(call), place, true));
  const text = callText(fn.name, args);
  const slot = aggregateSlot(binder, fn, args, text, place);
  return {
    kind: 'aggregate',
    type: (binder.aggregates[slot] as AggregateCall).impl.returns,
    slot,
    span,
    text: place.clause === 'where' ? refText(binder, slot) : text,
  };
}

/** The values of an argument over the rows of the group, as a list. */
function overGroup(binder: Binder, call: Call, arg: TypedExpr, place: Place): TypedExpr {
  const { span } = call;
  if (binder.hasAggregate(arg)) throw analyzeErrors.NESTED_AGGREGATE(call.name, { span });
  const slot = aggregateSlot(binder, groupList, [arg], arg.text, place);
  const { returns } = (binder.aggregates[slot] as AggregateCall).impl;
  return { kind: 'aggregate', type: returns, slot, span, text: arg.text };
}

/** The slot of an aggregate; equal ones share it. */
function aggregateSlot(
  binder: Binder,
  fn: AggregateFunction,
  args: readonly TypedExpr[],
  text: ExprText,
  place: Place,
): number {
  const key = `${place.clause === 'where' ? 'where' : ''}${fn.name}${canonicalText([fn, args])}`;
  let slot = binder.sharedAggregates.get(key);
  if (slot === undefined) {
    slot = binder.aggregates.length;
    const impl = fn.implement(...args.map((arg) => arg.type));
    binder.aggregates.push({ slot, name: fn.name, fn, args, impl, text });
    if (place.clause === 'where') binder.aggregatesInWhere.push(slot);
    if (args.every(isRepeatable)) binder.sharedAggregates.set(key, slot);
  }
  return slot;
}

/** An aggregate in WHERE is read from a hidden column, numbered by itself. */
function refText(binder: Binder, slot: number): string {
  return `Call:{ name:bypass, args:[$$default.$$agg_ref_${binder.aggregatesInWhere.indexOf(slot)}] }`;
}

/** `count(*)` counts rows without looking at them, so that no column has to be decoded for it. */
function countedRow(binder: Binder, arg: Wildcard, place: Place): TypedExpr {
  const wildcard = binder.bindWildcard(arg, place, false);
  return { kind: 'literal', type: 'bool', value: true, span: arg.span, text: wildcard.text };
}

function wholeRow(call: Call): Wildcard {
  return { kind: 'wildcard', qualifier: null, except: [], replace: [], span: call.span };
}

/** Evaluated twice, it gives the same value. */
function isRepeatable(expr: TypedExpr): boolean {
  return !someTyped(
    expr,
    (inner) =>
      (inner.kind === 'call' && isVolatile(inner.fn)) || (inner.kind === 'implicit' && inner.counts !== 'never'),
  );
}

function bindAnalytic(binder: Binder, call: Call, fn: AnalyticFunction, place: Place): TypedExpr {
  const { span, over } = call;
  const args = binder.bindAll(call.args, place);
  const partitionBy = over === null ? [] : binder.bindAll(over.partitionBy, place);
  const when = over === null || over.when === null ? null : binder.bind(over.when, place);
  for (const inner of [...args, ...partitionBy, ...(when === null ? [] : [when])]) {
    if (binder.hasAggregate(inner)) throw analyzeErrors.NESTED_AGGREGATE(fn.name, { span });
  }
  const type = kindOf(fn.returns, args);
  const slot = binder.analytics.length;
  const text = callText(fn.name, args, when);
  const bound: AnalyticCall = {
    slot,
    stateName: `$$func${callId(binder, call)}`,
    name: fn.name,
    fn,
    args,
    partitionBy,
    when,
    type,
    text,
    inSelect: place.clause === 'select',
  };
  binder.analytics.push(bound);
  (place.clause === 'windowCondition' ? binder.windowConditionCalls : binder.hoistedCalls).push(bound);
  return { kind: 'analytic', type, slot, span, text };
}

function bindWindowFunction(binder: Binder, call: Call, fn: WindowFunction, place: Place): TypedExpr {
  const { span, over } = call;
  if (place.clause !== 'select') throw analyzeErrors.WINDOW_FUNCTION_PLACE({ span });
  const slot = binder.windowCalls.length;
  const field = `wf_${fn.name}_${slot + 1}`;
  const partitionBy = over === null ? [] : binder.bindAll(over.partitionBy, place);
  const orderBy = (over?.orderBy ?? []).map((item) => ({
    name: leadingName(item.expr),
    expr: binder.bind(item.expr, place),
    descending: item.descending,
  }));
  const args = binder.bindAll(call.args, place);
  binder.windowCalls.push({ slot, field, fn, partitionBy, orderBy, text: callText(fn.name, args) });
  return {
    kind: 'windowFunction',
    type: fn.returns,
    slot,
    span,
    text: `Call:{ name:bypass, args:[${field}] }`,
  };
}

function bindImplicit(binder: Binder, call: Call, fn: ImplicitFunction, place: Place): TypedExpr {
  const { span } = call;
  const isHit = fn.value.startsWith('last_');
  const isAggregateHit = fn.value.startsWith('last_agg_');
  if (isHit && !isAggregateHit && binder.grouped && place.clause !== 'windowTrigger') {
    throw analyzeErrors.HIT_IN_AGGREGATE(fn.name, { span });
  }
  const id = callId(binder, call);
  const counts = isHit ? place.counts : 'never';
  return { kind: 'implicit', type: fn.returns, id, value: fn.value, counts, span, text: callText(fn.name, []) };
}

/** Name of an argument of `changed_cols`: the column, the function, or nothing. */
export function columnName(expr: Expr): string {
  if (expr.kind === 'column') return expr.name;
  return expr.kind === 'call' ? expr.name.toLowerCase() : '';
}

/** The text of a `columns` call prints each argument with its name. */
export function columnsCallText(
  name: string,
  args: readonly { readonly name: string; readonly expr: TypedExpr }[],
): ExprText {
  const fields = args.map(
    (arg) => exprText`colFuncField:{ ${arg.name === '' ? '' : `name: ${arg.name}, `}expr:{ ${arg.expr.text} } }`,
  );
  return exprText`Call:{ name:${name}, args:[${joinTexts(fields)}] }`;
}
