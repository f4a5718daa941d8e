/** How error texts and plans show a call. */
import { type ExprText, exprText, joinTexts } from './expr-text.ts';
import type { TypedExpr } from './typed-expr.ts';

export function callText(name: string, args: readonly TypedExpr[], when: TypedExpr | null = null): ExprText {
  const list = args.length === 0 ? '' : exprText`, args:[${joinTexts(args.map((arg) => arg.text))}]`;
  return exprText`Call:{ name:${name}${list}${when === null ? '' : exprText`, when:{ ${when.text} }`} }`;
}
