/** Where the interpreter takes the values of names from. Each method returns the value in the representation of `e.type`. */
import type { FunctionContext, FunctionInstance } from '@kuiper/sdk';
import type {
  AggregateExpr,
  AliasExpr,
  AnalyticExpr,
  CallExpr,
  ColumnExpr,
  ImplicitExpr,
  MetaExpr,
  WildcardExpr,
  WindowFunctionExpr,
} from '../analyze/typed-expr.ts';

export interface Frame {
  column(e: ColumnExpr): unknown;
  alias(e: AliasExpr): unknown;
  meta(e: MetaExpr): unknown;
  analytic(e: AnalyticExpr): unknown;
  aggregate(e: AggregateExpr): unknown;
  windowFunction(e: WindowFunctionExpr): unknown;
  implicit(e: ImplicitExpr): unknown;
  wildcard(e: WildcardExpr): unknown;
  /** The result of an asynchronous call, which has been waited for. */
  awaited(e: CallExpr): unknown;
  context(e: CallExpr): FunctionContext;
  /** What an extension made for this call site. */
  instance(e: CallExpr): FunctionInstance;
  readonly swallowsCallErrors: boolean;
}
