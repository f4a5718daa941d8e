/** What happens to one row before it leaves as output or enters a window, in order. Shared by both modes. */
import type { TypedExpr } from '../analyze/typed-expr.ts';
import type { AnalyticCall } from '../plan/plan-node.ts';
import type { ProjectionSpec } from './projection.ts';

export interface AnalyticStage {
  readonly kind: 'analytic';
  /** Index of the operator; null for calls that a window evaluates for its conditions. */
  readonly operator: number | null;
  readonly calls: readonly AnalyticCall[];
}

export interface FilterStage {
  readonly kind: 'filter';
  readonly operator: number;
  readonly condition: TypedExpr;
  /** Ids of the `last_hit_…` calls that count when the condition held. */
  readonly hits: readonly number[];
}

export type RowStage = AnalyticStage | FilterStage;

/**
 * Where a row goes when it has passed all stages: to the output, or as an item to the operator `target` stands for.
 */
export type RowEnd =
  | { readonly kind: 'output'; readonly projection: ProjectionSpec }
  | { readonly kind: 'item'; readonly target: number };

export interface RowFunctionSpec {
  readonly source: number;
  /** `row`: as decoded, with time and metadata beside it; `item`: released by the watermark. */
  readonly input: 'row' | 'item';
  readonly stages: readonly RowStage[];
  readonly end: RowEnd;
  /** Analytic slots of the plan: length of `Item.slots`; 0 for none. */
  readonly slots: number;
  /** Items keep metadata. */
  readonly keepsMeta: boolean;
}

export const wherePrefix = 'run Where error: ';
export const orderPrefix = 'run Order By error: ';
