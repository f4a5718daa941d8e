/**
 * Typed expressions: what the analyzer makes of the AST. Names are bound, calls are classified, every node knows the
 * kind of its value. The compiler and the interpreter read nothing else.
 *
 * Functions are hoisted out: an analytic, aggregate or window call becomes a reference to a numbered slot of the plan,
 * computed by its own node.
 */
import type { Kind, Span } from '@kuiper/base';
import type { ImplicitValue, ScalarFunction } from '@kuiper/sdk';
import type { BinaryOp } from '@kuiper/sql';
import type { ExprText } from './expr-text.ts';

interface Typed {
  readonly type: Kind;
  readonly span: Span;
  /** The expression as the explain API and error texts print it (behaviour spec, sql §14.3). */
  readonly text: ExprText;
}

export interface LiteralExpr extends Typed {
  readonly kind: 'literal';
  /** In the representation of a slot of kind `type`. */
  readonly value: unknown;
}

export interface ColumnExpr extends Typed {
  readonly kind: 'column';
  /**
   * Index into the plan's sources; null: the first joined row that has the key. Then `type` is the common kind of the
   * sources, and a value from a source that represents it otherwise must be converted.
   */
  readonly source: number | null;
  readonly name: string;
}

/** The value of a select alias, computed once per row (per group in an aggregate query). */
export interface AliasExpr extends Typed {
  readonly kind: 'alias';
  /** Index into the plan's aliases. */
  readonly alias: number;
  readonly name: string;
}

export interface MetaExpr extends Typed {
  readonly kind: 'meta';
  readonly source: number | null;
  /** Path of keys; null for `meta(*)`. */
  readonly path: readonly string[] | null;
}

export interface BinaryExpr extends Typed {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly left: TypedExpr;
  readonly right: TypedExpr;
}

export interface BetweenExpr extends Typed {
  readonly kind: 'between';
  readonly value: TypedExpr;
  readonly low: TypedExpr;
  readonly high: TypedExpr;
  readonly negated: boolean;
}

export interface InExpr extends Typed {
  readonly kind: 'in';
  readonly value: TypedExpr;
  /** The listed elements, or one expression that yields a list. */
  readonly among: readonly TypedExpr[] | TypedExpr;
  readonly negated: boolean;
}

export interface LikeExpr extends Typed {
  readonly kind: 'like';
  readonly value: TypedExpr;
  readonly pattern: TypedExpr;
  readonly negated: boolean;
}

export interface CaseExpr extends Typed {
  readonly kind: 'case';
  /** Null for the searched form. */
  readonly subject: TypedExpr | null;
  readonly whens: readonly { readonly when: TypedExpr; readonly then: TypedExpr }[];
  readonly otherwise: TypedExpr | null;
}

export interface IndexExpr extends Typed {
  readonly kind: 'index';
  readonly list: TypedExpr;
  readonly index: TypedExpr;
}

export interface SliceExpr extends Typed {
  readonly kind: 'slice';
  readonly list: TypedExpr;
  readonly start: TypedExpr | null;
  readonly end: TypedExpr | null;
}

/** `object->name`. */
export interface PathExpr extends Typed {
  readonly kind: 'path';
  readonly object: TypedExpr;
  readonly name: string;
}

export interface CallExpr extends Typed {
  readonly kind: 'call';
  /** Number of the call in the statement: names its state. */
  readonly id: number;
  readonly fn: ScalarFunction;
  readonly args: readonly TypedExpr[];
}

/** The value that the analytic node has computed for this event. */
export interface AnalyticExpr extends Typed {
  readonly kind: 'analytic';
  /** Index into the plan's analytic calls. */
  readonly slot: number;
}

export interface AggregateExpr extends Typed {
  readonly kind: 'aggregate';
  /** Index into the plan's aggregate calls. */
  readonly slot: number;
}

/** `row_number()`: computed per window result. */
export interface WindowFunctionExpr extends Typed {
  readonly kind: 'windowFunction';
  readonly slot: number;
}

export interface ImplicitExpr extends Typed {
  readonly kind: 'implicit';
  /** Number of the call in the statement: names the state of `last_hit_…` and `last_agg_hit_…`. */
  readonly id: number;
  readonly value: ImplicitValue;
  /**
   * When a hit counts: after each evaluation, or (`condition`) once after the filter, HAVING or trigger that lists `id`
   * in its `hits` held. `never` for values without state, such as `window_start`.
   */
  readonly counts: 'evaluation' | 'condition' | 'never';
}

/** `*` as an argument or select item: the whole row as a map. */
export interface WildcardExpr extends Typed {
  readonly kind: 'wildcard';
  /** `s.*`: only that source. */
  readonly source: number | null;
  readonly except: readonly string[];
  readonly replace: readonly { readonly name: string; readonly expr: TypedExpr }[];
}

/** Parses, and fails on each row (`o->"k"`): evaluates `object` first, whose own error wins. */
export interface FailExpr extends Typed {
  readonly kind: 'fail';
  readonly object: TypedExpr | null;
  readonly error: string;
}

export type TypedExpr =
  | LiteralExpr
  | ColumnExpr
  | AliasExpr
  | MetaExpr
  | BinaryExpr
  | BetweenExpr
  | InExpr
  | LikeExpr
  | CaseExpr
  | IndexExpr
  | SliceExpr
  | PathExpr
  | CallExpr
  | AnalyticExpr
  | AggregateExpr
  | WindowFunctionExpr
  | ImplicitExpr
  | WildcardExpr
  | FailExpr;
