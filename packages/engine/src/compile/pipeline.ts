/**
 * The shape of a program between its generated functions: which operator feeds which. Functions are numbers, resolved
 * among the functions of a run. Plain data, made once per plan by `planPipeline`.
 */
import type { Kind } from '@kuiper/base';
import type {
  AggregateCall,
  DedupTriggerNode,
  JoinNode,
  LookupNode,
  SourcePlan,
  WatermarkNode,
  WindowNode,
} from '../plan/plan-node.ts';

export interface Pipeline {
  /** By source; null for lookup tables. */
  readonly inputs: readonly (InputPlan | null)[];
  /** Operators that take items; row functions name them by position. */
  readonly targets: readonly TargetPlan[];
}

export interface InputPlan {
  readonly source: SourcePlan;
  /** Function `(row, time, metas, index)`. */
  readonly row: number;
  /** Index of the preprocessor; null when nothing has to be read from the row before. */
  readonly preprocessor: number | null;
}

export type TargetPlan =
  | {
      readonly kind: 'watermark';
      readonly node: WatermarkNode;
      readonly operator: number;
      /** Functions `(item)` by source. */
      readonly next: number[];
    }
  | {
      readonly kind: 'window';
      readonly node: WindowNode;
      readonly operator: number;
      readonly trigger: number | null;
      readonly begin: number | null;
      readonly emit: number | null;
      readonly partitionBy: readonly KeyPlan[];
      /** Grouping that the window does on arrival; null when it keeps rows. */
      content: ContentPlan | null;
      readonly flow: FlowPlan;
    }
  | { readonly kind: 'table'; readonly source: SourcePlan; readonly name: string }
  | {
      readonly kind: 'dedup';
      readonly node: DedupTriggerNode;
      readonly operator: number;
      /** Functions `(item)` of the times. */
      readonly start: number;
      readonly end: number;
      readonly now: number;
      /** Functions `(item)` by source. */
      readonly next: number[];
    }
  /** Asynchronous calls of the functions that follow. */
  | { readonly kind: 'await'; readonly levels: readonly (readonly CallPlan[])[]; readonly next: number[] }
  /** Rows that go on one by one, each as a collection of one. */
  | { readonly kind: 'event'; readonly flow: FlowPlan };

/** An asynchronous call: the function that starts it. */
export interface CallPlan {
  readonly id: number;
  readonly name: string;
  readonly start: number;
}

export interface KeyPlan {
  readonly value: number;
  readonly kind: Kind;
}

export interface AggregatePlan {
  readonly call: AggregateCall;
  readonly add: number;
  readonly remove: number | null;
}

export interface GroupPlan {
  readonly keys: readonly KeyPlan[];
  readonly aggregates: readonly AggregatePlan[];
  /** Something in it is known only when the window closes: its range, the results of asynchronous calls. */
  readonly waitsForWindow: boolean;
}

export interface ContentPlan {
  /** What follows looks at a group again when the window may have moved on, or remembers something of it. */
  readonly frozen: boolean;
  readonly group: GroupPlan;
  readonly where: { readonly condition: number; readonly operator: number } | null;
  readonly operator: number | null;
}

export interface FlowPlan {
  readonly stages: FlowStage[];
  /** Joined rows in place of items. */
  isJoined: boolean;
  /** Results of one row each, not a list: an event without a join. */
  single: boolean;
  /** A row may stand in several windows, and something computed of it is remembered from stage to stage. */
  forksRows?: boolean;
}

export type FlowStage =
  /** `where`: calls over rows that see the aggregates of WHERE; `summary`: over the one group of all rows. */
  | {
      readonly kind: 'await';
      readonly of: 'units' | 'where' | 'summary';
      readonly levels: readonly (readonly CallPlan[])[];
    }
  | { readonly kind: 'align'; readonly operator: number }
  | {
      readonly kind: 'join';
      readonly operator: number;
      readonly node: JoinNode;
      readonly steps: readonly JoinStepPlan[];
      readonly tables: readonly number[];
    }
  | {
      readonly kind: 'lookup';
      readonly operator: number;
      readonly node: LookupNode;
      readonly values: readonly KeyPlan[];
    }
  | { readonly kind: 'aggregateInWhere'; readonly operator: number; readonly group: GroupPlan }
  | {
      readonly kind: 'filter';
      readonly operator: number;
      readonly condition: number;
      readonly usesRange: boolean;
      readonly usesAggregates: boolean;
    }
  | { readonly kind: 'group'; readonly operator: number | null; readonly group: GroupPlan }
  /** Aggregates over all rows, which stay rows. */
  | { readonly kind: 'summary'; readonly group: GroupPlan }
  | {
      readonly kind: 'having';
      readonly operator: number;
      readonly condition: number;
      readonly ofSummary: boolean;
      readonly hits: readonly number[];
    }
  | { readonly kind: 'refuse'; readonly operator: number; readonly text: string }
  | {
      readonly kind: 'number';
      readonly operator: number;
      readonly slot: number;
      readonly partitionBy: readonly KeyPlan[];
      readonly orderBy: readonly SortPlan[];
      readonly value: (index: number, count: number) => unknown;
    }
  | { readonly kind: 'order'; readonly operator: number; readonly keys: readonly SortPlan[] }
  | {
      readonly kind: 'project';
      readonly operator: number;
      readonly projection: number;
      readonly limit: number | null;
      readonly set: { readonly operator: number; readonly limit: number | null } | null;
    };

export interface JoinStepPlan {
  readonly on: number | null;
  readonly residual: number | null;
  readonly equalities: readonly { readonly left: KeyPlan; readonly right: KeyPlan }[];
}

export interface SortPlan extends KeyPlan {
  readonly descending: boolean;
}
