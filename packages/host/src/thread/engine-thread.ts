/**
 * Everything that runs rules on one thread: planned rules, their runs, the open sources, lookup tables. The in-process
 * host is one of these; a worker holds one and is told what to do by messages.
 */
import { errorText, KuiperError, type Logger } from '@kuiper/base';
import type { ConnectionProps, Connectors } from '@kuiper/connectors';
import {
  graphScripts,
  type NodeMetrics,
  type PlannedRule,
  ProgramCache,
  planRule,
  Run,
  type RunEndReason,
  type RuleSpec,
  type RunServices,
  SourceHub,
  type SourceSpec,
  type TapEvent,
  Work,
} from '@kuiper/engine';
import type { FormatDeclaration } from '@kuiper/sdk';
import { hostErrors } from '../errors.ts';
import type { PlanReport, RunEnd } from '../rule-host.ts';
import type { LookupTables } from './lookup-tables.ts';

/** Whom the thread works for when a rule is only looked at. */
const planning = '$$plan';

export interface EngineThreadOptions {
  readonly services: RunServices;
  readonly tables: LookupTables;
  /** How taps show rows. */
  readonly tapFormat: FormatDeclaration;
  /** Lets extensions see the calls of a rule before it is planned; undefined when there are none. */
  readonly prepare: (spec: RuleSpec) => Promise<void> | undefined;
  readonly onEnd: (end: RunEnd) => void;
  /** The run's texts (last exceptions, drop reasons) changed. */
  readonly onNoted?: (ruleId: string, run: Run) => void;
  /** A run has begun; its layout can be read. */
  readonly onStarted?: (ruleId: string, run: Run) => void;
}

interface RuleTap {
  readonly listener: (event: TapEvent) => void;
  /** Detaches from the present run. */
  leave(): void;
}

interface DeployedRule {
  planned: PlannedRule;
  /** The present run, or the last one for its metrics. */
  run: Run | null;
  running: boolean;
  /** Counts starts and stops. */
  turn: number;
}

export class EngineThread {
  private readonly options: EngineThreadOptions;
  private readonly services: RunServices;
  private readonly logger: Logger;
  private readonly programs = new ProgramCache();
  private readonly hub: SourceHub;
  private readonly rules = new Map<string, DeployedRule>();
  private readonly taps = new Map<string, Set<RuleTap>>();
  private closed = false;

  constructor(options: EngineThreadOptions) {
    this.options = options;
    this.services = options.services;
    this.logger = options.services.logger;
    this.hub = new SourceHub(options.services);
  }

  plan(spec: RuleSpec): PlanReport | Promise<PlanReport> {
    return this.planRule(spec, new Work(this.services.activity, planning), report);
  }

  deploy(spec: RuleSpec): PlanReport | Promise<PlanReport> {
    return this.planRule(spec, new Work(this.services.activity, spec.id), (planned) => {
      const rule = this.rules.get(spec.id);
      if (rule === undefined) this.rules.set(spec.id, { planned, run: null, running: false, turn: 0 });
      else rule.planned = planned;
      return report(planned);
    });
  }

  async start(ruleId: string): Promise<void> {
    const rule = this.rule(ruleId);
    // Starts of one rule overlap when it is restarted in a hurry: the last one counts.
    const turn = ++rule.turn;
    await this.endRun(rule);
    if (rule.turn !== turn || this.closed) return;
    rule.run?.free();
    const run = new Run(rule.planned, this.services, this.hub, {
      ended: (reason) => this.ended(ruleId, run, reason),
      noted: () => this.options.onNoted?.(ruleId, run),
    });
    rule.run = run;
    rule.running = true;
    this.options.tables.use(ruleId, lookupTables(rule.planned));
    try {
      await run.start();
    } catch (error) {
      if (rule.run === run && rule.running) {
        rule.running = false;
        this.options.tables.release(ruleId);
      }
      throw error;
    }
    if (rule.run !== run || !rule.running) return;
    for (const tap of this.taps.get(ruleId) ?? []) this.attachTap(run, tap);
    this.options.onStarted?.(ruleId, run);
  }

  async stop(ruleId: string): Promise<void> {
    const rule = this.rules.get(ruleId);
    if (rule === undefined) return;
    rule.turn++;
    await this.endRun(rule);
  }

  async remove(ruleId: string, temp: boolean): Promise<void> {
    const rule = this.rules.get(ruleId);
    if (rule !== undefined) {
      rule.turn++;
      await this.endRun(rule);
      rule.run?.free();
      rule.run = null;
      if (this.rules.get(ruleId) === rule) this.rules.delete(ruleId);
    }
    await this.services.storage(ruleId, temp).destroy();
  }

  metrics(ruleId: string): readonly NodeMetrics[] | null {
    return this.rules.get(ruleId)?.run?.metrics() ?? null;
  }

  topology(ruleId: string): PlanReport['topology'] | null {
    return this.rules.get(ruleId)?.run?.planned.topology ?? null;
  }

  scanTables(ruleId: string): { readonly emitter: string; readonly content: readonly unknown[] }[] {
    return this.rules.get(ruleId)?.run?.tableRows() ?? [];
  }

  async checkpoint(ruleId: string): Promise<void> {
    await this.running(ruleId)?.checkpoint();
  }

  resetState(ruleId: string, request: Parameters<Run['resetState']>[0]): void {
    const run = this.running(ruleId);
    if (run === null) throw hostErrors.RULE_NOT_RUNNING(ruleId);
    run.resetState(request);
  }

