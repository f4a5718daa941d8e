/**
 * What comes with the sources and sinks of plugins: configuration keys from `etc/sources/<name>.yaml`, the
 * name of a sink. They come and go with the plugin.
 */
import type { Logger } from '@kuiper/base';
import type { Directories } from '../config/directories.ts';
import type { Environment } from '../config/environment.ts';
import { readSourceFile } from '../config/source-files.ts';
import type { ConfKeys } from '../registry/conf-keys.ts';
import type { SymbolChange } from './extensions-in-service.ts';

export interface PluginSettingsParts {
  readonly directories: Directories;
  readonly environment: Environment;
  readonly confKeys: ConfKeys;
  readonly logger: Logger;
}

export class PluginSettings {
  readonly #parts: PluginSettingsParts;

  constructor(parts: PluginSettingsParts) {
    this.#parts = parts;
  }

  async follow({ came, went }: SymbolChange): Promise<void> {
    const { directories, environment, confKeys } = this.#parts;
    for (const { kind, name } of went) if (isSource(kind)) confKeys.unship(name);
    for (const { kind, name } of came) {
      if (isSource(kind)) confKeys.ship(name, await readSourceFile(directories.etc, name, environment));
      else if (kind === 'sink') confKeys.know('sinks', name);
    }
  }
}

function isSource(kind: string): boolean {
  return kind === 'source' || kind === 'lookup';
}
