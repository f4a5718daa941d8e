/** The only place that knows where a typed node keeps its children. Aliases and slots are references, not children. */
import { assertNever } from '@kuiper/base';
import type { TypedExpr } from './typed-expr.ts';

/** Calls `visit` on each direct child, in evaluation order. */
export function forEachTypedChild(expr: TypedExpr, visit: (child: TypedExpr) => void): void {
  switch (expr.kind) {
    case 'literal':
    case 'column':
    case 'alias':
    case 'meta':
    case 'analytic':
    case 'aggregate':
    case 'windowFunction':
    case 'implicit':
      return;
    case 'binary':
      visit(expr.left);
      visit(expr.right);
      return;
    case 'between':
      visit(expr.value);
      visit(expr.low);
      visit(expr.high);
      return;
    case 'in':
      visit(expr.value);
      if (isTypedExpr(expr.among)) visit(expr.among);
      else for (const item of expr.among) visit(item);
      return;
    case 'like':
      visit(expr.value);
      visit(expr.pattern);
      return;
    case 'case':
      if (expr.subject !== null) visit(expr.subject);
      for (const branch of expr.whens) {
        visit(branch.when);
        visit(branch.then);
      }
      if (expr.otherwise !== null) visit(expr.otherwise);
      return;
    case 'index':
      visit(expr.list);
      visit(expr.index);
      return;
    case 'slice':
      visit(expr.list);
      if (expr.start !== null) visit(expr.start);
      if (expr.end !== null) visit(expr.end);
      return;
    case 'path':
      visit(expr.object);
      return;
    case 'call':
      for (const arg of expr.args) visit(arg);
      return;
    case 'wildcard':
      for (const replacement of expr.replace) visit(replacement.expr);
      return;
    case 'fail':
      if (expr.object !== null) visit(expr.object);
      return;
    default:
      assertNever(expr);
  }
}

function isTypedExpr(among: readonly TypedExpr[] | TypedExpr): among is TypedExpr {
  return !Array.isArray(among);
}

/** What an {@link AliasExpr} stands for, by index. */
export type AliasTable = readonly { readonly expr: TypedExpr }[];

/**
 * True when `test` holds for `expr` or anything below it. With `aliases` also for what its aliases stand for, each
 * looked into once and added to `seen`. Parents are tested before their children.
 */
export function someTyped(
  expr: TypedExpr,
  test: (expr: TypedExpr) => boolean,
  aliases: AliasTable | null = null,
  seen: Set<number> = new Set(),
): boolean {
  if (test(expr)) return true;
  if (expr.kind === 'alias' && aliases !== null) {
    const alias = aliases[expr.alias];
    if (alias === undefined || seen.has(expr.alias)) return false;
    seen.add(expr.alias);
    return someTyped(alias.expr, test, aliases, seen);
  }
  let found = false;
  forEachTypedChild(expr, (child) => {
    found ||= someTyped(child, test, aliases, seen);
  });
  return found;
}

/** Calls `visit` on `expr` and everything below it, parents first; with `aliases` also on what aliases stand for. */
export function walkTyped(
  expr: TypedExpr,
  visit: (expr: TypedExpr) => void,
  aliases: AliasTable | null = null,
  seen: Set<number> = new Set(),
): void {
  someTyped(
    expr,
    (inner) => {
      visit(inner);
      return false;
    },
    aliases,
    seen,
  );
}

type MapTyped = (expr: TypedExpr) => TypedExpr;

/** Replaces each direct child by `map(child)`. The same node comes back when no child changed. */
export function mapTypedChildren(expr: TypedExpr, map: MapTyped): TypedExpr {
  switch (expr.kind) {
    case 'literal':
    case 'column':
    case 'alias':
    case 'meta':
    case 'analytic':
    case 'aggregate':
    case 'windowFunction':
    case 'implicit':
      return expr;
    case 'binary': {
      const left = map(expr.left);
      const right = map(expr.right);
      return left === expr.left && right === expr.right ? expr : { ...expr, left, right };
    }
    case 'between': {
      const value = map(expr.value);
      const low = map(expr.low);
      const high = map(expr.high);
      const same = value === expr.value && low === expr.low && high === expr.high;
      return same ? expr : { ...expr, value, low, high };
    }
    case 'in': {
      const value = map(expr.value);
      const among = isTypedExpr(expr.among) ? map(expr.among) : mapAll(expr.among, map);
      return value === expr.value && among === expr.among ? expr : { ...expr, value, among };
    }
    case 'like': {
      const value = map(expr.value);
      const pattern = map(expr.pattern);
      return value === expr.value && pattern === expr.pattern ? expr : { ...expr, value, pattern };
    }
    case 'case': {
      const subject = expr.subject === null ? null : map(expr.subject);
      const flat = mapAll(
        expr.whens.flatMap((branch) => [branch.when, branch.then]),
        map,
      );
      const whens = expr.whens.map((branch, i) => {
        const when = flat[2 * i] as TypedExpr;
        const then = flat[2 * i + 1] as TypedExpr;
        return when === branch.when && then === branch.then ? branch : { when, then };
      });
      const otherwise = expr.otherwise === null ? null : map(expr.otherwise);
      const same =
        subject === expr.subject && otherwise === expr.otherwise && whens.every((when, i) => when === expr.whens[i]);
      return same ? expr : { ...expr, subject, whens, otherwise };
    }
    case 'index': {
      const list = map(expr.list);
      const index = map(expr.index);
      return list === expr.list && index === expr.index ? expr : { ...expr, list, index };
    }
    case 'slice': {
      const list = map(expr.list);
      const start = expr.start === null ? null : map(expr.start);
      const end = expr.end === null ? null : map(expr.end);
      return list === expr.list && start === expr.start && end === expr.end ? expr : { ...expr, list, start, end };
    }
    case 'path': {
      const object = map(expr.object);
      return object === expr.object ? expr : { ...expr, object };
    }
    case 'call': {
      const args = mapAll(expr.args, map);
      return args === expr.args ? expr : { ...expr, args };
    }
    case 'wildcard': {
      const exprs = expr.replace.map((replacement) => map(replacement.expr));
      if (exprs.every((inner, i) => inner === expr.replace[i]?.expr)) return expr;
      const replace = expr.replace.map((replacement, i) => ({ ...replacement, expr: exprs[i] as TypedExpr }));
      return { ...expr, replace };
    }
    case 'fail': {
      const object = expr.object === null ? null : map(expr.object);
      return object === expr.object ? expr : { ...expr, object };
    }
    default:
      return assertNever(expr);
  }
}

function mapAll(exprs: readonly TypedExpr[], map: MapTyped): readonly TypedExpr[] {
  const mapped = exprs.map(map);
  return mapped.every((expr, i) => expr === exprs[i]) ? exprs : mapped;
}
