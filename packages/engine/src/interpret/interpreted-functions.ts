/** The functions of a program, interpreted: same answers as the generated ones, none of their code. */
import { errorText, makeRowError, type Row } from '@kuiper/base';
import type { Meta } from '@kuiper/sdk';
import type { CallExpr } from '../analyze/typed-expr.ts';
import { isReported } from '../compile/call-rules.ts';
import { countsRows } from '../compile/compiled-functions.ts';
import { enter, leave } from '../compile/flow-steps.ts';
import type { Item, Joined } from '../compile/item.ts';
import type { AnyFunction } from '../compile/module-code.ts';
import { selectList } from '../compile/output-columns.ts';
import type { MetaProvider } from '../compile/program.ts';
import type { ProjectionSpec } from '../compile/projection.ts';
import { windowNumbers } from '../compile/row-function.ts';
import { type AnalyticStage, type RowFunctionSpec, wherePrefix } from '../compile/row-stages.ts';
import { passes, passesStrictly, type Runtime } from '../compile/runtime.ts';
import type {
  AggregateStep,
  FunctionMaker,
  Group,
  Unit,
  UnitFunction,
  UnitShape,
  ValueSpec,
} from '../compile/units.ts';
import type { WindowRange } from '../operators/types.ts';
import type { AggregateCall, AnalyticCall, RulePlan } from '../plan/plan-node.ts';
import { callError, callNow, interpret, interpretArgument } from './interpret.ts';
import { interpretProjection, PlacedError, placed } from './interpret-projection.ts';
import { type FrameRow, RowFrame } from './row-frame.ts';

export class InterpretedFunctions implements FunctionMaker {
  readonly code = '';
  private readonly plan: RulePlan;
  private readonly positions: (slot: number) => number;
  private readonly makers: ((rt: Runtime) => AnyFunction)[] = [];

  constructor(plan: RulePlan, aggregatePositions: (slot: number) => number) {
    this.plan = plan;
    this.positions = aggregatePositions;
  }

  private add(maker: (rt: Runtime) => AnyFunction): number {
    return this.makers.push(maker) - 1;
  }

  link(): (rt: Runtime) => AnyFunction[] {
    return (rt) => this.makers.map((make) => make(rt));
  }

  value(spec: ValueSpec): number {
    const { shape, expr, operator, errorPrefix } = spec;
    return this.add(
      (rt): UnitFunction =>
        (unit, group, range, numbers) =>
          placed(operator, errorPrefix, () => {
            const value = interpret(expr, this.frame(rt, shape, unit, group, range, numbers));
            if (spec.as === 'value') return value;
            if (spec.as === 'condition') return passes(value, expr.type);
            return passesStrictly(value, expr.type, spec.as === 'join' ? 'join condition' : 'condition');
          }),
    );
  }

  aggregate(call: AggregateCall, shape: UnitShape, step: 'add' | 'remove'): number {
    return this.add(
      (rt): AggregateStep =>
        (state, unit, range) => {
          const frame = this.frame(rt, shape, unit, null, range ?? null, null);
          const args = call.args.map((arg) => (countsRows(call, arg) ? true : interpret(arg, frame)));
          call.impl[step]?.(state, ...args);
        },
    );
  }

  call(call: CallExpr, shape: UnitShape): number {
    return this.add(
      (rt): UnitFunction =>
        (unit, group, range, numbers) => {
          try {
            return callNow(call, this.frame(rt, shape, unit, group, range, numbers), false);
          } catch (error) {
            const failed = errorText(error).startsWith(`call func ${call.fn.name} error: `) || isReported(error);
            throw Object.assign(makeRowError(errorText(error)), { callee: failed ? 1 : 0 });
          }
        },
    );
  }

  projection(spec: ProjectionSpec, shape: UnitShape): number {
    const list = selectList(spec.project, spec.plan);
    return this.add(
      (rt): UnitFunction =>
        (unit, group, range, numbers) =>
          interpretProjection(spec, list, this.frame(rt, shape, unit, group, range, numbers)),
    );
  }

  row(spec: RowFunctionSpec): number {
    return this.add((rt) => {
      const { source } = spec;
      if (spec.input === 'item') {
        return (item: Item): void => {
          const row: FrameRow = { source, row: item.row, time: item.time, meta: () => item.meta, slots: item.slots };
          this.runRow(spec, rt, row, item);
        };
      }
      return (row: Row, time: number, metas: MetaProvider, index: number): void => {
        let meta: Meta | null | undefined;
        const read = (): Meta | null => {
          if (meta === undefined) meta = metas.meta(index);
          return meta;
        };
        this.runRow(spec, rt, { source, row, time, meta: read, slots: null }, null);
      };
    });
  }

