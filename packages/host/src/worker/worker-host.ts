/**
 * The {@link RuleHost} of `kuiperd`: rules run in worker threads, the caller's thread stays free for the REST API.
 *
 * When a worker does not come back to its event loop it is replaced. The rule it was working for at that moment ends
 * with an error; all others are started again and go on from their last checkpoint.
 */
import { errorText, KuiperError, type Logger } from '@kuiper/base';
import type {
  NodeMetrics,
  ReadCounters,
  RuleSpec,
  RunLayout,
  RunNotes,
  SourceSpec,
  TapEvent,
  Topology,
} from '@kuiper/engine';
import { readMetrics } from '@kuiper/engine/metrics';
import { sharedOwner } from '@kuiper/engine/rule-spec';
import type { PortableControl, PortableState, ServiceCallMetrics } from '@kuiper/extensions';

import { type ExtensionKey, type ExtensionRecord, type ExtensionSymbol, extensionId } from '@kuiper/extensions/record';
import type { EngineSettings } from '../engine-settings.ts';
import { hostErrors } from '../errors.ts';
import type { ConnectionState, PlanReport, RuleHost, RunEnd, SchemaText } from '../rule-host.ts';
import type { LevelKv } from '../store/index.ts';
import { trialSpec } from '../trial.ts';
import { addMetrics } from './add-metrics.ts';
import { PortableCommands } from './portable-commands.ts';
import { affinityKeys, isTied, pinned, Placement } from './placement.ts';
import { type FromWorker, fromPlainError, type PlainError } from './protocol.ts';
import { WorkerSlot } from './worker-slot.ts';

export interface WorkerHostOptions {
  readonly settings: EngineSettings;
  readonly kv: LevelKv;
  readonly logger: Logger;
  /** Threads; 1 by default. */
  readonly workers?: number;
  /** Who runs the processes of portable plugins; without it there are none. */
  readonly portable?: PortableControl;
  /** How long a worker may stay away from its event loop before it is replaced. Default 5 s. */
  readonly stallLimitMs?: number;
  /** How long closing waits for a worker to end its rules and connections. Default 30 s. */
  readonly closePatienceMs?: number;
}

const checkMs = 250;
const defaultStallLimitMs = 5000;
const defaultClosePatienceMs = 30_000;
/** Without a rule to blame (restoring a large state, say) patience is this many times longer. */
const blamelessPatience = 12;
/** With an extension that is being loaded: large modules take their time. */
const loadingPatience = 2;

interface PresentExtension {
  readonly record: ExtensionRecord;
  readonly symbols: readonly ExtensionSymbol[];
}

interface HostedRule {
  readonly spec: RuleSpec;
  readonly slot: number;
  running: boolean;
  /** Set when its code did not return: it is not tried again as it is. */
  stuck: Error | null;
  /** Where the numbers of the present or last run are; they stay readable when its worker has gone. */
  layout: RunLayout | null;
  read: ReadCounters | null;
  topology: Topology | null;
  notes: RunNotes;
}

const noNotes: RunNotes = { exceptions: {}, disconnected: {}, drops: {} };

export async function createWorkerHost(options: WorkerHostOptions): Promise<WorkerHost> {
  const host = new WorkerHost(options);
  await host.open();
  return host;
}

export class WorkerHost implements RuleHost {
  private readonly options: WorkerHostOptions;
  private readonly slots: Promise<WorkerSlot>[] = [];
  private readonly live: WorkerSlot[] = [];
  private readonly placement: Placement;
  private readonly rules = new Map<string, HostedRule>();
  private readonly schemas = new Map<string, SchemaText>();
  private readonly extensions = new Map<string, PresentExtension>();
  /** The last state heard of each portable plugin. */
  private readonly portableStates = new Map<string, PortableState>();
  private readonly leavePortable: (() => void) | undefined;
  private readonly portableCommands: PortableCommands | null;
  private extending: Promise<unknown> = Promise.resolve();
  private readonly tables = new Map<string, SourceSpec>();
  private readonly connections = new Map<string, readonly [type: string, props: Readonly<Record<string, unknown>>]>();
  private readonly taps = new Map<number, { readonly ruleId: string; readonly listener: (event: TapEvent) => void }>();
  private readonly endListeners: ((end: RunEnd) => void)[] = [];
  private nextTap = 1;
  private watch: NodeJS.Timeout | null = null;
  private closed = false;
  private closing: Promise<void> | null = null;

