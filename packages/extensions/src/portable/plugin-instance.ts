/**
 * One process of a plugin as it is kept running. It counts as running with its handshake; then everything it should run
 * is told to it, in the order in which it was asked for. A process that ends is started again, after a wait that doubles
 * from 0.1 s to 30 s and begins anew after ten seconds of health.
 * Source: behaviour spec, extension §4.11, §11.
 */
import { errorText, type KuiperError, type Timer } from '@kuiper/base';
import { Backoff } from './backoff.ts';
import type { Handshake } from './channel/request-channel.ts';
import { isGoneAlready, isLinkGone, negotiatedExtras } from './control-commands.ts';
import { portableErrors } from './errors.ts';
import { PluginProcess, type ProcessEnd, type ProcessSurroundings } from './plugin-process.ts';
import type { PluginProgram } from './plugin-program.ts';
import type { ControlArgument, PortableStatus } from './portable-control.ts';
import type { StartTurn, StartTurns } from './start-turns.ts';

/** What an instance asks of the plugin it belongs to. */
export interface InstanceOwner extends ProcessSurroundings {
  readonly initTimeoutMs: number;
  readonly startTurns: StartTurns;
  readonly program: PluginProgram;
  /** False: only the common protocol is spoken. */
  readonly hasExtras: boolean;
  /**
   * Has `work` done while no other instance of the plugin is being started: the next connection is then that of the
   * process which `work` starts.
   */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Listens, and resolves `greeting` with the next handshake. */
  expectHandshake(): Promise<{ readonly greeting: Promise<Handshake> }>;
  /** What this instance should run, by key. Read anew for each entry. */
  wanted(): Iterable<readonly [string, ControlArgument]>;
  /** Sends a command to a process; its answer. @param to number of the process on the control channel */
  tell(
    command: 'start' | 'stop',
    argument: ControlArgument,
    to: { readonly process: number; readonly extras: readonly string[] },
  ): Promise<string>;
  /** What was asked for has nobody any more who waits for it. */
  forget(key: string): void;
  /** Status, error or process have changed. */
  changed(): void;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 30_000;
/** A process that lives so long takes more time to work than to start. */
const HEALTHY_MS = 10_000;
const REPLAY_WAIT_MS = 1000;

export class PluginInstance {
  status: PortableStatus = 'initializing';
  errMsg = '';
  /** What went wrong last; stays when the process runs again. */
  lastError = '';
  /** Of the process, ms since the epoch; 0 before the first. */
  startedMs = 0;
  /** Times that a process which had ended was started again. */
  restarts = 0;
  /** Processes started so far. */
  starts = 0;
  /** What has been agreed on with the process beyond the common protocol. */
  extras: readonly string[] = [];
  readonly #owner: InstanceOwner;
  #process: PluginProcess | null = null;
  /** Its number on the control channel. */
  #number = 0;
  #isWanted = false;
  /** Those who wait until it runs. */
  #waiters = 0;
  #startTurn: StartTurn | null = null;
  /** An attempt to start, up to the end of telling what to run. */
  #launching: Promise<void> | null = null;
  readonly #wait = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
  #restartTimer: Timer | null = null;
  #replayTimer: Timer | null = null;
  /** Keys of what the present process has said that it runs. */
  #confirmed = new Set<string>();
  /** Commands that wait for an answer of the present process. */
  readonly #asked = new Set<(error: Error) => void>();

  constructor(owner: InstanceOwner) {
    this.#owner = owner;
  }

  /** 0 while no process runs. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts the process, once. Rejects with why it does not come up; then nothing is tried again. */
  async startOnce(): Promise<void> {
    this.#isWanted = true;
    this.#wait.reset();
    try {
      await this.#awaited(() => this.#launch());
    } catch (error) {
      this.#isWanted = false;
      throw error;
    }
  }

  /** Starts the process, as often as it takes. Does not wait. */
  begin(): void {
    this.#isWanted = true;
    this.#launchOrRetry();
  }

