/** What the parser asks about functions, answered from the catalog. Source: behaviour spec, functions §1.1, §1.2, §2. */
import { nearestName, type Span } from '@kuiper/base';
import type { CallArgument, FunctionDeclaration } from '@kuiper/sdk';
import { type Clause, type Expr, type FunctionCheck, isBoolExpr, windowNames } from '@kuiper/sql';
import type { FunctionCatalog } from './catalog.ts';
import { analyzeErrors } from './errors.ts';
import { isOverGroup } from './group-lists.ts';

/** For `parseStatement(text, { functions: functionCheck(catalog.functions) })`. */
export function functionCheck(functions: FunctionCatalog): FunctionCheck {
  const isClass = (name: string, wanted: FunctionDeclaration['class']): boolean =>
    functions.find(name)?.class === wanted;
  return {
    checkCall: (name, args, span, clause) => checkCall(functions, name, args, span, clause),
    isAnalytic: (name) => isClass(name, 'analytic'),
    isWindowFunction: (name) => isClass(name, 'window'),
    isAggregate: (name) => isClass(name, 'aggregate') || isOverGroup(functions.find(name)),
    isSetReturning: (name) => isClass(name, 'set'),
  };
}

function checkCall(functions: FunctionCatalog, name: string, args: readonly Expr[], span: Span, clause: Clause): void {
  const fn = functions.find(name);
  if (fn === undefined) throw functionNotFound(functions, name, span.start);
  const why = functions.check(fn, args.map(callArgument));
  if (why !== null) throw analyzeErrors.FUNCTION_ARGUMENTS(fn.name, why, { span });
  if (fn.class === 'columns' && clause !== 'select') throw analyzeErrors.COLUMNS_FUNCTION_PLACE(fn.name, { span });
}

/** @param start of the name in the text */
export function functionNotFound(functions: FunctionCatalog, name: string, start: number): Error {
  const span = { start, end: start + name.length };
  const known = functions.nearest(name);
  const hint = nearestName(name, known === null ? windowNames : [known, ...windowNames]) ?? known;
  return analyzeErrors.FUNCTION_NOT_FOUND(name, hint === null ? { span } : { span, hint });
}

/** What the check of a call sees of an argument. */
export function callArgument(expr: Expr): CallArgument {
  const isCondition = isBoolExpr(expr);
  switch (expr.kind) {
    case 'int':
    case 'float':
    case 'string':
    case 'bool':
      return { literal: expr.kind, value: expr.value, isCondition: false };
    case 'timeUnit':
      return { literal: 'time', value: expr.unit, isCondition: false };
    case 'wildcard':
      return { literal: 'wildcard', value: null, isCondition };
    case 'column':
    case 'metaKey':
      return { literal: 'column', value: expr.name, isCondition };
    case 'path':
      return { literal: isMetaPath(expr) ? 'column' : null, value: expr.name, isCondition };
    default:
      return { literal: null, value: null, isCondition };
  }
}

/** `meta(k->x)` is a reference as well. */
function isMetaPath(expr: Expr): boolean {
  return expr.kind === 'path' ? isMetaPath(expr.object) : expr.kind === 'metaKey';
}
