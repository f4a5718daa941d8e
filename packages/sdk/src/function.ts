/**
 * Functions: one declaration gives the checks when a statement is parsed, the kinds for the analyzer, the code, the
 * tests (its examples) and the page in the manual.
 *
 * Values arrive as the argument declares: a `t.int` argument is a safe integer `number` or, beyond ±(2^53−1), a
 * `bigint`; `t.float` a `number`; `t.number` whatever the slot holds (`number` or `bigint`); `t.any` is tagged (a
 * float is a `number`, an int a `bigint`, nested ones too). Lists and maps arrive tagged. Arguments are never changed.
 * A failing call throws `rowError(text)`; the engine adds `call func <name> error: `.
 */
import type { Kind, Logger } from '@kuiper/base';
import type { ExtensionState } from './state.ts';

/** What a call may ask of its surroundings; the only way to time, randomness and state. Its state is the call site's. */
export interface FunctionContext extends ExtensionState {
  /** Milliseconds since the epoch, on the rule's clock. */
  now(): number;
  /** When the present run of the rule began, ms since the epoch. */
  readonly startedMs: number;
  /** Resolves `ms` later on the rule's clock; when the run ends before, at its end. */
  sleep(ms: number): Promise<void>;
  /** A value that programs outside wrote for the key into the keyed state store; undefined when there is none. */
  keyedState(key: string): unknown;
  /** Uniform in [0, 1). */
  random(): number;
  /** IANA name of the rule's time zone. */
  readonly timeZone: string;
  readonly ruleId: string;
  /** Of the rule, 0 when absent: from 1 on what fails for no reason of the row's is to be tried again. */
  readonly qos?: 0 | 1 | 2;
  /** Name of the operator the call belongs to, for instance `2_project`. */
  readonly opId: string;
  /** Number of the call site in its statement, from 0 in the order of parsing. */
  readonly funcId: number;
  readonly logger: Logger;
  /** The engine's root directory. */
  readonly rootPath: string;
}

export type ArgumentKind =
  | 'any'
  | 'number'
  | 'int'
  | 'float'
  | 'string'
  | 'bool'
  | 'bytes'
  | 'datetime'
  | 'list'
  | 'map'
  | 'text';

export interface Argument {
  readonly name: string;
  readonly kind: ArgumentKind;
  /** May be left out; only at the end. */
  readonly optional?: boolean;
  /** The last argument may be repeated, at least this often. */
  readonly atLeast?: number;
  /** A literal of this kind is required when the statement is parsed, with the text of the behaviour spec. */
  readonly literal?: boolean;
}

type ArgumentOptions = Pick<Argument, 'optional' | 'literal'>;
const argument =
  (kind: ArgumentKind) =>
  (name: string, options: ArgumentOptions = {}): Argument => ({ name, kind, ...options });

/** Argument makers. `text` is any value, received in its printed form T(v) (behaviour spec, functions §1.6). */
export const t: Readonly<Record<ArgumentKind, (name: string, options?: ArgumentOptions) => Argument>> & {
  readonly rest: (of: Argument, atLeast: number) => Argument;
} = {
  any: argument('any'),
  number: argument('number'),
  int: argument('int'),
  float: argument('float'),
  string: argument('string'),
  bool: argument('bool'),
  bytes: argument('bytes'),
  datetime: argument('datetime'),
  list: argument('list'),
  map: argument('map'),
  text: argument('text'),
  rest: (of: Argument, atLeast: number): Argument => ({ ...of, atLeast }),
};

/** What the check of a call sees of an argument: the parser knows no columns yet. */
export interface CallArgument {
  /** The kind of a bare literal; `wildcard` for `*`; `column` for a bare column; null for any other expression. */
  readonly literal: 'int' | 'float' | 'string' | 'bool' | 'time' | 'wildcard' | 'column' | null;
  readonly value: unknown;
  /** The top operator compares or combines truth values (AND, OR, =, !=, <, …, BETWEEN, IN, LIKE). */
  readonly isCondition: boolean;
}

