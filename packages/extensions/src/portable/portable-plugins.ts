/** Portable plugins as a whole: their files and their processes go together. What REST and startup build on. */
import { errorText, KuiperError, type Logger } from '@kuiper/base';
import type { Archive } from '../archive/archive.ts';
import { portableErrors } from './errors.ts';
import { describeManifest } from './manifest.ts';
import type { PluginProgram } from './plugin-program.ts';
import type { InstalledPortable, PortableInstaller } from './portable-installer.ts';
import type { PortableReport } from './supervised-plugin.ts';
import type { Supervisor } from './supervisor.ts';

export interface PortablePluginsOptions {
  readonly installer: PortableInstaller;
  readonly supervisor: Supervisor;
  readonly logger: Logger;
  /** Makes known what a plugin offers, before its installation is for good; what it throws undoes that. */
  readonly announce?: (plugin: InstalledPortable) => Promise<void>;
}

/** Of a plugin that is installed, before the server has come to starting it. */
const notBegun: PortableReport = {
  refCount: {},
  status: 'initializing',
  errMsg: '',
  pid: 0,
  startTime: 0,
  restarts: 0,
  lastError: '',
};

export class PortablePlugins {
  readonly #installer: PortableInstaller;
  readonly #supervisor: Supervisor;
  readonly #logger: Logger;
  readonly #announce: (plugin: InstalledPortable) => Promise<void>;

  constructor({ installer, supervisor, logger, announce }: PortablePluginsOptions) {
    this.#announce = announce ?? (async () => {});
    this.#installer = installer;
    this.#supervisor = supervisor;
    this.#logger = logger;
  }

  /** Everything installed, by name. */
  get installed(): ReadonlyMap<string, InstalledPortable> {
    return this.#installer.installed;
  }

  /** Starts all installed plugins, in parallel; does not wait. Rules that use one wait for it. */
  begin(): void {
    for (const plugin of this.installed.values()) this.#supervisor.begin(programOf(plugin));
  }

  /**
   * Installs a plugin and starts it. Resolves with its handshake; `plugin.record` is what threads are to be told.
   * Throws `invalid name <n>: <why>` or `fail to install plugin: <why>`, with everything as it was before.
   */
  async create(name: string, archive: Archive, shellParas: readonly string[] = []): Promise<InstalledPortable> {
    if (this.installed.has(name)) throw portableErrors.NAME_INVALID(name, 'duplicate');
    return this.update(name, archive, shellParas);
  }

  /**
   * As `create`, in place of the plugin of this name if there is one. Rules that run go over to the new process; when
   * that does not come up, the old version runs again.
   */
  async update(name: string, archive: Archive, shellParas: readonly string[] = []): Promise<InstalledPortable> {
    try {
      return await this.#install(name, archive, shellParas);
    } catch (error) {
      if (error instanceof KuiperError && error.id === 'NAME_INVALID') throw error;
      throw portableErrors.INSTALL(errorText(error), { cause: error });
    }
  }

  /** Kills the processes and removes all files. Throws `portable plugin <name> is not found`. */
  async remove(name: string): Promise<void> {
    if (!this.installed.has(name)) throw portableErrors.NOT_FOUND(name);
    await this.#supervisor.remove(name);
    await this.#installer.uninstall(name);
  }

  /** The answer of `GET /plugins/portables/{name}`; undefined when it is not installed. */
  describe(name: string): Record<string, unknown> | undefined {
    const plugin = this.installed.get(name);
    return plugin === undefined ? undefined : describeManifest(plugin.manifest, plugin.executable);
  }

  /** The answer of `GET /plugins/portables/{name}/status`; still there when the plugin has been removed. */
  report(name: string): PortableReport | undefined {
    return this.#supervisor.report(name) ?? (this.installed.has(name) ? notBegun : undefined);
  }

  async #install(name: string, archive: Archive, shellParas: readonly string[]): Promise<InstalledPortable> {
    const previous = this.installed.get(name);
    const installation = await this.#installer.install(name, archive, shellParas);
    const { plugin } = installation;
    try {
      await this.#supervisor.put(programOf(plugin));
      await this.#announce(plugin);
    } catch (error) {
      if (previous === undefined) await this.#supervisor.remove(name);
      await installation.rollback();
      if (previous !== undefined) {
        this.#logger.warn(`portable plugin ${name}: version ${previous.manifest.version} runs again`);
        try {
          await this.#supervisor.put(programOf(previous));
          await this.#announce(previous);
        } catch (again) {
          this.#logger.error(`portable plugin ${name}: ${errorText(again)}`);
        }
      }
      throw error;
    }
    await installation.commit();
    return plugin;
  }
}

function programOf({ manifest, executable }: InstalledPortable): PluginProgram {
  const { name, language, virtualEnvType, env, instances, maxMemoryBytes } = manifest;
  return { name, language, executable, virtualEnvType, env, instances, maxMemoryBytes };
}
