/** Installed plugins with their processes, in a directory of their own: the control plane without a server. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, silentLogger, SystemClock } from '@kuiper/base';
import {
  type Archive,
  PortableInstaller,
  type PortableOptions,
  PortablePlugins,
  Supervisor,
} from '@kuiper/extensions/install';

export interface PluginRigOptions {
  readonly portable?: Partial<PortableOptions>;
  /** An existing directory; a new one, removed at the end, by default. */
  readonly directory?: string;
}

export class PluginRig {
  readonly directory: string;
  readonly clock = new SystemClock();
  /** Log lines, each with its level in front. */
  readonly log: string[] = [];
  readonly logger: Logger;
  readonly installer: PortableInstaller;
  readonly supervisor: Supervisor;
  readonly plugins: PortablePlugins;
  readonly #isOwnDirectory: boolean;

  static async open(options: PluginRigOptions = {}): Promise<PluginRig> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'portable-'));
    const log: string[] = [];
    const logger = listLogger(log);
    const installer = await PortableInstaller.open({
      directories: {
        plugins: join(directory, 'plugins/portable'),
        etc: join(directory, 'etc'),
        data: join(directory, 'data'),
      },
      logger,
      scriptTimeoutMs: 10_000,
    });
    return new PluginRig(directory, options, installer, log, logger);
  }

  private constructor(
    directory: string,
    options: PluginRigOptions,
    installer: PortableInstaller,
    log: string[],
    logger: Logger,
  ) {
    this.directory = directory;
    this.#isOwnDirectory = options.directory === undefined;
    this.log = log;
    this.logger = logger;
    this.installer = installer;
    this.supervisor = new Supervisor({
      clock: this.clock,
      logger,
      portable: options.portable ?? {},
      tracesPath: join(directory, 'data/portable'),
    });
    this.plugins = new PortablePlugins({ installer, supervisor: this.supervisor, logger });
  }

  async close(): Promise<void> {
    await this.supervisor.close();
    if (this.#isOwnDirectory) rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A name that no other test has: sockets of plugins all lie in `/tmp`. */
export function uniqueName(stem: string): string {
  return `${stem}_${randomBytes(4).toString('hex')}`;
}

export function archiveOf(files: Readonly<Record<string, string | Buffer>>, mode = 0o644): Archive {
  return new Map(
    Object.entries(files).map(([path, content]) => [path, { path, content: Buffer.from(content), mode }] as const),
  );
}

function listLogger(lines: string[]): Logger {
  const add = (level: string) => (message: string) => lines.push(`${level} ${message}`);
  const logger: Logger = {
    ...silentLogger,
    info: add('info'),
    warn: add('warn'),
    error: add('error'),
    with: () => logger,
  };
  return logger;
}

/** Whether a process of this number runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
