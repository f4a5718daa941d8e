/** A whole server: configuration, store, host, registries, REST. {@link startServer} wires it, in the order of starting. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, createTextLogger, errorText, type Logger, resolveZone, SystemClock } from '@kuiper/base';
import type { Supervisor } from '@kuiper/extensions/install';
import { formatNames } from '@kuiper/formats/schemas';
import {
  createInProcessHost,
  createWorkerHost,
  defaultEngineSettings,
  type EngineSettings,
  type Kv,
  type LevelKv,
  openLevelKv,
  type RuleHost,
} from '@kuiper/host';
import { connectorCatalog } from './config/connector-catalog.ts';
import type { Directories } from './config/directories.ts';
import { prepareDirectories } from './config/directories.ts';
import type { Environment } from './config/environment.ts';
import { type KuiperConfig, readKuiperConfig, type TlsFiles } from './config/kuiper-config.ts';
import { readLogLevel, type Settings } from './config/settings.ts';
import { readConnectionFile, readSourceFiles } from './config/source-files.ts';
import { readYamlFile } from './config/yaml-file.ts';
import { jwtAuthorize } from './http/authorize.ts';
import { RestServer } from './http/rest-server.ts';
import { openExtensions, openSupervisor } from './extension/open-extensions.ts';
import { LogTap } from './logging/log-tap.ts';
import { LogOutput } from './logging/log-output.ts';
import { ConfKeys } from './registry/conf-keys.ts';
import { ConnectionRegistry } from './registry/connection-registry.ts';
import { PendingHost } from './registry/pending-host.ts';
import { startPatrol } from './registry/patrol.ts';
import type { PropLayers } from './registry/resolve-props.ts';
import { resolveSource } from './registry/resolve-props.ts';
import type { RuleDefinition } from './registry/rule-definition.ts';
import type { OptionDefaults } from './registry/rule-options.ts';
import { ruleSpec } from './registry/rule-planner.ts';
import { RuleRegistry } from './registry/rule-registry.ts';
import { schemaColumns } from './registry/schema-columns.ts';
import { SchemaRegistry } from './registry/schema-registry.ts';
import { StreamRegistry } from './registry/stream-registry.ts';
import { TrialRuns } from './registry/trial-runs.ts';
import { metricsReply } from './rest/metrics.ts';
import { restRoutes } from './rest/routes.ts';
import type { Services } from './services.ts';
import { AsyncTasks } from './transfer/async-tasks.ts';
import { DataImport } from './transfer/data-import.ts';
import { FileFetcher } from './transfer/fetch-file.ts';
import { importInitFiles, provisionConnections } from './transfer/provisioning.ts';
import { Uploads } from './transfer/uploads.ts';

export interface ServerOptions {
  readonly directories: Directories;
  readonly environment: Environment;
  /** Rules run on threads of their own, or on the caller's. Default `workers`. */
  readonly host?: 'workers' | 'inProcess';
  readonly clock?: Clock;
  /** Asked to end the process (`/stop`, an import with `stop=1`). */
  readonly onShutDown?: (exitCode: number) => void;
}

export interface KuiperServer {
  readonly services: Services;
  readonly restPort: number;
  /** `http://127.0.0.1:9081` */
  readonly restUrl: string;
  /** Resolves when the stored rules have been started, or could not be. */
  readonly recovered: Promise<void>;
  /** Stops taking requests, stops the rules, closes the store. */
  close(): Promise<void>;
}

