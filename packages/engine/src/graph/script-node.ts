/** A script on rows or on the rows of a window. Source: behaviour spec, runtime §16.3. */
import { makeRowError, type Row, type RowType, valueText } from '@kuiper/base';
import { counter, nodeCounters, type RunEnvironment, type ScriptRunner } from '../compile/program.ts';
import type { GraphScript } from '../plan/graph/graph-network.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { type Consumer, type Moment, tagger } from './consumer.ts';
import { failNode } from './statement-node.ts';

export interface ScriptSetup {
  readonly env: RunEnvironment;
  readonly operators: readonly string[];
  readonly moment: Moment;
  readonly step: GraphScript;
  readonly out: Consumer;
}

export class ScriptNode {
  readonly state: readonly StateSlot[] = [];
  readonly #setup: ScriptSetup;
  readonly #operator: number;
  readonly #runner: ScriptRunner;

  constructor(setup: ScriptSetup) {
    this.#setup = setup;
    const { env, operators, step } = setup;
    this.#operator = operators.indexOf(step.name);
    if (env.script === undefined) throw new Error('scripts cannot run here');
    this.#runner = env.script(step.name);
  }

  consumer(type: RowType): Consumer {
    const { moment, step, out } = this.#setup;
    const tag = tagger(type);
    return {
      row: (row) => {
        if (step.takes === 'collection') this.#collection([tag(row)]);
        else this.#run([tag(row), moment.metas.meta(moment.index) ?? {}], oneRow, (made) => out.row(made));
      },
      rows: (rows) => this.#collection(rows.map(tag)),
      error: (text) => out.error(text),
    };
  }

  #collection(rows: readonly Row[]): void {
    const { step, out } = this.#setup;
    if (step.aggregate) this.#run([rows], aggregateRow, (made) => out.row(made));
    else this.#run([rows], manyRows, (made) => out.rows(made));
  }

  #run<T>(args: readonly unknown[], read: (result: unknown) => T, deliver: (made: T) => void): void {
    const { env, out } = this.#setup;
    const at = this.#operator * nodeCounters;
    const add = (which: number): void => {
      env.counters[at + which] = (env.counters[at + which] as number) + 1;
    };
    add(counter.in);
    let made: T;
    try {
      made = read(this.#runner.exec(...args));
    } catch (error) {
      failNode(env, this.#operator, error, out);
      add(counter.processed);
      return;
    }
    add(counter.out);
    add(counter.processed);
    deliver(made);
  }

  open(): undefined {
    return undefined;
  }

  start(): void {}

  stop(): undefined {
    return undefined;
  }

  drain(): undefined {
    return undefined;
  }
}

function isRow(value: unknown): value is Row {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function oneRow(result: unknown): Row {
  if (isRow(result)) return result;
  throw makeRowError(`script exec result is not a map: ${valueText(result, 'any')}`);
}

function aggregateRow(result: unknown): Row {
  if (isRow(result)) return result;
  throw makeRowError(`script node is aggregate but exec result is not aggreagated: ${valueText(result, 'any')}`);
}

function manyRows(result: unknown): readonly Row[] {
  if (Array.isArray(result) && result.every(isRow)) return result;
  throw makeRowError(`script node is not aggregate but exec result is aggregated: ${valueText(result, 'any')}`);
}
