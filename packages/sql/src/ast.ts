/**
 * The syntax tree: discriminated unions of readonly plain objects, told apart by `kind`, each with its place in the text.
 *
 * Absent parts are `null`, never missing properties, so that nodes of one kind share one shape. Names appear as written
 * (back quotes removed); resolving them is the analyzer's work. Source: behaviour spec, sql §2–§4.
 */

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

export type Statement = SelectStatement | StreamStatement;

export interface SelectStatement {
  readonly kind: 'select';
  readonly items: readonly SelectItem[];
  readonly from: SourceRef;
  readonly joins: readonly Join[];
  readonly where: Expr | null;
  /** In the order written. The first window counts; further ones are ignored (sql §9). */
  readonly groupBy: readonly Dimension[];
  readonly having: Expr | null;
  readonly orderBy: readonly SortItem[];
  /** Negative means no limit, like null. */
  readonly limit: number | null;
  readonly span: Span;
}

/** One entry of the select list. */
export interface SelectItem {
  readonly expr: Expr;
  readonly alias: string | null;
  readonly invisible: boolean;
  readonly span: Span;
}

/** A FROM or JOIN name. `name` may be empty (`SELECT a FROM`) and may hold `/ # +`; it is not checked here. */
export interface SourceRef {
  readonly name: string;
  readonly alias: string | null;
  readonly span: Span;
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'cross';

export interface Join {
  readonly type: JoinType;
  readonly source: SourceRef;
  /** Null means true; always null for a cross join. */
  readonly on: Expr | null;
  readonly span: Span;
}

export interface SortItem {
  readonly expr: Expr;
  readonly descending: boolean;
  readonly span: Span;
}

export type Dimension = Expr | Window;

/** A window in GROUP BY. Lengths are positive whole numbers of `unit`. Source: sql §11.1. */
export type Window = TumblingWindow | HoppingWindow | SlidingWindow | SessionWindow | CountWindow | StateWindow;

interface WindowBase {
  readonly kind: 'window';
  /** `FILTER (WHERE …)`. */
  readonly filter: Expr | null;
  readonly over: WindowOver | null;
  readonly span: Span;
}

/** `OVER (WHEN … PARTITION BY …)` of a window; both parts may be absent. */
export interface WindowOver {
  readonly when: Expr | null;
  readonly partitionBy: readonly Expr[];
  readonly span: Span;
}

export interface TumblingWindow extends WindowBase {
  readonly type: 'tumbling';
  readonly unit: TimeUnit;
  readonly length: number;
}

export interface HoppingWindow extends WindowBase {
  readonly type: 'hopping';
  readonly unit: TimeUnit;
  readonly length: number;
  readonly hop: number;
}

export interface SlidingWindow extends WindowBase {
  readonly type: 'sliding';
  readonly unit: TimeUnit;
  readonly length: number;
  /** Null when not written, or written as 0. */
  readonly delay: number | null;
}

export interface SessionWindow extends WindowBase {
  readonly type: 'session';
  readonly unit: TimeUnit;
  readonly maxDuration: number;
  readonly timeout: number;
}

export interface CountWindow extends WindowBase {
  readonly type: 'count';
  readonly count: number;
  /** At most `count`; null when not written, or written as 0. */
  readonly step: number | null;
}

/** `statewindow(begin, emit)`, or with `emit` null `statewindow(condition)`. */
export interface StateWindow extends WindowBase {
  readonly type: 'state';
  readonly begin: Expr;
  readonly emit: Expr | null;
}

/** What the streams and tables endpoints accept. */
export type StreamStatement = CreateStatement | ShowStatement | DescribeStatement | ExplainStatement | DropStatement;

export type StreamKind = 'stream' | 'table';

/** CREATE STREAM or CREATE TABLE. No columns means schemaless. The name is not checked here. */
export interface CreateStatement {
  readonly kind: 'create';
  readonly target: StreamKind;
  readonly name: string;
  readonly columns: readonly ColumnDef[];
  readonly options: StreamOptions;
  readonly span: Span;
}

export interface ColumnDef {
  readonly name: string;
  readonly type: DataType;
  /** The DEFAULT literal converted to the type (an int column: number or, beyond 2^53, bigint); null without one. */
  readonly defaultValue: number | bigint | string | boolean | null;
  readonly span: Span;
}

export type ScalarTypeName = 'bigint' | 'float' | 'string' | 'bytea' | 'datetime' | 'boolean';

export type DataType = ScalarType | ArrayType | StructType;

export interface ScalarType {
  readonly kind: ScalarTypeName;
  readonly span: Span;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly element: DataType;
  readonly span: Span;
}

export interface StructType {
  readonly kind: 'struct';
  readonly fields: readonly ColumnDef[];
  readonly span: Span;
}

/** WITH options under the names of their JSON form; only those written. `version` and `kind` are lower-cased. */
export interface StreamOptions {
  readonly datasource?: string;
  readonly key?: string;
  readonly format?: string;
  readonly confKey?: string;
  readonly type?: string;
  readonly strictValidation?: boolean;
  readonly timestamp?: string;
  readonly timestampFormat?: string;
  readonly shared?: boolean;
  readonly schemaid?: string;
  readonly version?: string;
  readonly extra?: string;
  readonly temp?: boolean;
  readonly retainSize?: number;
  readonly kind?: string;
  readonly delimiter?: string;
}

export interface ShowStatement {
  readonly kind: 'show';
  readonly target: StreamKind;
  readonly span: Span;
}

export interface DescribeStatement {
  readonly kind: 'describe';
  readonly target: StreamKind;
  readonly name: string;
  readonly span: Span;
}

export interface ExplainStatement {
  readonly kind: 'explain';
  readonly target: StreamKind;
  readonly name: string;
  readonly span: Span;
}

export interface DropStatement {
  readonly kind: 'drop';
  readonly target: StreamKind;
  readonly name: string;
  readonly span: Span;
}