  constructor(options: WorkerHostOptions) {
    this.options = options;
    this.placement = new Placement(options.workers ?? 1);
    const { portable, logger } = options;
    this.portableCommands = portable === undefined ? null : new PortableCommands(portable, logger);
    this.leavePortable = options.portable?.onState((state) => {
      this.portableStates.set(state.plugin, state);
      for (const slot of this.live) slot?.portable(state);
    });
  }

  async open(): Promise<void> {
    for (let i = 0; i < (this.options.workers ?? 1); i++) this.slots.push(this.spawn(i));
    await Promise.all(this.slots);
    await (await this.slot(0)).call('startDataServer');
    this.watch = setInterval(() => this.checkHeartbeats(), checkMs);
    this.watch.unref();
  }

  async plan(spec: RuleSpec): Promise<PlanReport> {
    return (await this.slotFor(spec)).call('plan', spec) as Promise<PlanReport>;
  }

  async deploy(spec: RuleSpec): Promise<PlanReport> {
    const keys = this.affinity(spec);
    const before = this.rules.get(spec.id)?.slot;
    const stays = before !== undefined && (before === 0 || !keys.includes(pinned));
    const index = stays ? before : this.placement.place(spec.id, keys);
    const report = (await (await this.slot(index)).call('deploy', spec)) as PlanReport;
    // Its run cannot go on where the new program does not belong.
    if (before !== undefined && before !== index) await (await this.slot(before)).call('stop', spec.id);
    this.note(spec, index);
    return report;
  }

  async deployAll(specs: readonly RuleSpec[]): Promise<void> {
    const bySlot = new Map<number, RuleSpec[]>();
    for (const spec of specs) {
      const index = this.placement.place(spec.id, this.affinity(spec));
      this.note(spec, index).running = true;
      bySlot.set(index, [...(bySlot.get(index) ?? []), spec]);
    }
    await Promise.all([...bySlot].map(([index, list]) => this.deployOn(index, list)));
  }

  async start(ruleId: string): Promise<void> {
    const rule = this.rule(ruleId);
    if (rule.stuck !== null) throw rule.stuck;
    rule.running = true;
    rule.notes = noNotes;
    try {
      await (await this.slot(rule.slot)).call('start', ruleId);
    } catch (error) {
      rule.running = false;
      throw error;
    }
  }

  async stop(ruleId: string): Promise<void> {
    const rule = this.rules.get(ruleId);
    if (rule === undefined) return;
    rule.running = false;
    await (await this.slot(rule.slot)).call('stop', ruleId);
  }

  async remove(ruleId: string): Promise<void> {
    const rule = this.rules.get(ruleId);
    this.rules.delete(ruleId);
    this.placement.forget(ruleId);
    await (await this.slot(rule?.slot ?? 0)).call('remove', ruleId, rule?.spec.temp ?? false);
  }

  metrics(ruleId: string): readonly NodeMetrics[] | null {
    const rule = this.rules.get(ruleId);
    if (rule === undefined || rule.layout === null || rule.read === null) return null;
    return readMetrics(rule.layout, rule.read, rule.notes);
  }

  topology(ruleId: string): Topology | null {
    return this.rules.get(ruleId)?.topology ?? null;
  }

  scanTables(ruleId: string): ReturnType<RuleHost['scanTables']> {
    return this.callFor(ruleId, 'scanTables', ruleId) as ReturnType<RuleHost['scanTables']>;
  }

  async checkpoint(ruleId: string): Promise<void> {
    await this.callFor(ruleId, 'checkpoint', ruleId);
  }

  async resetState(ruleId: string, request: Parameters<RuleHost['resetState']>[1]): Promise<void> {
    await this.callFor(ruleId, 'resetState', ruleId, request);
  }

