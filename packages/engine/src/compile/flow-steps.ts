/** The stages of a collection at work: what a window, a join or a single aggregated event goes through. */
import { errorText, makeRowError, type Row } from '@kuiper/base';
import { groupRows } from '../operators/group-rows.ts';
import { numberRows } from '../operators/number-rows.ts';
import { sortRows } from '../operators/sort-rows.ts';
import type {
  AggregateProgram,
  GroupProgram,
  GroupsView,
  KeyExpr,
  SortKeyProgram,
  WindowRange,
} from '../operators/types.ts';
import { emptyItem, type Item, type Joined } from './item.ts';
import type { AnyFunction } from './module-code.ts';
import type { AggregateCall } from '../plan/plan-node.ts';
import type { AggregatePlan, FlowStage, GroupPlan, KeyPlan, SortPlan } from './pipeline.ts';
import { counter, nodeCounters } from './program.ts';
import { orderPrefix } from './row-stages.ts';
import type { Runtime } from './runtime.ts';
import type { AggregateStep, Group, Unit, UnitFunction } from './units.ts';

export type RowUnit = Item | Joined;

/** One window result, join result or event on its way. A stage may change it. */
export interface Batch {
  rows: readonly RowUnit[];
  /** Set when rows have been grouped: from then on the groups are the units. */
  groups: readonly Group[] | null;
  /** All rows as one group, where something aggregates without grouping. */
  summary: Group | null;
  /** Values of the aggregates in WHERE. */
  inWhere: Group | null;
  readonly range: WindowRange | null;
  numbers: Map<Unit, unknown[]> | null;
}

export function newBatch(rows: readonly RowUnit[], range: WindowRange | null): Batch {
  return { rows, groups: null, summary: null, inWhere: null, range, numbers: null };
}

/** @returns false when nothing is left, or an error has been reported */
export type FlowStep = (batch: Batch) => boolean;

export interface StepParts {
  readonly rt: Runtime;
  readonly functions: readonly AnyFunction[];
  /** Units are joined rows: their length. */
  readonly sources: number;
  readonly isJoined: () => boolean;
}

const bare = (batch: Batch): readonly Unit[] => batch.groups ?? batch.rows;

export function enter(rt: Runtime, operator: number): void {
  const base = operator * nodeCounters;
  rt.counters[base + counter.in] = (rt.counters[base + counter.in] as number) + 1;
  rt.counters[base + counter.processed] = (rt.counters[base + counter.processed] as number) + 1;
}

export function leave(rt: Runtime, operator: number, count = 1): void {
  const at = operator * nodeCounters + counter.out;
  rt.counters[at] = (rt.counters[at] as number) + count;
}

/** Stages that work on a collection at once; joins and lookups are made by `Flow`. */
export function makeStep(stage: FlowStage, parts: StepParts): FlowStep {
  switch (stage.kind) {
    case 'aggregateInWhere':
      return counted(parts.rt, stage.operator, aggregateInWhere(stage.group, parts));
    case 'filter':
      return counted(parts.rt, stage.operator, filter(stage, parts));
    case 'group':
      return group(stage, parts);
    case 'summary':
      return summary(stage.group, parts);
    case 'having':
      return counted(parts.rt, stage.operator, having(stage, parts));
    case 'refuse':
      return () => {
        parts.rt.report(stage.operator, stage.text);
        return false;
      };
    case 'number':
      return counted(parts.rt, stage.operator, number(stage, parts));
    case 'order':
      return counted(parts.rt, stage.operator, order(stage, parts));
    default:
      throw new Error(`${stage.kind} is no step of its own`);
  }
}

/** Counts a collection in, and out when something is left; what the step throws is reported. */
function counted(rt: Runtime, operator: number, step: FlowStep): FlowStep {
  return (batch) => {
    enter(rt, operator);
    try {
      if (!step(batch)) return false;
    } catch (error) {
      rt.report(operator, errorText(error));
      return false;
    }
    leave(rt, operator);
    return true;
  };
}

type Stage<K extends FlowStage['kind']> = Extract<FlowStage, { kind: K }>;

function filter(stage: Stage<'filter'>, { functions }: StepParts): FlowStep {
  const condition = functions[stage.condition] as UnitFunction;
  return (batch) => {
    const kept: RowUnit[] = [];
    for (const row of batch.rows) if (condition(row, batch.inWhere, batch.range, null) === true) kept.push(row);
    batch.rows = kept;
    return kept.length > 0;
  };
}

function aggregateInWhere(plan: GroupPlan, parts: StepParts): FlowStep {
  const one = oneGroup(plan, parts);
  return (batch) => {
    batch.inWhere = one(batch);
    return true;
  };
}

