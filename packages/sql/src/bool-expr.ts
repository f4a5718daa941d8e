import type { Expr } from './ast.ts';

/**
 * Is this, by its form alone, a condition: a boolean literal or a comparison or logical operator on top? A parenthesised
 * condition is not. Argument checks and searched CASE use it. Source: behaviour spec, sql §3.1; functions §2.
 */
export function isBoolExpr(expr: Expr): boolean {
  switch (expr.kind) {
    case 'bool':
    case 'between':
    case 'inList':
    case 'inExpr':
    case 'like':
      return true;
    case 'binary':
      switch (expr.op) {
        case '=':
        case '!=':
        case '<':
        case '<=':
        case '>':
        case '>=':
        case 'AND':
        case 'OR':
          return true;
        default:
          return false;
      }
    default:
      return false;
  }
}