  tap(ruleId: string, listener: (event: TapEvent) => void): () => void {
    const tap = this.nextTap++;
    this.taps.set(tap, { ruleId, listener });
    const tell = (method: string, ...args: readonly unknown[]): void => {
      this.callFor(ruleId, method, ...args).catch((error: unknown) => {
        this.options.logger.warn(`tap of rule ${ruleId}: ${errorText(error)}`);
      });
    };
    tell('tap', ruleId, tap);
    return () => {
      if (this.taps.delete(tap) && !this.closed) tell('untap', tap);
    };
  }

  async trial(spec: RuleSpec, mocks: Readonly<Record<string, unknown>>): Promise<void> {
    // As it runs: a worker that takes the place of this one does not know the mocks.
    const trial = trialSpec(spec, mocks);
    await (await this.slot(0)).call('deploy', trial);
    this.note(trial, 0);
  }

  async openTable(table: SourceSpec): Promise<void> {
    await (await this.slot(0)).call('openTable', table);
    this.tables.set(table.name, table);
  }

  async closeTable(name: string): Promise<void> {
    await (await this.slot(0)).call('closeTable', name);
    this.tables.delete(name);
  }

  async putSchema(schema: SchemaText): Promise<void> {
    this.schemas.set(`${schema.type}/${schema.name}`, schema);
    await this.callAll('putSchema', schema);
  }

  async deleteSchema(type: string, name: string): Promise<void> {
    this.schemas.delete(`${type}/${name}`);
    await this.callAll('deleteSchema', type, name);
  }

  putExtension(record: ExtensionRecord): Promise<readonly ExtensionSymbol[]> {
    return this.inTurn(() => this.placeExtension(record));
  }

  async serviceMetrics(): ReturnType<RuleHost['serviceMetrics']> {
    const lists = await Promise.all(this.slots.map(async (slot) => (await slot).call('serviceMetrics')));
    return addMetrics(lists as (readonly ServiceCallMetrics[])[]);
  }

  dropExtension(key: ExtensionKey): Promise<void> {
    return this.inTurn(async () => {
      this.extensions.delete(extensionId(key));
      await this.callAll('dropExtension', key);
    });
  }

  async putConnection(id: string, type: string, props: Readonly<Record<string, unknown>>): Promise<void> {
    await (await this.slot(0)).call('putConnection', id, type, props);
    this.connections.set(id, [type, props]);
  }

  async deleteConnection(id: string): Promise<void> {
    await (await this.slot(0)).call('deleteConnection', id);
    this.connections.delete(id);
  }

  async pingConnection(_id: string, type: string, props: Readonly<Record<string, unknown>>): Promise<void> {
    await (await this.slot(0)).call('pingConnection', type, props);
  }

  async connectionStatus(id: string): Promise<ConnectionState | null> {
    return (await this.slot(0)).call('connectionStatus', id) as Promise<ConnectionState | null>;
  }

  async sharedColumns(stream: string): Promise<readonly string[] | null | undefined> {
    for (let i = 0; i < this.slots.length; i++) {
      const columns = (await (await this.slot(i)).call('sharedColumns', stream)) as
        | readonly string[]
        | null
        | undefined;
      if (columns !== undefined) return columns;
    }
    return undefined;
  }

  onEnd(listener: (end: RunEnd) => void): void {
    this.endListeners.push(listener);
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<void> {
    this.closed = true;
    this.leavePortable?.();
    if (this.watch !== null) clearInterval(this.watch);
    const patienceMs = this.options.closePatienceMs ?? defaultClosePatienceMs;
    // One that could not be started again has been reported.
    await Promise.allSettled(this.slots.map(async (slot) => (await slot).close(patienceMs)));
  }

  private async slot(index: number): Promise<WorkerSlot> {
    return this.slots[index] as Promise<WorkerSlot>;
  }

  private slotFor(spec: RuleSpec): Promise<WorkerSlot> {
    return this.slot(this.rules.get(spec.id)?.slot ?? this.placement.preview(this.affinity(spec)));
  }

  private async callFor(ruleId: string, method: string, ...args: readonly unknown[]): Promise<unknown> {
    return (await this.slot(this.rules.get(ruleId)?.slot ?? 0)).call(method, ...args);
  }

  private async callAll(method: string, ...args: readonly unknown[]): Promise<void> {
    await Promise.all(this.slots.map(async (slot) => (await slot).call(method, ...args)));
  }

  /** Extensions change one after the other: each thread ends up with the same. */
  private inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.extending.then(step);
    this.extending = turn.catch(() => {});
    return turn;
  }