function summary(plan: GroupPlan, parts: StepParts): FlowStep {
  const one = oneGroup(plan, parts);
  return (batch) => {
    batch.summary = one(batch);
    return true;
  };
}

/** All rows as one group, also when there are none. */
function oneGroup(plan: GroupPlan, parts: StepParts): (batch: Batch) => Group {
  const make = grouping(plan, parts);
  return (batch) => make(batch).groups[0] ?? emptyGroup(plan.aggregates, parts);
}

/** Rows whose arguments fail are the aggregate's own business where it takes them. */
function takingFailures<T>(call: AggregateCall, program: AggregateProgram<T>): AggregateProgram<T> {
  const { impl, add, remove } = program;
  if (impl.addFailure === undefined || call.args.every(({ kind }) => kind === 'column' || kind === 'literal')) {
    return program;
  }
  return {
    impl,
    add: (state, item) => {
      try {
        add(state, item);
      } catch (error) {
        impl.addFailure?.(state, errorText(error));
      }
    },
    remove:
      remove === null
        ? null
        : (state, item) => {
            try {
              remove(state, item);
            } catch {
              impl.removeFailure?.(state);
            }
          },
  };
}

/** Groups rows when the range of their window is known. */
function grouping(plan: GroupPlan, { functions }: StepParts): (batch: Batch) => GroupsView<RowUnit> {
  let range: WindowRange | null = null;
  const program: GroupProgram<RowUnit> = {
    keys: plan.keys.map(({ value, kind }) => {
      const fn = functions[value] as UnitFunction;
      return { kind, value: (row) => fn(row, null, range, null) };
    }),
    aggregates: plan.aggregates.map(({ call, add, remove }) => {
      const step = functions[add] as AggregateStep;
      const back = remove === null ? null : (functions[remove] as AggregateStep);
      return takingFailures(call, {
        impl: call.impl,
        add: (state, row) => step(state, row, range),
        remove: back === null ? null : (state, row) => back(state, row, range),
      });
    }),
    where: null,
  };
  return (batch) => {
    range = batch.range;
    return groupRows(batch.rows, 0, batch.rows.length, program);
  };
}

/** What a group without rows answers: every aggregate its result of nothing. */
function emptyGroup(aggregates: readonly AggregatePlan[], { sources, isJoined }: StepParts): Group {
  const row: RowUnit = isJoined() ? new Array<Item | null>(sources).fill(null) : emptyItem;
  const result = (at: number): unknown => {
    const impl = aggregates[at]?.call.impl;
    return impl?.result(impl.init()) ?? null;
  };
  return { key: '', first: row, last: row, result };
}

function group(stage: Stage<'group'>, parts: StepParts): FlowStep {
  const make = grouping(stage.group, parts);
  const grouped = (batch: Batch): boolean => takeGroups(make(batch), batch, stage.group, parts);
  return stage.operator === null ? reported(parts.rt, 0, grouped) : counted(parts.rt, stage.operator, grouped);
}

function reported(rt: Runtime, operator: number, step: FlowStep): FlowStep {
  return (batch) => {
    try {
      return step(batch);
    } catch (error) {
      rt.report(operator, errorText(error));
      return false;
    }
  };
}

/** Without grouping keys a collection without rows is one group; with keys it is nothing. */
export function takeGroups(view: GroupsView<RowUnit>, batch: Batch, plan: GroupPlan, parts: StepParts): boolean {
  if (view.groupFailure !== null) throw view.groupFailure.error;
  const { groups } = view;
  batch.groups = groups.length === 0 && plan.keys.length === 0 ? [emptyGroup(plan.aggregates, parts)] : groups;
  return batch.groups.length > 0;
}

/** A group as it is now: the window's own goes on changing, and is the same one in its next result. */
export function freezeGroup(group: Group, aggregates: number): Group {
  const results: { readonly value: unknown; readonly error: unknown }[] = [];
  for (let at = 0; at < aggregates; at++) {
    try {
      results.push({ value: group.result(at), error: null });
    } catch (error) {
      results.push({ value: null, error });
    }
  }
  const result = (at: number): unknown => {
    const known = results[at];
    if (known === undefined) return null;
    if (known.error !== null) throw known.error;
    return known.value;
  };
  return { key: group.key, first: group.first, last: group.last, result };
}

function having(stage: Stage<'having'>, { rt, functions }: StepParts): FlowStep {
  const condition = functions[stage.condition] as UnitFunction;
  const hits = stage.hits.map((id) => rt.hits.get(id));
  const test = (unit: Group, batch: Batch): boolean => condition(unit, unit, batch.range, null) === true;
  return (batch) => {
    let passed: boolean;
    if (batch.groups === null) {
      passed = test(batch.summary as Group, batch);
    } else {
      batch.groups = batch.groups.filter((unit) => test(unit, batch));
      passed = batch.groups.length > 0;
    }
    if (passed) for (const hit of hits) hit?.hit(batch.range?.trigger ?? 0);
    return passed;
  };
}

