/** The {@link RuleHost} that runs rules on the calling thread: for embedding and tests. */
import type { Activity, NodeMetrics, RuleSpec, SourceSpec, TapEvent, Topology } from '@kuiper/engine';
import type { PortableControl } from '@kuiper/extensions';
import type { ExtensionKey, ExtensionRecord, ExtensionSymbol } from '@kuiper/extensions/record';
import type { Engine, EngineExtensions } from './create-engine.ts';
import type { EngineSettings } from './engine-settings.ts';
import type { Clock, Logger } from '@kuiper/base';
import { errorText, silentLogger } from '@kuiper/base';
import type { ConnectionState, PlanReport, RuleHost, RunEnd, SchemaText } from './rule-host.ts';
import { type FileSystem, type Kv, MemoryKv } from './store/index.ts';
import { trialSpec } from './trial.ts';
import { connectionState } from './connection-state.ts';

export interface InProcessOptions {
  readonly settings: EngineSettings;
  readonly kv?: Kv;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly extensions?: EngineExtensions;
  /** Who runs the processes of portable plugins; without it there are none. */
  readonly portable?: PortableControl;
  /** Where the thread notes whom it works for, for a watchdog on another one. */
  readonly activity?: Activity;
  /** Where logs are written; default: the disk. */
  readonly files?: FileSystem;
}

export async function createInProcessHost(options: InProcessOptions): Promise<InProcessHost> {
  // The engine is loaded on demand: a process whose rules run on threads of their own does without it.
  const { createEngine } = await import('./create-engine.ts');
  const listeners = new Set<(end: RunEnd) => void>();
  const engine = await createEngine({
    settings: options.settings,
    kv: options.kv ?? new MemoryKv(),
    logger: options.logger ?? silentLogger,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.extensions === undefined ? {} : { extensions: options.extensions }),
    ...(options.portable === undefined ? {} : { portable: options.portable }),
    ...(options.activity === undefined ? {} : { activity: options.activity }),
    ...(options.files === undefined ? {} : { files: options.files }),
    onEnd: (end) => {
      for (const listener of listeners) listener(end);
    },
  });
  return new InProcessHost(engine, listeners);
}

export class InProcessHost implements RuleHost {
  /** For embedding programs: the wired connectors and the thread itself. */
  readonly engine: Engine;
  private readonly listeners: Set<(end: RunEnd) => void>;
  private readonly temp = new Set<string>();

  constructor(engine: Engine, listeners: Set<(end: RunEnd) => void>) {
    this.engine = engine;
    this.listeners = listeners;
  }

  async plan(spec: RuleSpec): Promise<PlanReport> {
    return this.engine.thread.plan(spec);
  }

  async deploy(spec: RuleSpec): Promise<PlanReport> {
    const report = await this.engine.thread.deploy(spec);
    if (spec.temp) this.temp.add(spec.id);
    else this.temp.delete(spec.id);
    return report;
  }

  async deployAll(specs: readonly RuleSpec[]): Promise<void> {
    for (const spec of specs) {
      try {
        await this.deploy(spec);
        await this.start(spec.id);
      } catch (error) {
        for (const listener of this.listeners) listener({ ruleId: spec.id, kind: 'error', message: errorText(error) });
      }
    }
  }

  start(ruleId: string): Promise<void> {
    return this.engine.thread.start(ruleId);
  }

  stop(ruleId: string): Promise<void> {
    return this.engine.thread.stop(ruleId);
  }

  remove(ruleId: string): Promise<void> {
    return this.engine.thread.remove(ruleId, this.temp.delete(ruleId));
  }

  metrics(ruleId: string): readonly NodeMetrics[] | null {
    return this.engine.thread.metrics(ruleId);
  }

  topology(ruleId: string): Topology | null {
    return this.engine.thread.topology(ruleId);
  }

  async scanTables(
    ruleId: string,
  ): Promise<readonly { readonly emitter: string; readonly content: readonly unknown[] }[]> {
    return this.engine.thread.scanTables(ruleId);
  }

  checkpoint(ruleId: string): Promise<void> {
    return this.engine.thread.checkpoint(ruleId);
  }

  async resetState(ruleId: string, request: Parameters<RuleHost['resetState']>[1]): Promise<void> {
    this.engine.thread.resetState(ruleId, request);
  }

  tap(ruleId: string, listener: (event: TapEvent) => void): () => void {
    return this.engine.thread.tap(ruleId, listener);
  }

  async trial(spec: RuleSpec, mocks: Readonly<Record<string, unknown>>): Promise<void> {
    await this.engine.thread.deploy(trialSpec(spec, mocks));
    this.temp.add(spec.id);
  }

  openTable(table: SourceSpec): Promise<void> {
    return this.engine.thread.openTable(table);
  }

  closeTable(name: string): Promise<void> {
    return this.engine.thread.closeTable(name);
  }

  async putSchema(schema: SchemaText): Promise<void> {
    this.engine.schemas.put(schema);
  }

  async deleteSchema(type: string, name: string): Promise<void> {
    this.engine.schemas.delete(type, name);
  }

  putExtension(record: ExtensionRecord): Promise<readonly ExtensionSymbol[]> {
    return this.engine.extensions.put(record);
  }

  async serviceMetrics(): ReturnType<RuleHost['serviceMetrics']> {
    return this.engine.extensions.metrics();
  }

  dropExtension(key: ExtensionKey): Promise<void> {
    return this.engine.extensions.drop(key);
  }

  async putConnection(id: string, type: string, props: Readonly<Record<string, unknown>>): Promise<void> {
    await this.engine.thread.putConnection(this.engine.connectors, id, type, props);
  }

  deleteConnection(id: string): Promise<void> {
    return this.engine.connectors.connections.drop(id);
  }

  pingConnection(_id: string, type: string, props: Readonly<Record<string, unknown>>): Promise<void> {
    return this.engine.connectors.connections.ping(type, props);
  }

  connectionStatus(id: string): Promise<ConnectionState | null> {
    return connectionState(this.engine.connectors, id);
  }

  async sharedColumns(stream: string): Promise<readonly string[] | null | undefined> {
    return this.engine.thread.sharedColumns(stream);
  }

  onEnd(listener: (end: RunEnd) => void): void {
    this.listeners.add(listener);
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}
