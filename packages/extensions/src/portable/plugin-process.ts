/** One process of a plugin: started in a group of its own, listened to, and ended with everything it started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type Clock, errorText, type Logger } from '@kuiper/base';
import { portableErrors } from './errors.ts';
import { defaultOutputLimits, type OutputLimits, PluginOutput } from './plugin-output.ts';
import { invocationOf, type PluginProgram } from './plugin-program.ts';
import { residentBytes } from './process-memory.ts';
import { MARK_VARIABLE, type ProcessTraces } from './process-traces.ts';

export interface ProcessEnd {
  /** `exit status 1`, `signal: killed`; or why it was ended. */
  readonly text: string;
  /** The last line it wrote to its error stream; empty when there is none. */
  readonly lastErrorLine: string;
}

export interface ProcessSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly traces: ProcessTraces;
  readonly pythonBin: string;
  readonly outputLimits?: OutputLimits;
}

const MEMORY_CHECK_MS = 2000;
/** How long output may come after the end of the process: something it left behind may hold the streams. */
const LATE_OUTPUT_MS = 200;

/** As Go prints them. */
const signalTexts: Readonly<Record<string, string>> = {
  SIGKILL: 'killed',
  SIGTERM: 'terminated',
  SIGINT: 'interrupt',
  SIGHUP: 'hangup',
  SIGABRT: 'aborted',
  SIGSEGV: 'segmentation fault',
  SIGBUS: 'bus error',
  SIGILL: 'illegal instruction',
  SIGFPE: 'floating point exception',
  SIGPIPE: 'broken pipe',
};

export class PluginProcess {
  readonly pid: number;
  readonly startedMs: number;
  /** Resolves once it has ended and what it started is told to. */
  readonly ended: Promise<ProcessEnd>;
  #reason = '';

  /**
   * Resolves when the program runs, though it may end at once.
   * Rejects with `fail to start plugin <name>: <why>` when it cannot be run.
   */
  static async start(program: PluginProgram, around: ProcessSurroundings): Promise<PluginProcess> {
    const { command, args, directory } = invocationOf(program, around.pythonBin);
    const mark = randomUUID();
    const child = spawn(command, args, {
      cwd: directory,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, [MARK_VARIABLE]: mark },
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'ENOENT' ? `${command} is not installed or not in PATH` : errorText(error);
        reject(portableErrors.START_FAILED(program.name, why, { cause: error }));
      });
    });
    return new PluginProcess(child, mark, program, around);
  }

  private constructor(child: ChildProcess, mark: string, program: PluginProgram, around: ProcessSurroundings) {
    const { clock, logger, traces, outputLimits = defaultOutputLimits } = around;
    this.pid = child.pid as number;
    this.startedMs = clock.now();
    traces.add({ pid: this.pid, mark, plugin: program.name });
    const output = new PluginOutput({ name: program.name, clock, logger, limits: outputLimits });
    if (child.stdout !== null) output.follow(child.stdout, false);
    if (child.stderr !== null) output.follow(child.stderr, true);
    const stopWatching = this.#watchMemory(program.maxMemoryBytes, clock);
    this.ended = new Promise((resolve) => {
      child.once('exit', (status, signal) => {
        stopWatching();
        // What the program has started must not outlive it.
        this.#signalGroup();
        const text = signal === null ? `exit status ${status}` : `signal: ${signalTexts[signal] ?? signal}`;
        const finish = (): void => {
          timer.cancel();
          output.flush();
          traces.remove(mark);
          resolve({ text: this.#reason === '' ? text : this.#reason, lastErrorLine: output.lastErrorLine });
        };
        const timer = clock.setTimer(clock.now() + LATE_OUTPUT_MS, () => {
          child.stdout?.destroy();
          child.stderr?.destroy();
        });
        child.once('close', finish);
      });
    });
  }

  /**
   * Ends the whole group at once.
   * @param reason shown instead of the signal
   */
  kill(reason = ''): void {
    this.#reason ||= reason;
    this.#signalGroup();
  }

  #signalGroup(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  }

  #watchMemory(limitBytes: number | null, clock: Clock): () => void {
    if (limitBytes === null) return () => {};
    const check = (): void => {
      const bytes = residentBytes(this.pid);
      if (bytes > limitBytes) {
        this.kill(`memory limit: ${mebibytes(bytes)} MiB in use, ${mebibytes(limitBytes)} MiB allowed`);
      } else timer = clock.setTimer(clock.now() + MEMORY_CHECK_MS, check);
    };
    let timer = clock.setTimer(clock.now() + MEMORY_CHECK_MS, check);
    return () => timer.cancel();
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
