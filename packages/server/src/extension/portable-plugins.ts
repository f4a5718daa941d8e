/**
 * Portable plugins as requests manage them: fetched, installed and started, in service, remembered for exports.
 * Source: behaviour spec, extension §4.2; rest-cli-config §4.14.
 */
import {
  type InstalledPortable,
  PortablePlugins as PluginPrograms,
  type PortablePluginsOptions,
  type PortableReport,
} from '@kuiper/extensions/install';
import { serverErrors } from '../errors.ts';
import type { StoredTable } from '../registry/stored-table.ts';
import { Turns } from '../registry/turns.ts';
import type { FileFetcher } from '../transfer/fetch-file.ts';
import type { ExtensionsInService } from './extensions-in-service.ts';
import { checkUri, fetchPlugin, type InstallRequest, installRecord } from './install-request.ts';

export interface PortablePluginsParts extends Pick<PortablePluginsOptions, 'installer' | 'supervisor' | 'logger'> {
  readonly inService: ExtensionsInService;
  readonly files: FileFetcher;
  /** Install requests by name. */
  readonly table: StoredTable;
}

export class PortablePlugins {
  readonly #parts: PortablePluginsParts;
  readonly #programs: PluginPrograms;
  /** One change of a plugin at a time; others go on. */
  readonly #turns = new Turns();

  constructor(parts: PortablePluginsParts) {
    this.#parts = parts;
    const { installer, supervisor, logger, inService } = parts;
    this.#programs = new PluginPrograms({
      installer,
      supervisor,
      logger,
      announce: ({ record }) => inService.put(record),
    });
  }

  /** Every installed plugin, by name. */
  installed(): InstalledPortable[] {
    return [...this.#programs.installed.values()].sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
  }

  /** As answers show it; undefined when it is not installed. */
  describe(name: string): Record<string, unknown> | undefined {
    return this.#programs.describe(name);
  }

  /** Undefined for a plugin that never was. */
  status(name: string): PortableReport | undefined {
    return this.#programs.report(name);
  }

  /** Called with the name of a plugin after each change of its status, until the returned function is called. */
  onState(listener: (name: string) => void): () => void {
    return this.#parts.supervisor.onState(({ plugin }) => listener(plugin));
  }

  /** Starts the processes of all that is installed. Does not wait: rules that need one do. */
  begin(): void {
    this.#programs.begin();
  }

  /** Throws `invalid name x: duplicate`, and why it cannot be installed; then everything is as it was before. */
  async create(request: InstallRequest): Promise<void> {
    const name = checkName(request);
    checkUri(request);
    await this.#turns.take(name, async () => {
      if (this.#programs.installed.has(name)) throw serverErrors.REQUEST(`invalid name ${name}: duplicate`);
      await this.#install(name, request);
    });
  }

  /** Installs, in place of the plugin of this name if there is one; rules that run go on with the new process. */
  async replace(request: InstallRequest): Promise<void> {
    const name = checkName(request);
    await this.#turns.take(name, () => this.#install(name, request));
  }

  /** Throws `portable plugin x is not found`. */
  async delete(name: string): Promise<void> {
    const { inService, table } = this.#parts;
    await this.#turns.take(name, async () => {
      await this.#programs.remove(name);
      await table.delete(name);
      await inService.drop({ kind: 'portable', name });
    });
  }

  /** Name → install request, for exports. */
  exported(): Record<string, string> {
    return Object.fromEntries(this.#parts.table.entries());
  }

  async clear(): Promise<void> {
    for (const { manifest } of this.installed()) await this.delete(manifest.name);
  }

  async #install(name: string, request: InstallRequest): Promise<void> {
    const { files, table } = this.#parts;
    await this.#programs.update(name, await fetchPlugin(request, files), request.shellParas);
    await table.set(name, installRecord({ ...request, name }));
  }
}

function checkName({ name }: InstallRequest): string {
  const trimmed = name.trim();
  if (trimmed === '') throw serverErrors.REQUEST('invalid name : should not be empty');
  return trimmed;
}
