/** Everything that can be installed, wired: from the files on the disk to the names that rules use. */
import { join } from 'node:path';
import type { Clock, Logger } from '@kuiper/base';
import {
  type ExtensionSymbol,
  NativeInstaller,
  PortableInstaller,
  type PortableOptions,
  ScriptHost,
  ServiceInstaller,
  Supervisor,
  type SymbolKind,
  WasmInstaller,
} from '@kuiper/extensions/install';
import type { Kv, RuleHost } from '@kuiper/host';
import type { ConnectorCatalog } from '../config/connector-catalog.ts';
import type { Directories } from '../config/directories.ts';
import type { Environment } from '../config/environment.ts';
import type { ConfKeys } from '../registry/conf-keys.ts';
import { ScriptRegistry } from '../registry/script-registry.ts';
import { StoredTable } from '../registry/stored-table.ts';
import type { FileFetcher } from '../transfer/fetch-file.ts';
import { ExtensionsInService } from './extensions-in-service.ts';
import { ExternalServices } from './external-services.ts';
import { NativePlugins, nativeSettings } from './native-plugins.ts';
import { PluginSettings } from './plugin-settings.ts';
import { PortablePlugins } from './portable-plugins.ts';
import { WasmPlugins } from './wasm-plugins.ts';

export interface OpenExtensionsParts {
  readonly directories: Directories;
  readonly environment: Environment;
  readonly kv: Kv;
  readonly host: RuleHost;
  readonly supervisor: Supervisor;
  readonly files: FileFetcher;
  readonly catalog: ConnectorCatalog;
  readonly confKeys: ConfKeys;
  readonly timeZone: string;
  /** Native plugins may bring npm packages in (`basic.installPluginDependencies`). */
  readonly installDependencies: boolean;
  readonly logger: Logger;
}

export interface Extensions {
  readonly inService: ExtensionsInService;
  readonly nativePlugins: NativePlugins;
  readonly portablePlugins: PortablePlugins;
  readonly wasmPlugins: WasmPlugins;
  readonly externalServices: ExternalServices;
  readonly scripts: ScriptRegistry;
  /** Tells a host, before it runs rules, what there is; starts the processes of plugins. */
  openOn(host: RuleHost): Promise<void>;
}

/** The processes of plugins. They are ended with the server. */
export function openSupervisor(
  directories: Directories,
  portable: Partial<PortableOptions>,
  clock: Clock,
  logger: Logger,
): Supervisor {
  return new Supervisor({ clock, logger, portable, tracesPath: join(directories.data, 'processes') });
}

export async function openExtensions(parts: OpenExtensionsParts): Promise<Extensions> {
  const { directories, kv, host, supervisor, files, catalog, confKeys, timeZone, logger } = parts;
  const { etc, data, plugins } = directories;
  const settings = new PluginSettings({ directories, environment: parts.environment, confKeys, logger });
  const inService = new ExtensionsInService({
    host,
    logger,
    isBuiltIn: (symbol) => isBuiltIn(symbol, catalog),
    onChange: (change) => settings.follow(change),
  });
  const ownerOf = (kind: SymbolKind, name: string): string | undefined => inService.ownerOf(kind, name);
  const table = (name: string): Promise<StoredTable> => StoredTable.open(kv, name);

  const remembered = { table: await table('nativePlugin'), functions: await table('pluginFuncs') };
  const nativePlugins = new NativePlugins({
    installer: await NativeInstaller.open({
      directories: { plugins, etc, data },
      logger,
      settings: (type, name) => nativeSettings(remembered, type, name),
      ownerOf: (name) => {
        const record = inService.recordOf('function', name);
        return record?.kind === 'native' ? record.name : ownerOf('function', name);
      },
      installDependencies: parts.installDependencies,
    }),
    inService,
    files,
    ...remembered,
  });
  const portablePlugins = new PortablePlugins({
    installer: await PortableInstaller.open({
      directories: { plugins: join(plugins, 'portable'), etc, data },
      logger,
      ownerOf: (kind, name) => foreign(ownerOf(kind, name), 'portable plugin '),
    }),
    supervisor,
    inService,
    files,
    table: await table('portablePlugin'),
    logger,
  });
  const wasmPlugins = new WasmPlugins({
    installer: await WasmInstaller.open({ directory: join(plugins, 'wasm'), logger }),
    inService,
    files,
    table: await table('wasmPlugin'),
  });
  const externalServices = new ExternalServices({
    installer: await ServiceInstaller.open({
      directories: { etc: join(etc, 'services'), data: join(data, 'services') },
      logger,
      ownerOf: (name) => foreign(ownerOf('function', name), 'external service '),
    }),
    inService,
    files,
    table: await table('serviceInstall'),
  });
  const interpreter = new ScriptHost({ stopwatchMs: () => performance.now(), timeZone });
  const scripts = await ScriptRegistry.open(kv, interpreter, inService);

  return {
    inService,
    nativePlugins,
    portablePlugins,
    wasmPlugins,
    externalServices,
    scripts,
    async openOn(opened) {
      portablePlugins.begin();
      await inService.putAll(
        [
          ...nativePlugins.records(),
          ...portablePlugins.installed().map(({ record }) => record),
          ...scripts.records(),
          ...wasmPlugins.records(),
          ...externalServices.installed().map(({ record }) => record),
        ],
        opened,
      );
    },
  };
}

/** The owner, unless it is of the kind that looks after its own names. */
function foreign(owner: string | undefined, own: string): string | undefined {
  return owner?.startsWith(own) === true ? undefined : owner;
}

async function isBuiltIn({ kind, name }: ExtensionSymbol, catalog: ConnectorCatalog): Promise<boolean> {
  switch (kind) {
    case 'source':
      return catalog.sources.has(name);
    case 'sink':
      return catalog.sinks.has(name);
    case 'lookup':
      return catalog.lookups.has(name);
    case 'function': {
      // Loaded with the first extension that has functions: who has none does without.
      const { builtinTable } = await import('@kuiper/functions');
      return builtinTable().find(name) !== undefined;
    }
  }
}
