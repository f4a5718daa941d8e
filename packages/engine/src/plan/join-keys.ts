/** What a join can look up instead of testing pair by pair. Source: behaviour spec, sql §10.2, §10.4. */
import { analyzeErrors } from '../analyze/errors.ts';
import type { Query, QueryJoin } from '../analyze/query.ts';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { joinConjuncts, sourcesOf, splitConjuncts } from './conjuncts.ts';
import type { JoinStep, JoinType } from './plan-node.ts';

/** Splits ON into equalities between the accumulated side and the joined source, and the rest. */
export function joinStep(
  type: JoinType,
  source: number,
  on: TypedExpr | null,
  accumulated: ReadonlySet<number>,
  query: Query,
): JoinStep {
  const equalities: { left: TypedExpr; right: TypedExpr }[] = [];
  const rest: TypedExpr[] = [];
  for (const term of on === null ? [] : splitConjuncts(on)) {
    const equality = equalityOf(term, source, accumulated, query);
    if (equality === null) rest.push(term);
    else equalities.push(equality);
  }
  return { type, source, on, equalities, residual: joinConjuncts(rest) };
}

function equalityOf(
  term: TypedExpr,
  source: number,
  accumulated: ReadonlySet<number>,
  query: Query,
): { left: TypedExpr; right: TypedExpr } | null {
  if (term.kind !== 'binary' || term.op !== '=') return null;
  const left = sourcesOf(term.left, query);
  const right = sourcesOf(term.right, query);
  const isJoined = (side: ReadonlySet<number | null>): boolean => side.size === 1 && side.has(source);
  const isAccumulated = (side: ReadonlySet<number | null>): boolean =>
    side.size > 0 && [...side].every((index) => index !== null && accumulated.has(index));
  if (isAccumulated(left) && isJoined(right)) return { left: term.left, right: term.right };
  if (isAccumulated(right) && isJoined(left)) return { left: term.right, right: term.left };
  return null;
}

export interface LookupKeys {
  readonly keys: readonly string[];
  readonly values: readonly TypedExpr[];
  readonly rest: readonly TypedExpr[];
}

/** `table.col = expr` terms of ON become keys and values. @throws without any, or when a column is asked for twice */
export function lookupKeys(join: QueryJoin, on: TypedExpr | null, query: Query): LookupKeys {
  const keys: string[] = [];
  const values: TypedExpr[] = [];
  const rest: TypedExpr[] = [];
  const refuse = (): Error => analyzeErrors.LOOKUP_CONDITION(String(on?.text ?? ''), { span: join.span });
  for (const term of on === null ? [] : splitConjuncts(on)) {
    const key = lookupKey(term, join.source, query);
    if (key === null) {
      rest.push(term);
      continue;
    }
    if (keys.includes(key.column)) throw refuse();
    keys.push(key.column);
    values.push(key.value);
  }
  if (keys.length === 0) throw refuse();
  return { keys, values, rest };
}

function lookupKey(term: TypedExpr, table: number, query: Query): { column: string; value: TypedExpr } | null {
  if (term.kind !== 'binary' || term.op !== '=') return null;
  for (const [side, other] of [
    [term.left, term.right],
    [term.right, term.left],
  ] as const) {
    if (side.kind === 'column' && side.source === table && !sourcesOf(other, query).has(table)) {
      return { column: side.name, value: other };
    }
  }
  return null;
}
