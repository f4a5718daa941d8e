/**
 * Which members of STRUCT columns a statement reaches. A column that only `.` and `->` take apart needs no more than
 * these members decoded; one that stands as a whole anywhere needs all. Source: behaviour spec, sql §14.2; defect D5.
 */
import type { ColumnDef } from '@kuiper/sql';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { forEachTypedChild } from '../analyze/walk-typed.ts';
import type { LogicalPlan } from './logical-plan.ts';
import { mapNodeExprs, mapQueryExprs } from './map-exprs.ts';

/** Members by name; null for the whole value. */
export type Members = ReadonlyMap<string, Members> | null;

/** For each source, by index, the columns that expressions of the plan name. Wildcards are not expressions of columns. */
export function usedMembers({ root, query }: LogicalPlan): readonly ReadonlyMap<string, Members>[] {
  const used = query.sources.map(() => new Map<string, Members>());
  const visit = (expr: TypedExpr): void => {
    const path = columnPath(expr);
    if (path === null) {
      forEachTypedChild(expr, visit);
      return;
    }
    used.forEach((columns, source) => {
      if (path.source === null || path.source === source) addPath(columns, path.names);
    });
  };
  const visitTree = (expr: TypedExpr): TypedExpr => {
    visit(expr);
    return expr;
  };
  mapNodeExprs(root, visitTree);
  mapQueryExprs(query, visitTree);
  return used;
}

/** Columns without the members of structs that nobody uses. */
export function trimColumns(columns: readonly ColumnDef[], used: ReadonlyMap<string, Members>): readonly ColumnDef[] {
  return columns.map((column) => {
    const members = used.get(column.name) ?? null;
    const { type } = column;
    if (members === null || type.kind !== 'struct') return column;
    const fields = type.fields.filter((field) => members.has(field.name));
    return { ...column, type: { ...type, fields: trimColumns(fields, members) } };
  });
}

/** The column below a chain of members; null for anything else. */
function columnPath(expr: TypedExpr): { readonly source: number | null; readonly names: readonly string[] } | null {
  const names: string[] = [];
  let inner = expr;
  for (; inner.kind === 'path'; inner = inner.object) names.unshift(inner.name);
  return inner.kind === 'column' ? { source: inner.source, names: [inner.name, ...names] } : null;
}

function addPath(columns: Map<string, Members>, names: readonly string[]): void {
  const [name, ...rest] = names;
  if (name === undefined) return;
  const known = columns.get(name);
  if (known === null) return;
  if (rest.length === 0) {
    columns.set(name, null);
    return;
  }
  const members = new Map(known);
  addPath(members, rest);
  columns.set(name, members);
}