  /** Ends the process for good. */
  async halt(): Promise<void> {
    this.#isWanted = false;
    this.#restartTimer?.cancel();
    this.#replayTimer?.cancel();
    const { ended } = this.#process ?? {};
    this.#process?.kill();
    await this.#awaited(async () => this.#launching?.catch(() => undefined));
    await ended;
    this.#setStatus('stop', '');
  }

  /** Resolves when the process runs; one that waits for its next attempt is started at once. */
  async whenRunning(): Promise<void> {
    if (this.#isWanted && this.status !== 'running' && this.#launching === null) this.#relaunch();
    await this.#awaited(async () => this.#launching);
    if (this.status !== 'running') throw portableErrors.NOT_RUNNING(this.#owner.program.name);
  }

  async #awaited<T>(wait: () => Promise<T>): Promise<T> {
    this.#waiters++;
    this.#startTurn?.hurry();
    try {
      return await wait();
    } finally {
      this.#waiters--;
    }
  }

  /** Whether the present process runs this already. */
  runs(key: string): boolean {
    return this.#confirmed.has(key);
  }

  async tellStart(key: string, argument: ControlArgument): Promise<void> {
    const process = this.#process;
    let reply: string;
    try {
      reply = await this.#tell('start', argument);
    } catch (error) {
      // It may still come up, long after anybody waits for it.
      if ((error as KuiperError).id === 'CONTROL_TIMEOUT' && argument.pluginType !== 'func') {
        this.#tell('stop', argument).catch(() => undefined);
      }
      throw error;
    }
    if (reply !== 'ok') throw portableErrors.REFUSED(reply);
    if (this.#process === process) this.#confirmed.add(key);
  }

  /** Does nothing when the present process does not run it. */
  async tellStop(key: string, argument: ControlArgument): Promise<void> {
    await this.#launching?.catch(() => undefined);
    if (!this.#confirmed.delete(key)) return;
    const reply = await this.#tell('stop', argument);
    if (reply !== 'ok' && !isGoneAlready(reply)) throw portableErrors.REFUSED(reply);
  }

  /** Fails as soon as the process ends. */
  async #tell(command: 'start' | 'stop', argument: ControlArgument): Promise<string> {
    const { name } = this.#owner.program;
    if (this.#process === null) throw portableErrors.NOT_RUNNING(name);
    const answer = this.#owner.tell(command, argument, { process: this.#number, extras: this.extras });
    return new Promise((resolve, reject) => {
      this.#asked.add(reject);
      answer.then(resolve, reject).finally(() => this.#asked.delete(reject));
    });
  }

  #launch(): Promise<void> {
    if (this.#launching === null) {
      this.#restartTimer?.cancel();
      this.#launching = this.#attempt().finally(() => {
        this.#launching = null;
      });
    }
    return this.#launching;
  }

  #launchOrRetry(): void {
    this.#launch().catch((error: unknown) => {
      const { logger, program } = this.#owner;
      logger.error(`portable plugin ${program.name}: ${errorText(error)}`);
      this.#retryLater();
    });
  }

  #retryLater(): void {
    if (!this.#isWanted) return;
    this.#restartTimer?.cancel();
    this.#restartTimer = this.#in(this.#wait.next(), () => {
      // The process may have ended while it was told what to run: that comes to its end first.
      if (this.#launching === null) this.#relaunch();
      else void this.#launching.catch(() => undefined).then(() => this.#process ?? this.#retryLater());
    });
  }

  #relaunch(): void {
    if (!this.#isWanted) return;
    this.restarts++;
    this.#launchOrRetry();
  }

  async #attempt(): Promise<void> {
    this.starts++;
    this.#setStatus('initializing', '');
    try {
      await this.#owner.inTurn(() => this.#startInTurn());
    } catch (error) {
      this.lastError = errorText(error);
      this.#setStatus(this.#isWanted ? 'error' : 'stop', this.#isWanted ? this.lastError : '');
      throw error;
    }
    await this.#replay();
  }

  async #startInTurn(): Promise<void> {
    const turn = this.#owner.startTurns.enter();
    this.#startTurn = turn;
    if (this.#waiters > 0) turn.hurry();
    try {
      await turn.come;
      await this.#startProcess();
    } finally {
      this.#startTurn = null;
      turn.leave();
    }
  }

  /** Resolves with the handshake; fails at once when the process ends before. */
  async #startProcess(): Promise<void> {
    const { program, initTimeoutMs } = this.#owner;
    if (!this.#isWanted) throw portableErrors.NOT_RUNNING(program.name);
    const { greeting } = await this.#owner.expectHandshake();
    const process = await PluginProcess.start(program, this.#owner);
    this.#process = process;
    this.startedMs = process.startedMs;
    this.#confirmed = new Set();
    void process.ended.then((end) => this.#ended(process, end));
    // Asked to end while it was being started.
    if (!this.#isWanted) process.kill();
    let timer: Timer | null = null;
    const tooLate = new Promise<string>((resolve) => {
      timer = this.#in(initTimeoutMs, () => resolve('receive time out'));
    });
    const outcome = await Promise.race([greeting, process.ended.then(endText), tooLate]);
    (timer as Timer | null)?.cancel();
    if (typeof outcome === 'string' || this.#process !== process) {
      process.kill();
      const end = await process.ended;
      throw portableErrors.HANDSHAKE(program.executable, typeof outcome === 'string' ? outcome : endText(end));
    }
    this.#number = outcome.process;
    this.extras = this.#owner.hasExtras ? negotiatedExtras(outcome.body) : [];
    this.#setStatus('running', '');
  }

  #ended(process: PluginProcess, end: ProcessEnd): void {
    if (this.#process !== process) return;
    this.#process = null;
    this.#replayTimer?.cancel();
    this.#confirmed = new Set();
    for (const reject of this.#asked) reject(portableErrors.ENDED(this.#owner.program.name, endText(end)));
    this.#asked.clear();
    // While it is being started, that attempt says what happened.
    if (this.status !== 'running' || !this.#isWanted) return;
    const { logger, program, clock } = this.#owner;
    this.lastError = endText(end);
    logger.error(`portable plugin ${program.name} has ended: ${this.lastError}`);
    this.#setStatus('error', end.text);
    if (clock.now() - process.startedMs >= HEALTHY_MS) this.#wait.reset();
    this.#retryLater();
  }

  /** Tells a new process what to run. What fails is tried again for as long as it is wanted. */
  async #replay(): Promise<void> {
    const process = this.#process;
    const wait = new Backoff(REPLAY_WAIT_MS, LONGEST_WAIT_MS);
    const round = async (): Promise<void> => {
      let failed = 0;
      for (const [key, argument] of this.#owner.wanted()) {
        if (this.#process !== process || process === null) return;
        if (this.#confirmed.has(key)) continue;
        try {
          await this.tellStart(key, argument);
        } catch (error) {
          if (isLinkGone(errorText(error))) {
            this.#owner.forget(key);
            continue;
          }
          failed++;
          const { logger, program } = this.#owner;
          const text = `${argument.pluginType} ${argument.symbolName} is not running again: ${errorText(error)}`;
          if (text !== this.lastError) logger.error(`portable plugin ${program.name}: ${text}`);
          this.lastError = text;
        }
      }
      if (failed > 0 && this.#process === process) this.#replayTimer = this.#in(wait.next(), () => void round());
    };
    await round();
  }

  #setStatus(status: PortableStatus, errMsg: string): void {
    this.status = status;
    this.errMsg = errMsg;
    this.#owner.changed();
  }

  #in(waitMs: number, work: () => void): Timer {
    const { clock } = this.#owner;
    return clock.setTimer(clock.now() + waitMs, work);
  }
}

/** `exit status 1: ModuleNotFoundError: No module named 'x'`. What a process wrote before it was killed says nothing. */
function endText({ text, lastErrorLine }: ProcessEnd): string {
  return lastErrorLine === '' || !text.startsWith('exit status') ? text : `${text}: ${lastErrorLine}`;
}
