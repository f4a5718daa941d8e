/**
 * nanomsg as nng speaks it, through the Python package pynng that plugins use. Without it its tests are skipped, saying
 * so; where `CI` is true they fail instead.
 */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const candidates = [process.env['KUIPER_TEST_PYTHON'], 'python3', 'python'].filter((name) => name !== undefined);

/** A Python that has pynng, null when there is none. */
export const pythonWithPynng: string | null =
  candidates.find((name) => spawnSync(name, ['-c', 'import pynng']).status === 0) ?? null;

/** Why tests with pynng cannot run here, null when they can. */
export const pynngMissing: string | null =
  pythonWithPynng === null
    ? 'install the Python package pynng (pip install pynng); KUIPER_TEST_PYTHON names another Python'
    : null;

if (pynngMissing !== null && process.env['CI'] === 'true') throw new Error(pynngMissing);

const script = fileURLToPath(new URL('./pynng-peer.py', import.meta.url));

/** A process with one nng socket; see pynng-peer.py for the roles. */
export class PynngPeer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #said: string[] = [];
  #wake: (() => void) | null = null;

  constructor(role: 'req' | 'rep' | 'push' | 'pull', url: string, ...args: string[]) {
    this.#child = spawn(pythonWithPynng as string, ['-u', script, role, url, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface(this.#child.stdout);
    this.#lines.on('line', (line) => {
      this.#said.push(line);
      this.#wake?.();
    });
  }

  /** The next line that the process prints. */
  async line(): Promise<string> {
    while (this.#said.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#said.shift() as string;
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