/** Calls a function on a unit of a batch. */
export function callOnUnit(fn: UnitFunction, unit: Unit, batch: Batch): unknown {
  const group = batch.groups === null ? batch.summary : (unit as Group);
  return fn(unit, group, batch.range, batch.numbers?.get(unit) ?? null);
}

/** A function over units of the present batch, for operators that know of units only. */
function overUnits(value: UnitFunction, current: () => Batch): (unit: Unit) => unknown {
  return (unit) => callOnUnit(value, unit, current());
}

function unitKeys(keys: readonly KeyPlan[], functions: StepParts['functions'], current: () => Batch): KeyExpr<Unit>[] {
  return keys.map(({ value, kind }) => ({ kind, value: overUnits(functions[value] as UnitFunction, current) }));
}

function unitSortKeys(
  keys: readonly SortPlan[],
  functions: StepParts['functions'],
  current: () => Batch,
): SortKeyProgram<Unit>[] {
  return keys.map(({ value, kind, descending }) => ({
    kind,
    descending,
    value: overUnits(functions[value] as UnitFunction, current),
  }));
}

function number(stage: Stage<'number'>, { functions }: StepParts): FlowStep {
  let batch: Batch;
  const current = (): Batch => batch;
  const partitionBy = unitKeys(stage.partitionBy, functions, current);
  const orderBy = unitSortKeys(stage.orderBy, functions, current);
  return (present) => {
    batch = present;
    const units = bare(batch);
    const values = numberRows(units, partitionBy, orderBy, stage.value);
    const numbers = batch.numbers ?? new Map<Unit, unknown[]>();
    units.forEach((unit, i) => {
      const of = numbers.get(unit) ?? [];
      of[stage.slot] = values[i];
      numbers.set(unit, of);
    });
    batch.numbers = numbers;
    return true;
  };
}

function order(stage: Stage<'order'>, { functions }: StepParts): FlowStep {
  let batch: Batch;
  const keys = unitSortKeys(stage.keys, functions, () => batch);
  return (present) => {
    batch = present;
    try {
      if (batch.groups === null) batch.rows = sortRows(batch.rows, keys as SortKeyProgram<RowUnit>[]);
      else batch.groups = sortRows(batch.groups, keys as SortKeyProgram<Group>[]);
    } catch (error) {
      // a key that cannot be computed says so itself; this is about keys that cannot be compared
      const text = errorText(error);
      throw text.startsWith(orderPrefix) ? error : makeRowError(`${orderPrefix}${text}`);
    }
    return true;
  };
}

/** Makes the output rows of a batch; null when an error has been reported. */
export function makeProjection(
  stage: Stage<'project'>,
  { rt, functions }: StepParts,
): (batch: Batch) => readonly Row[] | null {
  const project = functions[stage.projection] as UnitFunction;
  const { limit, set, operator } = stage;
  return (batch) => {
    enter(rt, operator);
    const units = bare(batch);
    const count = limit === null || limit < 0 ? units.length : Math.min(limit, units.length);
    const rows: Row[] = [];
    try {
      for (let i = 0; i < count; i++) {
        const unit = units[i] as Unit;
        const made = callOnUnit(project, unit, batch);
        if (set === null) rows.push(made as Row);
        else rows.push(...(made as readonly Row[]));
      }
    } catch (error) {
      rt.report((error as { operator?: number }).operator ?? operator, errorText(error));
      return null;
    }
    leave(rt, operator);
    if (set === null) return limit === 0 ? null : rows;
    enter(rt, set.operator);
    if (set.limit === 0) return null;
    leave(rt, set.operator);
    return set.limit === null || set.limit < 0 ? rows : rows.slice(0, set.limit);
  };
}

/** Aggregates of a window that groups on arrival: their functions ask for no range. */
export function arrivalProgram(
  plan: GroupPlan,
  functions: StepParts['functions'],
): Pick<GroupProgram<Item>, 'keys' | 'aggregates'> {
  return {
    keys: plan.keys.map(({ value, kind }) => ({ kind, value: functions[value] as (item: Item) => unknown })),
    aggregates: plan.aggregates.map(
      ({ call, add, remove }): AggregateProgram<Item> =>
        takingFailures(call, {
          impl: call.impl,
          add: functions[add] as (state: unknown, item: Item) => void,
          remove: remove === null ? null : (functions[remove] as (state: unknown, item: Item) => void),
        }),
    ),
  };
}
