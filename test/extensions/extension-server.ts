/** The real server with extensions: archives to install from, streams and rules that use them, what the rules wrote. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ZipEntry, zipArchive } from '../../packages/extensions/testing/zip-archive.ts';
import { uniqueName } from '../portable/plugin-rig.ts';
import { pythonBin } from '../portable/python-sdk.ts';
import { Kuiperd, type KuiperdOptions } from '../support/kuiperd.ts';

export type Files = Readonly<Record<string, string | Buffer>>;
export type Row = Readonly<Record<string, unknown>>;

export interface StreamParts {
  readonly type: string;
  readonly dataSource?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly with?: string;
}

export interface RuleParts {
  readonly id?: string;
  readonly sql: string;
  readonly actions?: readonly Readonly<Record<string, unknown>>[];
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface PluginStatus {
  readonly refCount: Readonly<Record<string, number>>;
  readonly status: string;
  readonly errMsg: string;
  readonly pid: number;
  readonly restarts: number;
  readonly lastError: string;
}

const plugin = readFileSync(new URL('../portable/python-plugin/plugin.py', import.meta.url), 'utf8');
const ownSdk = new URL('../../sdks/python/kuiper/', import.meta.url);

/** Which SDK a Python plugin is made with: that of eKuiper, or the one of this project, which does more at a time. */
export type Sdk = 'ekuiper' | 'kuiper';

export class ExtensionServer {
  server: Kuiperd;

  static async start(options: KuiperdOptions = {}): Promise<ExtensionServer> {
    return new ExtensionServer(await Kuiperd.start({ ...options, env: { ...environment, ...options.env } }));
  }

  private constructor(server: Kuiperd) {
    this.server = server;
  }

  /** Ends the server as a crash does, and starts it again in its directory. */
  async crash(): Promise<void> {
    const { directory } = this.server;
    await this.server.kill();
    this.server = await Kuiperd.start({ directory, env: environment });
  }

  path(...parts: string[]): string {
    return join(this.server.directory, ...parts);
  }

  /** Writes an archive where the server can fetch it; the address to fetch it from. */
  archive(name: string, files: Files | readonly ZipEntry[] | Buffer): string {
    mkdirSync(this.path('archives'), { recursive: true });
    const path = this.path('archives', `${name}.zip`);
    writeFileSync(path, Buffer.isBuffer(files) ? files : zipArchive(files));
    return `file://${path}`;
  }

  /** A Python plugin whose symbols are named `<stem>_<unique>`: its name, and theirs by stem. */
  async installPython(
    lists: Readonly<Partial<Record<'sources' | 'sinks' | 'functions', readonly string[]>>>,
    manifest: Readonly<Record<string, unknown>> = {},
    sdk: Sdk = 'ekuiper',
  ): Promise<{ name: string; symbols: Record<string, string>; file: string; executable: string }> {
    const name = uniqueName('py');
    const symbols: Record<string, string> = {};
    const named: Record<string, unknown> = {};
    for (const [list, stems] of Object.entries(lists)) {
      named[list] = stems.map((stem) => (symbols[stem] = uniqueName(stem)));
    }
    const file = this.archive(name, pythonFiles(name, { ...named, ...manifest }, sdk));
    await this.server.must('POST', '/plugins/portables', { name, file });
    return { name, symbols, file, executable: this.path('plugins/portable', name, 'plugin.py') };
  }

  async status(name: string): Promise<PluginStatus> {
    return (await this.server.json(`/plugins/portables/${name}/status`)) as unknown as PluginStatus;
  }

  async stream(name: string, { type, dataSource, extra = {}, with: more = '' }: StreamParts): Promise<string> {
    const quoted = JSON.stringify(extra).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    const source = dataSource === undefined ? '' : `, DATASOURCE="${dataSource}"`;
    await this.server.must('POST', '/streams', {
      sql: `CREATE STREAM ${name} () WITH (TYPE="${type}"${source}, FORMAT="json", EXTRA="${quoted}"${more})`,
    });
    return name;
  }

  /** A stream that counts rows `{"a":0}`, `{"a":1}`, `{"a":2}` … 0 again, without end. */
  ticking(name: string, intervalMs = 10): Promise<string> {
    const data = [{ a: 0 }, { a: 1 }, { a: 2 }];
    return this.stream(name, { type: 'simulator', extra: { data, interval: `${intervalMs}ms`, loop: true } });
  }

  /** Starts a rule that writes what it gives into the file of its name, one row a line; its id. */
  async rule({ id = uniqueName('rule'), sql, actions, options }: RuleParts): Promise<string> {
    await this.server.must('POST', '/rules', {
      id,
      sql,
      actions: actions ?? [this.file(id)],
      ...(options === undefined ? {} : { options }),
    });
    return id;
  }

  file(name: string): Readonly<Record<string, unknown>> {
    return { file: { path: this.path(`${name}.out`), fileType: 'lines', sendSingle: true } };
  }

  /** Rows in the file of a rule, without a line half written. */
  rows(name: string): Row[] {
    let text: string;
    try {
      text = readFileSync(this.path(`${name}.out`), 'utf8');
    } catch {
      return [];
    }
    return text.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as Row];
      } catch {
        return [];
      }
    });
  }

  metrics(rule: string): Promise<Record<string, unknown>> {
    return this.server.json(`/rules/${rule}/status`);
  }

  /** Waits until a rule has written more than `more` rows beyond those it has written. */
  async flows(rule: string, more = 3, timeoutMs = 20_000): Promise<void> {
    const before = this.rows(rule).length;
    await this.eventually(`rule ${rule} gives rows`, () => this.rows(rule).length > before + more, timeoutMs);
  }

  /** Asks until the answer is true. */
  async eventually(what: string, ask: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      if (await ask()) return;
      if (performance.now() > until) throw new Error(`not within ${timeoutMs} ms: ${what}\n${this.server.log}`);
      await sleep(20);
    }
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

const environment = { KUIPER__PORTABLE__PYTHONBIN: pythonBin };

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function pythonFiles(
  name: string,
  manifest: Readonly<Record<string, unknown>>,
  sdk: Sdk = 'ekuiper',
): Record<string, string> {
  const modules = sdk === 'ekuiper' ? [] : readdirSync(ownSdk).filter((file) => file.endsWith('.py'));
  return {
    [`${name}.json`]: JSON.stringify({ version: 'v1.0.0', language: 'python', executable: 'plugin.py', ...manifest }),
    'plugin.py': plugin.replace('from ekuiper import', `from ${sdk} import`),
    ...Object.fromEntries(modules.map((file) => [`kuiper/${file}`, readFileSync(new URL(file, ownSdk), 'utf8')])),
  };
}

/** Numbers in [0, 1) that are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
