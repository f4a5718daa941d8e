/**
 * The plan of a rule: a tree of operators over typed expressions, leaves are the sources. Plain readonly data.
 *
 * Order from the bottom (behaviour spec, runtime §5.1): source → watermark → analytic → window filter → window →
 * join align → join → lookup → aggregates in WHERE → filter → aggregate → having → window functions → order →
 * dedup trigger → project → project set. Each node carries the name it has in status, metrics and topology, although the code that
 * runs is fused.
 */
import type { Kind, RowType } from '@kuiper/base';
import type {
  AggregateFunction,
  Aggregation,
  AnalyticFunction,
  ColumnsFunction,
  SetFunction,
  WindowFunction,
} from '@kuiper/sdk';
import type { ColumnDef } from '@kuiper/sql';
import type { ExprText } from '../analyze/expr-text.ts';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import type { GraphNetwork } from './graph/graph-network.ts';

interface NodeBase {
  /** Name in status, metrics and topology without the `source_`/`op_` prefix, for instance `3_filter`. */
  readonly name: string;
  readonly inputs: readonly PlanNode[];
}

/** One stream, scan table or lookup table of the statement. */
export interface SourcePlan {
  /** Index into `RulePlan.sources`; what `ColumnExpr.source` names. */
  readonly index: number;
  readonly stream: string;
  /** Name it has in this statement (`FROM demo AS d` → `d`). */
  readonly alias: string;
  /** Name of the source node without `source_`: the stream, or `conn1/topic` when shared by connection. */
  readonly nodeName: string;
  /** SHARED stream: one source and decoder for all rules; its operators are named `<stream>_<node>` in the topology. */
  readonly shared: boolean;
  readonly role: 'stream' | 'scan' | 'lookup';
  readonly schemaless: boolean;
  /** Columns to decode, in a fixed order; null for all. */
  readonly columns: readonly string[] | null;
  /** What explain prints as `StreamFields`; sorted. Differs from `columns` beside a schemaless `count(*)`. */
  readonly shownColumns: readonly string[];
  /** Columns with the one alias that they are used under (`push_alias`); for explain. */
  readonly renamed?: readonly (readonly [column: string, alias: string])[];
  /** Kinds of the decoded columns as the decoder delivers them. */
  readonly type: RowType;
  /** Metadata keys used by the rule; null for all, empty for none. */
  readonly metaKeys: readonly string[] | null;
  /** Names of the operators split off the source, in order: `2_decoder`, `3_preprocessor` … */
  readonly splitNodes: readonly string[];
  /** Columns of the definition; empty for schemaless. */
  readonly declared: readonly ColumnDef[];
  /** `declared` as a decoder of the rule's own needs it: structs without the members that the statement never reaches. */
  readonly decoded: readonly ColumnDef[];
  /** STRICT_VALIDATION: check and convert the declared columns in use after decoding. */
  readonly strict: boolean;
  /** TIMESTAMP_FORMAT: how strict validation reads texts in DATETIME columns; empty when not given. */
  readonly timestampFormat: string;
  /** Event time: column holding the timestamp, and its format. */
  readonly timestamp: { readonly column: string; readonly format: string } | null;
  /** Scan tables: rows kept. */
  readonly retainSize: number;
}

export interface DataSourceNode extends NodeBase {
  readonly kind: 'dataSource';
  readonly source: SourcePlan;
}

export interface WatermarkNode extends NodeBase {
  readonly kind: 'watermark';
  /** Indexes of the streams whose minimum is the watermark. */
  readonly sources: readonly number[];
  readonly lateToleranceMs: number;
  /** A silent source stops holding the others back after this; 0: never. */
  readonly idleTimeoutMs: number;
  /** Whether watermarks go on to a window. */
  readonly sendWatermark: boolean;
}

/** Evaluates the plan's analytic calls, in slot order, for each event. */
export interface AnalyticNode extends NodeBase {
  readonly kind: 'analytic';
  readonly calls: readonly AnalyticCall[];
}

export interface AnalyticCall {
  readonly slot: number;
  /** Name of the state: `$$func<id>`. */
  readonly stateName: string;
  readonly name: string;
  readonly fn: AnalyticFunction;
  readonly args: readonly TypedExpr[];
  readonly partitionBy: readonly TypedExpr[];
  readonly when: TypedExpr | null;
  readonly type: Kind;
  readonly text: ExprText;
  /** The call stands in the select list (explain lists these apart). */
  readonly inSelect: boolean;
}

/** `list`: rows of a graph that come as lists and stay lists. */
export type WindowType = 'tumbling' | 'hopping' | 'sliding' | 'session' | 'count' | 'state' | 'list';
export type TimeUnit = 'dd' | 'hh' | 'mi' | 'ss' | 'ms';

