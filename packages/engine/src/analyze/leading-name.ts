import type { Expr } from '@kuiper/sql';

/** The identifier that a sort expression starts with, as explain prints it. */
export function leadingName(expr: Expr): string {
  switch (expr.kind) {
    case 'column':
    case 'call':
      return expr.name;
    case 'path':
    case 'invalidPath':
    case 'index':
    case 'slice':
      return leadingName(expr.object);
    case 'binary':
      return leadingName(expr.left);
    case 'between':
    case 'inList':
    case 'inExpr':
    case 'like':
      return leadingName(expr.value);
    default:
      return '';
  }
}
