/**
 * push_alias, on with `enableAliasPushdown`: a column that is selected under another name and used nowhere else takes
 * that name where it is decoded. Not with `*`, not on shared streams, only where the decoder picks columns.
 *
 * Names cost nothing in a compiled program, which reads a column once and writes it once: the pass marks the source, and
 * explain shows the mark. Source: behaviour spec, sql §14.2, runtime §19.
 */
import type { Query } from '../analyze/query.ts';
import type { ColumnExpr, TypedExpr } from '../analyze/typed-expr.ts';
import { forEachTypedChild } from '../analyze/walk-typed.ts';
import type { LogicalPlan } from './logical-plan.ts';
import { mapNodeExprs, mapQueryExprs } from './map-exprs.ts';
import type { PlanNode, SourcePlan } from './plan-node.ts';

export function pushAliases(plan: LogicalPlan): LogicalPlan {
  const { query } = plan;
  if (!query.options.planOptimizeStrategy.enableAliasPushdown) return plan;
  const uses = columnUses(plan);
  const mark = (node: PlanNode): PlanNode => {
    const inputs = node.inputs.map(mark);
    return node.kind === 'dataSource'
      ? { ...node, inputs, source: marked(node.source, query, uses) }
      : ({ ...node, inputs } as PlanNode);
  };
  return { query, root: mark(plan.root) };
}

function marked(source: SourcePlan, query: Query, uses: ReadonlySet<ColumnExpr>): SourcePlan {
  const known = query.sources[source.index];
  if (known === undefined || source.shared || !known.definition.prunes || known.usage.wildcard) return source;
  const renamed = query.aliases.flatMap(({ name, expr }): [string, string][] => {
    if (expr.kind !== 'column' || expr.source !== source.index) return [];
    const others = [...uses].filter((use) => use.name === expr.name && use.source === expr.source);
    return others.length === 1 ? [[expr.name, name]] : [];
  });
  return renamed.length === 0 ? source : { ...source, renamed };
}

/** Every place where a column is named. */
function columnUses({ root, query }: LogicalPlan): ReadonlySet<ColumnExpr> {
  const uses = new Set<ColumnExpr>();
  const visit = (expr: TypedExpr): TypedExpr => {
    if (expr.kind === 'column') uses.add(expr);
    forEachTypedChild(expr, visit);
    return expr;
  };
  mapNodeExprs(root, visit);
  mapQueryExprs(query, visit);
  return uses;
}
