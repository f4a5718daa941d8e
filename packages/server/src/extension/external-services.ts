/** External services: installed, in service, remembered for exports. Source: behaviour spec, rest-cli-config §4.13. */
import {
  type InstalledService,
  readArchive,
  type ServiceFunction,
  type ServiceInstaller,
} from '@kuiper/extensions/install';
import { serverErrors } from '../errors.ts';
import type { StoredTable } from '../registry/stored-table.ts';
import { Turns } from '../registry/turns.ts';
import { type FileFetcher, isFileUrl } from '../transfer/fetch-file.ts';
import type { ExtensionsInService } from './extensions-in-service.ts';
import { checkDigest, download, type InstallRequest, installRecord } from './install-request.ts';
import { putInPlace } from './put-in-place.ts';

export interface ExternalServicesParts {
  readonly installer: ServiceInstaller;
  readonly inService: ExtensionsInService;
  readonly files: FileFetcher;
  /** Install requests by name. */
  readonly table: StoredTable;
}

export class ExternalServices {
  readonly #parts: ExternalServicesParts;
  /** One after the other: names of functions are shared. */
  readonly #turns = new Turns();

  constructor(parts: ExternalServicesParts) {
    this.#parts = parts;
  }

  list(): string[] {
    return [...this.#parts.installer.installed.keys()].sort();
  }

  find(name: string): InstalledService | undefined {
    return this.#parts.installer.installed.get(name);
  }

  installed(): InstalledService[] {
    return [...this.#parts.installer.installed.values()];
  }

  functions(): readonly ServiceFunction[] {
    return this.#parts.installer.functions();
  }

  function(name: string): ServiceFunction | undefined {
    return this.#parts.installer.function(name);
  }

  /** Throws `service x exist`, and why it cannot be installed; then everything is as it was before. */
  async create(request: InstallRequest): Promise<void> {
    await this.#turns.take('', async () => {
      if (this.find(request.name) !== undefined) throw serverErrors.REQUEST(`service ${request.name} exist`);
      await this.#install(request);
    });
  }

  /** Throws `x is not found`. */
  async replace(request: InstallRequest): Promise<void> {
    await this.#turns.take('', async () => {
      if (this.find(request.name) === undefined) throw serverErrors.NOT_FOUND(`${request.name} is not found`);
      await this.#install(request);
    });
  }

  /** Throws `x is not found`. */
  async delete(name: string): Promise<void> {
    const { installer, inService, table } = this.#parts;
    await this.#turns.take('', async () => {
      if (this.find(name) === undefined) throw serverErrors.NOT_FOUND(`${name} is not found`);
      await installer.uninstall(name);
      await table.delete(name);
      await inService.drop({ kind: 'service', name });
    });
  }

  /** Name → install request, for exports. */
  exported(): Record<string, string> {
    return Object.fromEntries(this.#parts.table.entries());
  }

  async clear(): Promise<void> {
    for (const name of this.list()) await this.delete(name);
  }

  async #install(request: InstallRequest): Promise<void> {
    const { installer, inService, files, table } = this.#parts;
    const { name, file, sha256 } = request;
    if (!isFileUrl(file)) throw serverErrors.REQUEST(`invalid file path ${file}`);
    const content = await download(file, files);
    await checkDigest(content, sha256);
    const installation = await installer.install(name, await readArchive(content));
    const remember = (): Promise<void> => table.set(name, installRecord(request));
    await putInPlace(installation, installation.service.record, inService, remember);
  }
}
