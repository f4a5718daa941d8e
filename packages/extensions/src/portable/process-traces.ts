/**
 * Finds the processes that an engine which was killed has left behind. Each is started with a mark in its environment
 * and recorded in a file of its own; a process is only ended when it carries the mark that its file names, since its
 * number may long belong to another one.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@kuiper/base';

/** Name of the variable in the environment of plugins. */
export const MARK_VARIABLE = 'KUIPER_PLUGIN_MARK';

interface Trace {
  readonly pid: number;
  readonly mark: string;
  readonly plugin: string;
}

export class ProcessTraces {
  readonly #directory: string;
  readonly #logger: Logger;

  /** @param directory absolute, made when missing; one per engine */
  constructor(directory: string, logger: Logger) {
    this.#directory = directory;
    this.#logger = logger;
    mkdirSync(directory, { recursive: true });
  }

  add(trace: Trace): void {
    writeFileSync(this.#file(trace.mark), JSON.stringify(trace), { mode: 0o600 });
  }

  remove(mark: string): void {
    rmSync(this.#file(mark), { force: true });
  }

  /** Ends what is left of the processes recorded here, children of theirs included, and forgets them. */
  killLeftovers(): void {
    const files = readdirSync(this.#directory).filter((name) => name.endsWith('.json'));
    if (files.length === 0) return;
    const running = markedProcesses();
    for (const name of files) {
      const file = join(this.#directory, name);
      const trace = readTrace(file);
      if (trace !== null) {
        for (const { pid, mark } of running) {
          if (mark !== trace.mark) continue;
          this.#logger.warn(`portable plugin ${trace.plugin}: process ${pid} of an earlier run is ended`);
          killQuietly(pid);
        }
      }
      rmSync(file, { force: true });
    }
  }

  #file(mark: string): string {
    return join(this.#directory, `${mark}.json`);
  }
}

function readTrace(file: string): Trace | null {
  try {
    const { pid, mark, plugin } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Trace>;
    return typeof mark === 'string' && mark !== '' ? { pid: pid ?? 0, mark, plugin: plugin ?? '' } : null;
  } catch {
    return null;
  }
}

/** Processes of ours or others of this user that carry a mark. None where the system has no `/proc`. */
function markedProcesses(): { readonly pid: number; readonly mark: string }[] {
  const found: { pid: number; mark: string }[] = [];
  const start = `${MARK_VARIABLE}=`;
  for (const entry of listProcesses()) {
    try {
      for (const variable of readFileSync(`/proc/${entry}/environ`, 'latin1').split('\0')) {
        if (variable.startsWith(start)) found.push({ pid: Number(entry), mark: variable.slice(start.length) });
      }
    } catch {
      // Gone meanwhile, or another user's.
    }
  }
  return found;
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself just now.
  }
}
