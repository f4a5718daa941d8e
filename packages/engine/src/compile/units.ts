/**
 * Units: what the stages after a window work on. A unit is an item, a joined row, or a group of either. Functions over
 * units are called as `(unit, group, range, numbers)`: the group aggregates come from (the unit itself where it is
 * one), the range of the window, and the numbers that window functions gave to the unit, by slot.
 */
import type { AggregateCall } from '../plan/plan-node.ts';
import type { CallExpr, TypedExpr } from '../analyze/typed-expr.ts';
import type { GroupView, WindowRange } from '../operators/types.ts';
import type { ProjectionSpec } from './projection.ts';
import type { RowFunctionSpec } from './row-stages.ts';
import type { Item, Joined } from './item.ts';
import type { Runtime } from './runtime.ts';
import type { AnyFunction } from './module-code.ts';

export type Unit = Item | Joined | GroupView<Item | Joined>;
export type Group = GroupView<Item | Joined>;

export interface UnitShape {
  /** `item`: a row of one of `sources`; `joined`: rows by source. `sources` in the order in which names look. */
  readonly row: 'item' | 'joined';
  readonly sources: readonly number[];
  /** The row of a group that plain columns come from; null when units are rows. */
  readonly group: 'first' | 'last' | null;
  /** Aggregate projection: failing scalar functions give null, `event_time()` is the trigger's. */
  readonly aggregate: boolean;
  /** Units lie in a window. */
  readonly windowed: boolean;
}

export interface ValueSpec {
  readonly shape: UnitShape;
  readonly expr: TypedExpr;
  readonly operator: number;
  readonly errorPrefix: string;
  /** `value`: as it is; `condition`: boolean, nil fails; `strict`: nil is an error (HAVING); `join`: the same for ON. */
  readonly as: 'value' | 'condition' | 'strict' | 'join';
}

export type UnitFunction = (
  unit: Unit,
  group: Group | null,
  range: WindowRange | null,
  numbers: readonly unknown[] | null,
) => unknown;

/** Adds the arguments of an aggregate to its state, or takes them out. */
export type AggregateStep = (state: unknown, unit: Unit, range: WindowRange | null) => void;

/**
 * Makes the functions of a program: as generated code, or by the interpreter. Asked while the plan is compiled; `link`
 * then makes the functions of one run.
 */
export interface FunctionMaker {
  row(spec: RowFunctionSpec): number;
  value(spec: ValueSpec): number;
  aggregate(call: AggregateCall, shape: UnitShape, step: 'add' | 'remove'): number;
  projection(spec: ProjectionSpec, shape: UnitShape): number;
  /** Starts an asynchronous call: function over units that gives a promise, or the value where no call is needed. */
  call(call: CallExpr, shape: UnitShape, operator: number): number;
  /** The text of the generated code; empty when interpreted. */
  readonly code: string;
  link(): (rt: Runtime) => AnyFunction[];
}

/** Units that are rows. */
export function rowShape(row: 'item' | 'joined', sources: readonly number[], windowed: boolean): UnitShape {
  return { row, sources, group: null, aggregate: false, windowed };
}