  private runRow(spec: RowFunctionSpec, rt: Runtime, row: FrameRow, item: Item | null): void {
    const frame = new RowFrame(
      {
        plan: this.plan,
        rt,
        rows: [row],
        group: null,
        aggregatePosition: this.positions,
        range: null,
        numbers: windowNumbers(this.plan),
        aggregate: false,
      },
      item,
    );
    let made: Row | Row[] = {};
    const { end } = spec;
    try {
      for (const stage of spec.stages) {
        if (stage.operator !== null) enter(rt, stage.operator);
        if (stage.kind === 'analytic') this.runAnalytic(stage, rt, frame);
        else {
          const { condition, operator } = stage;
          const holds = placed(operator, wherePrefix, () => passes(interpret(condition, frame), condition.type));
          if (!holds) return;
          for (const id of stage.hits) rt.hits.get(id)?.hit(row.time);
        }
        if (stage.operator !== null) leave(rt, stage.operator);
      }
      if (end.kind === 'output') {
        enter(rt, end.projection.projectOperator);
        made = interpretProjection(end.projection, selectList(end.projection.project, this.plan), frame);
      }
    } catch (error) {
      rt.report(error instanceof PlacedError ? error.operator : 0, errorText(error));
      return;
    }
    if (end.kind === 'item') {
      const slots =
        spec.slots === 0
          ? null
          : Array.from({ length: spec.slots }, (_, i) => (i in frame.slots ? frame.slots[i] : row.slots?.[i]));
      const meta = spec.keepsMeta ? row.meta() : null;
      const kept = item !== null && spec.stages.every((stage) => stage.kind === 'filter');
      const made = kept ? item : { source: row.source, row: row.row, time: row.time, meta, slots };
      frame.keepAliases(made);
      rt.targets[end.target]?.(made, row.time);
      return;
    }
    emit(end.projection, rt, made);
  }

  private runAnalytic(stage: AnalyticStage, rt: Runtime, frame: RowFrame): void {
    for (const call of stage.calls) {
      placed(stage.operator ?? 0, '', () => {
        const args = call.args.map((arg, i) =>
          interpretArgument(arg, (call.fn.args[i] ?? call.fn.args.at(-1))?.kind ?? 'any', frame),
        );
        const keys = call.partitionBy.map((e) => interpret(e, frame));
        const valid = call.when === null || interpret(call.when, frame) !== false;
        frame.slots[call.slot] = next(call, rt, keys, valid, args);
      });
    }
  }

  private frame(
    rt: Runtime,
    shape: UnitShape,
    unit: Unit,
    group: Group | null,
    range: WindowRange | null,
    numbers: readonly unknown[] | null,
  ): RowFrame {
    const row = (shape.group === null ? unit : (unit as Group)[shape.group]) as Item | Joined;
    const items = Array.isArray(row) ? shape.sources.map((source) => (row as Joined)[source]) : [row as Item];
    const setup = {
      plan: this.plan,
      rt,
      rows: items
        .filter((item) => item !== null && item !== undefined)
        .map((item) => ({
          source: item.source,
          row: item.row,
          time: item.time,
          meta: () => item.meta,
          slots: item.slots,
        })),
      group,
      aggregatePosition: this.positions,
      range: shape.windowed ? range : null,
      numbers,
      aggregate: shape.aggregate,
    };
    return new RowFrame(setup, unit);
  }
}

function next(
  call: AnalyticCall,
  rt: Runtime,
  keys: readonly unknown[],
  valid: boolean,
  args: readonly unknown[],
): unknown {
  const state = rt.analytics[call.slot]?.of(keys.length === 0 ? null : keys.length === 1 ? keys[0] : keys);
  try {
    return call.fn.next(state, valid, ...args);
  } catch (error) {
    throw makeRowError(errorText(callError(call.name, error)));
  }
}

function emit(projection: ProjectionSpec, rt: Runtime, made: Row | Row[]): void {
  const { project, projectOperator, set, setOperator } = projection;
  const { output } = rt.env;
  leave(rt, projectOperator);
  if (set === null) {
    if (project.limit !== 0) output.emitRow(made as Row);
    return;
  }
  enter(rt, setOperator);
  const rows = made as Row[];
  const count = set.limit === null || set.limit < 0 ? rows.length : Math.min(rows.length, set.limit);
  for (let i = 0; i < count; i++) {
    leave(rt, setOperator);
    output.emitRow(rows[i] as Row);
  }
}
