/** A program at work for one run: its operators, their state and the functions that connect them. */
import { errorText, type Row } from '@kuiper/base';
import { DedupTrigger } from '../operators/dedup-trigger.ts';
import { HitState } from '../operators/hit-state.ts';
import { PartitionState } from '../operators/partition-state.ts';
import { TableStore } from '../operators/table-store.ts';
import type {
  HitStateOperator,
  PartitionStateOperator,
  TableRows,
  WatermarkOperator,
  WindowOperator,
} from '../operators/types.ts';
import { Watermark } from '../operators/watermark.ts';
import { createWindow } from '../operators/window.ts';
import type { AnalyticCall, RulePlan } from '../plan/plan-node.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { Awaiting } from './awaited.ts';
import type { CallSite } from './call-sites.ts';
import { Flow } from './flow.ts';
import { arrivalProgram, enter, leave } from './flow-steps.ts';
import type { PlaceTable } from './function-body.ts';
import { type Item, mayHoldText, settleItem } from './item.ts';
import type { AnyFunction } from './module-code.ts';
import type { InputPlan, Pipeline, TargetPlan } from './pipeline.ts';
import { columnsCalls, hitIds } from './plan-states.ts';
import { eventTimeReader, rowChecker } from './preprocess.ts';
import { counter, nodeCounters, type ProgramInput, type ProgramInstance, type RunEnvironment } from './program.ts';
import { Runtime } from './runtime.ts';

export interface InstanceParts {
  readonly plan: RulePlan;
  readonly pipeline: Pipeline;
  readonly places: PlaceTable;
  /** Describes everything that stored state depends on. */
  readonly fingerprint: string;
  readonly sites: ReadonlyMap<number, CallSite>;
  readonly link: (rt: Runtime) => AnyFunction[];
}

type Put = (item: Item, timeMs: number) => void;

export class Instance implements ProgramInstance {
  readonly inputs: readonly (ProgramInput | null)[];
  readonly state: StateSlot[] = [];
  private readonly parts: InstanceParts;
  private readonly env: RunEnvironment;
  private readonly rt: Runtime;
  private functions: readonly AnyFunction[] = [];
  private readonly tables: (TableRows<Item> | undefined)[];
  private readonly flows: Flow[] = [];
  private readonly awaitings: Awaiting<Item>[] = [];
  private readonly windows: WindowOperator<Item>[] = [];
  private readonly watermarks: WatermarkOperator<Item>[] = [];
  private readonly dedups: DedupTrigger<Item>[] = [];

  constructor(parts: InstanceParts, env: RunEnvironment) {
    this.parts = parts;
    this.env = env;
    const { plan, pipeline } = parts;
    this.tables = plan.sources.map(() => undefined);
    const targets: Put[] = [];
    // operators need the functions and the functions need the operators: targets are called through this list
    const puts = pipeline.targets.map(
      (_, i): Put =>
        (item, timeMs) =>
          (targets[i] as Put)(item, timeMs),
    );
    this.rt = new Runtime({
      env,
      places: parts.places,
      analytics: plan.analytics.map((call) => this.analyticState(call)),
      hits: new Map(hitIds(plan).map((id) => [id, this.keep(new HitState(`$$func${id}_hit`))] as const)),
      columnStates: new Map(
        columnsCalls(plan).map((call) => [
          call.stateName,
          this.keep(
            new PartitionState<unknown, unknown>({
              name: call.stateName,
              fingerprint: call.fn.name,
              partitionBy: [],
              init: call.fn.init,
            }),
          ),
        ]),
      ),
      targets: puts,
      sites: parts.sites,
    });
    // What calls keep is restored before the first row.
    for (const [id, { call }] of parts.sites)
      if (call.fn.context === true || call.fn.instantiate !== undefined) this.rt.context(id);
    this.functions = parts.link(this.rt);
    for (const target of pipeline.targets)
      if (target.kind === 'table') this.tables[target.source.index] = this.table(target);
    for (const target of pipeline.targets) targets.push(this.target(target));
    this.inputs = pipeline.inputs.map((input) => (input === null ? null : this.input(input)));
  }

  open(): Promise<void> | undefined {
    return this.rt.open();
  }

  start(): void {
    for (const watermark of this.watermarks) watermark.start();
    for (const window of this.windows) window.start();
    for (const dedup of this.dedups) dedup.start();
  }

  endList(): void {
    for (const window of this.windows) window.endList?.();
  }

  tableRows(source: number): readonly Row[] {
    return this.tables[source]?.rows.map((item) => item.row) ?? [];
  }

