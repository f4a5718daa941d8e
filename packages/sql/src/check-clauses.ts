/**
 * What a statement may not contain whatever its streams look like: set-returning functions anywhere but as a whole
 * select item, window functions outside the select list, aggregates in GROUP BY. Also after a trailing `;` (listed
 * defect D22). Source: behaviour spec, sql §13.2, §13.3, §15.2.
 */

import type { Call, Expr, SelectItem, SelectStatement } from './ast.ts';
import { sqlErrors } from './errors.ts';
import { explainExpr } from './explain.ts';
import type { FunctionCheck } from './function-check.ts';
import { forEachChild, forEachClauseExpr } from './walk.ts';

export function checkClauses(statement: SelectStatement, functions: FunctionCheck): void {
  checkSelectItems(statement.items, functions);
  forEachClauseExpr(statement, (expr) => checkOutsideSelect(expr, functions));
  for (const dimension of statement.groupBy) if (dimension.kind !== 'window') checkDimension(dimension, functions);
}

function checkSelectItems(items: readonly SelectItem[], functions: FunctionCheck): void {
  let seen = 0;
  for (const { expr } of items) {
    const isSetReturning = expr.kind === 'call' && functions.isSetReturning(expr.name);
    if (isSetReturning && ++seen > 1) throw sqlErrors.MANY_SET_RETURNING({ span: expr.span });
    forEachChild(expr, (child) => {
      const nested = findCall(child, functions.isSetReturning.bind(functions));
      if (nested !== null) throw sqlErrors.NESTED_SET_RETURNING({ span: nested.span });
    });
  }
}

function checkOutsideSelect(expr: Expr, functions: FunctionCheck): void {
  const setReturning = findCall(expr, functions.isSetReturning.bind(functions));
  if (setReturning !== null) throw sqlErrors.SET_RETURNING_PLACE({ span: setReturning.span });
  const window = findCall(expr, functions.isWindowFunction.bind(functions));
  if (window !== null) throw sqlErrors.WINDOW_FUNCTION_PLACE({ span: window.span });
}

function checkDimension(expr: Expr, functions: FunctionCheck): void {
  const aggregate = findCall(expr, functions.isAggregate.bind(functions));
  if (aggregate !== null) throw sqlErrors.AGGREGATE_IN_GROUP_BY(explainExpr(expr), { span: aggregate.span });
}

/** The first call, parents first, whose name satisfies `is`. */
function findCall(expr: Expr, is: (name: string) => boolean): Call | null {
  if (expr.kind === 'call' && is(expr.name)) return expr;
  let found: Call | null = null;
  forEachChild(expr, (child) => {
    found ??= findCall(child, is);
  });
  return found;
}