/** Rejects with a clear error when the configuration, the store or a port cannot be used. */
export async function startServer(options: ServerOptions): Promise<KuiperServer> {
  const { directories, environment } = options;
  const clock = options.clock ?? new SystemClock();
  await prepareDirectories(directories);
  const bag = await readYamlFile(join(directories.etc, 'kuiper.yaml'), environment);
  const config = readKuiperConfig(bag);
  const settings = initialSettings(config);
  const output = logOutput(config, settings, directories, clock);
  const logTap = new LogTap();
  const logger = logTap.around(createTextLogger({ sink: output.write, clock, level: () => settings.logLevel }));
  const undo: (() => Promise<void> | void)[] = [() => output.close()];
  try {
    return await assemble({ options, config, settings, clock, logger, logTap, undo });
  } catch (error) {
    logger.error(errorText(error));
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

interface Assembly {
  readonly options: ServerOptions;
  readonly config: KuiperConfig;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logTap: LogTap;
  /** What has to be closed, in the order it was opened. */
  readonly undo: (() => Promise<void> | void)[];
}

async function assemble({ options, config, settings, clock, logger, logTap, undo }: Assembly): Promise<KuiperServer> {
  const { directories, environment } = options;
  const { basic } = config;
  const kv = await openLevelKv(join(directories.data, 'kv'));
  undo.push(() => kv.close());
  const supervisor = openSupervisor(directories, config.portable, clock, logger);
  undo.push(() => supervisor.close());
  // Threads take a while to come up; meanwhile requests are answered that do not need them.
  const opening = openHost(options, config, { kv, logger, portable: supervisor });
  opening.catch(() => {});
  undo.push(async () => (await opening.catch(() => null))?.close());
  const host = new PendingHost();

  const catalog = connectorCatalog(clock);
  const propertyNames = (type: string): string[] => {
    const declared = [catalog.sources.get(type), catalog.lookups.get(type)];
    return [...declared.flatMap((found) => Object.keys(found?.props ?? {})), 'connectionSelector'];
  };
  const confKeys = await ConfKeys.open(kv, {
    sources: await readSourceFiles(directories.etc, environment, propertyNames),
    known: {
      sources: new Set([...catalog.sources.keys(), ...catalog.lookups.keys()]),
      sinks: new Set(catalog.sinks.keys()),
      connections: new Set(catalog.connections.keys()),
    },
  });
  await provisionConnections(kv, confKeys, await readConnectionFile(directories.etc, environment), logger);
  const connections = new ConnectionRegistry(confKeys, host, logger);
  const uploadDirectory = join(directories.data, 'uploads');
  const files = new FileFetcher({
    uploads: uploadDirectory,
    allowExternalFileAccess: basic.allowExternalFileAccess,
    enablePrivateNet: basic.enablePrivateNet,
  });
  const schemas = await SchemaRegistry.open({
    kv,
    directory: join(directories.data, 'schemas'),
    shippedDirectory: join(directories.etc, 'schemas'),
    files,
    host,
    logger,
  });
  const layers: PropLayers = {
    confKeys,
    logger,
    connectionProps: (id) => connections.propsOf(id),
    connectionPropsOfType: (type, id) => connections.propsOfType(type, id),
    schemaColumns: (format, schemaId) => schemaColumns(schemas.store, format, schemaId),
  };
  const streams = await StreamRegistry.open({
    kv,
    host,
    formats: new Set(formatNames),
    resolve: (statement) => resolveSource(statement, layers),
  });
  const optionDefaults = (): OptionDefaults => ({
    section: config.rule,
    timeZone: settings.timeZone,
    nowMs: clock.now(),
  });
  const spec = (definition: RuleDefinition) => ruleSpec(definition, streams, layers);
  const rules = await RuleRegistry.open({ kv, host, clock, logger, optionDefaults, spec });
  connections.references = (id) => connectionReferences(rules, streams, layers, id);

  const uploads = await Uploads.open(kv, uploadDirectory, files);
  const extensions = await openExtensions({
    directories,
    environment,
    kv,
    host,
    supervisor,
    files,
    catalog,
    confKeys,
    timeZone: settings.timeZone,
    installDependencies: basic.installPluginDependencies,
    logger,
  });
  const services: Services = {
    config,
    settings,
    directories,
    clock,
    logger,
    logTap,
    kv,
    host,
    catalog,
    confKeys,
    connections,
    layers,
    streams,
    rules,
    schemas,
    ...extensions,
    uploads,
    files,
    dataImport: new DataImport({ streams, rules, confKeys, connections, schemas, uploads, logger, ...extensions }),
    tasks: await AsyncTasks.open(kv, clock),
    trials: new TrialRuns(host, optionDefaults, spec),
    shutDown: (exitCode) => options.onShutDown?.(exitCode),
  };
  const rest = await listen(services, undo);
  try {
    const opened = await opening;
    await extensions.openOn(opened);
    await schemas.putOn(opened);
    await connections.openOn(opened);
    await streams.openLookupTables(opened, (name, why) => logger.error(`lookup table ${name}: ${why}`));
    host.open(opened);
  } catch (error) {
    host.fail(error);
    throw error;
  }
  return run(services, rest, undo);
}

/** From here on requests are answered. */
async function listen(services: Services, undo: (() => Promise<void> | void)[]): Promise<RestServer> {
  const { config, directories, logger } = services;
  const { basic } = config;
  const rest = new RestServer({
    logger,
    authorize: basic.authentication ? jwtAuthorize(join(directories.etc, 'mgmt')) : null,
    tls: config.restTls === null ? null : await readTls(config.restTls),
    auditLog: basic.enableRestAuditLog,
  });
  rest.add(restRoutes(services, rest));
  undo.push(() => services.rules.close());
  await rest.listen(basic.restIp, basic.restPort);
  undo.push(() => rest.close());
  if (basic.prometheus && basic.prometheusPort !== basic.restPort) {
    const metrics = new RestServer({ logger, authorize: null, tls: null, auditLog: false });
    metrics.add([{ method: 'GET', path: '/metrics', handle: () => metricsReply(services) }]);
    await metrics.listen(basic.restIp, basic.prometheusPort);
    undo.push(() => metrics.close());
  }
  return rest;
}

/** Brings back what was running, and looks after it. */
function run(services: Services, rest: RestServer, undo: readonly (() => Promise<void> | void)[]): KuiperServer {
  const { config, directories, logger, rules, streams } = services;
  const { basic } = config;
  const recover = async (): Promise<void> => {
    await importInitFiles([directories.data, directories.etc], streams, rules, logger);
    await rules.recover();
  };
  const recovered = recover().catch((error: unknown) => logger.error(`recovering rules: ${errorText(error)}`));
  const endPatrol = startPatrol(rules, basic.rulePatrolInterval, logger);
  const scheme = config.restTls === null ? 'http' : 'https';
  let closing: Promise<void> | null = null;
  return {
    services,
    restPort: rest.port,
    restUrl: `${scheme}://${basic.restIp}:${rest.port}`,
    recovered,
    close: () => {
      endPatrol();
      closing ??= closeAll(undo, logger);
      return closing;
    },
  };
}

/** In reverse order; a step that fails does not keep the others from closing. */
async function closeAll(undo: readonly (() => Promise<void> | void)[], logger: Logger): Promise<void> {
  // REST first, so that nothing new arrives; rules next, then what they stand on.
  for (const step of [...undo].reverse()) {
    try {
      await step();
    } catch (error) {
      logger.error(`closing: ${errorText(error)}`);
    }
  }
}

interface HostParts {
  readonly kv: LevelKv;
  readonly logger: Logger;
  readonly portable: Supervisor;
}

function openHost(options: ServerOptions, config: KuiperConfig, parts: HostParts): Promise<RuleHost> {
  const { basic, source } = config;
  const settings: EngineSettings = {
    ...defaultEngineSettings,
    rootPath: options.directories.root,
    dataPath: options.directories.data,
    timeZone: basic.timezone,
    enablePrivateNet: basic.enablePrivateNet,
    dataServer: { host: source.httpServerIp, port: source.httpServerPort },
    portable: config.portable,
  };
  if (options.host === 'inProcess') {
    const clock = options.clock === undefined ? {} : { clock: options.clock };
    return createInProcessHost({ settings, ...parts, kv: parts.kv as Kv, ...clock });
  }
  return createWorkerHost({ settings, ...parts, workers: Math.max(1, basic.workers) });
}

/** `r1_src_0` for sources, `r1_snk_0` for sinks of running rules that select a connection. */
function connectionReferences(
  rules: RuleRegistry,
  streams: StreamRegistry,
  layers: PropLayers,
  id: string,
): readonly string[] {
  const references: string[] = [];
  for (const rule of rules.running()) {
    rule.sources.forEach((name, i) => {
      const definition = streams.find(name);
      if (definition === undefined) return;
      const { props } = resolveSource(streams.statementOf(definition), layers);
      if (props.connectionSelector === id) references.push(`${rule.id}_${name}_${i}`);
    });
    rule.definition.actions.forEach((action, i) => {
      for (const [type, props] of Object.entries(action)) {
        const selector = (props as { connectionSelector?: unknown } | null)?.connectionSelector;
        if (selector === id) references.push(`${rule.id}_${type}_${i}`);
      }
    });
  }
  return references.sort();
}

function initialSettings({ basic }: KuiperConfig): Settings {
  return {
    logLevel: basic.debug ? 'debug' : (readLogLevel(basic.logLevel) ?? 'info'),
    consoleLog: basic.consoleLog,
    fileLog: basic.fileLog,
    timeZone: resolveZone(basic.timezone),
    metricsDump: false,
  };
}

function logOutput(config: KuiperConfig, settings: Settings, directories: Directories, clock: Clock): LogOutput {
  const { basic } = config;
  const hourMs = 3_600_000;
  return new LogOutput({
    directory: directories.log,
    settings,
    rotateTimeMs: basic.rotateTime * hourMs,
    maxAgeMs: basic.maxAge * hourMs,
    rotateSizeBytes: basic.rotateSize,
    rotateCount: basic.rotateCount,
    nowMs: () => clock.now(),
  });
}

async function readTls({ certfile, keyfile }: TlsFiles): Promise<{ readonly cert: string; readonly key: string }> {
  return { cert: await readFile(certfile, 'utf8'), key: await readFile(keyfile, 'utf8') };
}
