/** Conditions as lists of terms joined by AND, and what a term refers to. */
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
            text: `binaryExpr:{ ${condition.text} AND ${term.text} }`,
          };
  }
  return condition;
}

/** Sources that an expression reads, through aliases and analytic calls; null stands for one not known before a row. */
export function sourcesOf(expr: TypedExpr, query: Query): ReadonlySet<number | null> {
  const sources = new Set<number | null>();
  const visit = (inner: TypedExpr): void => {
    if (inner.kind === 'column' || inner.kind === 'meta') sources.add(inner.source);
    else if (inner.kind === 'wildcard') {
      if (inner.source !== null) sources.add(inner.source);
      else for (const source of query.sources) sources.add(source.index);
    } else if (inner.kind === 'analytic') {
      const call = query.analytics[inner.slot];
      for (const arg of call?.args ?? []) walkTyped(arg, visit, query.aliases);
    }
  };
  walkTyped(expr, visit, query.aliases);
  return sources;
}
