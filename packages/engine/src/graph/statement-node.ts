/** A statement at work inside a graph: a program instance whose output goes on, and whose counters carry node names. */
import { errorText, type Row } from '@kuiper/base';
import {
  counter,
  nodeCounters,
  type Program,
  type ProgramInstance,
  type ProgramOutput,
  type RunEnvironment,
} from '../compile/program.ts';
import type { GraphStatement } from '../plan/graph/graph-network.ts';
import type { StateEntry, StateSlot } from '../state/state-slot.ts';
import type { Consumer, Moment } from './consumer.ts';

export interface StatementSetup {
  readonly env: RunEnvironment;
  /** Operators of the rule. */
  readonly operators: readonly string[];
  readonly moment: Moment;
  readonly step: GraphStatement;
  readonly program: Program;
  readonly out: Consumer;
}

export class StatementNode implements ProgramOutput {
  readonly state: readonly StateSlot[];
  readonly #setup: StatementSetup;
  readonly #instance: ProgramInstance;
  readonly #counters: Float64Array;
  /** Operators of the rule by operator of the statement; -1 for those that stand for no node. */
  readonly #operators: readonly number[];
  readonly #passing: readonly { readonly operator: number; readonly after: number }[];
  #depth = 0;

  constructor(setup: StatementSetup) {
    this.#setup = setup;
    const { env, operators, step, program } = setup;
    const own = step.plan.operators;
    this.#operators = own.map((name) => operators.indexOf(name));
    this.#passing = step.passing.map(({ name, after }) => ({
      operator: operators.indexOf(name),
      after: operators.indexOf(after),
    }));
    this.#counters = new Float64Array(own.length * nodeCounters);
    const label = own.filter((name) => !name.startsWith('$')).join('.');
    this.#instance = program.instantiate({
      ...env,
      counters: this.#counters,
      output: this,
      onError: (operator, text) => env.onError(this.#shown(operator), this.#bare(text)),
      onDrop: (operator, reason, count) => env.onDrop(this.#shown(operator), reason, count),
      functionContext: (site) => env.functionContext({ ...site, stateName: `${label}/${site.stateName}` }),
      lookup: (source) => {
        const feed = step.feeds[source];
        return env.lookup(feed?.kind === 'source' ? feed.source : -1);
      },
      lookupCache: (source) => {
        const feed = step.feeds[source];
        return feed?.kind === 'source' ? (env.lookupCache?.(feed.source) ?? null) : null;
      },
    });
    this.state = this.#instance.state.map((slot) => renamedSlot(`${label}/${slot.name}`, slot));
  }

  /** Takes the rows of source `input` of the statement. */
  consumer(input: number): Consumer {
    const { moment, env } = this.#setup;
    const target = this.#instance.inputs[input];
    const enter = (row: Row): void => {
      if (target === null || target === undefined) return;
      const timestampMs = moment.isOpen ? moment.timestampMs : env.clock.now();
      this.#depth++;
      try {
        target.row(row, timestampMs, moment.metas, moment.index);
      } finally {
        if (--this.#depth === 0) this.#publish();
      }
    };
    return {
      row: enter,
      rows: this.#setup.step.takesLists
        ? (rows) => this.#list(rows, enter)
        : (rows) => {
            for (const row of rows) enter(row);
          },
      error: (text) => this.#setup.out.error(text),
    };
  }

  #list(rows: readonly Row[], enter: (row: Row) => void): void {
    this.#depth++;
    try {
      for (const row of rows) enter(row);
      this.#instance.endList();
    } finally {
      if (--this.#depth === 0) this.#publish();
    }
  }

  emitRow(row: Row): void {
    this.#setup.out.row(row);
    if (this.#depth === 0) this.#publish();
  }

  emitRows(rows: readonly Row[]): void {
    this.#setup.out.rows(rows);
    if (this.#depth === 0) this.#publish();
  }

  emitError(text: string): void {
    this.#setup.out.error(this.#bare(text));
    if (this.#depth === 0) this.#publish();
  }

  open(): Promise<void> | undefined {
    return this.#instance.open();
  }

  start(): void {
    this.#instance.start();
  }

  stop(): Promise<void> | undefined {
    const stopped = this.#instance.stop();
    this.#publish();
    return stopped;
  }

  drain(): Promise<void> | undefined {
    return this.#instance.drain();
  }

  tableRows(input: number): readonly Row[] {
    return this.#instance.tableRows(input);
  }

  /** An operator without a node is charged to the last node before it. */
  #shown(operator: number): number {
    for (let at = operator; at >= 0; at--) {
      const shown = this.#operators[at];
      if (shown !== undefined && shown >= 0) return shown;
    }
    return this.#operators.find((shown) => shown >= 0) ?? 0;
  }

  #bare(text: string): string {
    if (!this.#setup.step.bareErrors) return text;
    const at = text.indexOf(' meet error, err:');
    return at < 0 ? text : text.slice(at + ' meet error, err:'.length);
  }

  #publish(): void {
    const { counters } = this.#setup.env;
    this.#operators.forEach((operator, own) => {
      if (operator < 0) return;
      for (const which of passed) {
        counters[operator * nodeCounters + which] = this.#counters[own * nodeCounters + which] as number;
      }
    });
    for (const { operator, after } of this.#passing) {
      const out = counters[after * nodeCounters + counter.out] as number;
      for (const which of passed) counters[operator * nodeCounters + which] = out;
    }
  }
}

/** Failures are counted by whoever hears of them. */
const passed = [counter.in, counter.out, counter.processed];

/** Statements of one graph name their state alike. */
function renamedSlot(name: string, slot: StateSlot): StateSlot {
  return {
    name,
    fingerprint: slot.fingerprint,
    begin: (full) => slot.begin(full),
    drain: (limit) => slot.drain(limit),
    restore: (entries: Iterable<StateEntry>) => slot.restore(entries),
  };
}

/** The text of a thrown value, for a node without a statement. */
export function failNode(env: RunEnvironment, operator: number, thrown: unknown, out: Consumer): void {
  const text = errorText(thrown);
  env.onError(operator, text);
  if (env.sendError) out.error(text);
}
