/** WebAssembly plugins: installed, in service, remembered for exports. */
import type { WasmInstaller, WasmRecord } from '@kuiper/extensions/install';
import { serverErrors } from '../errors.ts';
import type { StoredTable } from '../registry/stored-table.ts';
import type { FileFetcher } from '../transfer/fetch-file.ts';
import type { ExtensionsInService } from './extensions-in-service.ts';
import { checkUri, fetchPlugin, inInstallation, installRecord, type InstallRequest } from './install-request.ts';
import { putInPlace } from './put-in-place.ts';

export interface WasmPluginsParts {
  readonly installer: WasmInstaller;
  readonly inService: ExtensionsInService;
  readonly files: FileFetcher;
  /** Install requests by name. */
  readonly table: StoredTable;
}

export class WasmPlugins {
  readonly #parts: WasmPluginsParts;

  constructor(parts: WasmPluginsParts) {
    this.#parts = parts;
  }

  records(): WasmRecord[] {
    return [...this.#parts.installer.installed.values()];
  }

  list(): string[] {
    return [...this.#parts.installer.installed.keys()].sort();
  }

  find(name: string): WasmRecord | undefined {
    return this.#parts.installer.installed.get(name);
  }

  /** Throws `invalid name x: duplicate`, and why it cannot be installed; then everything is as it was before. */
  async create(request: InstallRequest): Promise<void> {
    checkUri(request);
    if (this.find(request.name) !== undefined) throw serverErrors.REQUEST(`invalid name ${request.name}: duplicate`);
    await this.replace(request);
  }

  async replace(request: InstallRequest): Promise<void> {
    const { installer, inService, files, table } = this.#parts;
    const archive = await fetchPlugin(request, files);
    await inInstallation(async () => {
      const installation = await installer.install(request.name, archive);
      const remember = (): Promise<void> => table.set(request.name, installRecord(request));
      await putInPlace(installation, installation.record, inService, remember);
    });
  }

  /** Name → install request, for exports. */
  exported(): Record<string, string> {
    return Object.fromEntries(this.#parts.table.entries());
  }

  async clear(): Promise<void> {
    for (const name of this.list()) await this.delete(name);
  }

  /** Throws `wasm plugin x is not found`. */
  async delete(name: string): Promise<void> {
    const { installer, inService, table } = this.#parts;
    await installer.uninstall(name);
    await table.delete(name);
    await inService.drop({ kind: 'wasm', name });
  }
}
