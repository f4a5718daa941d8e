/**
 * Native plugins as requests manage them: fetched, installed, in service, remembered for exports. Another version takes
 * over at once; the answers still speak of a restart, for clients that look for these words.
 * Source: behaviour spec, extension §3.3; rest-cli-config §4.14.
 */
import type { NativeInstaller, NativeRecord, NativeSettings } from '@kuiper/extensions/install';
import { serverErrors } from '../errors.ts';
import type { StoredTable } from '../registry/stored-table.ts';
import { Turns } from '../registry/turns.ts';
import type { FileFetcher } from '../transfer/fetch-file.ts';
import type { ExtensionsInService } from './extensions-in-service.ts';
import { checkUri, fetchPlugin, inInstallation, type InstallRequest, installRecord } from './install-request.ts';
import { putInPlace } from './put-in-place.ts';

export type NativePluginType = NativeRecord['type'];
export const nativePluginTypes: readonly NativePluginType[] = ['sources', 'sinks', 'functions'];

export interface NativePluginsParts {
  readonly installer: NativeInstaller;
  readonly inService: ExtensionsInService;
  readonly files: FileFetcher;
  /** Install requests by `<type>_<name>`. */
  readonly table: StoredTable;
  /** Lists of functions by the name of their plugin, as JSON. */
  readonly functions: StoredTable;
}

/** What requests have said of plugins that are on the disk. */
export function nativeSettings(
  { table, functions }: Pick<NativePluginsParts, 'table' | 'functions'>,
  type: NativePluginType,
  name: string,
): NativeSettings {
  const list = type === 'functions' ? functions.get(name) : undefined;
  const request = table.get(`${type}_${name}`);
  const isIsolated = request !== undefined && (JSON.parse(request) as { isolation?: unknown }).isolation === 'worker';
  return {
    ...(list === undefined ? {} : { functions: JSON.parse(list) as string[] }),
    ...(isIsolated ? { isolation: 'worker' } : {}),
  };
}

export interface NativeDescription {
  readonly name: string;
  readonly version: string;
  readonly functions?: readonly string[];
}

export class NativePlugins {
  readonly #parts: NativePluginsParts;
  /** One change of a plugin at a time; others go on. */
  readonly #turns = new Turns();
  /** Names that were deleted: their description says so until the next start. */
  readonly #deleted = new Set<string>();

  constructor(parts: NativePluginsParts) {
    this.#parts = parts;
  }

  /** What threads that run rules are told. */
  records(): NativeRecord[] {
    return this.#parts.installer.records;
  }

  /** Names of a type, sorted; deleted ones too, until the next start. */
  list(type: NativePluginType): string[] {
    const present = this.records().filter((record) => record.type === type);
    const deleted = [...this.#deleted].filter((key) => key.startsWith(`${type}_`)).map((key) => nameOf(key));
    return [...new Set([...present.map(({ name }) => name), ...deleted])].sort();
  }

  /** Undefined for a plugin that never was. */
  describe(type: NativePluginType, name: string): NativeDescription | undefined {
    const record = this.#find(type, name);
    if (record === undefined) return this.#deleted.has(`${type}_${name}`) ? { name, version: '$deleted' } : undefined;
    if (type !== 'functions') return { name, version: record.version };
    return { name, version: record.version, functions: this.#functionsOf(record) };
  }

  /** Throws `invalid name x: duplicate`, and why it cannot be installed; then everything is as it was before. */
  async create(type: NativePluginType, request: InstallRequest): Promise<void> {
    checkUri(request);
    await this.#turns.take(`${type}_${request.name}`, async () => {
      if (this.#find(type, request.name) !== undefined) {
        throw serverErrors.REQUEST(`invalid name ${request.name}: duplicate`);
      }
      await this.#install(type, request);
    });
  }

  /** Throws `invalid name x: not exist`. */
  async update(type: NativePluginType, request: InstallRequest): Promise<void> {
    const { name } = request;
    if (this.#find(type, name) === undefined) throw serverErrors.NOT_FOUND(`invalid name ${name}: not exist`);
    checkUri(request);
    await this.put(type, request);
  }

  /** Installs, in place of the plugin of this name if there is one. */
  async put(type: NativePluginType, request: InstallRequest): Promise<void> {
    await this.#turns.take(`${type}_${request.name}`, () => this.#install(type, request));
  }

  /** Throws `invalid name x: not exist`. */
  async delete(type: NativePluginType, name: string): Promise<void> {
    const { installer, inService, table, functions } = this.#parts;
    const key = `${type}_${name}`;
    await this.#turns.take(key, async () => {
      if (this.#find(type, name) === undefined) throw serverErrors.NOT_FOUND(`invalid name ${name}: not exist`);
      await installer.uninstall(type, name);
      await table.delete(key);
      if (type === 'functions') await functions.delete(name);
      await inService.drop({ kind: 'native', name, type });
      this.#deleted.add(key);
    });
  }

  /**
   * Names the functions of a plugin whose module does not say. Throws `not found`, and why the list cannot be; then the
   * one before serves on.
   */
  async register(name: string, list: readonly string[]): Promise<void> {
    const { installer, inService, functions } = this.#parts;
    await this.#turns.take(`functions_${name}`, async () => {
      const before = this.#find('functions', name);
      if (before === undefined) throw serverErrors.NOT_FOUND('not found');
      const { record } = await installer.registerFunctions(name, list);
      try {
        await inService.put(record);
        await functions.set(name, JSON.stringify(list));
      } catch (error) {
        await installer.registerFunctions(name, before.functions);
        throw error;
      }
    });
  }

  /** Functions of all plugins with the plugin that offers them, sorted. */
  functions(): { readonly name: string; readonly plugin: string }[] {
    return this.#parts.inService
      .symbols('function')
      .filter(([, { kind }]) => kind === 'native')
      .map(([name, record]) => ({ name, plugin: record.name }));
  }

  /** `<type>_<name>` → install request, for exports. */
  exported(): Record<string, string> {
    return Object.fromEntries(this.#parts.table.entries());
  }

  async clear(): Promise<void> {
    for (const { type, name } of this.records()) await this.delete(type, name);
  }

  #find(type: NativePluginType, name: string): NativeRecord | undefined {
    return this.#parts.installer.get(type, name)?.record;
  }

  #functionsOf(record: NativeRecord): readonly string[] {
    const offered = this.#parts.inService.symbolsOf(record).map(({ name }) => name);
    return offered.length > 0 ? offered : (record.functions ?? []);
  }

  async #install(type: NativePluginType, request: InstallRequest): Promise<void> {
    const { installer, inService, files, table, functions } = this.#parts;
    const { name, shellParas } = request;
    const archive = await fetchPlugin(request, files);
    await inInstallation(async () => {
      const installation = await installer.install(type, name, archive, {
        shellParas,
        ...(request.functions === null ? {} : { functions: request.functions }),
        ...(request.isolation === 'worker' ? { isolation: 'worker' } : {}),
      });
      await putInPlace(installation, installation.plugin.record, inService, async () => {
        await table.set(`${type}_${name}`, installRecord(request));
        if (request.functions !== null) await functions.set(name, JSON.stringify(request.functions));
      });
      this.#deleted.delete(`${type}_${name}`);
    });
  }
}

function nameOf(key: string): string {
  return key.slice(key.indexOf('_') + 1);
}
