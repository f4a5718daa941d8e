/** SELECT statements and their parts. Source: behaviour spec, sql §3. */

import type { Dimension, Expr, Join, JoinType, SelectItem, SelectStatement, SourceRef } from './ast.ts';
import { checkClauses } from './check-clauses.ts';
import { sqlErrors } from './errors.ts';
import { parseInteger } from './parse-literal.ts';
import { parseSortList } from './parse-sort.ts';
import { parseWindow } from './parse-window.ts';
import type { Parser } from './parser.ts';
import { Token } from './token.ts';
import { windowTypeOf } from './window-names.ts';

/** A whole statement: ends at the end of input or at `;`, behind which anything may stand. */
export function parseSelectStatement(p: Parser): SelectStatement {
  const { start } = p;
  if (p.kind !== Token.SELECT) throw sqlErrors.NOT_SELECT(p.found(), p.tokenContext(['SELECT']));
  p.next();
  p.clause = 'select';
  const items = parseSelectItemList(p);
  p.clause = 'from';
  p.expect(Token.FROM, 'expected FROM');
  const from = parseSource(p);
  const joins = parseJoins(p);
  p.clause = 'where';
  const where = p.accept(Token.WHERE) ? p.parseExpr() : null;
  p.clause = 'groupBy';
  const groupBy = p.kind === Token.GROUP ? parseGroupBy(p) : [];
  p.clause = 'having';
  const having = p.accept(Token.HAVING) ? p.parseExpr() : null;
  p.clause = 'orderBy';
  const orderBy = p.kind === Token.ORDER ? parseSortList(p) : [];
  const limit = p.kind === Token.LIMIT ? parseLimit(p) : null;
  if (p.kind !== Token.semicolon && p.kind !== Token.eof) p.fail('expected EOF');
  const span = p.spanFrom(start);
  const select: SelectStatement = { kind: 'select', items, from, joins, where, groupBy, having, orderBy, limit, span };
  if (p.functions !== null) checkClauses(select, p.functions);
  return select;
}

/** `field {, field}`. */
export function parseSelectItemList(p: Parser): SelectItem[] {
  const items: SelectItem[] = [];
  do items.push(parseSelectItem(p));
  while (p.accept(Token.comma));
  return items;
}

function parseSelectItem(p: Parser): SelectItem {
  const { start } = p;
  const expr = p.parseExpr();
  let alias: string | null = null;
  if (p.kind === Token.AS) {
    if (expr.kind === 'wildcard') throw sqlErrors.WILDCARD_ALIAS({ span: p.tokenSpan() });
    alias = parseAlias(p);
  }
  const invisible = p.accept(Token.INVISIBLE);
  return { expr, alias, invisible, span: p.spanFrom(start) };
}

function parseAlias(p: Parser): string | null {
  if (!p.accept(Token.AS)) return null;
  return p.expectIdent('expected as alias');
}

/** The pieces of a name are joined, white space between them or not: identifiers, `/`, `#`, `+`. None is an empty name. */
function parseSource(p: Parser): SourceRef {
  const { start } = p;
  let name = '';
  for (;;) {
    if (p.kind === Token.ident) name += p.value;
    else if (p.kind === Token.slash) name += '/';
    else if (p.kind === Token.hash) name += '#';
    else if (p.kind === Token.plus) name += '+';
    else break;
    p.next();
  }
  const alias = parseAlias(p);
  return { name, alias, span: { start, end: Math.max(start, p.lastEnd) } };
}

const joinTypes: Record<number, JoinType> = {
  [Token.INNER]: 'inner',
  [Token.LEFT]: 'left',
  [Token.RIGHT]: 'right',
  [Token.FULL]: 'full',
  [Token.CROSS]: 'cross',
};

function parseJoins(p: Parser): Join[] {
  const joins: Join[] = [];
  for (;;) {
    const type = joinTypes[p.kind];
    if (type === undefined) return joins;
    joins.push(parseJoin(p, type));
  }
}

function parseJoin(p: Parser, type: JoinType): Join {
  const { start } = p;
  const found = p.found();
  const span = p.tokenSpan();
  p.next();
  if (!p.accept(Token.JOIN)) throw sqlErrors.UNEXPECTED_TOKEN(found, 'expected JOIN key word', { span });
  const source = parseSource(p);
  let on: Expr | null = null;
  if (p.kind === Token.ON) {
    if (type === 'cross') throw sqlErrors.CROSS_JOIN_ON({ span: p.tokenSpan() });
    p.next();
    on = p.parseExpr();
  }
  return { type, source, on, span: p.spanFrom(start) };
}

function parseGroupBy(p: Parser): Dimension[] {
  p.next();
  p.expect(Token.BY, 'expected BY statement');
  const dimensions: Dimension[] = [];
  do dimensions.push(parseDimension(p));
  while (p.accept(Token.comma));
  return dimensions;
}

function parseDimension(p: Parser): Dimension {
  if (p.kind === Token.ident) {
    const { start, lastEnd, value: name } = p;
    const type = windowTypeOf(name);
    if (type !== undefined) {
      p.next();
      if (p.kind === Token.lparen) return parseWindow(p, name, type, start);
      p.rewind(start, lastEnd);
    }
  }
  return p.parseExpr();
}

function parseLimit(p: Parser): number {
  p.next();
  const { start } = p;
  const negative = p.accept(Token.minus);
  if (p.kind !== Token.integer) throw sqlErrors.LIMIT({ span: { start, end: p.end } });
  return Number(parseInteger(p, start, negative).value);
}
