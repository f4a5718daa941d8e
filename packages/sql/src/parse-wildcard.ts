import type { Expr, Replacement } from './ast.ts';
import { sqlErrors } from './errors.ts';
import type { Parser } from './parser.ts';
import { Token } from './token.ts';

/** `* {EXCEPT (names) | REPLACE (expr AS name, …)}`, in any order and number. Commas between names are optional. */
export function parseWildcard(p: Parser): Expr {
  const { start } = p;
  p.next();
  const except: string[] = [];
  const replace: Replacement[] = [];
  let height = 0;
  while (p.kind === Token.EXCEPT || p.kind === Token.REPLACE) {
    if (p.inMeta) throw sqlErrors.META_WILDCARD(p.found(), { span: p.tokenSpan() });
    if (p.kind === Token.EXCEPT) parseExcept(p, except);
    else {
      parseReplace(p, replace);
      height = Math.max(height, p.height);
    }
  }
  const span = p.spanFrom(start);
  p.grow(height, span);
  return { kind: 'wildcard', qualifier: null, except, replace, span };
}

function parseExcept(p: Parser, names: string[]): void {
  p.next();
  if (p.kind !== Token.lparen) p.failPart(' after EXCEPT, expect left parentheses.');
  p.next();
  while (p.kind === Token.ident) {
    names.push(p.value);
    p.next();
    p.accept(Token.comma);
  }
  if (p.kind !== Token.rparen) p.failPart(' in EXCEPT');
  p.next();
}

function parseReplace(p: Parser, replacements: Replacement[]): void {
  p.next();
  if (p.kind !== Token.lparen) p.failPart(' after REPLACE, expect left parentheses.');
  p.next();
  let height = 0;
  do {
    const expr = p.parseExpr();
    height = Math.max(height, p.height);
    const name = p.accept(Token.AS) ? p.expectIdent('expected as alias') : null;
    replacements.push({ expr, name, span: p.spanFrom(expr.span.start) });
  } while (p.accept(Token.comma));
  if (p.kind !== Token.rparen) p.failPart(' in REPLACE');
  p.next();
  p.height = height;
}