export interface WindowSpec {
  readonly type: WindowType;
  readonly unit: TimeUnit | null;
  /** Length in ms, or in rows for count windows. Session: the longest duration. */
  readonly length: number;
  /** Hop in ms, session timeout in ms, rows per step of a count window; 0 when absent. */
  readonly interval: number;
  /** Sliding: delay in ms. */
  readonly delayMs: number;
  /** The numbers as written, in `unit`s (alignment works in units). */
  readonly rawLength: number;
  readonly rawInterval: number;
  /** Sliding: `OVER (WHEN …)`. */
  readonly trigger: TypedExpr | null;
  /** State: begin and emit conditions; a single condition has `emit` null. */
  readonly begin: TypedExpr | null;
  readonly emit: TypedExpr | null;
  /** State: `OVER (PARTITION BY …)`. */
  readonly partitionBy: readonly TypedExpr[];
  /** Analytic calls in the conditions: the window evaluates them on each row that enters, before `begin` and `emit`. */
  readonly calls: readonly AnalyticCall[];
  /** `last_hit_…` calls in `trigger`, by id: they count when it held. */
  readonly hits: readonly number[];
  /** Sliding options (`planOptimizeStrategy.windowOption`). */
  readonly sendTwice: boolean;
  readonly version2: boolean;
}

export interface WindowNode extends NodeBase {
  readonly kind: 'window';
  readonly window: WindowSpec;
  /** `FILTER (WHERE …)`: rows that fail never enter. Its node name is `n_windowFilter` with the window's n. */
  readonly filter: TypedExpr | null;
  readonly filterName: string | null;
  readonly eventTime: boolean;
  /** Name in explain and topology says whether the user asked for the incremental plan (`n_inc_agg_window`). */
  readonly incremental: boolean;
  /**
   * Incremental plans group in the window; there is no aggregate node. Then plain columns take the last row of a group,
   * not the first, and a window without rows emits nothing. Empty otherwise.
   */
  readonly dimensions: readonly TypedExpr[];
}

