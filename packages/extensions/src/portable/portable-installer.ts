/**
 * Portable plugins on the disk: what an archive holds goes to its places, all of it or nothing.
 *
 * | In the archive | Goes to |
 * |---|---|
 * | `<name>.json`, the executable, everything not named below | `plugins/portable/<name>/` |
 * | `sources/<s>.yaml` and `sources/<s>.json`, `sinks/<s>.json`, `functions/<f>.json` of its own symbols | the same folders of `etc/` and of `data/` |
 *
 * An installation is not for good until `commit`: the version before it stays beside it, complete with what its own
 * `install.sh` made, and comes back with `rollback`, or at the next start when the server did not live to see either.
 * Source: behaviour spec, extension §4.1, §4.2.
 */
import { type Dirent, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, isValidId, type Logger } from '@kuiper/base';
import type { Archive, ArchiveEntry, PlacedFile } from '../archive/archive.ts';
import { placeFiles, type Placement, recoverPlacements } from '../archive/place-files.ts';
import { runInstallScript } from '../archive/run-install-script.ts';
import type { PortableRecord } from '../extension-record.ts';
import { portableErrors } from './errors.ts';
import {
  checkOwnership,
  type PortableManifest,
  type PortableSymbolKind,
  portableRecord,
  readManifest,
  symbolLists,
} from './manifest.ts';

export interface PortableInstallerOptions {
  /** Absolute: `plugins/portable`, `etc` and `data` of the server. */
  readonly directories: { readonly plugins: string; readonly etc: string; readonly data: string };
  readonly logger: Logger;
  /** Who else offers a symbol of this name: the name of a plugin, undefined for nobody. */
  readonly ownerOf?: (kind: PortableSymbolKind, symbol: string) => string | undefined;
  /** How long an `install.sh` may take; default 10 minutes. */
  readonly scriptTimeoutMs?: number;
}

/** A plugin whose files are in place. */
export interface InstalledPortable {
  readonly manifest: PortableManifest;
  /** Absolute. */
  readonly directory: string;
  /** Absolute. */
  readonly executable: string;
  /** What threads that run rules are told of it. */
  readonly record: PortableRecord;
}

/** Files in place, not yet for good. One of the two must be called. */
export interface Installation {
  readonly plugin: InstalledPortable;
  commit(): Promise<void>;
  /** Nothing is left behind; a version that was there before is there again. */
  rollback(): Promise<void>;
}

export class PortableInstaller {
  readonly #options: PortableInstallerOptions;
  readonly #installed = new Map<string, InstalledPortable>();

  private constructor(options: PortableInstallerOptions) {
    this.#options = options;
  }

