/** Runs statements in process: recorded input through the real decoder, program and JSON form of results. */
import { type Logger, ManualClock, type Row } from '@kuiper/base';
import {
  type CallSiteName,
  compilePlan,
  declaredSchema,
  nodeCounters,
  type Program,
  type ProgramInstance,
  type RulePlan,
  type StateEntry,
} from '@kuiper/engine';
import { jsonFormat } from '@kuiper/formats';
import type { FunctionContext, OpenLookup } from '@kuiper/sdk';

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as unknown as Logger;

export interface RunSetup {
  readonly plan: RulePlan;
  readonly mode: Program['mode'];
  readonly sendError?: boolean;
  readonly lookups?: Readonly<Record<string, OpenLookup>>;
  readonly startMs?: number;
  /** What `messages` holds of the rows of one result; without it their plain values. */
  readonly form?: (rows: readonly Row[]) => unknown;
  /** Goes on from a checkpoint of this run, which then counts no more. */
  readonly from?: TestRun;
}

const programs = new WeakMap<RulePlan, Partial<Record<Program['mode'], Program>>>();

/** Runs of one plan share a program, as rules do. */
function programOf(plan: RulePlan, mode: Program['mode']): Program {
  const known = programs.get(plan) ?? {};
  programs.set(plan, known);
  known[mode] ??= compilePlan(plan, mode);
  return known[mode];
}

/** A run whose results collect in `messages`: lists of rows, or error texts. */
export class TestRun {
  readonly messages: unknown[];
  readonly errors: { readonly operator: string; readonly text: string }[] = [];
  readonly drops: { readonly reason: string; readonly count: number }[] = [];
  readonly clock: ManualClock;
  readonly counters: Float64Array;
  readonly program: Program;
  readonly instance: ProgramInstance;
  readonly plan: RulePlan;
  /** Functions of extensions are ready. */
  readonly opened: Promise<void> | undefined;
  private readonly contexts: Map<string, FunctionContext>;
  private readonly decoders: ((text: string) => Row[])[];
  private readonly form: (rows: readonly Row[]) => unknown;

  constructor(setup: RunSetup) {
    const { plan } = setup;
    const { from } = setup;
    this.plan = plan;
    this.form = setup.form ?? ((rows) => rows.map((row) => plain(row)));
    this.messages = from?.messages ?? [];
    this.contexts = from?.contexts ?? new Map();
    this.clock = new ManualClock(from?.clock.now() ?? setup.startMs ?? 1_700_000_000_000);
    this.counters = new Float64Array(plan.operators.length * nodeCounters);
    this.program = programOf(plan, setup.mode);
    this.instance = this.program.instantiate({
      ruleId: 'r',
      clock: this.clock,
      logger: quiet,
      timeZone: 'UTC',
      counters: this.counters,
      sendError: setup.sendError ?? true,
      output: {
        emitRow: (row) => this.emit([row]),
        emitRows: (rows) => this.emit(rows),
        emitError: (text) => this.messages.push(text),
      },
      onError: (operator, text) => this.errors.push({ operator: plan.operators[operator] ?? '', text }),
      onDrop: (_operator, reason, count) => this.drops.push({ reason, count }),
      functionContext: (site) => this.context(site),
      lookup: (source) => setup.lookups?.[plan.sources[source]?.stream ?? ''] as OpenLookup,
    });
    this.decoders = plan.sources.map((source) => {
      const decoder = jsonFormat.createDecoder({
        schema: declaredSchema(source.decoded),
        columns: source.columns,
        options: {},
      });
      return (text) => {
        const rows = decoder.decode(Buffer.from(text));
        return Array.isArray(rows) ? rows : [rows];
      };
    });
    if (from !== undefined) this.restore(from);
    this.opened = this.instance.open();
    this.instance.start();
  }

  /** Writes a checkpoint of the other run and reads it back, as a store would. */
  private restore(from: TestRun): void {
    from.instance.stop();
    for (const slot of from.instance.state) {
      slot.begin(true);
      const entries: StateEntry[] = [];
      for (let part = slot.drain(2); part !== null; part = slot.drain(2)) entries.push(...part);
      const target = this.instance.state.find(
        ({ name, fingerprint }) => name === slot.name && fingerprint === slot.fingerprint,
      );
      if (target === undefined) throw new Error(`no state slot ${slot.name}`);
      target.restore(structuredClone(entries));
    }
  }

  /** Sends one message of a stream, as JSON. */
  send(stream: string, message: unknown): void {
    this.sendText(stream, JSON.stringify(message));
  }

  /** Sends one message of a stream, as text. */
  sendText(stream: string, text: string, meta: Readonly<Record<string, unknown>> = { topic: 't' }): void {
    this.plan.sources.forEach((source, i) => {
      if (source.stream !== stream) return;
      const input = this.instance.inputs[i];
      let rows: Row[];
      try {
        rows = (this.decoders[i] as (text: string) => Row[])(text);
      } catch (error) {
        input?.error((error as Error).message);
        return;
      }
      for (const row of rows) input?.row(row, this.clock.now(), { meta: () => meta }, 0);
    });
  }

  private emit(rows: readonly Row[]): void {
    this.messages.push(this.form(rows));
  }

  private context(site: CallSiteName): FunctionContext {
    const known = this.contexts.get(site.stateName) ?? this.newContext(site);
    this.contexts.set(site.stateName, known);
    return known;
  }

  private newContext({ opId, funcId }: CallSiteName): FunctionContext {
    const values = new Map<string, unknown>();
    let seed = 1;
    return {
      now: () => this.clock.now(),
      startedMs: this.clock.now(),
      sleep: (ms) => new Promise((resolve) => void this.clock.setTimer(this.clock.now() + ms, resolve)),
      keyedState: () => undefined,
      opId,
      funcId,
      random: () => {
        seed = (seed * 16_807) % 2_147_483_647;
        return seed / 2_147_483_647;
      },
      timeZone: 'UTC',
      ruleId: 'r',
      logger: quiet,
      rootPath: '/',
      getState: (key) => values.get(key),
      putState: (key, value) => void values.set(key, value),
      deleteState: (key) => void values.delete(key),
      incrCounter: (key, amount) => {
        const next = Number(values.get(key) ?? 0) + amount;
        values.set(key, next);
        return next;
      },
      getCounter: (key) => Number(values.get(key) ?? 0),
    };
  }
}

/** A value as its JSON form reads: no undefined members, ints as numbers. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value) + 0;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((element) => (element === undefined ? null : plain(element)));
  if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON();
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined)
      Object.defineProperty(result, key, {
        value: plain(member),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return result;
}