  drain(): Promise<void> | undefined {
    const pauses = [...this.awaitings, ...this.flows.flatMap((flow) => flow.pauses)];
    const waiting = pauses.map((pause) => pause.drain()).filter((p) => p !== undefined);
    if (waiting.length === 0) return undefined;
    // what comes out of one may go into the next
    return Promise.all(waiting).then(() => this.drain());
  }

  stop(): Promise<void> | undefined {
    for (const window of this.windows) window.stop();
    for (const watermark of this.watermarks) watermark.stop();
    for (const dedup of this.dedups) dedup.stop();
    for (const awaiting of this.awaitings) awaiting.stop();
    for (const flow of this.flows) for (const pause of flow.pauses) pause.stop();
    return this.rt.close();
  }

  private keep<S extends { readonly state: StateSlot }>(operator: S): S {
    this.state.push(operator.state);
    return operator;
  }

  private analyticState(call: AnalyticCall): PartitionStateOperator<unknown, unknown> {
    const { partitionBy } = call;
    return this.keep(
      new PartitionState<unknown, unknown>({
        name: call.stateName,
        fingerprint: JSON.stringify([call.text, call.args.map((arg) => arg.type), partitionBy.map((e) => e.text)]),
        // generated code hands over the key itself, or the list of keys
        partitionBy: partitionBy.map((e, i) => ({
          kind: e.type,
          value: partitionBy.length === 1 ? (key): unknown => key : (keys): unknown => (keys as readonly unknown[])[i],
        })),
        init: call.fn.init,
      }),
    );
  }

  private table(target: Extract<TargetPlan, { kind: 'table' }>): TableRows<Item> {
    const { source, name } = target;
    const { fingerprint } = this.parts;
    return this.keep(new TableStore<Item>({ name, fingerprint, retainSize: source.retainSize, codec: null }));
  }

  private target(target: TargetPlan): Put {
    switch (target.kind) {
      case 'watermark':
        return this.watermark(target);
      case 'window':
        return this.window(target);
      case 'table': {
        const table = this.tables[target.source.index] as TableRows<Item>;
        return (item) => {
          settleItem(item);
          table.add(item);
        };
      }
      case 'dedup':
        return this.dedup(target);
      case 'await':
        return this.awaiting(target);
      case 'event': {
        const flow = this.flow(target);
        return (item) => flow.event(item);
      }
    }
  }

  /** Rows wait for asynchronous calls of the function that comes next. */
  private awaiting(target: Extract<TargetPlan, { kind: 'await' }>): Put {
    const levels = target.levels.map((level) =>
      level.map(({ id, name, start }) => ({ id, name, start: this.functions[start] as (unit: object) => unknown })),
    );
    const next = target.next.map((fn) => this.functions[fn] as ((item: Item) => void) | undefined);
    const awaiting = new Awaiting<Item>(levels, (item) => next[item.source]?.(item), this.env.resume);
    this.awaitings.push(awaiting);
    return (item) => awaiting.offer([item], item);
  }

  private flow(target: Extract<TargetPlan, { kind: 'window' | 'event' }>): Flow {
    const { rt, functions, tables } = this;
    const content = target.kind === 'window' ? target.content : null;
    const flow = new Flow({ plan: target.flow, rt, functions, sources: this.parts.plan.sources, tables, content });
    this.flows.push(flow);
    return flow;
  }

  private watermark(target: Extract<TargetPlan, { kind: 'watermark' }>): Put {
    const { node, operator, next } = target;
    const { rt, env } = this;
    const functions = next.map((fn) => this.functions[fn] as ((item: Item) => void) | undefined);
    const streams = new Map(node.sources.map((source, i) => [source, i]));
    const watermark = new Watermark<Item>({
      name: node.name,
      fingerprint: this.parts.fingerprint,
      clock: env.clock,
      streams: node.sources.length,
      lateToleranceMs: node.lateToleranceMs,
      idleTimeoutMs: node.idleTimeoutMs,
      codec: null,
      release: (item) => {
        leave(rt, operator);
        functions[item.source]?.(item);
      },
      advance: (timeMs) => {
        if (node.sendWatermark) for (const window of this.windows) window.watermark(timeMs);
      },
      onLate: (count) => env.onDrop(operator, 'late', count),
    });
    this.watermarks.push(this.keep(watermark));
    return (item, timeMs) => {
      enter(rt, operator);
      watermark.row(item, timeMs, streams.get(item.source) ?? 0);
    };
  }

