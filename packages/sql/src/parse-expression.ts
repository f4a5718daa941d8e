/**
 * Expressions by binding power: `OR` 1, `AND` 2, comparisons 3, `+ - | ^` 4, `* / % &` 5, all left-associative; the
 * accessors `-> . []` bind tightest (listed defect D15). Source: behaviour spec, sql §3.1.
 */

import type { BinaryOp, Expr } from './ast.ts';
import { KuiperError } from '@kuiper/base';
import { sqlErrors } from './errors.ts';
import { parseCall } from './parse-call.ts';
import { parseCase } from './parse-case.ts';
import { parseInteger, parseNegative, parseNumber, parseTimeUnit } from './parse-literal.ts';
import { parseWildcard } from './parse-wildcard.ts';
import type { Parser } from './parser.ts';
import { Token, tokenKinds } from './token.ts';

const comparison = 3;

const powers: Uint8Array = new Uint8Array(tokenKinds);
const operators: (BinaryOp | undefined)[] = Array.from({ length: tokenKinds });

function operator(kind: number, op: BinaryOp, power: number): void {
  powers[kind] = power;
  operators[kind] = op;
}
operator(Token.OR, 'OR', 1);
operator(Token.AND, 'AND', 2);
operator(Token.eq, '=', comparison);
operator(Token.neq, '!=', comparison);
operator(Token.lt, '<', comparison);
operator(Token.lte, '<=', comparison);
operator(Token.gt, '>', comparison);
operator(Token.gte, '>=', comparison);
operator(Token.plus, '+', 4);
operator(Token.minus, '-', 4);
operator(Token.pipe, '|', 4);
operator(Token.caret, '^', 4);
operator(Token.star, '*', 5);
operator(Token.slash, '/', 5);
operator(Token.percent, '%', 5);
operator(Token.amp, '&', 5);
for (const kind of [Token.IN, Token.BETWEEN, Token.LIKE, Token.NOT]) powers[kind] = comparison;

/** Any expression. Leaves its height in `p.height`. */
export function parseExpr(p: Parser): Expr {
  return parseBinary(p, 0);
}

function parseBinary(p: Parser, minPower: number): Expr {
  p.enter();
  let left = parseOperand(p);
  for (;;) {
    const power = powers[p.kind] as number;
    if (power <= minPower) break;
    const op = operators[p.kind];
    const height = p.height;
    if (op === undefined) {
      const predicate = parsePredicate(p, left);
      if (predicate === null) break;
      left = predicate;
    } else {
      p.next();
      const right = parseBinary(p, power);
      left = { kind: 'binary', op, left, right, span: { start: left.span.start, end: right.span.end } };
    }
    p.grow(Math.max(height, p.height), left.span);
  }
  p.leave();
  return left;
}

/** `[NOT] IN`, `[NOT] BETWEEN` or `[NOT] LIKE` after `value`; null, nothing consumed, for any other NOT. */
function parsePredicate(p: Parser, value: Expr): Expr | null {
  const { start, lastEnd } = p;
  const negated = p.accept(Token.NOT);
  switch (p.kind) {
    case Token.IN:
      p.next();
      return parseIn(p, value, negated);
    case Token.BETWEEN:
      p.next();
      return parseBetween(p, value, negated);
    case Token.LIKE: {
      p.next();
      const pattern = parseOperand(p);
      return { kind: 'like', value, pattern, negated, span: p.spanFrom(value.span.start) };
    }
    default:
      p.rewind(start, lastEnd);
      return null;
  }
}

function parseBetween(p: Parser, value: Expr, negated: boolean): Expr {
  const low = parseOperand(p);
  const lowHeight = p.height;
  if (p.kind !== Token.AND) throw sqlErrors.BETWEEN_AND(p.found(), { span: p.tokenSpan() });
  p.next();
  const high = parseOperand(p);
  p.height = Math.max(lowHeight, p.height);
  return { kind: 'between', value, low, high, negated, span: p.spanFrom(value.span.start) };
}

function parseIn(p: Parser, value: Expr, negated: boolean): Expr {
  if (!p.accept(Token.lparen)) {
    const source = parseInSource(p);
    return { kind: 'inExpr', value, source, negated, span: p.spanFrom(value.span.start) };
  }
  const items: Expr[] = [];
  let height = 0;
  do {
    items.push(parseInItem(p));
    height = Math.max(height, p.height);
  } while (p.accept(Token.comma));
  if (p.kind !== Token.rparen) throw sqlErrors.IN_PAREN(p.found(), { span: p.tokenSpan() });
  p.next();
  p.height = height;
  return { kind: 'inList', value, items, negated, span: p.spanFrom(value.span.start) };
}

function parseInItem(p: Parser): Expr {
  try {
    return parseExpr(p);
  } catch (thrown) {
    if (!(thrown instanceof KuiperError) || thrown.span === undefined) throw thrown;
    throw sqlErrors.IN_ELEMENTS(thrown.message, { cause: thrown, span: thrown.span });
  }
}

