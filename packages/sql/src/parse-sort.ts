import type { SortItem } from './ast.ts';
import type { Parser } from './parser.ts';
import { Token } from './token.ts';

/** From ORDER on: `BY item {[,] item}`. */
export function parseSortList(p: Parser): SortItem[] {
  p.next();
  p.expect(Token.BY, 'expected BY keyword');
  return parseSortItemList(p);
}

/** Items start with an identifier; the comma between them is optional, and the list may be empty. Sql §3. */
export function parseSortItemList(p: Parser): SortItem[] {
  const items: SortItem[] = [];
  let height = 0;
  while (p.kind === Token.ident) {
    const expr = p.parseExpr();
    height = Math.max(height, p.height);
    const descending = p.kind === Token.DESC;
    if (descending || p.kind === Token.ASC) p.next();
    items.push({ expr, descending, span: p.spanFrom(expr.span.start) });
    p.accept(Token.comma);
  }
  p.height = height;
  return items;
}
