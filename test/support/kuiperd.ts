/** The built server as a process of its own, in a directory of its own, on free loopback ports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('../..', import.meta.url).pathname;

export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface KuiperdOptions {
  /** An existing directory to start in; a new temporary one by default. */
  readonly directory?: string;
  readonly restPort?: number;
  readonly pushPort?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Kuiperd {
  readonly directory: string;
  readonly api: string;
  readonly push: string;
  readonly process: ChildProcess;
  private readonly isOwnDirectory: boolean;
  private output = '';

  private constructor(
    directory: string,
    isOwnDirectory: boolean,
    restPort: number,
    pushPort: number,
    child: ChildProcess,
  ) {
    this.directory = directory;
    this.isOwnDirectory = isOwnDirectory;
    this.api = `http://127.0.0.1:${restPort}`;
    this.push = `http://127.0.0.1:${pushPort}`;
    this.process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output = (this.output + chunk.toString()).slice(-50_000);
      });
    }
  }

  static async start(options: KuiperdOptions = {}): Promise<Kuiperd> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'kuiperd-'));
    const restPort = options.restPort ?? (await freePort());
    const pushPort = options.pushPort ?? (await freePort());
    const child = spawn(process.execPath, [join(root, 'packages/server/dist/main.js')], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        TZ: 'UTC',
        KUIPER__BASIC__RESTPORT: String(restPort),
        KUIPER__SOURCE__HTTPSERVERPORT: String(pushPort),
        KUIPER__BASIC__ENABLEPRIVATENET: 'true',
        KUIPER__BASIC__CONSOLELOG: 'true',
        ...options.env,
      },
    });
    const server = new Kuiperd(directory, options.directory === undefined, restPort, pushPort, child);
    await server.answers();
    return server;
  }

  /** What it has logged lately. */
  get log(): string {
    return this.output;
  }

  async request(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.api}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, text: await response.text() };
  }

  /** As `request`, failing on an answer of 300 and above. */
  async must(method: string, path: string, body?: unknown): Promise<string> {
    const { status, text } = await this.request(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  }

  async json(path: string): Promise<Record<string, unknown>> {
    return JSON.parse(await this.must('GET', path)) as Record<string, unknown>;
  }

  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Stops in an orderly way and removes the directory when it was made here. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
    if (this.isOwnDirectory) rmSync(this.directory, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill(signal);
    await exited;
  }

  private async answers(): Promise<void> {
    for (let i = 0; i < 600; i++) {
      if (this.process.exitCode !== null) throw new Error(`kuiperd ended:\n${this.output}`);
      try {
        if ((await this.request('GET', '/ping')).status === 200) return;
      } catch {
        // Not listening yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`kuiperd did not answer within 30 s:\n${this.output}`);
  }
}
