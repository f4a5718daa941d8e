/**
 * columnPruner: decode only the columns that the statement names.
 *
 * A wildcard needs every column of its source; with a schema, all but those that it leaves out by EXCEPT or REPLACE and
 * that nothing else names. `count(*)` needs none. Source: behaviour spec, sql §14.2; listed defects D4, D5, D12.
 */
import { columnKind, compareStrings, type Kind, type RowType } from '@kuiper/base';
import { setField } from '../analyze/expr-kind.ts';
import type { Query, QuerySource } from '../analyze/query.ts';
import type { LogicalPlan } from './logical-plan.ts';
import type { LookupNode, PlanNode, SourcePlan } from './plan-node.ts';
import { trimColumns, usedMembers } from './used-members.ts';

export function pruneColumns(plan: LogicalPlan): LogicalPlan {
  return { query: plan.query, root: prune(plan.root, plan.query, usedMembers(plan)) };
}

type UsedMembers = ReturnType<typeof usedMembers>;

function prune(node: PlanNode, query: Query, members: UsedMembers): PlanNode {
  const inputs = node.inputs.map((input) => prune(input, query, members));
  if (node.kind === 'dataSource') {
    const source = query.sources[node.source.index];
    return source === undefined
      ? node
      : { ...node, source: prunedSource(node.source, source, members[node.source.index]) };
  }
  if (node.kind === 'lookup') return { ...node, inputs, fields: lookupFields(node, query) };
  return { ...node, inputs };
}

function prunedSource(plan: SourcePlan, source: QuerySource, members: UsedMembers[number] | undefined): SourcePlan {
  const { columns, shown } = neededColumns(source, plan.timestamp?.column ?? null);
  if (columns === null || !source.definition.prunes) return { ...plan, shownColumns: shown };
  const pruned = { ...plan, columns, shownColumns: shown, type: typeOf(columns, plan.type) };
  return members === undefined || !trimsStructs(source)
    ? pruned
    : { ...pruned, decoded: trimColumns(plan.decoded, members) };
}

/** Strict validation asks for all members; other formats know the shape of their structs themselves. */
function trimsStructs({ definition: { options }, usage }: QuerySource): boolean {
  const isJson = (options.format ?? 'json').toLowerCase() === 'json';
  return isJson && options.strictValidation !== true && !usage.wildcard;
}

interface NeededColumns {
  /** Null for all. */
  readonly columns: readonly string[] | null;
  readonly shown: readonly string[];
}

function neededColumns(source: QuerySource, timestamp: string | null): NeededColumns {
  const { usage, definition } = source;
  const named = timestamp === null ? usage.columns : [...usage.columns, timestamp];
  if (source.schemaless) {
    if (usage.wildcard) return { columns: null, shown: [] };
    const before = usage.starred ? usage.columnsBeforeWildcard : named;
    return { columns: sorted(named), shown: sorted(before) };
  }
  const declared = definition.columns.map((column) => column.name);
  if (!usage.starred) return { columns: sorted(named), shown: sorted(named) };
  const left = declared.filter((name) => named.includes(name) || !usage.excluded.includes(name));
  return { columns: left.length === declared.length ? null : sorted(left), shown: sorted(left) };
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort(compareStrings);
}

function typeOf(columns: readonly string[], type: RowType): RowType {
  const fields: Record<string, Kind> = {};
  for (const name of columns) setField(fields, name, columnKind(type, name));
  return { k: 'map', fields, rest: null };
}

function lookupFields(node: LookupNode, query: Query): readonly string[] | null {
  const usage = query.sources[node.table]?.usage;
  if (usage === undefined || usage.wildcard) return null;
  return sorted(usage.columns);
}
