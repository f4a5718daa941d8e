/** Rows on their way to the first window, join or output: one function for each stretch without a stop. */
import type { TypedExpr } from '../analyze/typed-expr.ts';
import type { RulePlan } from '../plan/plan-node.ts';
import { compileErrors } from './errors.ts';
import type { InputPlan, TargetPlan } from './pipeline.ts';
import type { UnitPlanner } from './plan-units.ts';
import type { RowEnd, RowStage } from './row-stages.ts';
import { type FunctionMaker, rowShape } from './units.ts';

/** Rows of one source on their way, stages collected so far. */
export interface RowLane {
  readonly source: number;
  readonly input: 'row' | 'item';
  readonly stages: readonly RowStage[];
  /** Asynchronous calls that have been waited for. */
  readonly awaited: ReadonlySet<number>;
  /** Receives the number of the function once it is made. */
  readonly connect: (row: number) => void;
}

export class LanePlanner {
  readonly inputs: (InputPlan | null)[];
  readonly targets: TargetPlan[] = [];
  private readonly plan: RulePlan;
  private readonly maker: FunctionMaker;
  private readonly functions: UnitPlanner;
  private readonly keepsMeta: boolean;

  constructor(plan: RulePlan, maker: FunctionMaker, functions: UnitPlanner) {
    this.plan = plan;
    this.maker = maker;
    this.functions = functions;
    this.inputs = plan.sources.map(() => null);
    this.keepsMeta = plan.sources.some((source) => source.metaKeys === null || source.metaKeys.length > 0);
  }

  source(source: number): RowLane {
    const plan = this.plan.sources[source];
    if (plan === undefined) throw compileErrors.PLAN_SHAPE(`source ${source} does not exist`);
    const name = plan.splitNodes.find((node) => node.endsWith('_preprocessor'));
    const connect = (row: number): void => {
      const preprocessor = name === undefined ? null : this.plan.operators.indexOf(name);
      this.inputs[source] = { source: plan, row, preprocessor };
    };
    return { source, input: 'row', stages: [], awaited: new Set(), connect };
  }

  end(lane: RowLane, end: RowEnd): void {
    const { source, input, stages } = lane;
    const slots = this.plan.analytics.length;
    lane.connect(this.maker.row({ source, input, stages, end, slots, keepsMeta: this.keepsMeta }));
  }

  /** Ends lanes at an operator that takes items. */
  endAt(lanes: readonly RowLane[], target: TargetPlan): void {
    const at = this.targets.push(target) - 1;
    for (const lane of lanes) this.end(lane, { kind: 'item', target: at });
  }

  /** Rows whose next function needs the results of asynchronous calls wait for them first. */
  waiting(lanes: readonly RowLane[], exprs: readonly TypedExpr[], operator: number): readonly RowLane[] {
    return lanes.map((lane): RowLane => {
      const shape = rowShape('item', [lane.source], false);
      const all = this.functions.calls(exprs, shape, operator);
      const levels = all
        .map((level) => level.filter((call) => !lane.awaited.has(call.id)))
        .filter((level) => level.length > 0);
      if (levels.length === 0) return lane;
      const next: number[] = [];
      this.endAt([lane], { kind: 'await', levels, next });
      const awaited = new Set([...lane.awaited, ...levels.flat().map((call) => call.id)]);
      const connect = (row: number): void => {
        next[lane.source] = row;
      };
      return { source: lane.source, input: 'item', stages: [], awaited, connect };
    });
  }

  /** The same lanes, as an operator releases their rows. @param target with `next` as the list of who takes them */
  releasedBy(lanes: readonly RowLane[], target: Extract<TargetPlan, { kind: 'watermark' | 'dedup' }>): RowLane[] {
    const { next } = target;
    this.endAt(lanes, target);
    return lanes.map(({ source, awaited }) => ({
      source,
      input: 'item',
      stages: [],
      awaited,
      connect: (row) => {
        next[source] = row;
      },
    }));
  }
}

export function withStage(lane: RowLane, stage: RowStage): RowLane {
  return { ...lane, stages: [...lane.stages, stage] };
}
