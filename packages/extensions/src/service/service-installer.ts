/**
 * External services on the disk: `<name>.json` in `services/`, what these refer to in `services/schemas/`, of both `etc` and
 * `data`; `data` comes first, and only there is anything installed. An installation is not for good until `commit`.
 * Source: behaviour spec, extension §6.1 and §6.2, rest-cli-config §4.13.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, isValidId, type Logger } from '@kuiper/base';
import type { Archive, PlacedFile } from '../archive/archive.ts';
import { type Placement, placeFiles, recoverPlacements } from '../archive/place-files.ts';
import type { ServiceRecord } from '../extension-record.ts';
import { serviceErrors } from './errors.ts';
import { collectSchemas } from './collect-schemas.ts';
import { readDefinition } from './service-definition.ts';
import { describeService, type ServiceDescription } from './service-description.ts';
import type { PlannedInterface } from './service-plan.ts';

export interface ServiceInstallerOptions {
  /** Absolute: `etc/services` and `data/services` of the server. */
  readonly directories: { readonly etc: string; readonly data: string };
  readonly logger: Logger;
  /** Who but services offers a function of this name; undefined for nobody. */
  readonly ownerOf?: (functionName: string) => string | undefined;
}

/** As `GET /services/functions` lists it. */
export interface ServiceFunction {
  readonly FuncName: string;
  readonly ServiceName: string;
  readonly InterfaceName: string;
  readonly Addr: string;
  readonly MethodName: string;
}

export interface InstalledService {
  /** What threads that run rules are told of it. */
  readonly record: ServiceRecord;
  readonly functions: readonly ServiceFunction[];
  readonly description: ServiceDescription;
}

/** Files in place, not yet for good. One of the two must be called. */
export interface ServiceInstallation {
  readonly service: InstalledService;
  commit(): Promise<void>;
  /** A version that was there before is there again. */
  rollback(): Promise<void>;
}

const schemaFolder = 'schemas';

export class ServiceInstaller {
  readonly #options: ServiceInstallerOptions;
  readonly #installed = new Map<string, InstalledService>();

  private constructor(options: ServiceInstallerOptions) {
    this.#options = options;
  }

