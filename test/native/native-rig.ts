/** Native plugins from their archives into rules on a clock moved by hand. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@kuiper/base';
import { NativeInstaller, type NativeSettings, type NativeType, readArchive } from '@kuiper/extensions/install';
import { zipArchive } from '../../packages/extensions/testing/zip-archive.ts';
import type { SpecParts } from '../support/rule-specs.ts';
import { ruleSpec } from '../support/rule-specs.ts';
import { ScriptedHost, type ScriptedOptions } from '../run/scripted.ts';

export class NativeRig {
  readonly directory: string;
  readonly installer: NativeInstaller;
  scripted: ScriptedHost;

  static async open(options: ScriptedOptions = {}): Promise<NativeRig> {
    const directory = mkdtempSync(join(tmpdir(), 'native-rules-'));
    const directories = {
      plugins: join(directory, 'plugins'),
      etc: join(directory, 'etc'),
      data: join(directory, 'data'),
    };
    const installer = await NativeInstaller.open({ directories, logger: silentLogger });
    return new NativeRig(directory, installer, await ScriptedHost.create(options));
  }

  private constructor(directory: string, installer: NativeInstaller, scripted: ScriptedHost) {
    this.directory = directory;
    this.installer = installer;
    this.scripted = scripted;
  }

  /** Installs, or replaces what is there. */
  async install(
    type: NativeType,
    name: string,
    files: Readonly<Record<string, string | Buffer>>,
    settings: NativeSettings = {},
  ): Promise<void> {
    const archive = await readArchive(zipArchive(files));
    const { plugin, commit, rollback } = await this.installer.install(type, name, archive, settings);
    try {
      await this.scripted.host.putExtension(plugin.record);
      await commit();
    } catch (error) {
      await rollback();
      throw error;
    }
  }

  /** What lies in the folder of an example, but its description. */
  async installExample(type: NativeType, folder: string, name: string): Promise<void> {
    const directory = new URL(`../../examples/${folder}/`, import.meta.url);
    const files = readdirSync(directory)
      .filter((file) => file !== 'README.md')
      .map((file) => [file, readFileSync(new URL(file, directory))] as const);
    await this.install(type, name, Object.fromEntries(files));
  }

  async start(parts: Omit<SpecParts, 'id'> & { readonly id?: string }): Promise<void> {
    const actions = parts.actions ?? [['scripted', { name: parts.id ?? 'r', sendSingle: true }]];
    await this.scripted.start(ruleSpec({ id: 'r', ...parts, actions }));
  }

  /** The process dies; another one starts on the same disk, with the same plugins. */
  async crash(): Promise<void> {
    const { disk, drains } = this.scripted;
    this.scripted = await ScriptedHost.create({ disk: disk.crash(() => true), drains });
    for (const record of this.installer.records) await this.scripted.host.putExtension(record);
  }

  rows(name = 'r'): unknown[] {
    return this.scripted.drain(name).written.map((text) => JSON.parse(text) as unknown);
  }

  async close(): Promise<void> {
    const closing = this.scripted.host.close();
    let isOpen = true;
    const closed = closing.finally(() => {
      isOpen = false;
    });
    // Plugins write to real files: those take the time they take.
    while (isOpen) {
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 1))]);
      this.scripted.clock.advance(5);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A stream whose messages a test sends. */
export const demo = ['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}] as const;
