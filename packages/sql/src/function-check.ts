import type { Span } from '@kuiper/base';
import type { Expr } from './ast.ts';

/** The part of a statement in which a call stands. */
export type Clause = 'select' | 'from' | 'where' | 'groupBy' | 'having' | 'orderBy';

/**
 * What the parser asks about functions it does not know itself. Names come as written; built-in ones match in any case.
 * Window names and `dedup_trigger` are never asked about.
 */
export interface FunctionCheck {
  /**
   * Called once per call, right after its closing parenthesis and before OVER, arguments before the enclosing call.
   * Throws a located error for an unknown name, bad arguments or a wrong clause. Source: behaviour spec, functions §1.1, §2.
   * @param span of name and parentheses
   */
  checkCall(name: string, args: readonly Expr[], span: Span, clause: Clause): void;
  /** May carry `OVER (PARTITION BY … WHEN …)`. */
  isAnalytic(name: string): boolean;
  /** May carry OVER with ORDER BY as well, and stands only in the select list: `row_number`. */
  isWindowFunction(name: string): boolean;
  /** May not stand in GROUP BY. */
  isAggregate(name: string): boolean;
  /** Yields several rows: at most one, as a whole select item. */
  isSetReturning(name: string): boolean;
}

export interface ParseOptions {
  /** Without it every function name and every OVER is accepted. */
  readonly functions?: FunctionCheck;
}
