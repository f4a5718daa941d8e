/** Plugins and the rules that use them, on one thread. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Archive, PortableOptions } from '@kuiper/extensions/install';
import { createInProcessHost, defaultEngineSettings, type InProcessHost, type NodeMetrics } from '@kuiper/host';
import { expect } from 'vitest';
import { ruleSpec, type SpecParts } from '../support/rule-specs.ts';
import { PluginRig, uniqueName } from './plugin-rig.ts';
import { pythonArchive, pythonBin } from './python-sdk.ts';

export class RuleRig {
  readonly rig: PluginRig;
  readonly host: InProcessHost;
  readonly #taps = new Map<string, string[]>();
  readonly #rules = new Set<string>();

  static async open(portable: Partial<PortableOptions> = {}): Promise<RuleRig> {
    const rig = await PluginRig.open({ portable: { pythonBin, ...portable } });
    const host = await createInProcessHost({
      settings: {
        ...defaultEngineSettings,
        rootPath: rig.directory,
        dataPath: join(rig.directory, 'data/rules'),
        dataServer: { host: '127.0.0.1', port: 0 },
        portable,
      },
      portable: rig.supervisor,
      logger: rig.logger,
    });
    return new RuleRig(rig, host);
  }

  private constructor(rig: PluginRig, host: InProcessHost) {
    this.rig = rig;
    this.host = host;
  }

  /** Installs, or replaces what is there, and makes the symbols known. */
  async install(name: string, archive: Archive): Promise<void> {
    const { record } = await this.rig.plugins.update(name, archive);
    await this.host.putExtension(record);
  }

  /** A plugin with one of each of these symbols, which are named `<stem>_<unique>`: the names by stem. */
  async installPython(
    symbols: { readonly sources?: string[]; readonly sinks?: string[]; readonly functions?: string[] },
    manifest: Readonly<Record<string, unknown>> = {},
  ): Promise<{ name: string; symbols: Record<string, string>; archive: Archive }> {
    const name = uniqueName('py');
    const named: Record<string, string> = {};
    const lists = Object.entries(symbols).map(([list, stems]) => [
      list,
      stems.map((stem) => {
        named[stem] = uniqueName(stem);
        return named[stem];
      }),
    ]);
    const archive = pythonArchive(name, { ...Object.fromEntries(lists), ...manifest });
    await this.install(name, archive);
    return { name, symbols: named, archive };
  }

  /** Deploys and starts a rule; what it sends and what fails is in `results`. */
  async start(parts: Omit<SpecParts, 'id'> & { readonly id?: string }): Promise<string> {
    const id = parts.id ?? uniqueName('rule');
    await this.host.deploy(ruleSpec({ ...parts, id }));
    const seen: string[] = [];
    this.#taps.set(id, seen);
    this.#rules.add(id);
    this.host.tap(id, ({ data }) => seen.push(data));
    await this.host.start(id);
    return id;
  }

  /** JSON texts of lists of rows and texts of errors, in order. */
  results(id: string): string[] {
    return this.#taps.get(id) as string[];
  }

  /** Rows of all results so far. */
  rows(id: string): Record<string, unknown>[] {
    return this.results(id)
      .filter((text) => text.startsWith('['))
      .flatMap((text) => JSON.parse(text) as Record<string, unknown>[]);
  }

  /** Waits until the rule has sent more than `count` results. */
  async moreThan(id: string, count: number, timeout = 15_000): Promise<void> {
    await expect.poll(() => this.results(id).length, { timeout }).toBeGreaterThan(count);
  }

  node(id: string, name: string): NodeMetrics {
    return this.host.metrics(id)?.find((node) => node.name === name) as NodeMetrics;
  }

  path(name: string): string {
    return join(this.rig.directory, name);
  }

  /** Lines of a file that a sink writes; none while it is not there. */
  lines(name: string): string[] {
    try {
      return readFileSync(this.path(name), 'utf8').trimEnd().split('\n');
    } catch {
      return [];
    }
  }

  async close(): Promise<void> {
    await this.host.close();
    await this.rig.close();
  }
}

/** A stream of a simulator that sends these rows once. */
export function fixedRows(rows: readonly Record<string, unknown>[], interval = '1ms'): SpecParts['streams'][number] {
  return ['CREATE STREAM demo () WITH (TYPE="simulator")', { data: rows, interval, loop: false }];
}
