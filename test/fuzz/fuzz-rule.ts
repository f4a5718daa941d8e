/** What must hold for any text taken as a statement, and for any bytes taken as an event. */
import { KuiperError, type Logger, ManualClock, RowError } from '@kuiper/base';
import {
  analyzeSelect,
  compilePlan,
  declaredSchema,
  functionCheck,
  nodeCounters,
  optimizePlan,
  planQuery,
  type ProgramInstance,
  type RulePlan,
} from '@kuiper/engine';
import { jsonFormat } from '@kuiper/formats';
import type { Decoder, Encoder, FunctionContext, OpenLookup } from '@kuiper/sdk';
import { parseSelect, parseStatement, printStatement } from '@kuiper/sql';
import { catalogOf, optionsWith } from '../plan/test-catalog.ts';
import type { Dice } from './dice.ts';
import { fuzzDefinitions } from './random-statement.ts';

export interface Finding {
  readonly what: string;
  /** The statement, or an event in hexadecimal digits behind it. */
  readonly input: string;
}

const catalog = catalogOf(fuzzDefinitions);
const check = functionCheck(catalog.functions);
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as unknown as Logger;
/** Texts of errors that the platform makes: a row error has a text of ours. */
const platformError =
  /Cannot (read|convert|mix|set|destructure)|is not (a function|iterable|defined|a constructor)|Maximum call stack|Invalid (array|string|count)|out of memory|\[object |undefined/;

export type Verdict = 'refused' | RulePlan;

/** Parses, analyzes and plans; a text is refused by an error of the user, with a place in the text when it is syntax. */
export function planText(dice: Dice, text: string, report: (finding: Finding) => void): Verdict {
  try {
    const statement = parseSelect(text, { functions: check });
    const printed = printStatement(statement);
    if (printStatement(parseStatement(printed)) !== printed) report({ what: 'printed differently', input: text });
    const options = optionsWith({ isEventTime: dice.chance(0.2), sendNilField: dice.chance(0.2) });
    return optimizePlan(planQuery(analyzeSelect(statement, catalog, options)));
  } catch (error) {
    const what = refusalFault(error, text);
    if (what !== null) report({ what, input: text });
    return 'refused';
  }
}

function refusalFault(error: unknown, text: string): string | null {
  if (!(error instanceof KuiperError)) return `threw ${(error as Error).stack ?? String(error)}`;
  if (error.domain !== 'user') return `an error of domain ${error.domain}: ${error.message}`;
  if (platformError.test(error.message) && !platformError.test(text)) return `text of the platform: ${error.message}`;
  if (error.span === undefined) return error.code === 2001 ? `no place: ${error.message}` : null;
  const { start, end } = error.span;
  return start >= 0 && start <= end && end <= text.length ? null : `place ${start}..${end} of ${text.length}`;
}

/** A program fed with any bytes: every fault is a row error of ours. */
export class FuzzRule {
  readonly #plan: RulePlan;
  readonly #text: string;
  readonly #report: (finding: Finding) => void;
  readonly #clock = new ManualClock(1_700_000_000_000);
  readonly #instance: ProgramInstance;
  readonly #decoders: readonly Decoder[];
  readonly #encoder: Encoder;
  #last = '';

  constructor(plan: RulePlan, text: string, mode: 'compiled' | 'interpreted', report: (finding: Finding) => void) {
    this.#plan = plan;
    this.#text = text;
    this.#report = report;
    const values = new Map<string, unknown>();
    this.#encoder = jsonFormat.createEncoder({ type: plan.outputType, options: {} });
    this.#decoders = plan.sources.map((source) =>
      jsonFormat.createDecoder({ schema: declaredSchema(source.decoded), columns: source.columns, options: {} }),
    );
    this.#instance = compilePlan(plan, mode).instantiate({
      ruleId: 'fuzz',
      clock: this.#clock,
      logger: quiet,
      timeZone: 'UTC',
      counters: new Float64Array(plan.operators.length * nodeCounters),
      sendError: false,
      output: {
        emitRow: (row) => this.#encode(() => this.#encoder.encodeRow(row)),
        emitRows: (rows) => this.#encode(() => this.#encoder.encodeList(rows)),
        emitError: () => {},
      },
      onError: (_operator, message) => this.#judge(message),
      onDrop: () => {},
      functionContext: () => functionContext(this.#clock, values),
      lookup: (): OpenLookup => ({ lookup: () => [{ a: 1, b: 'x' }], close: () => {} }),
    });
    this.#instance.start();
  }

  /** Null when the compiler refuses the plan, for instance asynchronous functions in places that cannot wait. */
  static start(...args: ConstructorParameters<typeof FuzzRule>): FuzzRule | null {
    const [, text, , report] = args;
    try {
      return new FuzzRule(...args);
    } catch (error) {
      const isRefusal = error instanceof KuiperError && error.domain === 'user';
      if (!isRefusal) report({ what: `compiling threw ${(error as Error).stack}`, input: text });
      return null;
    }
  }

  send(event: Buffer): void {
    this.#last = event.toString('hex');
    this.#plan.sources.forEach((source, i) => {
      const input = this.#instance.inputs[i];
      const decoder = this.#decoders[i];
      if (input === null || input === undefined || decoder === undefined || source.role === 'lookup') return;
      try {
        const decoded = decoder.decode(event);
        const rows = Array.isArray(decoded) ? decoded : [decoded];
        for (const row of rows) input.row(row, this.#clock.now(), { meta: () => ({ topic: 't' }) }, 0);
      } catch (error) {
        // the decoder's own row errors; a program reports and never throws
        if (!(error instanceof RowError || error instanceof KuiperError))
          this.#fault(`threw ${(error as Error).stack}`);
        else this.#judge(error.message);
      }
    });
  }

  advance(ms: number): void {
    this.#clock.advance(ms);
  }

  stop(): void {
    for (const slot of this.#instance.state) {
      slot.begin(true);
      while (slot.drain(100) !== null);
    }
    this.#instance.stop();
  }

  #encode(encode: () => unknown): void {
    try {
      encode();
    } catch (error) {
      if (!(error instanceof RowError || error instanceof KuiperError))
        this.#fault(`encoder threw ${(error as Error).stack}`);
    }
  }

  #judge(message: string): void {
    if (typeof message !== 'string' || message === '') this.#fault(`an error without text`);
    else if (platformError.test(message)) this.#fault(`text of the platform: ${message}`);
  }

  #fault(what: string): void {
    this.#report({ what, input: `${this.#text}\n  event ${this.#last.slice(0, 400)}` });
  }
}

function functionContext(clock: ManualClock, values: Map<string, unknown>): FunctionContext {
  return {
    now: () => clock.now(),
    random: () => 0.5,
    timeZone: 'UTC',
    ruleId: 'fuzz',
    logger: quiet,
    rootPath: '/nowhere',
    getState: (key) => values.get(key),
    putState: (key, value) => void values.set(key, value),
    deleteState: (key) => void values.delete(key),
    incrCounter: (key, amount) => {
      const next = Number(values.get(key) ?? 0) + amount;
      values.set(key, next);
      return next;
    },
    getCounter: (key) => Number(values.get(key) ?? 0),
    keyedState: () => undefined,
  };
}