export interface FunctionExample {
  /** A call whose arguments are SQL literals, or columns of `row`. */
  readonly call: string;
  /** Row the columns are taken from; JSON, numbers are floats. */
  readonly row?: Readonly<Record<string, unknown>>;
  /** For aggregates and analytic functions: one row per event. */
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  /** The result as an SQL literal (int `5` is not float `5.0`), JSON for lists and maps, `null`; one per row for analytic functions. */
  readonly gives?: string | readonly string[];
  readonly fails?: string;
}

interface FunctionTraits {
  /** Lower case for built-ins, which match in any case; plugins match as written. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly group: string;
  readonly args: readonly Argument[];
  readonly summary: string;
  readonly examples: readonly FunctionExample[];
  /**
   * Replaces the checks derived from `args` (count, then literal kinds). Returns the text after
   * `validate function <name> error: `, or null.
   */
  readonly check?: (args: readonly CallArgument[]) => string | null;
  /** A null result is written as `null`, not left out: under an alias only, or always. */
  readonly nullShows?: 'aliased' | 'always';
  /** Hidden from the listing: used by the planner. */
  readonly internal?: boolean;
  /** Provider and version, set by the registry for extensions. */
  readonly version?: string;
}

/**
 * What happens before the body when an argument is nil, an empty list or an empty object (spec, functions §1.4):
 * `null`, `false` and `zero` are the result, `call` runs the body with it.
 */
export type OnNull = 'null' | 'false' | 'zero' | 'call';

/** The kind of the result: fixed, or from the kinds of the arguments. */
export type Returns = Kind | ((...kinds: Kind[]) => Kind);

// oxlint-disable-next-line typescript/no-explicit-any -- arguments are checked by the declaration, not by the compiler
type Value = any;

export interface ScalarFunction extends FunctionTraits {
  readonly class: 'scalar';
  readonly returns: Returns;
  readonly onNull: OnNull;
  /** Two calls with equal arguments may differ: not folded, not cached across rows. */
  readonly volatile?: boolean;
  /** Set on functions whose first parameter is the {@link FunctionContext}. */
  readonly context?: boolean;
  /**
   * Whether calls with a context remember anything from one event to the next. Left out: those of extensions do, others
   * do not.
   */
  readonly keepsState?: boolean;
  /**
   * The declaration for a call with these arguments, where its literals say more than the name, such as the kind of the
   * result; null for this one. Made once, not for each call.
   */
  readonly specialize?: (args: readonly CallArgument[]) => ScalarFunction | null;
  /**
   * A scalar function of one argument that prints a result of this one, where a result does not print as its value: a
   * weekday is a number that prints as its name.
   */
  readonly printedBy?: ScalarFunction;
  /** True when a call takes its first argument in printed form, as `text` arguments always arrive. */
  readonly takesPrinted?: (args: readonly CallArgument[]) => boolean;
  /** The result is a promise: the program is cut here. */
  readonly async?: boolean;
  /**
   * The call stands where an aggregate may stand, and each argument arrives as the list of its values over the rows of
   * the group, null included.
   */
  readonly overGroup?: boolean;
  /**
   * Makes what a call site of a run calls instead of `eval`: for functions that keep something between calls. Asked
   * once per call site when a run starts, which waits for it; a failure ends the start. `context` is not passed to its
   * `eval`.
   */
  readonly instantiate?: (context: FunctionContext) => FunctionInstance | Promise<FunctionInstance>;
  readonly eval: (...args: Value[]) => Value;
}

/** What one call site of one run calls. */
export interface FunctionInstance {
  /** Read anew for each call: an extension may replace it between two events. */
  eval: (...args: Value[]) => Value;
  /** The run has ended. */
  close?(): void | Promise<void>;
}