  /** Puts right what a crash has interrupted, then reads what is installed. A broken service is logged and left out. */
  static async open(options: ServiceInstallerOptions): Promise<ServiceInstaller> {
    const installer = new ServiceInstaller(options);
    const undone = await recoverPlacements(installer.#journals);
    if (undone > 0) options.logger.warn(`${undone} interrupted installations of services were undone`);
    await installer.#load();
    return installer;
  }

  /** Everything installed, by name. */
  get installed(): ReadonlyMap<string, InstalledService> {
    return this.#installed;
  }

  /** Of all services, by name. */
  functions(): readonly ServiceFunction[] {
    const all = [...this.#installed.values()].flatMap(({ functions }) => functions);
    return all.sort((a, b) => (a.FuncName < b.FuncName ? -1 : 1));
  }

  function(name: string): ServiceFunction | undefined {
    return this.functions().find(({ FuncName }) => FuncName === name);
  }

  /**
   * Installs, or replaces what has the same name. Throws with what is wrong, without `service create command error: `; then
   * everything is as it was before.
   */
  async install(name: string, archive: Archive): Promise<ServiceInstallation> {
    if (!isValidId(name)) throw serviceErrors.NAME(name);
    const text = descriptorOf(name, archive);
    const schemas = new Map<string, string>();
    for (const { path, content } of archive.values()) {
      if (path.startsWith(`${schemaFolder}/`))
        schemas.set(path.slice(schemaFolder.length + 1), content.toString('utf8'));
    }
    const service = await this.#read(name, text, (file) => schemas.get(file) ?? this.#schema(file));
    const previous = this.#installed.get(name);
    const { data } = this.#options.directories;
    const files: PlacedFile[] = [{ path: join(data, `${name}.json`), content: text }];
    for (const [file, content] of schemas) files.push({ path: join(data, schemaFolder, file), content });
    const placement = await this.#place(files, []);
    this.#installed.set(name, service);
    return {
      service,
      commit: () => placement.commit(),
      rollback: async () => {
        await placement.rollback();
        if (previous === undefined) this.#installed.delete(name);
        else this.#installed.set(name, previous);
      },
    };
  }

  /** Schemas stay, others may use them. Throws `<name> is not found`. */
  async uninstall(name: string): Promise<void> {
    if (!this.#installed.has(name)) throw serviceErrors.SERVICE_ABSENT(name);
    const { etc, data } = this.#options.directories;
    const files = [etc, data].map((directory) => join(directory, `${name}.json`)).filter((file) => existsSync(file));
    const placement = await this.#place([], files);
    this.#installed.delete(name);
    await placement.commit();
  }

  get #journals(): string {
    return join(this.#options.directories.data, '.journal');
  }

  #place(files: readonly PlacedFile[], removed: readonly string[]): Promise<Placement> {
    const { etc, data } = this.#options.directories;
    const roots = removed.some((file) => file.startsWith(etc)) ? [data, etc] : [data];
    return placeFiles(files, { roots, journals: this.#journals, removed });
  }

  async #load(): Promise<void> {
    const { directories, logger } = this.#options;
    for (const directory of [directories.data, directories.etc]) {
      for (const file of jsonFiles(directory)) {
        const name = file.slice(0, -'.json'.length);
        if (this.#installed.has(name)) continue;
        try {
          const text = readFileSync(join(directory, file), 'utf8');
          this.#installed.set(name, await this.#read(name, text, (schema) => this.#schema(schema)));
        } catch (error) {
          logger.error(`service ${name} is not loaded: ${errorText(error)}`);
        }
      }
    }
  }

  /** The text of an installed schema. */
  #schema(file: string): string | undefined {
    const { etc, data } = this.#options.directories;
    const path = [data, etc].map((directory) => join(directory, schemaFolder, file)).find((path) => existsSync(path));
    return path === undefined ? undefined : readFileSync(path, 'utf8');
  }

  async #read(name: string, text: string, schema: (file: string) => string | undefined): Promise<InstalledService> {
    const definition = parseDefinition(name, text);
    const schemas = collectSchemas(readDefinition(definition), schema);
    const { planService } = await import('./service-plan.ts');
    const planned = await planService(definition, schemas);
    const functions = planned.flatMap((one) => functionsOf(name, one));
    for (const { FuncName } of functions) this.#checkOwner(FuncName, name);
    return {
      record: { kind: 'service', name, definition, schemas },
      functions,
      description: describeService(definition, planned),
    };
  }

  #checkOwner(functionName: string, service: string): void {
    for (const [other, { functions }] of this.#installed) {
      if (other !== service && functions.some(({ FuncName }) => FuncName === functionName)) {
        throw serviceErrors.FUNCTION_TAKEN(functionName, `service ${other}`);
      }
    }
    const owner = this.#options.ownerOf?.(functionName);
    if (owner !== undefined) throw serviceErrors.FUNCTION_TAKEN(functionName, owner);
  }
}

/** In any case of letters, exactly where there are several. */
function descriptorOf(name: string, archive: Archive): string {
  const wanted = `${name}.json`;
  const entry =
    archive.get(wanted) ?? [...archive.values()].find(({ path }) => path.toLowerCase() === wanted.toLowerCase());
  if (entry === undefined) throw serviceErrors.DESCRIPTOR_MISSING(name);
  return entry.content.toString('utf8');
}

function parseDefinition(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw serviceErrors.DEFINITION(`${name}.json`, errorText(error), { cause: error });
  }
}

function functionsOf(service: string, { definition, functions }: PlannedInterface): ServiceFunction[] {
  return functions.map(({ name, method }) => ({
    FuncName: name,
    ServiceName: service,
    InterfaceName: definition.name,
    Addr: definition.address,
    MethodName: method,
  }));
}

function jsonFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .sort();
}
