/** What follows a window, a table join or an aggregated event: stages over collections up to the output. */
import { errorText, type Row, type RowType, tagValue } from '@kuiper/base';
import type { OpenLookup } from '@kuiper/sdk';
import { Join } from '../operators/join.ts';
import { Lookup } from '../operators/lookup.ts';
import type { GroupsView, JoinRow, LookupOperator, TableRows, WindowRange, WindowView } from '../operators/types.ts';
import { Awaiting } from './awaited.ts';
import { compileErrors } from './errors.ts';
import {
  type Batch,
  callOnUnit,
  enter,
  type FlowStep,
  freezeGroup,
  leave,
  makeProjection,
  makeStep,
  newBatch,
  type RowUnit,
  type StepParts,
  takeGroups,
} from './flow-steps.ts';
import { forkItem } from './fork-item.ts';
import type { Item, Joined } from './item.ts';
import type { AnyFunction } from './module-code.ts';
import type { ContentPlan, FlowPlan, FlowStage, KeyPlan } from './pipeline.ts';
import { convertRow, sameColumns } from './row-merge.ts';
import type { Runtime } from './runtime.ts';
import type { Group, Unit, UnitFunction } from './units.ts';

/** Lookups asked at once; a batch of more rows waits for answers. */
const LOOKUP_CONCURRENCY = 16;

export interface FlowParts {
  readonly plan: FlowPlan;
  readonly rt: Runtime;
  readonly functions: readonly AnyFunction[];
  readonly sources: readonly { readonly type: RowType }[];
  readonly tables: readonly (TableRows<Item> | undefined)[];
  readonly content: ContentPlan | null;
}

/** A step that lets a batch go on later. */
interface Pause {
  offer(batch: Batch): void;
  drain(): Promise<void> | undefined;
  stop(): void;
}

export class Flow {
  private readonly parts: FlowParts;
  private readonly stepParts: StepParts;
  private readonly steps: readonly (FlowStep | Pause)[];
  private readonly project: (batch: Batch) => readonly Row[] | null;
  private joined = false;

  constructor(parts: FlowParts) {
    this.parts = parts;
    const { plan, rt, functions, sources } = parts;
    this.stepParts = { rt, functions, sources: sources.length, isJoined: () => this.joined };
    const stages = plan.stages.slice(0, -1);
    this.steps = stages.map((stage, i) => this.step(stage, i));
    const last = plan.stages.at(-1);
    if (last?.kind !== 'project') throw compileErrors.PLAN_SHAPE('its last stage is no projection');
    this.project = makeProjection(last, this.stepParts);
  }

  /** Steps at which batches may wait. */
  get pauses(): readonly Pause[] {
    return this.steps.filter((step): step is Pause => typeof step !== 'function');
  }

  /** One event that is no row of a window. */
  event(item: Item): void {
    this.run(newBatch([item], null), 0);
  }

  /** What a window holds when it closes. */
  window(view: WindowView<Item>, range: WindowRange): void {
    if (view.kind === 'rows') {
      const { items, start, end } = view;
      const rows = start === 0 && end === items.length ? items : items.slice(start, end);
      this.run(newBatch(this.parts.plan.forksRows === true ? rows.map(forkItem) : rows, range), 0);
      return;
    }
    const batch = newBatch([], range);
    if (this.takeArrived(view, batch)) this.run(batch, 0);
  }

  /** The filter and the grouping that the window has done already. */
  private takeArrived(view: GroupsView<Item>, batch: Batch): boolean {
    const { content, rt } = this.parts;
    if (content === null) return false;
    const { where, group, frozen } = content;
    if (where !== null) {
      enter(rt, where.operator);
      if (view.whereFailure !== null) {
        rt.report(where.operator, errorText(view.whereFailure.error));
        return false;
      }
      if (view.kept === 0) return false;
      leave(rt, where.operator);
    }
    const operator = content.operator ?? -1;
    if (operator >= 0) enter(rt, operator);
    try {
      if (!takeGroups(view, batch, group, this.stepParts)) return false;
      if (frozen) batch.groups = (batch.groups ?? []).map((one) => freezeGroup(one, group.aggregates.length));
    } catch (error) {
      rt.report(Math.max(operator, 0), errorText(error));
      return false;
    }
    if (operator >= 0) leave(rt, operator);
    return true;
  }

  private run(batch: Batch, from: number): void {
    for (let i = from; i < this.steps.length; i++) {
      const step = this.steps[i] as FlowStep | Pause;
      if (typeof step !== 'function') {
        step.offer(batch);
        return;
      }
      if (!step(batch)) return;
    }
    const rows = this.project(batch);
    if (rows === null) return;
    const { output } = this.parts.rt.env;
    if (this.parts.plan.single) for (const row of rows) output.emitRow(row);
    else output.emitRows(rows);
  }

  private step(stage: FlowStage, at: number): FlowStep | Pause {
    const { rt } = this.parts;
    switch (stage.kind) {
      case 'align':
        return (): boolean => {
          enter(rt, stage.operator);
          leave(rt, stage.operator);
          return true;
        };
      case 'join':
        return this.join(stage);
      case 'lookup':
        return this.pausing(this.lookup(stage, at));
      case 'await':
        return this.awaiting(stage, at);
      default:
        return makeStep(stage, this.stepParts);
    }
  }