/** The code of an aggregate for arguments of given kinds. */
export interface Aggregation<S = Value> {
  readonly returns: Kind;
  /** A new accumulator: plain data (JSON, `bigint`, bytes, nested), changed in place by `add`. */
  init(): S;
  add(state: S, ...args: Value[]): void;
  /** Adds everything `other` has seen, as if it came after. `other` stays as it is. */
  merge?(state: S, other: S): void;
  /**
   * Makes `state` that of both, as `merge` does, but in constant time: for windows that keep partial states in two
   * stacks. False, with `state` as it was, when the two cannot be joined in that time.
   */
  combine?(state: S, other: S): boolean;
  /** Takes the oldest added value out again. Only where the result is the same to the last digit. */
  remove?(state: S, ...args: Value[]): void;
  /** A row whose arguments fail with `error`, in place of `add`. Without it the group fails. */
  addFailure?(state: S, error: string): void;
  /** A row that was given to `addFailure` leaves; there when `remove` and `addFailure` are. */
  removeFailure?(state: S): void;
  /** @returns nil when nothing was added, unless the function says otherwise */
  result(state: S): Value;
}

export interface AggregateFunction extends FunctionTraits {
  readonly class: 'aggregate';
  /** True for `deduplicate`: the engine passes the whole row as first argument. */
  readonly wholeRow?: boolean;
  readonly implement: (...kinds: Kind[]) => Aggregation;
}

/** Computed once per event, before WHERE and windows; state per call site and partition. */
export interface AnalyticFunction<S = Value> extends FunctionTraits {
  readonly class: 'analytic';
  readonly returns: Returns;
  /** Plain data, checkpointed. */
  readonly init: () => S;
  /** @param valid false when the call's WHEN condition is false for this event */
  readonly next: (state: S, valid: boolean, ...args: Value[]) => Value;
}

/** Several output rows per row: `unnest`. `eval` returns the elements (tagged). */
export interface SetFunction extends FunctionTraits {
  readonly class: 'set';
  readonly eval: (...args: Value[]) => readonly unknown[];
}

/**
 * Several output columns: `changed_cols`. The engine passes the names of the argument columns beside their values
 * (`*` is expanded) and lays the returned columns over the row.
 */
export interface ColumnsFunction<S = Value> extends FunctionTraits {
  readonly class: 'columns';
  readonly init: () => S;
  readonly next: (
    state: S,
    options: readonly unknown[],
    names: readonly string[],
    values: readonly unknown[],
  ) => Record<string, unknown>;
}

/** Numbers the rows of a window result: `row_number`. Evaluated by position within its partition. */
export interface WindowFunction extends FunctionTraits {
  readonly class: 'window';
  readonly returns: Kind;
  readonly eval: (index: number, count: number) => Value;
}

/** The engine supplies the value: `window_start`, `event_time`, `last_hit_count` … */
export interface ImplicitFunction extends FunctionTraits {
  readonly class: 'implicit';
  readonly returns: Kind;
  readonly value: ImplicitValue;
}

export type ImplicitValue =
  | 'window_start'
  | 'window_end'
  | 'window_trigger'
  | 'event_time'
  | 'last_hit_count'
  | 'last_hit_time'
  | 'last_agg_hit_count'
  | 'last_agg_hit_time';

export type FunctionDeclaration =
  | ScalarFunction
  | AggregateFunction
  | AnalyticFunction
  | SetFunction
  | ColumnsFunction
  | WindowFunction
  | ImplicitFunction;

type Make<F extends FunctionDeclaration> = (declaration: Omit<F, 'class'>) => F;
const make =
  <F extends FunctionDeclaration>(kind: F['class']): Make<F> =>
  (declaration) =>
    ({ class: kind, ...declaration }) as F;

export const scalar: Make<ScalarFunction> = make<ScalarFunction>('scalar');
export const aggregate: Make<AggregateFunction> = make<AggregateFunction>('aggregate');
export const analytic: Make<AnalyticFunction> = make<AnalyticFunction>('analytic');
export const setReturning: Make<SetFunction> = make<SetFunction>('set');
export const multiColumn: Make<ColumnsFunction> = make<ColumnsFunction>('columns');
export const windowed: Make<WindowFunction> = make<WindowFunction>('window');
export const implicit: Make<ImplicitFunction> = make<ImplicitFunction>('implicit');