  private async placeExtension(record: ExtensionRecord): Promise<readonly ExtensionSymbol[]> {
    const id = extensionId(record);
    const before = this.extensions.get(id);
    this.tellPortable(record);
    const slots = await Promise.all(this.slots);
    const outcomes = await Promise.allSettled(slots.map((slot) => slot.call('putExtension', record)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) {
      const [method, argument] =
        before === undefined ? (['dropExtension', record] as const) : (['putExtension', before.record] as const);
      const done = slots.filter((_, i) => outcomes[i]?.status === 'fulfilled');
      await Promise.allSettled(done.map((slot) => slot.call(method, argument)));
      throw failed.reason;
    }
    const [first] = outcomes as PromiseFulfilledResult<unknown>[];
    const symbols = first?.value as readonly ExtensionSymbol[];
    this.extensions.set(id, { record, symbols });
    return symbols;
  }

  /** A plugin may have come up before anybody listened. */
  private tellPortable(record: ExtensionRecord): void {
    const state = record.kind === 'portable' ? this.options.portable?.state(record.name) : undefined;
    if (state === undefined) return;
    this.portableStates.set(state.plugin, state);
    for (const slot of this.live) slot?.portable(state);
  }

  private affinity(spec: RuleSpec): string[] {
    const tied = [...this.extensions.values()].filter(({ record }) => isTied(record));
    return affinityKeys(
      spec,
      tied.flatMap(({ symbols }) => symbols),
    );
  }

  private rule(ruleId: string): HostedRule {
    const rule = this.rules.get(ruleId);
    if (rule === undefined) throw hostErrors.RULE_NOT_DEPLOYED(ruleId);
    return rule;
  }

  private note(spec: RuleSpec, slot: number): HostedRule {
    const before = this.rules.get(spec.id);
    const rule: HostedRule = {
      spec,
      slot,
      running: before?.running ?? false,
      stuck: null,
      layout: before?.layout ?? null,
      read: before?.read ?? null,
      topology: before?.topology ?? null,
      notes: before?.notes ?? noNotes,
    };
    this.rules.set(spec.id, rule);
    return rule;
  }

  /** In chunks, so that other calls get their turn in between. */
  private async deployOn(index: number, specs: readonly RuleSpec[]): Promise<void> {
    const chunk = 20;
    for (let i = 0; i < specs.length && !this.closed; i += chunk) {
      const slot = await this.slot(index);
      let failures: { ruleId: string; error: PlainError }[];
      try {
        failures = (await slot.call('deployAll', specs.slice(i, i + chunk))) as typeof failures;
      } catch (error) {
        if (this.live[index] === slot) throw error;
        // All of them are known: the worker that takes its place starts them.
        await this.slot(index);
        return;
      }
      for (const { ruleId, error } of failures) {
        this.ended({ ruleId, kind: 'error', message: fromPlainError(error).message });
      }
    }
  }

  private async spawn(index: number): Promise<WorkerSlot> {
    const { settings, kv, logger } = this.options;
    const commands = this.portableCommands;
    const slot: WorkerSlot = new WorkerSlot({
      settings,
      kv,
      logger,
      portable: commands === null ? null : { commands, states: [...this.portableStates.values()] },
      onMessage: (message) => this.receive(message, slot),
      onExit: (why) => this.replace(index, why, null),
    });
    await slot.ready;
    this.live[index] = slot;
    return slot;
  }

  private receive(message: FromWorker, slot: WorkerSlot): void {
    if (message.kind === 'end') this.ended(message.end);
    else if (message.kind === 'tap') this.taps.get(message.tap)?.listener(message.event);
    else if (message.kind === 'started') {
      const rule = this.rules.get(message.ruleId);
      if (rule === undefined) return;
      rule.layout = message.layout;
      rule.read = slot.read;
      rule.topology = message.topology;
    } else if (message.kind === 'notes') {
      const rule = this.rules.get(message.ruleId);
      if (rule !== undefined) rule.notes = message.notes;
    }
  }

  private ended(end: RunEnd): void {
    const rule = this.rules.get(end.ruleId);
    if (rule !== undefined) rule.running = false;
    for (const listener of this.endListeners) listener(end);
  }

  private checkHeartbeats(): void {
    const limit = this.options.stallLimitMs ?? defaultStallLimitMs;
    this.live.forEach((slot, index) => {
      const silentMs = slot.check(checkMs);
      if (silentMs < limit) return;
      const guilty = slot.workingFor;
      const loading = guilty === null ? slot.loading : null;
      const patience = guilty !== null ? 1 : loading !== null ? loadingPatience : blamelessPatience;
      if (silentMs < limit * patience) return;
      this.options.logger.error(`worker ${index} has not come back for ${silentMs} ms`, { rule: guilty ?? '' });
      this.replace(index, 'stalled', guilty, loading);
    });
  }

  /** Starts a new worker with everything the old one had, but the guilty rule. */
  private replace(index: number, why: string, guilty: string | null, loading: ExtensionRecord | null = null): void {
    const old = this.live[index];
    delete this.live[index];
    if (this.closed) return;
    const ends = guilty === null ? [] : this.rulesOf(guilty, index);
    const what =
      loading !== null
        ? `the ${loading.kind} extension ${loading.name}`
        : ends.length === 0 || this.rules.has(guilty ?? '')
          ? `rule ${guilty}`
          : `the source of rules ${ends.join(', ')}`;
    const error =
      guilty === null && loading === null ? hostErrors.WORKER_GONE(why) : hostErrors.FOREIGN_CODE_STUCK(what);
    for (const id of ends) {
      const rule = this.rules.get(id) as HostedRule;
      rule.running = false;
      rule.stuck = error;
    }
    this.slots[index] = (old?.kill(error) ?? Promise.resolve())
      .then(() => this.spawn(index))
      .then(async (slot) => {
        await this.reinstate(slot, index);
        return slot;
      });
    this.slots[index]?.catch((failure: unknown) => {
      this.options.logger.error(`worker ${index} cannot be started again: ${errorText(failure)}`);
    });
    for (const ruleId of ends) this.ended({ ruleId, kind: 'error', message: error.message });
  }

  /** The rule, or those on a shared source that does not come back. */
  private rulesOf(guilty: string, index: number): string[] {
    if (this.rules.has(guilty)) return [guilty];
    const onSource = [...this.rules.values()].filter(
      ({ spec, slot, running }) =>
        running && slot === index && spec.sources.some((source) => sharedOwner(source) === guilty),
    );
    return onSource.map(({ spec }) => spec.id);
  }

  private async reinstate(slot: WorkerSlot, index: number): Promise<void> {
    const quietly = async (call: Promise<unknown>): Promise<void> => {
      try {
        await call;
      } catch (error) {
        this.options.logger.error(`after the restart of worker ${index}: ${errorText(error)}`, {
          code: error instanceof KuiperError ? error.code : 0,
        });
      }
    };
    for (const { record } of this.extensions.values()) await quietly(slot.call('putExtension', record));
    for (const schema of this.schemas.values()) await quietly(slot.call('putSchema', schema));
    if (index === 0) {
      await quietly(slot.call('startDataServer'));
      for (const [id, [type, props]] of this.connections) await quietly(slot.call('putConnection', id, type, props));
      for (const table of this.tables.values()) await quietly(slot.call('openTable', table));
    }
    for (const [id, rule] of this.rules) {
      if (rule.slot !== index || rule.stuck !== null) continue;
      try {
        await slot.call('deploy', rule.spec);
        if (rule.running) await slot.call('start', id);
      } catch (error) {
        // Replaced in its turn, or closed: this rule is not to blame.
        if (this.live[index] !== slot || this.closed) return;
        if (rule.running) this.ended({ ruleId: id, kind: 'error', message: errorText(error) });
      }
    }
    for (const [tap, { ruleId }] of this.taps) {
      if (this.rules.get(ruleId)?.slot === index) await quietly(slot.call('tap', ruleId, tap));
    }
  }
}
