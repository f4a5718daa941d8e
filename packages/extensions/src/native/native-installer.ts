/**
 * Native plugins on the disk: what an archive holds goes to its places, all of it or nothing.
 *
 * | In the archive | Goes to |
 * |---|---|
 * | `<name>` or `<Name>`, `[@<version>]` and `.mjs .js .cjs .ts .mts .cts .node` | `plugins/<type>/`, in a folder of its own when there is more beside it (`node_modules`, other modules) |
 * | `<name>.yaml` of a source, `<name>.json` | `etc/<type>/` and `data/<type>/` |
 * | `etc/…` | `etc/<type>/<name>/…` and `data/<type>/<name>/…` |
 * | `install.sh` | is run in `plugins/temp/<type>/<name>/`, where everything lies for that time |
 *
 * Of several versions in a folder the highest is in effect. An installation is not for good until `commit`: the version
 * before it comes back with `rollback`, or at the next start when the server did not live to see either.
 * Source: behaviour spec, extension §3.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorText, isValidId, type Logger } from '@kuiper/base';
import type { Archive, PlacedFile } from '../archive/archive.ts';
import { placeFiles, type Placement, recoverPlacements } from '../archive/place-files.ts';
import { runInstallScript } from '../archive/run-install-script.ts';
import type { NativeRecord } from '../extension-record.ts';
import { nativeErrors } from './errors.ts';
import { lowerFirst } from './module-symbols.ts';
import { type ModulePlace, moduleExtensions, scanModules } from './module-file.ts';
import { type NativeArchive, readNativeArchive } from './native-archive.ts';
import { makeImage, sweepImages } from './native-image.ts';

export type NativeType = NativeRecord['type'];
export const nativeTypes: readonly NativeType[] = ['sources', 'sinks', 'functions'];

/** What a user may say of a plugin beside its files. */
export interface NativeSettings {
  /** Functions to offer; default: all that the module exports. */
  readonly functions?: readonly string[];
  readonly isolation?: NativeRecord['isolation'];
}

export interface NativeInstallerOptions {
  /** Absolute: `plugins`, `etc` and `data` of the server. */
  readonly directories: { readonly plugins: string; readonly etc: string; readonly data: string };
  readonly logger: Logger;
  /** What was said of plugins that are on the disk. */
  readonly settings?: (type: NativeType, name: string) => NativeSettings | undefined;
  /** Name of the native plugin that offers a function of this name, or what else does; undefined for nobody. */
  readonly ownerOf?: (functionName: string) => string | undefined;
  /** How long an `install.sh` may take; default 10 minutes. */
  readonly scriptTimeoutMs?: number;
  /** Brings in what a `package-lock.json` asks for, without install scripts; default false. */
  readonly installDependencies?: boolean;
}

export interface InstalledNative {
  /** What threads that run rules are told of it. */
  readonly record: NativeRecord;
  /** All versions on the disk, the highest first. */
  readonly versions: readonly string[];
}

/** Files in place, not yet for good. One of the two must be called. */
export interface NativeInstallation {
  readonly plugin: InstalledNative;
  commit(): Promise<void>;
  /** Nothing is left behind; a version that was there before is there again. */
  rollback(): Promise<void>;
}

export class NativeInstaller {
  readonly #options: NativeInstallerOptions;
  readonly #installed = new Map<string, InstalledNative>();

  private constructor(options: NativeInstallerOptions) {
    this.#options = options;
  }

