/**
 * The only places that know where a node keeps its children, so that a pass spells out just the kinds it cares about.
 */

import { assertNever } from '@kuiper/base';
import type {
  CallOver,
  CaseBranch,
  Dimension,
  Expr,
  Join,
  Replacement,
  SelectItem,
  SelectStatement,
  SortItem,
  Window,
  WindowOver,
} from './ast.ts';

/** Calls `visit` on each direct child expression, in the order of the text. */
export function forEachChild(expr: Expr, visit: (child: Expr) => void): void {
  switch (expr.kind) {
    case 'int':
    case 'float':
    case 'string':
    case 'bool':
    case 'timeUnit':
    case 'column':
    case 'metaKey':
      return;
    case 'wildcard':
      for (const replacement of expr.replace) visit(replacement.expr);
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
    case 'inList':
      visit(expr.value);
      for (const item of expr.items) visit(item);
      return;
    case 'inExpr':
      visit(expr.value);
      visit(expr.source);
      return;
    case 'like':
      visit(expr.value);
      visit(expr.pattern);
      return;
    case 'case':
      if (expr.subject !== null) visit(expr.subject);
      for (const branch of expr.branches) {
        visit(branch.when);
        visit(branch.result);
      }
      if (expr.otherwise !== null) visit(expr.otherwise);
      return;
    case 'index':
      visit(expr.object);
      visit(expr.index);
      return;
    case 'slice':
      visit(expr.object);
      if (expr.start !== null) visit(expr.start);
      if (expr.end !== null) visit(expr.end);
      return;
    case 'path':
      visit(expr.object);
      return;
    case 'invalidPath':
      visit(expr.object);
      visit(expr.key);
      return;
    case 'call':
      for (const arg of expr.args) visit(arg);
      if (expr.over !== null) {
        for (const key of expr.over.partitionBy) visit(key);
        for (const item of expr.over.orderBy) visit(item.expr);
        if (expr.over.when !== null) visit(expr.over.when);
      }
      return;
    case 'paren':
      visit(expr.expr);
      return;
    default:
      assertNever(expr);
  }
}

/** Calls `visit` on each expression directly inside a window: conditions, FILTER and OVER, in the order of the text. */
export function forEachWindowExpr(window: Window, visit: (expr: Expr) => void): void {
  if (window.type === 'state') {
    visit(window.begin);
    if (window.emit !== null) visit(window.emit);
  }
  if (window.filter !== null) visit(window.filter);
  if (window.over !== null) {
    if (window.over.when !== null) visit(window.over.when);
    for (const key of window.over.partitionBy) visit(key);
  }
}

/** Calls `visit` on each top-level expression of a statement: the select list, then {@link forEachClauseExpr}. */
export function forEachSelectExpr(statement: SelectStatement, visit: (expr: Expr) => void): void {
  for (const item of statement.items) visit(item.expr);
  forEachClauseExpr(statement, visit);
}

/** Calls `visit` on each top-level expression outside the select list: joins, WHERE, GROUP BY, HAVING, ORDER BY. */
export function forEachClauseExpr(statement: SelectStatement, visit: (expr: Expr) => void): void {
  for (const join of statement.joins) if (join.on !== null) visit(join.on);
  if (statement.where !== null) visit(statement.where);
  for (const dimension of statement.groupBy) {
    if (dimension.kind === 'window') forEachWindowExpr(dimension, visit);
    else visit(dimension);
  }
  if (statement.having !== null) visit(statement.having);
  for (const item of statement.orderBy) visit(item.expr);
}

/** Calls `visit` on `expr` and everything below it, parents first. */
export function walkExpr(expr: Expr, visit: (expr: Expr) => void): void {
  visit(expr);
  forEachChild(expr, (child) => walkExpr(child, visit));
}

type MapExpr = (expr: Expr) => Expr;

