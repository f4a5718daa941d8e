/**
 * A real broker for tests: the program of the Debian package `mosquitto`, on a free port of the loopback interface.
 * Without the package its tests are skipped, saying so; where `CI` is true they fail instead.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const program = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', 'mosquitto'].find(
  (path) => spawnSync(path, ['-h']).error === undefined,
);

/** Why broker tests cannot run here, null when they can. */
export const brokerMissing: string | null = program === undefined ? 'install the Debian package mosquitto' : null;

if (brokerMissing !== null) {
  if (process.env['CI'] === 'true') throw new Error(brokerMissing);
  console.warn(`skipped: ${brokerMissing}`);
}

/** Lines of configuration for tests that send more than a client may leave unacknowledged. */
export const withoutQueueLimits = 'max_queued_messages 0\nmax_inflight_messages 0\nmax_packet_size 268435455';

export class Mosquitto {
  readonly port: number;
  readonly #directory: string;
  #process: ChildProcess | null = null;

  private constructor(port: number, directory: string) {
    this.port = port;
    this.#directory = directory;
  }

  /** @param config further lines of its configuration, in place of a long queue for each client */
  static async start(config = 'max_queued_messages 100000'): Promise<Mosquitto> {
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), 'kuiper-mosquitto-'));
    writeFileSync(
      join(directory, 'mosquitto.conf'),
      `listener ${port} 127.0.0.1\nallow_anonymous true\nuser ${userInfo().username}\nset_tcp_nodelay true\n${config}\n`,
    );
    const broker = new Mosquitto(port, directory);
    await broker.run();
    return broker;
  }

  get url(): string {
    return `tcp://127.0.0.1:${this.port}`;
  }

  /** Runs it again after {@link kill}. */
  async run(): Promise<void> {
    const child = spawn(program as string, ['-c', join(this.#directory, 'mosquitto.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      const listen = (text: Buffer): void => {
        said += text.toString();
        if (!said.includes('running')) return;
        child.stderr?.off('data', listen).resume();
        resolve();
      };
      child.stderr?.on('data', listen);
      child.once('exit', (code) => reject(new Error(`mosquitto ended with ${code}: ${said}`)));
    });
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

/** A hop between client and broker that records what passes and can be cut. */
export class Tap {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** Bytes from client to broker, all connections after one another. */
  toBroker: Buffer = Buffer.alloc(0);
  /** Writes that arrived from the client. */
  reads = 0;
  #onData: () => void = () => {};
  #holding = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async before(broker: Mosquitto): Promise<Tap> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const tap = new Tap(server, (server.address() as { port: number }).port);
    server.on('connection', (client) => tap.#join(client, connect(broker.port, '127.0.0.1')));
    return tap;
  }

  get url(): string {
    return `tcp://127.0.0.1:${this.port}`;
  }

  /** Resolves when the recorded bytes satisfy the condition. */
  until(condition: (toBroker: Buffer) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#onData = () => {
        if (!condition(this.toBroker)) return;
        this.#onData = () => {};
        resolve();
      };
      this.#onData();
    });
  }

  /** From now on nothing is passed to the broker. */
  hold(): void {
    this.#holding = true;
  }

  /** Breaks every connection; new ones are accepted. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#pairs.clear();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, broker: Socket): void {
    const pair = [client, broker] as const;
    this.#pairs.add(pair);
    client.on('data', (chunk: Buffer) => {
      this.toBroker = Buffer.concat([this.toBroker, chunk]);
      this.reads++;
      if (!this.#holding) broker.write(chunk);
      this.#onData();
    });
    broker.on('data', (chunk: Buffer) => client.write(chunk));
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        for (const other of pair) other.destroy();
      });
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
