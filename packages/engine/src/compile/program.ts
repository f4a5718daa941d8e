/**
 * Programs: a compiled plan. Immutable, knows no rule; holds no state. `instantiate` gives one run its operator state.
 */
import type { Clock, Logger, Row } from '@kuiper/base';
import type { FunctionContext, Meta, OpenLookup } from '@kuiper/sdk';
import type { RulePlan } from '../plan/plan-node.ts';
import type { StateSlot } from '../state/state-slot.ts';

export interface Program {
  readonly plan: RulePlan;
  /** `compiled` runs generated code, `interpreted` walks the typed expressions: same answers. */
  readonly mode: 'compiled' | 'interpreted';
  /** The generated source text, for EXPLAIN; empty when interpreted. */
  readonly code: string;
  instantiate(env: RunEnvironment): ProgramInstance;
}

/** Where metadata of the present batch comes from; asked only by rules that use `meta()`. */
export interface MetaProvider {
  meta(index: number): Meta | null;
}

/** The entry of one source into a run. Called synchronously; everything a row causes has happened on return. */
export interface ProgramInput {
  /**
   * @param row decoded, in the representation of the source's `type`; kept by reference, never changed
   * @param timestampMs arrival (processing time); event time is read from the row
   */
  row(row: Row, timestampMs: number, metas: MetaProvider, index: number): void;
  /** An error made before the program, for instance a message that cannot be decoded. */
  error(text: string): void;
}

export interface ProgramInstance {
  /** One per plan source, in order; null for lookup tables. */
  readonly inputs: readonly (ProgramInput | null)[];
  /** Named state, for checkpoints. */
  readonly state: readonly StateSlot[];
  /**
   * Makes what functions of extensions keep between calls. Called once, after `restore`, before `start`; undefined when
   * there is nothing to wait for.
   */
  open(): Promise<void> | undefined;
  /** Starts timers (aligned windows). Called once, after `restore`, before the first row. */
  start(): void;
  /** Windows over lists: the rows since the last call were one list. */
  endList(): void;
  /** Rows a scan table holds, for `GET /rules/{id}/scantables`. */
  tableRows(source: number): readonly Row[];
  /** Resolves when asynchronous stages (lookups, asynchronous functions) have emitted all they took in; undefined when idle. */
  drain(): Promise<void> | undefined;
  /**
   * Cancels timers. Held rows are not emitted, what is under way is forgotten. Resolves when functions of extensions have
   * closed what they kept; undefined when that is so.
   */
  stop(): Promise<void> | undefined;
}

/** Counters of one node; offsets into `RunEnvironment.counters` at `node * nodeCounters`. */
export const counter = { in: 0, out: 1, processed: 2, exceptions: 3 } as const;
export const nodeCounters = 4;

/** Where a call of a function stands. */
export interface CallSiteName {
  /** Name of its state. */
  readonly stateName: string;
  /** Name of the operator, for instance `2_project`. */
  readonly opId: string;
  /** Number of the call in its statement, in the order of parsing. */
  readonly funcId: number;
}

/** What a run gives its program. */
export interface RunEnvironment {
  readonly ruleId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** IANA zone of the rule: alignment in event time, datetime functions. */
  readonly timeZone: string;
  /**
   * Plain numbers, `nodeCounters` per operator in the order of `plan.operators`. The program counts what happens at
   * branch points; pass-through counts derive from them.
   */
  readonly counters: Float64Array;
  /** Forward the text of failed rows to the sinks. */
  readonly sendError: boolean;
  /**
   * To be called around everything that an instance does because an answer has come: a host may watch whom its thread
   * works for. Absent: just do it.
   */
  resume?(step: () => void): void;
  readonly output: ProgramOutput;
  /** Row level error of operator `operator` (index into `plan.operators`): logged, counted, remembered as last exception. */
  onError(operator: number, text: string): void;
  /** An event dropped on purpose or late, counted with its reason. */
  onDrop(operator: number, reason: string, count: number): void;
  functionContext(site: CallSiteName): FunctionContext;
  lookup(source: number): OpenLookup;
  /** How answers of a lookup table are cached (`lookup: {cache, cacheTtl, cacheMissingKey}`); null or absent: not. */
  lookupCache?(source: number): { readonly ttlMs: number; readonly missing: boolean } | null;
  /** Graph rules: the sink of a node, in place of `output`. Rows are tagged. */
  sinkOutput?(name: string): ProgramOutput;
  /** Graph rules: the interpreter of a script node, which belongs to the run. */
  script?(node: string): ScriptRunner;
}

/** A script of a graph rule. Its state lives as long as it does. */
export interface ScriptRunner {
  /**
   * Calls `exec`. Throws a row error with the text of what the script threw.
   * @param args tagged; kept as they are, the script sees copies
   * @returns tagged
   */
  exec(...args: readonly unknown[]): unknown;
  /** Forgets the script's state; `exec` fails from then on. */
  close(): void;
}

/** Where results go. `emit…` keeps the rows by reference. A member that holds `undefined` is absent. */
export interface ProgramOutput {
  /** A result of one row. */
  emitRow(row: Row): void;
  /** A result of several rows (window, join); may be empty. */
  emitRows(rows: readonly Row[]): void;
  /** With `sendError`: the text of a failed row. */
  emitError(text: string): void;
}
