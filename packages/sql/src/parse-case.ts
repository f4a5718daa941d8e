import type { CaseBranch, Expr } from './ast.ts';
import { sqlErrors } from './errors.ts';
import { isBoolExpr } from './bool-expr.ts';
import type { Parser } from './parser.ts';
import { Token } from './token.ts';

/** `CASE [subject] WHEN … THEN … [ELSE …] END`. Source: behaviour spec, sql §3.1. */
export function parseCase(p: Parser): Expr {
  const { start } = p;
  p.next();
  let height = 0;
  let subject: Expr | null = null;
  if (p.kind !== Token.WHEN) {
    subject = p.parseExpr();
    height = p.height;
  }
  const branches: CaseBranch[] = [];
  while (p.kind === Token.WHEN) {
    branches.push(parseBranch(p, subject === null));
    height = Math.max(height, p.height);
  }
  let otherwise: Expr | null = null;
  if (p.kind === Token.ELSE) {
    if (branches.length === 0) fail(p, 'WHEN expected before ELSE');
    p.next();
    otherwise = p.parseExpr();
    height = Math.max(height, p.height);
  }
  if (p.kind !== Token.END) fail(p, 'END expected');
  if (branches.length === 0) fail(p, 'WHEN expected before END');
  p.next();
  const span = p.spanFrom(start);
  p.grow(height, span);
  return { kind: 'case', subject, branches, otherwise, span };
}

function parseBranch(p: Parser, searched: boolean): CaseBranch {
  const { start } = p;
  p.next();
  const when = p.parseExpr();
  const height = p.height;
  if (searched && !isBoolExpr(when)) {
    throw sqlErrors.CASE('WHEN expression must be a bool condition', { span: when.span });
  }
  if (p.kind !== Token.THEN) fail(p, 'THEN expected after WHEN');
  p.next();
  const result = p.parseExpr();
  p.height = Math.max(height, p.height);
  return { when, result, span: p.spanFrom(start) };
}

function fail(p: Parser, why: string): never {
  throw sqlErrors.CASE(why, { span: p.tokenSpan() });
}