  private dedup(target: Extract<TargetPlan, { kind: 'dedup' }>): Put {
    const { node, operator, next } = target;
    const { rt, functions } = this;
    const value = (at: number): ((item: Item) => unknown) => functions[at] as (item: Item) => unknown;
    const dedup = new DedupTrigger<Item>({
      name: node.name,
      clock: this.env.clock,
      start: value(target.start),
      end: value(target.end),
      now: value(target.now),
      expireMs: node.expireMs,
      release: (item, parts) => {
        leave(rt, operator);
        const slots = [...(item.slots ?? [])];
        slots[node.slot] = parts;
        (functions[next[item.source] ?? -1] as ((item: Item) => void) | undefined)?.({ ...item, slots });
      },
    });
    this.dedups.push(this.keep(dedup));
    return (item) => {
      enter(rt, operator);
      settleItem(item);
      try {
        dedup.row(item);
      } catch (error) {
        rt.report(operator, errorText(error));
      }
    };
  }

  private window(target: Extract<TargetPlan, { kind: 'window' }>): Put {
    const { node, operator, content } = target;
    const { rt, env, functions } = this;
    const flow = this.flow(target);
    const condition = (at: number | null): ((item: Item) => unknown) | null =>
      at === null ? null : (functions[at] as (item: Item) => unknown);
    const countsTriggers = node.window.type === 'count';
    const window = createWindow<Item>({
      name: node.name,
      fingerprint: this.parts.fingerprint,
      spec: node.window,
      eventTime: node.eventTime,
      emitEmpty: !node.incremental,
      clock: env.clock,
      timeZone: node.eventTime ? env.timeZone : 'Local',
      content:
        content === null
          ? { kind: 'rows' }
          : {
              kind: 'groups',
              program: {
                ...arrivalProgram(content.group, functions),
                where: content.where === null ? null : condition(content.where.condition),
                settle: settleItem,
                keepsLast: node.incremental,
              },
            },
      codec: null,
      trigger: withHits(condition(target.trigger), node.window.hits, rt),
      begin: condition(target.begin),
      emit: condition(target.emit),
      partitionBy: target.partitionBy.map(({ value, kind }) => ({
        kind,
        value: functions[value] as (item: Item) => unknown,
      })),
      output: (view, range) => {
        if (countsTriggers) count(rt, operator, counter.processed);
        leave(rt, operator);
        flow.window(view, range);
      },
      onConditionError: (error) => env.logger.warn(`rule ${env.ruleId}, ${node.name}: ${errorText(error)}`),
    });
    this.windows.push(this.keep(window));
    const add = (item: Item, timeMs: number): void => {
      if (target.partitionBy.length === 0) return window.row(item, timeMs);
      try {
        window.row(item, timeMs);
      } catch (error) {
        // a row whose partition cannot be told belongs to none
        rt.report(operator, errorText(error));
      }
    };
    const settles = this.parts.plan.sources.map(({ type }) => content === null && mayHoldText(type));
    return (item, timeMs) => {
      count(rt, operator, counter.in);
      if (settles[item.source] === true) settleItem(item);
      if (!countsTriggers) count(rt, operator, counter.processed);
      add(item, timeMs);
    };
  }

  private input(input: InputPlan): ProgramInput {
    const { env, rt } = this;
    const run = this.functions[input.row] as ProgramInput['row'];
    const error = (text: string): void => {
      if (env.sendError) env.output.emitError(text);
    };
    const { preprocessor, source } = input;
    if (preprocessor === null) return { row: run, error };
    const check = rowChecker(source, env);
    const readTime = eventTimeReader(source, env);
    return {
      row: (row, timestampMs, metas, index) => {
        enter(rt, preprocessor);
        let checked = row;
        let timeMs = timestampMs;
        try {
          if (check !== null) checked = check(row);
          if (readTime !== null) timeMs = readTime(checked);
        } catch (failure) {
          rt.report(preprocessor, errorText(failure));
          return;
        }
        leave(rt, preprocessor);
        run(checked, timeMs, metas, index);
      },
      error,
    };
  }
}

function count(rt: Runtime, operator: number, which: number): void {
  const at = operator * nodeCounters + which;
  rt.counters[at] = (rt.counters[at] as number) + 1;
}

/** The condition of a sliding window whose `last_hit_…` calls count when it held. */
function withHits(
  condition: ((item: Item) => unknown) | null,
  hits: readonly number[],
  rt: Runtime,
): ((item: Item) => unknown) | null {
  if (condition === null || hits.length === 0) return condition;
  const states = hits.map((id) => rt.hits.get(id) as HitStateOperator);
  return (item) => {
    const held = condition(item);
    if (held === true) for (const state of states) state.hit(item.time);
    return held;
  };
}
