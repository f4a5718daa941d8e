/** Sends rows to the ports whose case holds. Each case is a statement of its own. Source: behaviour spec, runtime §16.3. */
import type { Row, RowType } from '@kuiper/base';
import {
  counter,
  nodeCounters,
  type Program,
  type ProgramInstance,
  type ProgramOutput,
  type RunEnvironment,
} from '../compile/program.ts';
import type { GraphSwitch } from '../plan/graph/graph-network.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { all, type Consumer, joinConsumers, type Moment } from './consumer.ts';

export interface SwitchSetup {
  readonly env: RunEnvironment;
  readonly operators: readonly string[];
  readonly moment: Moment;
  readonly step: GraphSwitch;
  /** One per case. */
  readonly programs: readonly Program[];
  /** One per case. */
  readonly outs: readonly Consumer[];
}

export class SwitchNode {
  readonly state: readonly StateSlot[] = [];
  readonly #setup: SwitchSetup;
  readonly #operator: number;
  readonly #cases: readonly ProgramInstance[];
  /** The case being tested has let the row pass. */
  #matched = false;

  constructor(setup: SwitchSetup) {
    this.#setup = setup;
    const { env, operators, step, programs, outs } = setup;
    this.#operator = operators.indexOf(step.name);
    this.#cases = programs.map((program, port) =>
      program.instantiate({
        ...env,
        counters: new Float64Array(program.plan.operators.length * nodeCounters),
        output: this.#output(outs[port] as Consumer),
        onError: (_, text) => env.onError(this.#operator, bare(text)),
        onDrop: (_, reason, count) => env.onDrop(this.#operator, reason, count),
        functionContext: (site) =>
          env.functionContext({ ...site, stateName: `${step.name}/${port}/${site.stateName}`, opId: step.name }),
      }),
    );
  }

  #output(out: Consumer): ProgramOutput {
    return {
      emitRow: (row) => {
        this.#matched = true;
        out.row(row);
      },
      emitRows: (rows) => {
        this.#matched = true;
        out.rows(rows);
      },
      emitError: (text) => out.error(bare(text)),
    };
  }

  consumer(_type: RowType): Consumer {
    const { env, outs, step } = this.#setup;
    const everyOut = joinConsumers(outs);
    const enter = (rows: readonly Row[]): void => {
      const at = this.#operator * nodeCounters;
      env.counters[at + counter.in] = (env.counters[at + counter.in] as number) + 1;
      this.#test(rows);
      env.counters[at + counter.processed] = (env.counters[at + counter.processed] as number) + 1;
    };
    return {
      row: (row) => enter([row]),
      rows: (rows) => {
        if (step.takesLists) enter(rows);
        else for (const row of rows) enter([row]);
      },
      error: (text) => everyOut.error(text),
    };
  }

  /** @param rows a row, or all rows of a list */
  #test(rows: readonly Row[]): void {
    const { moment, env, step } = this.#setup;
    const timestampMs = moment.isOpen ? moment.timestampMs : env.clock.now();
    for (const one of this.#cases) {
      this.#matched = false;
      for (const row of rows) one.inputs[0]?.row(row, timestampMs, moment.metas, moment.index);
      if (step.takesLists) one.endList();
      if (this.#matched && step.stopAtFirstMatch) return;
    }
  }

  open(): Promise<void> | undefined {
    return all(this.#cases.map((one) => one.open()));
  }

  start(): void {
    for (const one of this.#cases) one.start();
  }

  stop(): Promise<void> | undefined {
    return all(this.#cases.map((one) => one.stop()));
  }

  drain(): Promise<void> | undefined {
    return all(this.#cases.map((one) => one.drain()));
  }
}

/** A case is no clause to whoever reads of its failure. */
function bare(text: string): string {
  return text.replace(/^run (Where|Having) error: /, '');
}