/** Replaces each direct child by `map(child)`. The same node comes back when no child changed. */
export function mapChildren(expr: Expr, map: MapExpr): Expr {
  switch (expr.kind) {
    case 'int':
    case 'float':
    case 'string':
    case 'bool':
    case 'timeUnit':
    case 'column':
    case 'metaKey':
      return expr;
    case 'wildcard': {
      const replace = mapList(expr.replace, (replacement: Replacement) => {
        const inner = map(replacement.expr);
        return inner === replacement.expr ? replacement : { ...replacement, expr: inner };
      });
      return replace === expr.replace ? expr : { ...expr, replace };
    }
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
    case 'inList': {
      const value = map(expr.value);
      const items = mapList(expr.items, map);
      return value === expr.value && items === expr.items ? expr : { ...expr, value, items };
    }
    case 'inExpr': {
      const value = map(expr.value);
      const source = map(expr.source);
      return value === expr.value && source === expr.source ? expr : { ...expr, value, source };
    }
    case 'like': {
      const value = map(expr.value);
      const pattern = map(expr.pattern);
      return value === expr.value && pattern === expr.pattern ? expr : { ...expr, value, pattern };
    }
    case 'case': {
      const subject = mapOptional(expr.subject, map);
      const branches = mapList(expr.branches, (branch: CaseBranch) => {
        const when = map(branch.when);
        const result = map(branch.result);
        return when === branch.when && result === branch.result ? branch : { ...branch, when, result };
      });
      const otherwise = mapOptional(expr.otherwise, map);
      const same = subject === expr.subject && branches === expr.branches && otherwise === expr.otherwise;
      return same ? expr : { ...expr, subject, branches, otherwise };
    }
    case 'index': {
      const object = map(expr.object);
      const index = map(expr.index);
      return object === expr.object && index === expr.index ? expr : { ...expr, object, index };
    }
    case 'slice': {
      const object = map(expr.object);
      const start = mapOptional(expr.start, map);
      const end = mapOptional(expr.end, map);
      const same = object === expr.object && start === expr.start && end === expr.end;
      return same ? expr : { ...expr, object, start, end };
    }
    case 'path': {
      const object = map(expr.object);
      return object === expr.object ? expr : { ...expr, object };
    }
    case 'invalidPath': {
      const object = map(expr.object);
      const key = map(expr.key);
      return object === expr.object && key === expr.key ? expr : { ...expr, object, key };
    }
    case 'call': {
      const args = mapList(expr.args, map);
      const over = mapCallOver(expr.over, map);
      return args === expr.args && over === expr.over ? expr : { ...expr, args, over };
    }
    case 'paren': {
      const inner = map(expr.expr);
      return inner === expr.expr ? expr : { ...expr, expr: inner };
    }
    default:
      return assertNever(expr);
  }
}

/** Maps the expressions directly inside a window; the same window comes back when none changed. */
export function mapWindow(window: Window, map: MapExpr): Window {
  const filter = mapOptional(window.filter, map);
  const over = mapWindowOver(window.over, map);
  if (window.type === 'state') {
    const begin = map(window.begin);
    const emit = mapOptional(window.emit, map);
    if (begin !== window.begin || emit !== window.emit) return { ...window, begin, emit, filter, over };
  }
  return filter === window.filter && over === window.over ? window : { ...window, filter, over };
}

/** Maps every top-level expression of a statement; the same statement comes back when none changed. */
export function mapSelect(statement: SelectStatement, map: MapExpr): SelectStatement {
  const items = mapList(statement.items, (item: SelectItem) => withExpr(item, map));
  const joins = mapList(statement.joins, (join: Join) => {
    const on = mapOptional(join.on, map);
    return on === join.on ? join : { ...join, on };
  });
  const where = mapOptional(statement.where, map);
  const groupBy = mapList(statement.groupBy, (dimension: Dimension) =>
    dimension.kind === 'window' ? mapWindow(dimension, map) : map(dimension),
  );
  const having = mapOptional(statement.having, map);
  const orderBy = mapList(statement.orderBy, (item: SortItem) => withExpr(item, map));
  const same =
    items === statement.items &&
    joins === statement.joins &&
    where === statement.where &&
    groupBy === statement.groupBy &&
    having === statement.having &&
    orderBy === statement.orderBy;
  return same ? statement : { ...statement, items, joins, where, groupBy, having, orderBy };
}

function mapCallOver(over: CallOver | null, map: MapExpr): CallOver | null {
  if (over === null) return null;
  const partitionBy = mapList(over.partitionBy, map);
  const orderBy = mapList(over.orderBy, (item: SortItem) => withExpr(item, map));
  const when = mapOptional(over.when, map);
  const same = partitionBy === over.partitionBy && orderBy === over.orderBy && when === over.when;
  return same ? over : { ...over, partitionBy, orderBy, when };
}

function mapWindowOver(over: WindowOver | null, map: MapExpr): WindowOver | null {
  if (over === null) return null;
  const when = mapOptional(over.when, map);
  const partitionBy = mapList(over.partitionBy, map);
  return when === over.when && partitionBy === over.partitionBy ? over : { ...over, when, partitionBy };
}

function withExpr<Item extends { readonly expr: Expr }>(item: Item, map: MapExpr): Item {
  const expr = map(item.expr);
  return expr === item.expr ? item : { ...item, expr };
}

function mapOptional(expr: Expr | null, map: MapExpr): Expr | null {
  return expr === null ? null : map(expr);
}

/** The same array comes back when every item did. */
function mapList<Item>(items: readonly Item[], map: (item: Item) => Item): readonly Item[] {
  let changed: Item[] | null = null;
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as Item;
    const mapped = map(item);
    if (mapped === item) continue;
    changed ??= items.slice();
    changed[i] = mapped;
  }
  return changed ?? items;
}
