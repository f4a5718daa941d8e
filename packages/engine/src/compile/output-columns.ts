/**
 * What a select list puts into a row, decided once per plan: evaluation order, precedence, names.
 *
 * Expressions are evaluated first, then aliases by index, then columns are picked; on equal names an alias wins over an
 * expression over a column over a wildcard. Source: behaviour spec, sql §8.
 */
import type { Kind } from '@kuiper/base';
import type { ExprText } from '../analyze/expr-text.ts';
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
  readonly errorPrefix: string;
}

export interface SelectList {
  /** In evaluation order. */
  readonly evaluated: readonly Evaluated[];
  readonly columns: readonly { readonly name: string; readonly expr: TypedExpr }[];
  readonly wildcards: readonly { readonly expr: WildcardExpr; readonly errorPrefix: string }[];
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
    showsNull: named && (field.columns !== null || yieldsNilList(definition)),
    columns: field.columns,
    errorPrefix: selectPrefix(named ? name : null, definition.text),
  };
}

function aliasReference(alias: number, name: string, definition: TypedExpr): AliasExpr {
  return { kind: 'alias', alias, name, type: definition.type, span: definition.span, text: definition.text };
}

function selectPrefix(alias: string | null, text: ExprText): string {
  return `run Select error: ${alias === null ? '' : `alias: ${alias} `}expr: ${text} meet error, err:`;
}

/**
 * The prefix of errors of a set-returning call. Its fields are evaluated with the select list.
 */
export function setCallPrefix(node: ProjectSetNode): string {
  return selectPrefix(node.alias, node.text);
}

/**
 * Functions whose null is a list that does not exist, which is written as `null`, not left out (trap 9). Where the check
 * for null arguments made the result it is undefined, and left out.
 */
const nilListFunctions: ReadonlySet<string> = new Set(['collect', 'array_concat', 'array_flatten']);

function yieldsNilList(e: TypedExpr): boolean {
  if (e.kind === 'call') return nilListFunctions.has(e.fn.name);
  return e.kind === 'aggregate' && String(e.text).startsWith('Call:{ name:collect,');
}

/** Kinds of the row that a projection makes. */
export function outputKind(plan: RulePlan, name: string): Kind {
  const { fields, rest } = plan.outputType;
  return Object.hasOwn(fields, name) ? (fields[name] as Kind) : (rest ?? 'any');
}
