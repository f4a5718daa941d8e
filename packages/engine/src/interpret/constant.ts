/** Expressions that are the same for every row: evaluated once, by the interpreter, when a rule is compiled. */
import { isVolatile } from './volatile.ts';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import type { Frame } from './frame.ts';
import { interpret } from './interpret.ts';

/** True when nothing in it depends on a row, on time, on state or on chance. */
export function isConstant(e: TypedExpr): boolean {
  switch (e.kind) {
    case 'literal':
      return true;
    case 'binary':
      return isConstant(e.left) && isConstant(e.right);
    case 'between':
      return isConstant(e.value) && isConstant(e.low) && isConstant(e.high);
    case 'in':
      return (
        isConstant(e.value) && (Array.isArray(e.among) ? e.among.every(isConstant) : isConstant(e.among as TypedExpr))
      );
    case 'like':
      return isConstant(e.value) && isConstant(e.pattern);
    case 'case':
      return (
        (e.subject === null || isConstant(e.subject)) &&
        e.whens.every((branch) => isConstant(branch.when) && isConstant(branch.then)) &&
        (e.otherwise === null || isConstant(e.otherwise))
      );
    case 'call':
      return !isVolatile(e.fn) && e.args.every(isConstant);
    default:
      return false;
  }
}

function noRow(): never {
  throw new Error('a constant expression depends on no row');
}

const nowhere: Frame = {
  column: noRow,
  alias: noRow,
  meta: noRow,
  analytic: noRow,
  aggregate: noRow,
  windowFunction: noRow,
  implicit: noRow,
  wildcard: noRow,
  awaited: noRow,
  context: noRow,
  instance: noRow,
  swallowsCallErrors: false,
};

/** The value of a constant expression; undefined when it fails: it then fails on each row, where it is used. */
export function constantValue(e: TypedExpr): unknown {
  try {
    return interpret(e, nowhere) ?? null;
  } catch {
    return undefined;
  }
}