function parseInSource(p: Parser): Expr {
  try {
    return parseOperand(p);
  } catch (thrown) {
    if (!(thrown instanceof KuiperError) || thrown.span === undefined) throw thrown;
    throw sqlErrors.IN_EXPRESSION(thrown.message, { cause: thrown, span: thrown.span });
  }
}

/** A primary with its accessors: what BETWEEN, LIKE and IN take as an operand. */
function parseOperand(p: Parser): Expr {
  let expr = parsePrimary(p);
  for (;;) {
    const height = p.height;
    switch (p.kind) {
      case Token.arrow:
        p.next();
        expr = parseArrow(p, expr);
        break;
      case Token.dot:
        p.next();
        expr = {
          kind: 'path',
          object: expr,
          name: p.expectIdent('expected expression'),
          span: p.spanFrom(expr.span.start),
        };
        break;
      case Token.lbracket:
        p.next();
        expr = parseBracket(p, expr);
        break;
      default:
        return expr;
    }
    p.grow(Math.max(height, p.height), expr.span);
  }
}

function parseArrow(p: Parser, object: Expr): Expr {
  if (p.kind === Token.ident) {
    const { start, value: name, end } = p;
    p.next();
    const span = { start: object.span.start, end };
    if (p.kind !== Token.lparen) return { kind: 'path', object, name, span };
    const key = parseCall(p, name, start);
    return { kind: 'invalidPath', object, key, span: p.spanFrom(object.span.start) };
  }
  const key = parsePrimary(p);
  return { kind: 'invalidPath', object, key, span: p.spanFrom(object.span.start) };
}

/** After `[`: `i]`, `s:e]`, `s:]`, `:e]`, `:]` or `]`. */
function parseBracket(p: Parser, object: Expr): Expr {
  const { start } = object.span;
  p.height = 0;
  if (p.accept(Token.rbracket)) return { kind: 'slice', object, start: null, end: null, span: p.spanFrom(start) };
  let from: Expr | null = null;
  if (p.kind !== Token.colon) {
    from = parseBracketStart(p);
    if (p.accept(Token.rbracket)) return { kind: 'index', object, index: from, span: p.spanFrom(start) };
    if (p.kind !== Token.colon) throw sqlErrors.BRACKET(p.found(), { span: p.tokenSpan() });
  }
  const height = p.height;
  p.next();
  const to = p.kind === Token.rbracket ? null : parseExpr(p);
  if (p.kind !== Token.rbracket) p.failPart(', expected right bracket.');
  p.next();
  p.height = Math.max(height, p.height);
  return { kind: 'slice', object, start: from, end: to, span: p.spanFrom(start) };
}

function parseBracketStart(p: Parser): Expr {
  const { start } = p;
  const found = p.found();
  try {
    return parseExpr(p);
  } catch (thrown) {
    const atFirstToken =
      thrown instanceof KuiperError && thrown.id === 'UNEXPECTED_TOKEN' && thrown.span?.start === start;
    if (!atFirstToken) throw thrown;
    throw sqlErrors.BRACKET_START(found, { cause: thrown, ...(thrown.span && { span: thrown.span }) });
  }
}

function parsePrimary(p: Parser): Expr {
  p.height = 1;
  switch (p.kind) {
    case Token.ident:
      return parseName(p);
    case Token.integer:
      return parseInteger(p, p.start, false);
    case Token.number:
      return parseNumber(p, p.start, false);
    case Token.badNumber:
      return p.fail('invalid number value');
    case Token.minus:
      return parseNegative(p);
    case Token.string:
    case Token.singleQuoted: {
      const { value } = p;
      const span = p.tokenSpan();
      p.next();
      return { kind: 'string', value, span };
    }
    case Token.TRUE:
    case Token.FALSE: {
      const value = p.kind === Token.TRUE;
      const span = p.tokenSpan();
      p.next();
      return { kind: 'bool', value, span };
    }
    case Token.DD:
    case Token.HH:
    case Token.MI:
    case Token.SS:
    case Token.MS:
      return parseTimeUnit(p);
    case Token.star:
      return parseWildcard(p);
    case Token.lparen: {
      const { start } = p;
      p.next();
      const expr = parseExpr(p);
      p.expect(Token.rparen, 'expected right paren');
      const span = p.spanFrom(start);
      p.grow(p.height, span);
      return { kind: 'paren', expr, span };
    }
    case Token.CASE:
      return parseCase(p);
    default:
      return p.fail('expected expression');
  }
}

/** `c`, `x.c`, `x.*` or a call; `x.` binds to its name before anything else. */
function parseName(p: Parser): Expr {
  const { start, value: name } = p;
  p.next();
  if (p.kind === Token.lparen) return parseCall(p, name, start);
  const kind = p.inMeta ? 'metaKey' : 'column';
  if (p.kind !== Token.dot) return { kind, qualifier: null, name, span: p.spanFrom(start) };
  p.next();
  if (p.accept(Token.star))
    return { kind: 'wildcard', qualifier: name, except: [], replace: [], span: p.spanFrom(start) };
  const column = p.expectIdent('expected expression');
  return { kind, qualifier: name, name: column, span: p.spanFrom(start) };
}
