/**
 * WebAssembly plugins on the disk: `<name>.json` and `<name>.wasm` in `plugins/wasm/<name>/`. An installation is not
 * for good until `commit`. Source: behaviour spec, extension §8; `returns` of functions is ours.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, isValidId, type Logger, lookupProp } from '@kuiper/base';
import type { Archive } from '../archive/archive.ts';
import { placeFiles, recoverPlacements } from '../archive/place-files.ts';
import type { WasmFunction, WasmRecord } from '../extension-record.ts';
import { wasmErrors } from './errors.ts';

export interface WasmInstallerOptions {
  /** Absolute: `plugins/wasm`; made when missing. */
  readonly directory: string;
  readonly logger: Logger;
}

/** Files in place, not yet for good. One of the two must be called. */
export interface WasmInstallation {
  readonly record: WasmRecord;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export class WasmInstaller {
  readonly #options: WasmInstallerOptions;
  readonly #installed = new Map<string, WasmRecord>();

  private constructor(options: WasmInstallerOptions) {
    this.#options = options;
  }

  /** Puts right what a crash has interrupted, then reads what is installed. A broken plugin is logged and left out. */
  static async open(options: WasmInstallerOptions): Promise<WasmInstaller> {
    const installer = new WasmInstaller(options);
    mkdirSync(options.directory, { recursive: true });
    const undone = await recoverPlacements(installer.#journals);
    if (undone > 0) options.logger.warn(`${undone} interrupted installations of WebAssembly plugins were undone`);
    installer.#load();
    return installer;
  }

  /** Everything installed, by name. */
  get installed(): ReadonlyMap<string, WasmRecord> {
    return this.#installed;
  }

  /** Throws with what is wrong; then everything is as it was before. The module itself is checked by who loads it. */
  async install(name: string, archive: Archive): Promise<WasmInstallation> {
    if (!isValidId(name)) throw wasmErrors.NAME(name);
    const manifest = archive.get(`${name}.json`);
    if (manifest === undefined) throw wasmErrors.FILE_MISSING(`${name}.json`);
    if (!archive.has(`${name}.wasm`)) throw wasmErrors.FILE_MISSING(`${name}.wasm`);
    const directory = join(this.#options.directory, name);
    const record = readManifest(name, manifest.content.toString('utf8'), directory);
    const previous = this.#installed.get(name);
    const files = [...archive.values()].map(({ path, content }) => ({ path: join(directory, path), content }));
    const placement = await this.#place(files, directory);
    this.#installed.set(name, record);
    return {
      record,
      commit: () => placement.commit(),
      rollback: async () => {
        await placement.rollback();
        if (previous === undefined) this.#installed.delete(name);
        else this.#installed.set(name, previous);
      },
    };
  }

  /** Throws `wasm plugin <name> is not found`. */
  async uninstall(name: string): Promise<void> {
    if (!this.#installed.has(name)) throw wasmErrors.NOT_FOUND(name);
    const placement = await this.#place([], join(this.#options.directory, name));
    this.#installed.delete(name);
    await placement.commit();
  }

  get #journals(): string {
    return join(this.#options.directory, '.journal');
  }

  #place(files: Parameters<typeof placeFiles>[0], directory: string): ReturnType<typeof placeFiles> {
    return placeFiles(files, { roots: [this.#options.directory], journals: this.#journals, removed: [directory] });
  }

  #load(): void {
    const { directory, logger } = this.#options;
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const { name } = entry;
      if (!entry.isDirectory() || name.startsWith('.')) continue;
      try {
        const place = join(directory, name);
        this.#installed.set(name, readManifest(name, readFileSync(join(place, `${name}.json`), 'utf8'), place));
      } catch (error) {
        logger.error(`wasm plugin ${name} is not loaded: ${errorText(error)}`);
      }
    }
  }
}

const returnKinds: ReadonlySet<unknown> = new Set(['number', 'bool', 'string', 'json', 'bytes']);

function readManifest(name: string, text: string, directory: string): WasmRecord {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw wasmErrors.MANIFEST(`${name}.json is not JSON: ${errorText(error)}`, { cause: error });
  }
  if (typeof json !== 'object' || json === null) throw wasmErrors.MANIFEST(`${name}.json is not a JSON object`);
  const bag = json as Readonly<Record<string, unknown>>;
  const list = lookupProp(bag, 'functions');
  if (!Array.isArray(list) || list.length === 0) throw wasmErrors.MANIFEST('must define at lease one function');
  const version = lookupProp(bag, 'version') ?? '';
  return {
    kind: 'wasm',
    name,
    version: typeof version === 'string' ? version.replace(/^v/, '') : '',
    file: join(directory, `${name}.wasm`),
    functions: list.map(readFunction),
  };
}

function readFunction(item: unknown): WasmFunction {
  if (typeof item === 'string' && item !== '') return { name: item, returns: 'number' };
  if (typeof item === 'object' && item !== null) {
    const { name, returns = 'number' } = item as Record<string, unknown>;
    if (typeof name === 'string' && name !== '' && returnKinds.has(returns)) {
      return { name, returns: returns as WasmFunction['returns'] };
    }
  }
  throw wasmErrors.MANIFEST(
    `function ${JSON.stringify(item)} must be a name, or {"name", "returns": ${[...returnKinds].join(' | ')}}`,
  );
}
