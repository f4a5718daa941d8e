/**
 * Which item of a select list may use which alias.
 *
 * With schemas an alias is known everywhere but inside its own expression, and the list is sorted: aliases by the depth
 * of what they use, then by name, then the items without alias. Without schemas the order of the text counts: a name
 * is an alias after the item that defines it, and a column before. Source: behaviour spec, sql §6.3; defects D13, D14.
 */
import { type Expr, type SelectItem, walkExpr } from '@kuiper/sql';
import { analyzeErrors } from './errors.ts';

/** Items in binding order; a repeated alias of a list with schemas is left out, the last one counts. */
export function orderSelectItems(
  items: readonly SelectItem[],
  mode: 'sorted' | 'asWritten',
  isSource: (name: string) => boolean,
): readonly SelectItem[] {
  const byAlias = new Map<string, SelectItem>();
  for (const item of items) if (item.alias !== null) byAlias.set(item.alias, item);
  const depths = aliasDepths(byAlias, isSource);
  if (mode === 'asWritten') return items;
  const aliased = [...byAlias.entries()].sort(([a], [b]) => {
    const byDepth = (depths.get(a) ?? 0) - (depths.get(b) ?? 0);
    return byDepth !== 0 ? byDepth : a < b ? -1 : 1;
  });
  return [...aliased.map(([, item]) => item), ...items.filter((item) => item.alias === null)];
}

/** Length of the longest chain of aliases below each alias. @throws when aliases use each other in a circle */
function aliasDepths(
  byAlias: ReadonlyMap<string, SelectItem>,
  isSource: (name: string) => boolean,
): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const open = new Set<string>();
  const depthOf = (alias: string): number => {
    const known = depths.get(alias);
    if (known !== undefined) return known;
    const item = byAlias.get(alias) as SelectItem;
    if (open.has(alias)) throw analyzeErrors.ALIAS_CYCLE({ span: item.span });
    open.add(alias);
    let depth = 0;
    for (const used of usedNames(item.expr, isSource)) {
      if (used !== alias && byAlias.has(used)) depth = Math.max(depth, depthOf(used) + 1);
    }
    open.delete(alias);
    depths.set(alias, depth);
    return depth;
  };
  for (const alias of byAlias.keys()) depthOf(alias);
  return depths;
}

/** Names that stand where an alias could: unqualified columns, and `x` of `x.y` unless it is a source. */
export function usedNames(expr: Expr, isSource: (name: string) => boolean): ReadonlySet<string> {
  const names = new Set<string>();
  walkExpr(expr, (inner) => {
    if (inner.kind !== 'column') return;
    if (inner.qualifier === null) names.add(inner.name);
    else if (!isSource(inner.qualifier)) names.add(inner.qualifier);
  });
  return names;
}
