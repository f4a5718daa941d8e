/** Conditions as lists of terms joined by AND, and what a term refers to. */
import { exprText } from '../analyze/expr-text.ts';
import type { Query } from '../analyze/query.ts';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { walkTyped } from '../analyze/walk-typed.ts';

/** The terms of a condition, left to right. A parenthesised condition is one term in explain, but splits all the same. */
export function splitConjuncts(condition: TypedExpr): readonly TypedExpr[] {
  if (condition.kind !== 'binary' || condition.op !== 'AND') return [condition];
  return [...splitConjuncts(condition.left), ...splitConjuncts(condition.right)];
}

/** Null for no terms: true. */
export function joinConjuncts(terms: readonly TypedExpr[]): TypedExpr | null {
  let condition: TypedExpr | null = null;
  for (const term of terms) {
    condition =
      condition === null
        ? term
        : {
            kind: 'binary',
            type: 'bool',
            op: 'AND',
            left: condition,
            right: term,
            span: { start: condition.span.start, end: term.span.end },
            text: exprText`binaryExpr:{ ${condition.text} AND ${term.text} }`,
          };
  }
  return condition;
}

/** Sources that an expression reads, through aliases and analytic calls; null stands for one not known before a row. */
export function sourcesOf(expr: TypedExpr, query: Query): ReadonlySet<number | null> {
  const sources = new Set<number | null>();
  const seenAliases = new Set<number>();
  const seenCalls = new Set<number>();
  const walk = (inner: TypedExpr): void => walkTyped(inner, visit, query.aliases, seenAliases);
  const visit = (inner: TypedExpr): void => {
    if (inner.kind === 'column' || inner.kind === 'meta') sources.add(inner.source);
    else if (inner.kind === 'wildcard') {
      if (inner.source !== null) sources.add(inner.source);
      else for (const source of query.sources) sources.add(source.index);
    } else if (inner.kind === 'analytic' && !seenCalls.has(inner.slot)) {
      seenCalls.add(inner.slot);
      for (const arg of query.analytics[inner.slot]?.args ?? []) walk(arg);
    }
  };
  walk(expr);
  return sources;
}
