/**
 * HAVING sees groups: every column and function in it must be part of an aggregate or an alias of one. Constants are
 * free; parenthesised and CASE conditions are not looked into. Source: behaviour spec, sql §9.
 */
import { type Expr, forEachChild } from '@kuiper/sql';
import type { Binder } from './binder.ts';
import { analyzeErrors } from './errors.ts';
import { isOverGroup } from './group-lists.ts';
import type { TypedExpr } from './typed-expr.ts';

export function checkHaving(binder: Binder, having: Expr, bound: TypedExpr): void {
  if (!seesOnlyGroups(binder, having)) throw analyzeErrors.PLAIN_IN_HAVING(String(bound.text), { span: having.span });
}

function seesOnlyGroups(binder: Binder, expr: Expr): boolean {
  switch (expr.kind) {
    case 'paren':
    case 'case':
      return true;
    case 'column':
      return binder.alias(expr.qualifier ?? expr.name)?.aggregate === true;
    case 'metaKey':
    case 'wildcard':
      return false;
    case 'call':
      return isAggregateCall(binder, expr.name) || (expr.args.length > 0 && childrenSeeOnlyGroups(binder, expr));
    default:
      return childrenSeeOnlyGroups(binder, expr);
  }
}

function childrenSeeOnlyGroups(binder: Binder, expr: Expr): boolean {
  let all = true;
  forEachChild(expr, (child) => {
    all &&= seesOnlyGroups(binder, child);
  });
  return all;
}

function isAggregateCall(binder: Binder, name: string): boolean {
  const fn = binder.functions.find(name);
  return isOverGroup(fn) || fn?.class === 'aggregate' || (fn?.class === 'implicit' && fn.value.startsWith('last_agg_'));
}
