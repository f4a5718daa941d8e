/** What a statement means: names resolved, expressions typed, calls classified and hoisted. Plain readonly data. */
import type { Span } from '@kuiper/base';
import type { SetFunction, WindowFunction } from '@kuiper/sdk';
import type {
  AggregateCall,
  AliasPlan,
  AnalyticCall,
  JoinType,
  OutputField,
  SortKey,
  WindowSpec,
} from '../plan/plan-node.ts';
import type { RuleOptions } from '../run/rule-options.ts';
import type { CatalogSource } from './catalog.ts';
import type { ExprText } from './expr-text.ts';
import type { TypedExpr } from './typed-expr.ts';

/** Options that only the analyzer reads, beside those of the rule. */
export interface AnalyzeOptions extends RuleOptions {
  /** The rule is a temporary one and may read temporary streams. */
  readonly temp?: boolean;
  /** Graphs: columns need not be declared, since nodes add their own. */
  readonly looseNames?: boolean;
}

/** What the statement needs of one source. */
export interface SourceUsage {
  /** Columns named, in the order of their first appearance. */
  readonly columns: readonly string[];
  /** The whole row is needed. */
  readonly wildcard: boolean;
  /** Columns that only a wildcard would need but that it leaves out: EXCEPT and REPLACE. */
  readonly excluded: readonly string[];
  /** Schemaless: columns named before the first `*`, as explain prints them. */
  readonly columnsBeforeWildcard: readonly string[];
  /** A `*` stands anywhere, also as in `count(*)`. */
  readonly starred: boolean;
  /** Metadata keys; null for all. */
  readonly metaKeys: readonly string[] | null;
}

export interface QuerySource {
  readonly index: number;
  readonly definition: CatalogSource;
  /** Name in the statement. */
  readonly alias: string;
  readonly role: CatalogSource['kind'];
  readonly schemaless: boolean;
  readonly usage: SourceUsage;
  readonly span: Span;
}

export interface QueryJoin {
  readonly type: JoinType;
  readonly source: number;
  readonly on: TypedExpr | null;
  readonly span: Span;
}

export interface WindowFunctionCall {
  readonly slot: number;
  readonly field: string;
  readonly fn: WindowFunction;
  readonly partitionBy: readonly TypedExpr[];
  readonly orderBy: readonly SortKey[];
  readonly text: ExprText;
}

/** `dedup_trigger`: its operator writes the result into an analytic slot. */
export interface DedupCall {
  readonly slot: number;
  readonly start: TypedExpr;
  readonly end: TypedExpr;
  readonly now: TypedExpr;
  readonly expireMs: number;
  readonly text: ExprText;
}

export interface SetCall {
  readonly fn: SetFunction;
  readonly args: readonly TypedExpr[];
  readonly name: string;
  readonly alias: string | null;
  readonly text: ExprText;
}

export interface QueryWindow {
  readonly spec: WindowSpec;
  readonly filter: TypedExpr | null;
}

export interface Query {
  readonly sources: readonly QuerySource[];
  readonly joins: readonly QueryJoin[];
  /** In evaluation order. */
  readonly aliases: readonly AliasPlan[];
  /** The select list without the set-returning call; with a schema sorted: aliases first (sql §6.3). */
  readonly fields: readonly OutputField[];
  /** The select list as explain prints it. */
  readonly fieldsText: ExprText;
  readonly setCall: SetCall | null;
  readonly where: TypedExpr | null;
  readonly window: QueryWindow | null;
  /** GROUP BY without the window; empty for state windows. */
  readonly dimensions: readonly TypedExpr[];
  readonly having: TypedExpr | null;
  readonly orderBy: readonly SortKey[];
  readonly limit: number | null;
  /** One output row per group (or window) instead of one per row. */
  readonly aggregate: boolean;
  /** Computed per event before the window, in slot order; calls in state window conditions stand in the window. */
  readonly hoistedCalls: readonly AnalyticCall[];
  /** All analytic calls, by slot. */
  readonly analytics: readonly AnalyticCall[];
  /** All aggregate calls, by slot. */
  readonly aggregates: readonly AggregateCall[];
  /** Slots of the calls in WHERE. */
  readonly aggregatesInWhere: readonly number[];
  /** Slots of the calls in the select list. */
  readonly aggregatesInSelect: readonly number[];
  readonly windowCalls: readonly WindowFunctionCall[];
  readonly dedup: DedupCall | null;
  readonly options: AnalyzeOptions;
}
