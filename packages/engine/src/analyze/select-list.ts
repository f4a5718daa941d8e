/**
 * The select list: binding in alias order, output names and what each item contributes to the output row.
 * Source: behaviour spec, sql §6.3, §6.4, §8, §13.2; functions §6.
 */
import type { ColumnsFunction, SetFunction } from '@kuiper/sdk';
import type { Call, Expr, SelectItem } from '@kuiper/sql';
import type { ColumnsCall, OutputField } from '../plan/plan-node.ts';
import { orderSelectItems } from './alias-order.ts';
import { bindCall, callId, columnName, columnsCallText, findFunction } from './bind-call.ts';
import { callText } from './call-text.ts';
import type { Binder, Place } from './binder.ts';
import { analyzeErrors } from './errors.ts';
import { aliasText, type ExprText, joinTexts } from './expr-text.ts';
import type { SetCall } from './query.ts';
import type { TypedExpr } from './typed-expr.ts';

export interface SelectList {
  readonly fields: readonly OutputField[];
  /** As explain prints it, the set-returning call included. */
  readonly text: ExprText;
  readonly setCall: SetCall | null;
}

export interface SelectListOptions {
  /** `planOptimizeStrategy.disableAliasRefCal`: an alias is known before the item that defines it, also without schema. */
  readonly aliasesKnownEarly: boolean;
  /** Aliases that a condition reads: their `last_hit_…` calls count when the condition holds. */
  readonly aliasesInConditions: ReadonlySet<string>;
}

export function bindSelectList(binder: Binder, items: readonly SelectItem[], options: SelectListOptions): SelectList {
  const mode = binder.schemaMode || options.aliasesKnownEarly ? 'sorted' : 'asWritten';
  const ordered = orderSelectItems(items, mode, (name) => binder.sourceIndex(name) >= 0);
  const names = defaultNames(binder, items);
  const fields: OutputField[] = [];
  const texts: ExprText[] = [];
  let setCall: SetCall | null = null;
  for (const item of ordered) {
    const name = item.alias ?? (names.get(item.expr) as string);
    const set = setFunction(binder, item.expr);
    if (set !== null) {
      setCall = bindSetCall(binder, item.expr as Call, set, name, item.alias);
      texts.push(setCall.text);
      continue;
    }
    const field = bindItem(binder, item, name, names, options);
    fields.push(field);
    texts.push(field.kind === 'alias' ? aliasText(name, field.expr.text) : field.expr.text);
  }
  checkNames(ordered, names);
  return { fields, text: joinTexts(texts), setCall };
}

/** Names of items without alias. Nameless ones are numbered in the order of the text, those of REPLACE included. */
function defaultNames(binder: Binder, items: readonly SelectItem[]): ReadonlyMap<Expr, string> {
  const names = new Map<Expr, string>();
  let nameless = 0;
  const nameOf = (expr: Expr): string => {
    if (expr.kind === 'column') return expr.name;
    if (expr.kind === 'call') return functionOf(binder, expr)?.name ?? expr.name.toLowerCase();
    return `kuiper_field_${nameless++}`;
  };
  for (const { expr, alias } of items) {
    if (expr.kind === 'wildcard') {
      for (const replacement of expr.replace) {
        if (replacement.name === null) names.set(replacement.expr, nameOf(replacement.expr));
      }
    } else if (alias === null) names.set(expr, nameOf(expr));
  }
  return names;
}

/** Output names are unique; invisible items and wildcards have none. */
function checkNames(items: readonly SelectItem[], names: ReadonlyMap<Expr, string>): void {
  const seen = new Set<string>();
  for (const item of items) {
    if (item.invisible || item.expr.kind === 'wildcard') continue;
    const name = item.alias ?? (names.get(item.expr) as string);
    if (seen.has(name)) throw analyzeErrors.DUPLICATE_FIELD(name, { span: item.span });
    seen.add(name);
  }
}

function bindItem(
  binder: Binder,
  item: SelectItem,
  itemName: string,
  names: ReadonlyMap<Expr, string>,
  options: SelectListOptions,
): OutputField {
  const { alias, invisible } = item;
  const counts = alias !== null && options.aliasesInConditions.has(alias) ? 'condition' : 'evaluation';
  const place: Place = { clause: 'select', selfAlias: alias, counts };
  if (item.expr.kind === 'wildcard') {
    const replace = item.expr.replace.map((replacement) => ({
      ...replacement,
      name: replacement.name ?? (names.get(replacement.expr) as string),
    }));
    const expr = binder.bindWildcard({ ...item.expr, replace }, place, true);
    return { kind: 'wildcard', name: '*', expr, invisible, alias: null, columns: null };
  }
  if (item.expr.kind === 'call') {
    const fn = functionOf(binder, item.expr);
    if (fn?.class === 'columns') return bindColumnsItem(binder, item, item.expr, fn, place);
    if (fn !== null && alias === null) {
      return {
        kind: 'expression',
        name: fn.name,
        expr: bindCall(binder, item.expr, place),
        invisible,
        alias,
        columns: null,
      };
    }
  }
  const expr = binder.bind(item.expr, place);
  if (alias !== null) {
    return {
      kind: 'alias',
      name: alias,
      expr,
      invisible,
      alias: binder.addAlias(alias, expr, item.expr),
      columns: null,
    };
  }
  const kind = expr.kind === 'column' ? 'column' : 'expression';
  return { kind, name: itemName, expr, invisible, alias: null, columns: null };
}

/** Null for `meta` and `mqtt`, which need no declaration here. */
function functionOf(binder: Binder, call: Call): ReturnType<typeof findFunction> | null {
  const lower = call.name.toLowerCase();
  return lower === 'meta' || lower === 'mqtt' ? null : findFunction(binder, call);
}

function setFunction(binder: Binder, expr: Expr): SetFunction | null {
  if (expr.kind !== 'call') return null;
  const fn = functionOf(binder, expr);
  return fn?.class === 'set' ? fn : null;
}

function bindSetCall(binder: Binder, call: Call, fn: SetFunction, name: string, alias: string | null): SetCall {
  const args = binder.bindAll(call.args, { clause: 'select', selfAlias: alias, counts: 'evaluation' });
  return { fn, args, name: alias ?? (fn.name || name), alias, text: callText(fn.name, args) };
}

/** The leading arguments are options, the repeated last one stands for the columns. */
function bindColumnsItem(binder: Binder, item: SelectItem, call: Call, fn: ColumnsFunction, place: Place): OutputField {
  const bound = call.args.map((arg) => ({ name: columnName(arg), expr: binder.bind(arg, place) }));
  const optionCount = Math.max(0, fn.args.length - 1);
  const columns: ColumnsCall = {
    stateName: `$$func${callId(binder, call)}`,
    gather: item.alias !== null,
    fn,
    options: bound.slice(0, optionCount).map((option) => option.expr),
    values: bound.slice(optionCount),
  };
  const text = columnsCallText(fn.name, bound);
  const expr: TypedExpr = { kind: 'literal', type: 'null', value: null, span: call.span, text };
  return { kind: 'columns', name: item.alias ?? fn.name, expr, invisible: item.invisible, alias: null, columns };
}
