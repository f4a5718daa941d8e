/** Wires one thread's engine: connectors, formats, functions, storage. The only place that knows them all by name. */
import { type Clock, type Logger, SystemClock } from '@kuiper/base';
import { type Connectors, createConnectors } from '@kuiper/connectors';
import { patiently, type Registries, type Run, type RunServices, SharedCounters, settle } from '@kuiper/engine';
import { ExtensionHost, extensionProviders, type PortableControl, ScriptHost } from '@kuiper/extensions';
import { builtinFormats, jsonFormat, protobufFormat, SchemaStore } from '@kuiper/formats';
import { builtinFunctions, FunctionTable } from '@kuiper/functions';
import type { FunctionDeclaration, LookupDeclaration, SinkDeclaration, SourceDeclaration } from '@kuiper/sdk';
import type { EngineSettings } from './engine-settings.ts';
import { pluginTemplates } from './plugin-templates.ts';
import { allFunctions, builtInFunctions, foreign, prepareCalls, withExtensions } from './extensions.ts';
import type { RunEnd } from './rule-host.ts';
import { codec } from './storage/codec.ts';
import { externalStateReader } from './storage/external-state.ts';
import { Storage } from './storage/rule-storage.ts';
import type { FileSystem, Kv } from './store/index.ts';
import { EngineThread } from './thread/engine-thread.ts';
import { LookupTables } from './thread/lookup-tables.ts';
import { makeTransformServices } from './transform-services.ts';

/** How long closing waits for all extensions, and for all connections. */
const closePatienceMs = 10_000;

/** Declarations beside the built-in ones, for embedding programs. One of a known name takes its place. */
export interface EngineExtensions {
  readonly sources?: readonly SourceDeclaration[];
  readonly sinks?: readonly SinkDeclaration[];
  readonly lookups?: readonly LookupDeclaration[];
  readonly functions?: readonly FunctionDeclaration[];
}

export interface EngineWiring {
  readonly settings: EngineSettings;
  readonly extensions?: EngineExtensions;
  readonly kv: Kv;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Where logs are written; default: the disk. */
  readonly files?: FileSystem;
  readonly counters?: SharedCounters;
  readonly activity?: RunServices['activity'];
  /** Who runs the processes of portable plugins; without it there are none. */
  readonly portable?: PortableControl;
  readonly onEnd: (end: RunEnd) => void;
  readonly onNoted?: (ruleId: string, run: Run) => void;
  readonly onStarted?: (ruleId: string, run: Run) => void;
}

export interface Engine {
  readonly thread: EngineThread;
  readonly connectors: Connectors;
  /** What formats with a schema read; plans and runs made from now on follow its changes. */
  readonly schemas: SchemaStore;
  /** What is installed, behind the built-in names. */
  readonly extensions: ExtensionHost;
  close(): Promise<void>;
}

export async function createEngine(wiring: EngineWiring): Promise<Engine> {
  const { settings, logger, extensions = {} } = wiring;
  const clock = wiring.clock ?? new SystemClock();
  const connectors = createConnectors({
    clock,
    logger,
    rootPath: settings.rootPath,
    dataServer: settings.dataServer,
    enablePrivateNet: settings.enablePrivateNet,
  });
  const functions = new FunctionTable([
    ...builtinFunctions,
    ...[...(await loadFunctions(settings.functionModules)), ...(extensions.functions ?? [])].map(foreign),
  ]);
  const scripts = new ScriptHost({ stopwatchMs: () => performance.now(), timeZone: settings.timeZone });
  const installed = new ExtensionHost(
    extensionProviders({
      clock,
      logger,
      rootPath: settings.rootPath,
      enablePrivateNet: settings.enablePrivateNet,
      scripts,
      template: pluginTemplates(clock, settings.timeZone),
      portable: wiring.portable ?? null,
      portableOptions: settings.portable ?? {},
    }),
  );
  const schemas = new SchemaStore();
  const registries = withExtensions(makeRegistries(connectors, extensions, schemas), installed);
  const builtIn = builtInFunctions(functions);
  const storage = new Storage({
    kv: wiring.kv,
    directory: settings.dataPath,
    clock,
    logger,
    ...(wiring.files === undefined ? {} : { files: wiring.files }),
  });
  const tables = new LookupTables({
    registries,
    connections: connectors.connections.accessFor('lookup'),
    clock,
    logger,
    rootPath: settings.rootPath,
  });
  const services: RunServices = {
    clock,
    logger,
    registries,
    counters: wiring.counters ?? new SharedCounters(),
    activity: wiring.activity ?? unwatched(),
    transform: makeTransformServices({ schemas, clock, random: Math.random, timeZone: settings.timeZone }),
    codec,
    catalog: {
      functions: allFunctions(functions, installed),
      source: () => undefined,
    },
    connections: connectors.connections.accessFor('rule'),
    rootPath: settings.rootPath,
    timeZone: settings.timeZone,
    random: Math.random,
    keyedState: externalStateReader(wiring.kv),
    stopwatchUs: () => performance.now() * 1000,
    storage: (ruleId, temp) => storage.rule(ruleId, temp),
    inputLog: (name) => storage.inputLog(name),
    lookupTable: (name) => tables.get(name),
    scripts,
  };
  const { onEnd, onNoted, onStarted } = wiring;
  const thread = new EngineThread({
    services,
    tables,
    tapFormat: jsonFormat,
    prepare: (spec) => prepareCalls(spec, builtIn, installed),
    onEnd,
    ...(onNoted === undefined ? {} : { onNoted }),
    ...(onStarted === undefined ? {} : { onStarted }),
  });
  /** What does not close is left behind. */
  const shut = async (): Promise<void> => {
    await thread.close();
    for (const [what, part] of [
      ['extensions', installed],
      ['connections', connectors],
    ] as const) {
      if (await patiently(clock, closePatienceMs, settle(part.close(), logger)))
        logger.error(`${what} do not close and are left behind`);
    }
  };
  let closing: Promise<void> | null = null;
  return {
    thread,
    connectors,
    schemas,
    extensions: installed,
    close() {
      closing ??= shut();
      return closing;
    },
  };
}

function makeRegistries(connectors: Connectors, extensions: EngineExtensions, schemas: SchemaStore): Registries {
  const byType = <T extends { readonly type: string }>(
    declarations: readonly T[],
  ): ((type: string) => T | undefined) => {
    const map = new Map(declarations.map((declaration) => [declaration.type, declaration]));
    return (type) => map.get(type);
  };
  const formats = new Map([...builtinFormats, protobufFormat(schemas)].map((format) => [format.name, format]));
  return {
    source: byType([...connectors.sources, ...(extensions.sources ?? [])]),
    sink: byType([...connectors.sinks, ...(extensions.sinks ?? [])]),
    lookup: byType([...connectors.lookups, ...(extensions.lookups ?? [])]),
    format: (name) => formats.get(name.toLowerCase()),
  };
}

/** Every export of a module that is a function declaration, or a list of them. */
async function loadFunctions(modules: readonly string[]): Promise<FunctionDeclaration[]> {
  const found: FunctionDeclaration[] = [];
  for (const path of modules) {
    const exported = Object.values((await import(path)) as Record<string, unknown>).flat();
    for (const value of exported) {
      if (value !== null && typeof value === 'object' && 'class' in value && 'name' in value)
        found.push(value as FunctionDeclaration);
    }
  }
  return found;
}

function unwatched(): RunServices['activity'] {
  let last = 0;
  return { current: new Int32Array(1), numberOf: () => ++last };
}