  /**
   * Puts right what a crash has interrupted, makes missing folders, then reads what is installed. A plugin that cannot be
   * read is logged and left out.
   */
  static async open(options: NativeInstallerOptions): Promise<NativeInstaller> {
    const installer = new NativeInstaller(options);
    const undone = await recoverPlacements(installer.#journals);
    if (undone > 0) options.logger.warn(`${undone} interrupted installations of native plugins were undone`);
    rmSync(installer.#temp, { recursive: true, force: true });
    for (const type of nativeTypes) await installer.#scan(type);
    sweepImages(
      installer.#images,
      installer.records.map(({ file }) => file),
    );
    return installer;
  }

  /** Everything installed: what threads are told when they start. */
  get records(): NativeRecord[] {
    return [...this.#installed.values()].map(({ record }) => record);
  }

  names(type: NativeType): string[] {
    return this.records.filter((record) => record.type === type).map(({ name }) => name);
  }

  /** @param name the first letter in any case, as in the names of files */
  get(type: NativeType, name: string): InstalledNative | undefined {
    return this.#installed.get(`${type}/${lowerFirst(name)}`);
  }

  /**
   * Throws with what is wrong; then everything is as it was before. A plugin of this name is replaced: whoever must not,
   * asks {@link get} before. The module itself is checked by who loads it.
   */
  async install(
    type: NativeType,
    givenName: string,
    archive: Archive,
    { shellParas = [], ...settings }: NativeSettings & { readonly shellParas?: readonly string[] } = {},
  ): Promise<NativeInstallation> {
    if (givenName.trim() === '') throw nativeErrors.NAME_EMPTY();
    if (!isValidId(givenName)) throw nativeErrors.NAME(givenName);
    const name = lowerFirst(givenName);
    for (const one of settings.functions ?? []) this.#checkOwner(one, name);
    const previous = this.get(type, name);
    const { etc, data } = this.#options.directories;
    const hasYaml = existsSync(join(etc, type, `${name}.yaml`)) || existsSync(join(data, type, `${name}.yaml`));
    const parts = readNativeArchive(type, name, archive, hasYaml);
    if (shellParas.length > 0 && parts.script === null) throw nativeErrors.SHELL_PARAMETERS(shellParas);
    const module = this.#moduleFiles(type, parts);
    // One that could not be read at the start is replaced as well.
    const isThere = previous !== undefined || this.#places(type, name).length > 0;
    const removed = isThere ? this.#filesOf(type, name, parts.yaml === null) : [];
    const kept = !isThere;
    const files = [...module.files, ...this.#configuration(type, name, parts, kept)];
    const placement = await this.#place(files, removed);
    const rollback = async (): Promise<void> => {
      // What npm has brought in is known to no one else.
      if (module.folder !== null) rmSync(module.folder, { recursive: true, force: true });
      await placement.rollback();
      if (previous === undefined) this.#installed.delete(`${type}/${name}`);
      else this.#installed.set(`${type}/${name}`, previous);
    };
    try {
      if (parts.script !== null) await this.#runScript(type, name, archive, shellParas);
      if (module.folder !== null && parts.beside.some(({ path }) => path === 'package-lock.json')) {
        await this.#bringDependencies(name, module.folder);
      }
      const places = this.#places(type, name);
      const plugin = await this.#read(type, places[0] as ModulePlace, places, settings);
      return { plugin, commit: () => placement.commit(), rollback };
    } catch (error) {
      await rollback();
      throw error;
    }
  }

  /**
   * Replaces the list of functions. Throws when there is no such plugin, and when another one offers one of them.
   * @param functions null for all that the module exports
   */
  async registerFunctions(name: string, functions: readonly string[] | null): Promise<InstalledNative> {
    const installed = this.get('functions', name);
    if (installed === undefined) throw nativeErrors.NOT_EXIST(name);
    if (functions?.length === 0) throw nativeErrors.FUNCTIONS_EMPTY();
    for (const one of functions ?? []) this.#checkOwner(one, installed.record.name);
    const changed = { ...installed, record: { ...installed.record, functions } };
    this.#installed.set(`functions/${changed.record.name}`, changed);
    return changed;
  }

  /** Removes all files of a plugin, every version of it. Throws `invalid name <name>: not exist`. */
  async uninstall(type: NativeType, name: string): Promise<void> {
    const own = lowerFirst(name);
    if (this.#places(type, own).length === 0) throw nativeErrors.NOT_EXIST(name);
    const placement = await this.#place([], this.#filesOf(type, own));
    this.#installed.delete(`${type}/${own}`);
    await placement.commit();
  }

  #checkOwner(functionName: string, plugin: string): void {
    const owner = this.#options.ownerOf?.(functionName);
    if (owner !== undefined && owner !== plugin) throw nativeErrors.FUNCTION_EXISTS(functionName);
  }

  #moduleFiles(type: NativeType, { module, beside }: NativeArchive): { files: PlacedFile[]; folder: string | null } {
    const directory = join(this.#options.directories.plugins, type);
    const { path, content } = module;
    if (beside.length === 0) return { files: [{ path: join(directory, path), content }], folder: null };
    const extension = moduleExtensions.find((candidate) => path.endsWith(candidate)) ?? '';
    const folder = join(directory, path.slice(0, -extension.length));
    const files = [module, ...beside].map((entry) => ({ ...placed(join(folder, entry.path), entry) }));
    return { files, folder };
  }

  /** @param kept a configuration that is there stays as it is */
  #configuration(type: NativeType, name: string, { yaml, json, etc }: NativeArchive, kept: boolean): PlacedFile[] {
    const files: PlacedFile[] = [];
    const { directories } = this.#options;
    for (const base of [directories.etc, directories.data]) {
      const yamlPath = join(base, type, `${name}.yaml`);
      if (yaml !== null && !(kept && existsSync(yamlPath))) files.push(placed(yamlPath, yaml));
      if (json !== null) files.push(placed(join(base, type, `${name}.json`), json));
      for (const entry of etc) files.push(placed(join(base, type, name, entry.path.slice('etc/'.length)), entry));
    }
    return files;
  }

  /** Every version, the highest first. */
  #places(type: NativeType, name: string): readonly ModulePlace[] {
    return scanModules(join(this.#options.directories.plugins, type)).get(name) ?? [];
  }

  /** Every version, with what belongs to the plugin. */
  #filesOf(type: NativeType, name: string, withoutYaml = false): string[] {
    const { etc, data } = this.#options.directories;
    const modules = this.#places(type, name).map(({ path }) => path);
    const beside = [etc, data].flatMap((base) =>
      [...(withoutYaml ? [] : [`${name}.yaml`]), `${name}.json`, name].map((file) => join(base, type, file)),
    );
    return [...modules, ...beside];
  }

  #place(files: readonly PlacedFile[], removed: readonly string[]): Promise<Placement> {
    const { plugins, etc, data } = this.#options.directories;
    return placeFiles(files, { roots: [plugins, etc, data], journals: this.#journals, removed });
  }

  async #runScript(type: NativeType, name: string, archive: Archive, shellParas: readonly string[]): Promise<void> {
    const directory = join(this.#temp, type, name);
    rmSync(directory, { recursive: true, force: true });
    try {
      for (const { path, content, mode } of archive.values()) {
        const target = join(directory, path);
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, content, { mode: mode === 0 ? 0o644 : mode });
      }
      await runInstallScript(directory, shellParas, this.#options.scriptTimeoutMs ?? 600_000);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  async #bringDependencies(name: string, folder: string): Promise<void> {
    if (this.#options.installDependencies !== true) {
      if (existsSync(join(folder, 'node_modules'))) return;
      this.#options.logger.warn(
        `plugin ${name} has a package-lock.json, but installing dependencies is not allowed: bring node_modules in the zip`,
      );
      return;
    }
    await npmInstall(folder, this.#options.scriptTimeoutMs ?? 600_000);
  }

  /** A version that cannot be read gives way to the next one. */
  async #scan(type: NativeType): Promise<void> {
    const directory = join(this.#options.directories.plugins, type);
    mkdirSync(directory, { recursive: true });
    for (const [name, places] of scanModules(directory)) {
      for (const place of places) {
        try {
          await this.#read(type, place, places, this.#options.settings?.(type, name) ?? {});
          break;
        } catch (error) {
          const shown = place.version === '' ? name : `${name}@${place.version}`;
          this.#options.logger.error(`native plugin ${type}/${shown} is left out: ${errorText(error)}`);
        }
      }
    }
  }

  async #read(
    type: NativeType,
    place: ModulePlace,
    places: readonly ModulePlace[],
    settings: NativeSettings,
  ): Promise<InstalledNative> {
    const record = await this.#record(type, place, settings);
    const plugin = { record, versions: places.map(({ version }) => version) };
    this.#installed.set(`${type}/${place.name}`, plugin);
    return plugin;
  }

  async #record(type: NativeType, place: ModulePlace, settings: NativeSettings): Promise<NativeRecord> {
    return {
      kind: 'native',
      name: place.name,
      type,
      version: place.version,
      file: await makeImage(type, place, this.#images),
      functions: type === 'functions' ? (settings.functions ?? null) : null,
      isolation: settings.isolation ?? 'none',
    };
  }

  get #journals(): string {
    return join(this.#options.directories.plugins, '.journal-native');
  }

  get #images(): string {
    return join(this.#options.directories.data, 'native');
  }

  get #temp(): string {
    return join(this.#options.directories.plugins, 'temp');
  }
}

function placed(path: string, { content, mode }: { readonly content: Buffer; readonly mode: number }): PlacedFile {
  return mode === 0 ? { path, content } : { path, content, mode };
}

function npmInstall(folder: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = ['ci', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund'];
    const child = spawn('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], timeout: timeoutMs });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-4096);
    });
    child.once('error', (error) => reject(nativeErrors.DEPENDENCIES(errorText(error))));
    child.once('close', (status) => {
      if (status === 0) resolve();
      else reject(nativeErrors.DEPENDENCIES(text.trim() || `exit status ${status}`));
    });
  });
}
