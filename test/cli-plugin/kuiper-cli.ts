/** The built `kuiper` as a process, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));

export interface Finished {
  readonly exitCode: number | null;
  /** Results and remarks, in the order in which they came. */
  readonly output: string;
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'kuiper-plugin-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A command that is under way. */
export class RunningCommand {
  output = '';
  readonly #child: ChildProcess;
  readonly finished: Promise<Finished>;

  constructor(words: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [main, ...words], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
    this.finished = new Promise((resolve) => {
      this.#child.once('close', (exitCode) => resolve({ exitCode, output: this.output }));
    });
  }

  /** Waits until the output holds this, from `from` on; the output. */
  async prints(text: string | RegExp, from = 0): Promise<string> {
    const isThere = (): boolean => {
      const shown = this.output.slice(from);
      return typeof text === 'string' ? shown.includes(text) : text.test(shown);
    };
    for (let i = 0; i < 1200 && !isThere(); i++) {
      if (this.#child.exitCode !== null && !isThere()) break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    if (!isThere()) throw new Error(`${String(text)} was not printed:\n${this.output}`);
    return this.output;
  }

  /** As Ctrl-C does. */
  interrupt(): Promise<Finished> {
    this.#child.kill('SIGINT');
    return this.finished;
  }
}

export function kuiper(
  words: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return new RunningCommand(words, cwd, env).finished;
}
