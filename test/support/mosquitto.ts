/** A real mosquitto broker on a free loopback port, started and stopped by the test. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './kuiperd.ts';

const candidates = ['mosquitto', '/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'];

function findMosquitto(): string | null {
  for (const command of candidates) {
    try {
      execFileSync(command, ['-h'], { stdio: 'ignore' });
      return command;
    } catch (error) {
      // Its help exits with 3; only a missing program is a no.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return command;
    }
  }
  return null;
}

const command = findMosquitto();

/**
 * True when the broker is installed. Under CI its absence is a failure, elsewhere the tests that need it are skipped.
 */
export function hasMosquitto(): boolean {
  if (command !== null) return true;
  const how = 'install the Debian package mosquitto';
  if (process.env.CI === 'true') throw new Error(`mosquitto is missing: ${how}`);
  console.warn(`skipped: mosquitto is missing, ${how}`);
  return false;
}

export class Mosquitto {
  readonly port: number;
  private readonly child: ChildProcess;
  private readonly directory: string;

  private constructor(port: number, child: ChildProcess, directory: string) {
    this.port = port;
    this.child = child;
    this.directory = directory;
  }

  get url(): string {
    return `tcp://127.0.0.1:${this.port}`;
  }

  static async start(): Promise<Mosquitto> {
    if (command === null) throw new Error('mosquitto is missing');
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), 'mosquitto-'));
    const config = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'persistence false',
      'max_queued_messages 0',
      'max_inflight_messages 0',
      'max_packet_size 268435455',
    ];
    writeFileSync(join(directory, 'mosquitto.conf'), `${config.join('\n')}\n`);
    const child = spawn(command, ['-c', join(directory, 'mosquitto.conf')], { stdio: 'ignore' });
    const broker = new Mosquitto(port, child, directory);
    await broker.listens();
    return broker;
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill();
    await exited;
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async listens(): Promise<void> {
    for (let i = 0; i < 200; i++) {
      const open = await new Promise<boolean>((resolve) => {
        const socket = net.connect(this.port, '127.0.0.1');
        socket.once('connect', () => {
          socket.destroy();
          resolve(true);
        });
        socket.once('error', () => resolve(false));
      });
      if (open) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('mosquitto did not start');
  }
}
