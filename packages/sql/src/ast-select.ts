/** SELECT and its windows. Source: behaviour spec, sql §3, §11.1. */

import type { Span } from '@kuiper/base';
import type { Expr, SortItem, TimeUnit } from './ast-expression.ts';

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
