/** Expressions. Source: behaviour spec, sql §2, §3.1. */

import type { Span } from '@kuiper/base';

export type Expr =
  | IntLiteral
  | FloatLiteral
  | StringLiteral
  | BoolLiteral
  | TimeUnitLiteral
  | ColumnRef
  | MetaKey
  | Wildcard
  | Binary
  | Between
  | InList
  | InExpr
  | Like
  | CaseWhen
  | Index
  | Slice
  | Path
  | InvalidPath
  | Call
  | Paren;

/** Clamped to int64; a `bigint` exactly when outside ±(2^53 − 1). A leading minus is part of the literal. */
export interface IntLiteral {
  readonly kind: 'int';
  readonly value: number | bigint;
  readonly span: Span;
}

/** A number written with a dot. Finite. */
export interface FloatLiteral {
  readonly kind: 'float';
  readonly value: number;
  readonly span: Span;
}

/** Text in single or double quotes, escapes resolved. */
export interface StringLiteral {
  readonly kind: 'string';
  readonly value: string;
  readonly span: Span;
}

export interface BoolLiteral {
  readonly kind: 'bool';
  readonly value: boolean;
  readonly span: Span;
}

export type TimeUnit = 'dd' | 'hh' | 'mi' | 'ss' | 'ms';

/** A bare time unit. Only window arguments give it a meaning; the parser accepts it anywhere. */
export interface TimeUnitLiteral {
  readonly kind: 'timeUnit';
  readonly unit: TimeUnit;
  readonly span: Span;
}

/**
 * `c` or `x.c`. Whether `x` is a stream or a column is not known here: with a column, `x.c` means the path `x->c`
 * (sql §6.1). Further accessors are {@link Path} nodes around it.
 */
export interface ColumnRef {
  readonly kind: 'column';
  readonly qualifier: string | null;
  readonly name: string;
  readonly span: Span;
}

/** An identifier inside `meta(…)` or `mqtt(…)`: `k`, or `x.k` where `x` is a stream or an outer key. */
export interface MetaKey {
  readonly kind: 'metaKey';
  readonly qualifier: string | null;
  readonly name: string;
  readonly span: Span;
}

/** `*`, `* EXCEPT(…) REPLACE(…)` or `x.*`. The qualified form has no EXCEPT and no REPLACE. */
export interface Wildcard {
  readonly kind: 'wildcard';
  readonly qualifier: string | null;
  readonly except: readonly string[];
  readonly replace: readonly Replacement[];
  readonly span: Span;
}

/** `expr AS name` inside REPLACE. `name` is null when not written: the default output name (sql §6.4) applies. */
export interface Replacement {
  readonly expr: Expr;
  readonly name: string | null;
  readonly span: Span;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%';
export type BitOp = '&' | '|' | '^';
export type CompareOp = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type LogicalOp = 'AND' | 'OR';
export type BinaryOp = ArithmeticOp | BitOp | CompareOp | LogicalOp;

export interface Binary {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  readonly span: Span;
}

export interface Between {
  readonly kind: 'between';
  readonly value: Expr;
  readonly low: Expr;
  readonly high: Expr;
  readonly negated: boolean;
  readonly span: Span;
}

/** `value IN (e1, e2, …)`; at least one item. */
export interface InList {
  readonly kind: 'inList';
  readonly value: Expr;
  readonly items: readonly Expr[];
  readonly negated: boolean;
  readonly span: Span;
}

/** `value IN source`, where `source` must yield a list. */
export interface InExpr {
  readonly kind: 'inExpr';
  readonly value: Expr;
  readonly source: Expr;
  readonly negated: boolean;
  readonly span: Span;
}

export interface Like {
  readonly kind: 'like';
  readonly value: Expr;
  readonly pattern: Expr;
  readonly negated: boolean;
  readonly span: Span;
}

/** Simple form when `subject` is given, searched form when it is null. At least one branch. */
export interface CaseWhen {
  readonly kind: 'case';
  readonly subject: Expr | null;
  readonly branches: readonly CaseBranch[];
  readonly otherwise: Expr | null;
  readonly span: Span;
}

export interface CaseBranch {
  readonly when: Expr;
  readonly result: Expr;
  readonly span: Span;
}

/** `object[index]`. */
export interface Index {
  readonly kind: 'index';
  readonly object: Expr;
  readonly index: Expr;
  readonly span: Span;
}

/** `object[start:end]`; a bound left out is null. `object[]` is the same as `object[:]`. */
export interface Slice {
  readonly kind: 'slice';
  readonly object: Expr;
  readonly start: Expr | null;
  readonly end: Expr | null;
  readonly span: Span;
}

/** `object->name`, also written `object.name`. */
export interface Path {
  readonly kind: 'path';
  readonly object: Expr;
  readonly name: string;
  readonly span: Span;
}

/** `object->key` where `key` is not a name, such as `o->"k"`: parses, and fails on each row (sql §7.3). */
export interface InvalidPath {
  readonly kind: 'invalidPath';
  readonly object: Expr;
  readonly key: Expr;
  readonly span: Span;
}

/** A function call. `name` is as written; built-in names match in any case. Never a window (see {@link Window}). */
export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expr[];
  readonly over: CallOver | null;
  readonly span: Span;
}

/** `OVER (PARTITION BY … ORDER BY … WHEN …)` of an analytic function or `row_number`; never empty. */
export interface CallOver {
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortItem[];
  readonly when: Expr | null;
  readonly span: Span;
}

/** `( expr )`; kept because HAVING, CASE and explain treat it differently from its content. */
export interface Paren {
  readonly kind: 'paren';
  readonly expr: Expr;
  readonly span: Span;
}

/** One entry of a sort list. */
export interface SortItem {
  readonly expr: Expr;
  readonly descending: boolean;
  readonly span: Span;
}
