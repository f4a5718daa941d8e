/**
 * What a select list puts into a row, decided once per plan: evaluation order, precedence, names.
 *
 * Expressions are evaluated first, then aliases by index, then columns are picked; on equal names an alias wins over an
 * expression over a column over a wildcard. Source: behaviour spec, sql §8.
 */
import type { Kind } from '@kuiper/base';
import { type ExprText, exprText } from '../analyze/expr-text.ts';
import type { AliasExpr, TypedExpr, WildcardExpr } from '../analyze/typed-expr.ts';
import type { ColumnsCall, OutputField, ProjectNode, ProjectSetNode, RulePlan } from '../plan/plan-node.ts';

export interface Evaluated {
  readonly kind: 'expression' | 'alias';
  readonly name: string;
  readonly expr: TypedExpr;
  readonly visible: boolean;
  /** A value of null, not undefined, is emitted as null even without `sendNil`. */
  readonly showsNull: boolean;
  readonly columns: ColumnsCall | null;
  readonly errorPrefix: ExprText;
}

export interface SelectList {
  /** In evaluation order. */
  readonly evaluated: readonly Evaluated[];
  readonly columns: readonly { readonly name: string; readonly expr: TypedExpr }[];
  readonly wildcards: readonly { readonly expr: WildcardExpr; readonly errorPrefix: ExprText }[];
}

export function selectList(node: ProjectNode, plan: RulePlan): SelectList {
  const expressions = node.fields.filter((field) => isComputed(field) && field.alias === null);
  const aliases = node.fields.filter((field) => field.alias !== null);
  aliases.sort((a, b) => (a.alias as number) - (b.alias as number));
  return {
    evaluated: [...expressions, ...aliases].map((field) => evaluated(field, plan)),
    columns: node.fields.filter((field) => field.kind === 'column' && field.alias === null && !field.invisible),
    wildcards: node.fields.flatMap((field) =>
      field.kind === 'wildcard' && !field.invisible
        ? [{ expr: field.expr as WildcardExpr, errorPrefix: selectPrefix(null, field.expr.text) }]
        : [],
    ),
  };
}

function isComputed(field: OutputField): boolean {
  return field.kind === 'expression' || field.kind === 'columns';
}

function evaluated(field: OutputField, plan: RulePlan): Evaluated {
  const { alias, name } = field;
  const definition = alias === null ? field.expr : (plan.aliases[alias]?.expr ?? field.expr);
  const expr: TypedExpr =
    alias === null || field.columns !== null ? field.expr : aliasReference(alias, name, definition);
  const named = alias !== null || field.columns?.gather === true;
  return {
    kind: named ? 'alias' : 'expression',
    name,
    expr,
    visible: !field.invisible,
    showsNull: (named && field.columns !== null) || showsNull(definition, plan, named),
    columns: field.columns,
    errorPrefix: selectPrefix(named ? name : null, definition.text),
  };
}

function aliasReference(alias: number, name: string, definition: TypedExpr): AliasExpr {
  return { kind: 'alias', alias, name, type: definition.type, span: definition.span, text: definition.text };
}

function selectPrefix(alias: string | null, text: ExprText): ExprText {
  return exprText`run Select error: ${alias === null ? '' : `alias: ${alias} `}expr: ${text} meet error, err:`;
}

/**
 * The prefix of errors of a set-returning call. Its fields are evaluated with the select list.
 */
export function setCallPrefix(node: ProjectSetNode): ExprText {
  return selectPrefix(node.alias, node.text);
}

/**
 * The null of some functions is written as `null`, not left out (trap 9). Where the check for null arguments made the
 * result it is undefined, and left out.
 */
function showsNull(e: TypedExpr, plan: RulePlan, named: boolean): boolean {
  const shows = nullShows(e, plan);
  return shows === 'always' || (named && shows === 'aliased');
}

function nullShows(e: TypedExpr, plan: RulePlan): 'aliased' | 'always' | undefined {
  switch (e.kind) {
    case 'call':
      return e.fn.nullShows;
    case 'aggregate':
      return plan.aggregates[e.slot]?.fn.nullShows;
    case 'analytic':
      return plan.analytics[e.slot]?.fn.nullShows;
    default:
      return undefined;
  }
}

/** Kinds of the row that a projection makes. */
export function outputKind(plan: RulePlan, name: string): Kind {
  const { fields, rest } = plan.outputType;
  return Object.hasOwn(fields, name) ? (fields[name] as Kind) : (rest ?? 'any');
}