/** Adds the rows held of scan tables to a stream row or window. */
export interface JoinAlignNode extends NodeBase {
  readonly kind: 'joinAlign';
  readonly tables: readonly number[];
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'cross';

export interface JoinStep {
  readonly type: JoinType;
  /** Source joined to what has been accumulated so far. */
  readonly source: number;
  /** Null means true. */
  readonly on: TypedExpr | null;
  /** Equality conjuncts of ON, left side over the accumulated sources, right side over `source`. */
  readonly equalities: readonly { readonly left: TypedExpr; readonly right: TypedExpr }[];
  /** The rest of ON. */
  readonly residual: TypedExpr | null;
}

export interface JoinNode extends NodeBase {
  readonly kind: 'join';
  /** Source on the left of the first join. */
  readonly from: number;
  readonly steps: readonly JoinStep[];
}

export interface LookupNode extends NodeBase {
  readonly kind: 'lookup';
  readonly table: number;
  readonly type: 'inner' | 'left';
  readonly fields: readonly string[] | null;
  readonly keys: readonly string[];
  readonly values: readonly TypedExpr[];
  /** All of ON, for explain. */
  readonly on: TypedExpr;
  /** Conjuncts of ON beside the keys, for explain: the filter node above applies them. */
  readonly condition: TypedExpr | null;
}

/** Aggregates that occur in WHERE: computed over the whole incoming batch before the filter. */
export interface AggregateInWhereNode extends NodeBase {
  readonly kind: 'aggregateInWhere';
  readonly slots: readonly number[];
}

export interface FilterNode extends NodeBase {
  readonly kind: 'filter';
  readonly condition: TypedExpr;
  /** Equality and range conditions usable by indexed dispatch; see `indexableConditions`. */
  readonly index: IndexCondition | null;
  /** `last_hit_…` calls in the condition, by id: they count when it held. */
  readonly hits: readonly number[];
}

/** The leftmost conjunct of a stateless filter directly above the decoder, on one column. */
export interface IndexCondition {
  readonly column: string;
  readonly op: '=' | '<' | '<=' | '>' | '>=';
  /** Tagged. */
  readonly value: number | bigint | string | boolean;
}

/** GROUP BY other than the window. */
export interface AggregateNode extends NodeBase {
  readonly kind: 'aggregate';
  readonly dimensions: readonly TypedExpr[];
}

export interface HavingNode extends NodeBase {
  readonly kind: 'having';
  readonly condition: TypedExpr;
  /** `last_agg_hit_…` calls in the condition, by id: they count once when at least one group passed. */
  readonly hits: readonly number[];
}

export interface WindowFunctionNode extends NodeBase {
  readonly kind: 'windowFunction';
  readonly slot: number;
  /** Hidden column in explain: `wf_row_number_1`. */
  readonly field: string;
  readonly text: ExprText;
  readonly fn: WindowFunction;
  readonly partitionBy: readonly TypedExpr[];
  readonly orderBy: readonly SortKey[];
}

export interface SortKey {
  /** The identifier the sort item starts with, for explain. */
  readonly name: string;
  readonly expr: TypedExpr;
  readonly descending: boolean;
}

export interface OrderNode extends NodeBase {
  readonly kind: 'order';
  readonly keys: readonly SortKey[];
}

/** Holds rows until the end of the range they name and writes into `slot` what is new of it. */
export interface DedupTriggerNode extends NodeBase {
  readonly kind: 'dedupTrigger';
  readonly slot: number;
  readonly start: TypedExpr;
  readonly end: TypedExpr;
  readonly now: TypedExpr;
  readonly expireMs: number;
  readonly text: ExprText;
}

export interface ProjectNode extends NodeBase {
  readonly kind: 'project';
  readonly fields: readonly OutputField[];
  /** The select list as explain prints it. */
  readonly fieldsText: ExprText;
  /** One row per group (or window) instead of one per row. */
  readonly aggregate: boolean;
  readonly limit: number | null;
  readonly sendMeta: boolean;
  readonly sendNil: boolean;
}

/**
 * One select item. Evaluation order: expressions, then aliases by index, then columns are picked; on equal keys
 * alias wins over expression over column over wildcard (behaviour spec, sql §8).
 */
export interface OutputField {
  readonly kind: 'column' | 'expression' | 'alias' | 'wildcard' | 'columns';
  readonly name: string;
  readonly expr: TypedExpr;
  readonly invisible: boolean;
  /** `alias`: index into the plan's aliases. */
  readonly alias: number | null;
  /** `columns` (changed_cols): the call. */
  readonly columns: ColumnsCall | null;
}

export interface ColumnsCall {
  readonly stateName: string;
  /** With an alias: one column of the field's name that holds the columns as a map, null when there are none. */
  readonly gather: boolean;
  readonly fn: ColumnsFunction;
  readonly options: readonly TypedExpr[];
  /** Named values; a wildcard is expanded at run time. */
  readonly values: readonly { readonly name: string; readonly expr: TypedExpr }[];
}

export interface ProjectSetNode extends NodeBase {
  readonly kind: 'projectSet';
  /**
   * Its `args` are evaluated over the same row or group as the fields of the project node below, which holds no field
   * for it. Keys of an element override columns and expressions, and are overridden by aliases.
   */
  readonly fn: SetFunction;
  readonly args: readonly TypedExpr[];
  /** Key for elements that are not objects: the alias or the function's name. */
  readonly field: string;
  /** The call in error texts, and its alias or null. */
  readonly text: ExprText;
  readonly alias: string | null;
  readonly limit: number | null;
}

export type PlanNode =
  | DataSourceNode
  | WatermarkNode
  | AnalyticNode
  | WindowNode
  | JoinAlignNode
  | JoinNode
  | LookupNode
  | AggregateInWhereNode
  | FilterNode
  | AggregateNode
  | HavingNode
  | WindowFunctionNode
  | OrderNode
  | DedupTriggerNode
  | ProjectNode
  | ProjectSetNode;

export interface AggregateCall {
  readonly slot: number;
  readonly name: string;
  readonly fn: AggregateFunction;
  /** For a `wholeRow` function the first one is the wildcard. */
  readonly args: readonly TypedExpr[];
  /** The code for the kinds of these arguments. */
  readonly impl: Aggregation;
  readonly text: ExprText;
}

export interface AliasPlan {
  readonly name: string;
  readonly expr: TypedExpr;
}

/** Everything the compiler needs to know about a rule's statement. Knows no rule id: cacheable, shareable. */
export interface RulePlan {
  readonly root: PlanNode;
  readonly sources: readonly SourcePlan[];
  readonly aliases: readonly AliasPlan[];
  readonly analytics: readonly AnalyticCall[];
  readonly aggregates: readonly AggregateCall[];
  /** Operator names in creation order (sources' split nodes included), for status and topology. */
  readonly operators: readonly string[];
  /** Kinds of the emitted rows; `rest` set when a wildcard may add columns. */
  readonly outputType: RowType;
  /** Output fields in select order, wildcards left out: `GET /rules/{id}/schema`. */
  readonly outputFields: readonly string[];
  /** True when the rule keeps state between events (windows, analytic functions, joins, stateful calls). */
  readonly stateful: boolean;
  /** Key of the program cache: equal plans share a program. */
  readonly cacheKey: string;
  /** Graph rules: the steps in place of `root`, which then is only the first source. */
  readonly graph?: GraphNetwork;
}
