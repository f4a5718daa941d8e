/**
 * Expressions in the form of explain output, which error texts quote too: `binaryExpr:{ demo.a + 1 }`.
 * Source: behaviour spec, sql §14.3; runtime, "Expression text".
 */

import { assertNever } from '@kuiper/base';
import type { ColumnRef, Expr, MetaKey } from './ast.ts';

/** How to show a reference; the default is the unresolved form. */
export type ShowReference = (reference: ColumnRef | MetaKey) => string;

const showUnresolved: ShowReference = (reference) => {
  const stream = reference.qualifier ?? '$$default';
  if (reference.kind === 'column') return `${stream}.${reference.name}`;
  return `metaRef:{ streamName:${stream}, fieldName:${reference.name} }`;
};

/** The bound that an open slice shows at its end. */
const openEnd = -2147483648;

/** Explain text of `expr`. Resolved names come from `show`; literals are bare, so text and numbers may look alike. */
export function explainExpr(expr: Expr, show: ShowReference = showUnresolved): string {
  const text = (inner: Expr): string => explainExpr(inner, show);
  switch (expr.kind) {
    case 'int':
    case 'bool':
      return String(expr.value);
    case 'float':
      return floatText(expr.value);
    case 'string':
      return expr.value;
    case 'timeUnit':
      return expr.unit.toUpperCase();
    case 'column':
    case 'metaKey':
      return show(expr);
    case 'wildcard':
      return expr.qualifier === null ? '*' : `${expr.qualifier}.*`;
    case 'binary':
      return `binaryExpr:{ ${text(expr.left)} ${expr.op} ${text(expr.right)} }`;
    case 'between':
      return predicate(expr, 'BETWEEN', `betweenExpr:{ ${text(expr.low)}, ${text(expr.high)} }`, show);
    case 'inList':
      return predicate(expr, 'IN', `valueSetExpr:{ literalExprs:[${expr.items.map(text).join(', ')}] }`, show);
    case 'inExpr':
      return predicate(expr, 'IN', text(expr.source), show);
    case 'like':
      return predicate(expr, 'LIKE', likeText(expr.pattern, text), show);
    case 'case': {
      const value = expr.subject === null ? '' : `value:{ ${text(expr.subject)} }, `;
      const branches = expr.branches.map((branch) => `{ whenClause:{ ${text(branch.when)} } }`).join(', ');
      return `caseExprValue:{ ${value}whenClauses:[${branches}] }`;
    }
    case 'index':
      return `binaryExpr:{ ${text(expr.object)}[${text(expr.index)}] }`;
    case 'slice': {
      const start = expr.start === null ? '0' : text(expr.start);
      const end = expr.end === null ? String(openEnd) : text(expr.end);
      return `binaryExpr:{ ${text(expr.object)}[ColonExpr:{ start:{ ${start} }, end:{ ${end} } }] }`;
    }
    case 'path':
      return `binaryExpr:{ ${text(expr.object)} -> jsonFieldName:${expr.name} }`;
    case 'invalidPath':
      return `binaryExpr:{ ${text(expr.object)} -> ${text(expr.key)} }`;
    case 'call': {
      const args = expr.args.length === 0 ? '' : `, args:[${expr.args.map(text).join(', ')}]`;
      const when = expr.over?.when ? `, when:{ ${text(expr.over.when)} }` : '';
      return `Call:{ name:${expr.name}${args}${when} }`;
    }
    case 'paren':
      return `parenExpr:{ ${text(expr.expr)} }`;
    default:
      return assertNever(expr);
  }
}

function predicate(
  expr: { readonly value: Expr; readonly negated: boolean },
  operator: string,
  right: string,
  show: ShowReference,
): string {
  return `binaryExpr:{ ${explainExpr(expr.value, show)} ${expr.negated ? 'NOT ' : ''}${operator} ${right} }`;
}

function likeText(pattern: Expr, text: (expr: Expr) => string): string {
  if (pattern.kind !== 'string') return text(pattern);
  const body = pattern.value.replaceAll('\\', '\\\\').replaceAll('%', '.*').replaceAll('_', '.');
  return `likePattern:^${body}$`;
}

/** Shortest digits, with an exponent below 1e-4 and from 1e6 on (sql §1, "`%v` text"). */
function floatText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return String(value);
  const digits = Math.abs(exponent) < 10 ? `0${Math.abs(exponent)}` : String(Math.abs(exponent));
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}