  /** Puts right what a crash has interrupted, then reads what is installed. A broken plugin is logged and left out. */
  static async open(options: PortableInstallerOptions): Promise<PortableInstaller> {
    const installer = new PortableInstaller(options);
    const undone = await recoverPlacements(installer.#journals);
    if (undone > 0) options.logger.warn(`${undone} interrupted installations of portable plugins were undone`);
    installer.#load();
    return installer;
  }

  /** Everything installed, by name. */
  get installed(): ReadonlyMap<string, InstalledPortable> {
    return this.#installed;
  }

  /**
   * Throws with what is wrong, without `fail to install plugin: `; then everything is as it was before.
   * @param archive its `install.sh` runs with the parameters once all files are in place
   */
  async install(name: string, archive: Archive, shellParas: readonly string[] = []): Promise<Installation> {
    checkName(name);
    const manifest = this.#readManifest(name, archive);
    const executable = archive.get(manifest.executable);
    if (executable === undefined) throw portableErrors.FILE_MISSING(manifest.executable);
    const previous = this.#installed.get(name);
    const directory = join(this.#options.directories.plugins, name);
    const files = this.#arrange(manifest, archive, directory);
    const placement = await this.#place(files, previous, directory);
    const rollback = async (): Promise<void> => {
      // What the script has made is known to no one else.
      rmSync(directory, { recursive: true, force: true });
      await placement.rollback();
      if (previous === undefined) this.#installed.delete(name);
      else this.#installed.set(name, previous);
    };
    try {
      if (archive.has('install.sh')) {
        await runInstallScript(directory, shellParas, this.#options.scriptTimeoutMs ?? 600_000);
      }
      const plugin = locate(manifest, directory);
      this.#installed.set(name, plugin);
      return { plugin, commit: () => placement.commit(), rollback };
    } catch (error) {
      await rollback();
      throw error;
    }
  }

  /** Removes all files of a plugin. Throws `portable plugin <name> is not found`. */
  async uninstall(name: string): Promise<void> {
    const plugin = this.#installed.get(name);
    if (plugin === undefined) throw portableErrors.NOT_FOUND(name);
    const placement = await this.#place([], plugin, plugin.directory);
    this.#installed.delete(name);
    await placement.commit();
  }

  get #journals(): string {
    return join(this.#options.directories.plugins, '.journal');
  }

  #load(): void {
    const { directories, logger } = this.#options;
    for (const entry of readEntries(directories.plugins)) {
      const { name } = entry;
      if (name.startsWith('.')) continue;
      if (!entry.isDirectory()) {
        logger.warn(`${join(directories.plugins, name)} is not a portable plugin: not a directory`);
        continue;
      }
      try {
        checkName(name);
        const directory = join(directories.plugins, name);
        const manifest = readManifest(name, JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8')));
        this.#checkOwnership(manifest);
        this.#installed.set(name, locate(manifest, directory));
      } catch (error) {
        logger.error(`portable plugin ${name} is not loaded: ${errorText(error)}`);
      }
    }
  }

  #readManifest(name: string, archive: Archive): PortableManifest {
    let json: unknown;
    try {
      json = JSON.parse((archive.get(`${name}.json`) as ArchiveEntry).content.toString('utf8'));
    } catch (error) {
      throw portableErrors.MANIFEST_UNREADABLE(name, archive.size, { cause: error });
    }
    const manifest = readManifest(name, json);
    this.#checkOwnership(manifest);
    return manifest;
  }

  #checkOwnership(manifest: PortableManifest): void {
    checkOwnership(manifest, (kind, symbol) => {
      for (const { manifest: other } of this.#installed.values()) {
        if (other.name !== manifest.name && other[symbolLists[kind]]?.includes(symbol) === true) return other.name;
      }
      return this.#options.ownerOf?.(kind, symbol);
    });
  }

  #arrange(manifest: PortableManifest, archive: Archive, directory: string): PlacedFile[] {
    const files: PlacedFile[] = [];
    const { etc, data } = this.#options.directories;
    const shared = new Set(symbolFiles(manifest));
    for (const entry of archive.values()) {
      const mode = entry.mode === 0 ? 0o644 : entry.mode | 0o600;
      if (shared.has(entry.path)) {
        for (const root of [etc, data]) files.push({ path: join(root, entry.path), content: entry.content, mode });
      } else {
        // An executable without its bit would only fail later, and with a text that says less.
        const isProgram = entry.path === manifest.executable || entry.path === 'install.sh';
        files.push({
          path: join(directory, entry.path),
          content: entry.content,
          mode: isProgram ? mode | 0o111 : mode,
        });
      }
    }
    for (const source of manifest.sources ?? []) {
      const path = `sources/${source}.yaml`;
      if (archive.has(path)) continue;
      this.#options.logger.warn(`portable plugin ${manifest.name} has no ${path}: one without settings is made`);
      for (const root of [etc, data]) files.push({ path: join(root, path), content: 'default:\n' });
    }
    return files;
  }

  #place(files: readonly PlacedFile[], previous: InstalledPortable | undefined, directory: string): Promise<Placement> {
    const { plugins, etc, data } = this.#options.directories;
    const placed = new Set(files.map(({ path }) => path));
    const before = previous === undefined ? [] : symbolFiles(previous.manifest);
    const old = before.flatMap((path) => [join(etc, path), join(data, path)]);
    return placeFiles(files, {
      roots: [plugins, etc, data],
      journals: this.#journals,
      removed: [directory, ...old.filter((path) => !placed.has(path))],
    });
  }
}

/** Files that symbols of a plugin have below `etc` and `data`: `sources/pyjson.yaml`. */
export function symbolFiles(manifest: PortableManifest): string[] {
  const { sources, sinks, functions, lookups } = manifest;
  return [
    ...[...(sources ?? []), ...(lookups ?? [])].flatMap((name) => [`sources/${name}.yaml`, `sources/${name}.json`]),
    ...(sinks ?? []).map((name) => `sinks/${name}.json`),
    ...(functions ?? []).map((name) => `functions/${name}.json`),
  ];
}

function checkName(name: string): void {
  if (name.trim() === '') throw portableErrors.NAME_INVALID('', 'should not be empty');
  if (!isValidId(name)) {
    throw portableErrors.NAME_INVALID(name, 'only alphanumeric, hyphens and underscores are allowed');
  }
}

function locate(manifest: PortableManifest, directory: string): InstalledPortable {
  const executable = join(directory, manifest.executable);
  if (statSync(executable, { throwIfNoEntry: false })?.isFile() !== true) {
    throw portableErrors.EXECUTABLE_MISSING(executable);
  }
  return { manifest, directory, executable, record: portableRecord(manifest) };
}

function readEntries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
