/**
 * A real Redis server for tests: the program of the Debian package `redis-server`, on a free port of the loopback
 * interface. Without the package its tests are skipped, saying so; where `CI` is true they fail instead.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './mosquitto.ts';

/** Why tests with a server cannot run here, null when they can. */
export const redisMissing: string | null =
  spawnSync('redis-server', ['--version']).error === undefined ? null : 'install the Debian package redis-server';

if (redisMissing !== null && process.env['CI'] === 'true') throw new Error(redisMissing);

export class RedisServer {
  readonly port: number;
  readonly #directory: string;
  readonly #args: readonly string[];
  #process: ChildProcess | null = null;

  private constructor(port: number, directory: string, args: readonly string[]) {
    this.port = port;
    this.#directory = directory;
    this.#args = args;
  }

  /** @param args further arguments, for instance `--requirepass secret` */
  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), 'kuiper-redis-')), args);
    await server.run();
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Runs it again after {@link kill}, empty. */
  async run(): Promise<void> {
    const child = spawn(
      'redis-server',
      // biome-ignore format: one option with its value per pair
      ['--port', `${this.port}`, '--bind', '127.0.0.1', '--save', '', '--dir', this.#directory, ...this.#args],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      const listen = (text: Buffer): void => {
        said += text.toString();
        if (!said.includes('Ready to accept connections')) return;
        child.stdout?.off('data', listen).resume();
        resolve();
      };
      child.stdout?.on('data', listen);
      child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${said}`)));
    });
  }

  /** From now on it takes what comes and does nothing. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