  private pausing(lookup: LookupOperator<Joined>): Pause {
    return {
      offer: (batch) => lookup.offer(batch.rows as readonly Joined[], batch),
      drain: () => lookup.drain(),
      stop: () => lookup.stop(),
    };
  }

  private awaiting(stage: Extract<FlowStage, { kind: 'await' }>, at: number): Pause {
    const { functions } = this.parts;
    const levels = stage.levels.map((level) =>
      level.map(({ id, name, start }) => {
        const fn = functions[start] as UnitFunction;
        const run = (unit: object, batch: Batch): unknown =>
          stage.of === 'where'
            ? fn(unit as Unit, batch.inWhere, batch.range, null)
            : callOnUnit(fn, unit as Unit, batch);
        return { id, name, start: run };
      }),
    );
    const unitsOf = (batch: Batch): readonly Unit[] =>
      stage.of === 'summary' ? [batch.summary as Group] : (batch.groups ?? batch.rows);
    const awaiting = new Awaiting<Batch>(levels, (batch) => this.run(batch, at + 1), this.parts.rt.env.resume);
    return {
      offer: (batch) => awaiting.offer(unitsOf(batch), batch),
      drain: () => awaiting.drain(),
      stop: () => awaiting.stop(),
    };
  }

  private join(stage: Extract<FlowStage, { kind: 'join' }>): FlowStep {
    const { rt, functions, sources, tables } = this.parts;
    const fn = (key: KeyPlan): ((row: unknown) => unknown) => functions[key.value] as (row: unknown) => unknown;
    let range: WindowRange | null = null;
    const condition = (at: number | null): ((row: JoinRow<Item>) => unknown) | null => {
      if (at === null) return null;
      const test = functions[at] as (row: JoinRow<Item>, group: null, range: WindowRange | null) => unknown;
      return (row) => test(row, null, range);
    };
    const join = new Join<Item>({
      sources: sources.length,
      from: stage.node.from,
      steps: stage.node.steps.map((step, i) => {
        const made = stage.steps[i] as (typeof stage.steps)[number];
        return {
          type: step.type,
          source: step.source,
          equalities: made.equalities.map(({ left, right }) => ({
            left: fn(left),
            leftKind: left.kind,
            right: fn(right),
            rightKind: right.kind,
          })),
          on: condition(made.on),
          residual: condition(made.residual),
        };
      }),
      sourceOf: (item) => item.source,
    });
    this.joined = true;
    return (batch) => {
      enter(rt, stage.operator);
      try {
        range = batch.range;
        batch.rows = join.join(batch.rows as readonly Item[], 0, batch.rows.length, tables);
      } catch (error) {
        rt.report(stage.operator, errorText(error));
        return false;
      }
      if (batch.rows.length === 0) return false;
      leave(rt, stage.operator);
      return true;
    };
  }

  /** Every answer row makes one joined row; without an answer a left join keeps the row alone. */
  private lookup(stage: Extract<FlowStage, { kind: 'lookup' }>, at: number): LookupOperator<Joined> {
    const { rt, functions, sources } = this.parts;
    const { node, operator } = stage;
    const source: OpenLookup = rt.env.lookup(node.table);
    const target = (sources[node.table] as { type: RowType }).type;
    const given: RowType = source.type ?? { k: 'map', fields: {}, rest: 'any' };
    const convert = sameColumns(given, target)
      ? (row: Row): Row => row
      : (row: Row): Row => convertRow(row, given, target);
    this.joined = true;
    return new Lookup<Joined, Row>({
      fetch: (values) => source.lookup(node.fields, node.keys, values),
      values: stage.values.map(({ value, kind }) => {
        const fn = functions[value] as (row: Joined) => unknown;
        return (row) => tagValue(fn(this.asJoined(row)), kind);
      }),
      cache: rt.env.lookupCache?.(node.table) ?? null,
      clock: rt.env.clock,
      ...(rt.env.resume === undefined ? {} : { resume: rt.env.resume }),
      concurrency: LOOKUP_CONCURRENCY,
      output: (rows, matches, context) => {
        enter(rt, operator);
        const joined: Joined[] = [];
        rows.forEach((offered, i) => {
          const row = this.asJoined(offered);
          const found = matches[i] ?? [];
          for (const match of found) {
            const with_ = row.slice();
            const time = row.find((item) => item !== null)?.time ?? 0;
            with_[node.table] = { source: node.table, row: convert(match), time, meta: null, slots: null };
            joined.push(with_);
          }
          if (found.length === 0 && node.type === 'left') joined.push(row);
        });
        if (joined.length === 0) return;
        leave(rt, operator);
        const batch = context as Batch;
        batch.rows = joined;
        this.run(batch, at + 1);
      },
      onError: (error) => {
        enter(rt, operator);
        rt.report(operator, errorText(error));
      },
    });
  }

  private asJoined(row: RowUnit): Joined {
    if (Array.isArray(row)) return row;
    const item = row as Item;
    const joined = new Array<Item | null>(this.parts.sources.length).fill(null);
    joined[item.source] = item;
    return joined;
  }
}