  /** Follows the rule over its restarts until the returned function is called. */
  tap(ruleId: string, listener: (event: TapEvent) => void): () => void {
    const tap: RuleTap = { listener, leave: () => {} };
    const taps = this.taps.get(ruleId) ?? new Set();
    this.taps.set(ruleId, taps.add(tap));
    const run = this.running(ruleId);
    if (run !== null) this.attachTap(run, tap);
    return () => {
      tap.leave();
      taps.delete(tap);
      if (taps.size === 0 && this.taps.get(ruleId) === taps) this.taps.delete(ruleId);
    };
  }

  openTable(table: SourceSpec): Promise<void> {
    return this.options.tables.open(table);
  }

  closeTable(name: string): Promise<void> {
    return this.options.tables.close(name);
  }

  /** Creates a named connection, or gives it new properties. */
  async putConnection(connectors: Connectors, id: string, type: string, props: ConnectionProps): Promise<void> {
    const { connections } = connectors;
    if (connections.propsOf(id) === null) connections.create(id, type, props);
    else await connections.update(id, type, props);
  }

  /** Columns of a shared stream's present decode; null when it is not running. */
  sharedColumns(stream: string): readonly string[] | null | undefined {
    return this.hub.sharedSource(stream)?.columnsInUse();
  }

  async close(): Promise<void> {
    this.closed = true;
    // Nobody may miss what a shared source still hands to others.
    this.hub.quiesce();
    await Promise.all([...this.rules.values()].map((rule) => this.endRun(rule)));
    await this.options.tables.closeAll();
  }

  /**
   * At once, unless there are scripts, since interpreting them takes a sandbox that may have to be loaded first, or calls
   * of extensions.
   */
  private planRule(
    spec: RuleSpec,
    work: Work,
    use: (planned: PlannedRule) => PlanReport,
  ): PlanReport | Promise<PlanReport> {
    const plan = (problems: ReadonlyMap<string, string | null>): PlanReport => {
      // Constant calls of extensions are made here.
      const planned = work.run(() =>
        planRule(spec, this.services, this.programs, {
          checkScript: (script) => problems.get(script) ?? null,
          sharedColumns: (stream) => this.sharedColumns(stream),
        }),
      );
      checkSliceSources(planned);
      return use(planned);
    };
    const scripts = spec.sql === null ? graphScripts(spec.graph) : [];
    const preparing = work.run(() => this.options.prepare(spec));
    if (scripts.length === 0 && preparing === undefined) return plan(new Map());
    return Promise.all([this.checkScripts(scripts), preparing]).then(([problems]) => plan(problems));
  }

  private async checkScripts(scripts: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const problems = new Map<string, string | null>();
    for (const script of scripts) problems.set(script, await this.services.scripts.check(script));
    return problems;
  }

  private attachTap(run: Run, tap: RuleTap): void {
    tap.leave();
    const { ruleId } = run;
    const { clock } = this.services;
    const encoder = this.options.tapFormat.createEncoder({ type: run.planned.plan.outputType, options: {} });
    const tell = (kind: TapEvent['kind'], data: string): void => {
      tap.listener({ ruleId, timestampMs: clock.now(), kind, data });
    };
    tap.leave = run.tap({
      rows: (rows) => {
        try {
          tell('rows', String(encoder.encodeList(rows)));
        } catch (error) {
          tell('error', errorText(error));
        }
      },
      error: (text) => tell('error', text),
    });
  }

  private rule(ruleId: string): DeployedRule {
    const rule = this.rules.get(ruleId);
    if (rule === undefined) throw hostErrors.RULE_NOT_DEPLOYED(ruleId);
    return rule;
  }

  private running(ruleId: string): Run | null {
    const rule = this.rules.get(ruleId);
    return rule?.running === true ? rule.run : null;
  }

  private async endRun(rule: DeployedRule): Promise<void> {
    const { run, running } = rule;
    if (run === null) return;
    rule.running = false;
    try {
      // Also of a run that is being stopped already: what it holds open is needed next.
      await run.stop();
    } catch (error) {
      this.logger.error(`stopping rule ${run.ruleId}: ${errorText(error)}`, {
        code: error instanceof KuiperError ? error.code : 0,
      });
    }
    if (running) this.options.tables.release(run.ruleId);
  }

  private ended(ruleId: string, run: Run, reason: RunEndReason): void {
    const rule = this.rules.get(ruleId);
    if (rule?.run !== run || !rule.running) return;
    rule.running = false;
    this.options.tables.release(ruleId);
    this.options.onEnd({ ruleId, ...reason });
  }
}

/** Positional rows were never to be had from memory topics. Source: behaviour spec, sql §14.2. */
function checkSliceSources({ spec, plan }: PlannedRule): void {
  if (spec.options.useSliceTuple !== true) return;
  const read = plan.sources.map(({ stream }) => spec.sources.find(({ name }) => name === stream));
  if (read.some((source) => source?.options.type === 'memory')) throw hostErrors.SLICE_SOURCE('memory');
}

function lookupTables(planned: PlannedRule): string[] {
  return planned.plan.sources.filter(({ role }) => role === 'lookup').map(({ stream }) => stream);
}

function report(planned: PlannedRule): PlanReport {
  const schema = planned.plan.outputFields.map((name, index) => [name, { hasIndex: true, index }] as const);
  return {
    explain: planned.explain,
    code: planned.program.code,
    topology: planned.topology,
    schema: Object.fromEntries(schema),
  };
}
