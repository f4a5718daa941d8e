/**
 * One plugin as it is kept running: its processes, its control channel, and what it has been told to run.
 *
 * The control channel listens before a process is started, since some SDKs dial only once. A process counts as running
 * with its handshake; then everything it was told before is told again, in the old order. A process that ends is
 * started again, after a wait that doubles from 0.1 s to 30 s and begins anew after a minute of health.
 * Source: behaviour spec, extension §4.3, §4.6, §4.11, §11.
 */
import { type Clock, errorText, type KuiperError, type Logger, type Timer } from '@kuiper/base';
import { Backoff } from './backoff.ts';
import { type Handshake, RequestChannel } from './channel/request-channel.ts';
import { commandKey, controlCommand, isGoneAlready, negotiatedExtras } from './control-commands.ts';
import { portableErrors } from './errors.ts';
import { PluginProcess, type ProcessEnd, type ProcessSurroundings } from './plugin-process.ts';
import type { PluginProgram } from './plugin-program.ts';
import type { ControlArgument, PortableState, PortableStatus } from './portable-control.ts';
import type { PortableOptions } from './portable-options.ts';

export interface SupervisedSurroundings extends ProcessSurroundings {
  readonly options: PortableOptions;
  /** Called after each change of {@link SupervisedPlugin.state}. */
  readonly onState: (state: PortableState) => void;
}

/** The answer of `GET /plugins/portables/{name}/status`; what follows `errMsg` is ours. */
export interface PortableReport {
  /** Rule → sources and sinks of the plugin that it has started. */
  readonly refCount: Readonly<Record<string, number>>;
  readonly status: PortableStatus;
  readonly errMsg: string;
  /** 0 while no process runs. */
  readonly pid: number;
  /** Of the process, ms since the epoch; 0 before the first. */
  readonly startTime: number;
  /** Times that a process which had ended was started again. */
  readonly restarts: number;
  /** What went wrong last; stays when the plugin runs again. */
  readonly lastError: string;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 30_000;
const HEALTHY_MS = 60_000;

export class SupervisedPlugin {
  readonly name: string;
  readonly #around: SupervisedSurroundings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #program: PluginProgram;
  #channel: RequestChannel | null = null;
  #process: PluginProcess | null = null;
  #status: PortableStatus = 'initializing';
  #errMsg = '';
  #lastError = '';
  #generation = 0;
  #restarts = 0;
  #startedMs = 0;
  #extras: readonly string[] = [];
  /** Processes that end are started again. */
  #isWanted = false;
  /** An attempt to start, up to the end of telling again what the plugin had been told. */
  #launching: Promise<void> | null = null;
  readonly #restartWait = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
  #restartTimer: Timer | null = null;
  #replayTimer: Timer | null = null;
  /** Told and not taken back, by key, in order. */
  readonly #commands = new Map<string, ControlArgument>();
  /** Keys of those that the present process has confirmed. */
  #confirmed = new Set<string>();
  #greeted: ((handshake: Handshake) => void) | null = null;

  constructor(program: PluginProgram, around: SupervisedSurroundings) {
    this.name = program.name;
    this.#program = program;
    this.#around = around;
    this.#clock = around.clock;
    this.#logger = around.logger;
  }

  get state(): PortableState {
    return {
      plugin: this.name,
      status: this.#status,
      errMsg: this.#errMsg,
      generation: this.#generation,
      instances: this.#program.instances,
      extras: this.#extras,
    };
  }

  report(): PortableReport {
    const refCount: Record<string, number> = {};
    for (const { pluginType, meta } of this.#commands.values()) {
      if (pluginType === 'source' || pluginType === 'sink') refCount[meta.ruleId] = (refCount[meta.ruleId] ?? 0) + 1;
    }
    return {
      refCount,
      status: this.#status,
      errMsg: this.#errMsg,
      pid: this.#process?.pid ?? 0,
      startTime: this.#startedMs,
      restarts: this.#restarts,
      lastError: this.#lastError,
    };
  }

  /**
   * Ends what runs and starts this program in its place. Resolves with the handshake; what rules have started before is
   * started again after it. Rejects with what went wrong: then nothing runs, and nothing is tried again.
   */
  async replace(program: PluginProgram): Promise<void> {
    await this.halt();
    this.#program = program;
    this.#restartWait.reset();
    this.#isWanted = true;
    try {
      await this.#launch();
    } catch (error) {
      this.#isWanted = false;
      throw error;
    }
  }

  /** Starts the program, as often as it takes. Does not wait. */
  begin(): void {
    this.#isWanted = true;
    this.#launchOrRetry();
  }

  /** Ends the processes for good; what rules have started stays remembered, for a plugin that takes the place. */
  async halt(): Promise<void> {
    this.#isWanted = false;
    this.#restartTimer?.cancel();
    this.#replayTimer?.cancel();
    const { ended } = this.#process ?? {};
    this.#process?.kill();
    await this.#launching?.catch(() => undefined);
    await ended;
    this.#setStatus('stop', '');
  }

  /** As `halt`; the control channel is closed too. */
  async close(): Promise<void> {
    await this.halt();
    await this.#channel?.close();
    this.#channel = null;
  }

  async start(argument: ControlArgument): Promise<void> {
    const key = commandKey(argument);
    const before = this.#generation;
    await this.#whenRunning();
    // What has just been told again need not be told twice; a Python plugin would run it twice.
    const isTold = argument.pluginType === 'func' && this.#generation !== before && this.#confirmed.has(key);
    if (!isTold) await this.#tellStart(key, argument);
    this.#commands.set(key, argument);
  }

  async stop(argument: ControlArgument): Promise<void> {
    const key = commandKey(argument);
    this.#commands.delete(key);
    await this.#launching?.catch(() => undefined);
    if (!this.#confirmed.delete(key)) return;
    const reply = await this.#call('stop', argument);
    if (reply !== 'ok' && !isGoneAlready(reply)) throw portableErrors.REFUSED(reply);
  }

  /** Resolves when a process runs; one that waits for its next attempt is started at once. */
  async #whenRunning(): Promise<void> {
    if (this.#isWanted && this.#status !== 'running' && this.#launching === null) this.#relaunch();
    await this.#launching;
    if (this.#status !== 'running') throw portableErrors.NOT_RUNNING(this.name);
  }

  async #tellStart(key: string, argument: ControlArgument): Promise<void> {
    const process = this.#process;
    let reply: string;
    try {
      reply = await this.#call('start', argument);
    } catch (error) {
      // It may still come up, long after anybody waits for it.
      if ((error as KuiperError).id === 'CONTROL_TIMEOUT' && argument.pluginType !== 'func') {
        this.#call('stop', argument).catch(() => undefined);
      }
      throw error;
    }
    if (reply !== 'ok') throw portableErrors.REFUSED(reply);
    if (this.#process === process) this.#confirmed.add(key);
  }

  async #call(command: 'start' | 'stop', argument: ControlArgument): Promise<string> {
    const channel = this.#channel;
    if (channel === null || this.#process === null) throw portableErrors.NOT_RUNNING(this.name);
    const timeoutMs = this.#around.options.controlTimeoutMs;
    try {
      const reply = await channel.call(controlCommand(command, argument), { timeoutMs, onLoss: 'reissue' });
      return reply.toString('utf8');
    } catch (error) {
      if ((error as KuiperError).id !== 'TIME_OUT') throw error;
      throw portableErrors.CONTROL_TIMEOUT(this.name, command, timeoutMs / 1000, { cause: error });
    }
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
      this.#logger.error(`portable plugin ${this.name}: ${errorText(error)}`);
      this.#retryLater();
    });
  }

  #retryLater(): void {
    if (!this.#isWanted) return;
    const atMs = this.#clock.now() + this.#restartWait.next();
    this.#restartTimer?.cancel();
    this.#restartTimer = this.#clock.setTimer(atMs, () => {
      // The process may have ended while it was told again what to run: that comes to its end first.
      if (this.#launching === null) this.#relaunch();
      else void this.#launching.catch(() => undefined).then(() => this.#process ?? this.#retryLater());
    });
  }

  #relaunch(): void {
    if (!this.#isWanted) return;
    this.#restarts++;
    this.#launchOrRetry();
  }

  async #attempt(): Promise<void> {
    this.#generation++;
    this.#setStatus('initializing', '');
    try {
      await this.#listen();
      await this.#startProcess();
    } catch (error) {
      this.#lastError = errorText(error);
      this.#setStatus(this.#isWanted ? 'error' : 'stop', this.#isWanted ? this.#lastError : '');
      throw error;
    }
    await this.#replay();
  }

  async #listen(): Promise<void> {
    if (this.#channel !== null) return;
    const path = `/tmp/plugin_${this.name}.ipc`;
    try {
      this.#channel = await RequestChannel.listen(`ipc://${path}`, {
        clock: this.#clock,
        onHandshake: (handshake) => this.#greeted?.(handshake),
      });
    } catch (error) {
      throw portableErrors.LISTEN('rep', errorText(error), path, { cause: error });
    }
  }

  /** Resolves with the handshake; fails at once when the process ends before. */
  async #startProcess(): Promise<void> {
    const { options } = this.#around;
    const { executable } = this.#program;
    this.#channel?.spawned(1);
    const greeting = new Promise<Handshake>((resolve) => {
      this.#greeted = resolve;
    });
    const process = await PluginProcess.start(this.#program, this.#around);
    this.#process = process;
    this.#startedMs = process.startedMs;
    this.#confirmed = new Set();
    void process.ended.then((end) => this.#ended(process, end));
    // Asked to end while it was being started.
    if (!this.#isWanted) process.kill();
    let timer: Timer | null = null;
    const tooLate = new Promise<string>((resolve) => {
      timer = this.#clock.setTimer(this.#clock.now() + options.initTimeoutMs, () => resolve('receive time out'));
    });
    const outcome = await Promise.race([greeting, process.ended.then(endText), tooLate]);
    (timer as Timer | null)?.cancel();
    this.#greeted = null;
    if (typeof outcome === 'string' || this.#process !== process) {
      process.kill();
      const end = await process.ended;
      throw portableErrors.HANDSHAKE(executable, typeof outcome === 'string' ? outcome : endText(end));
    }
    this.#extras = negotiatedExtras(outcome.body);
    this.#setStatus('running', '');
  }

  #ended(process: PluginProcess, end: ProcessEnd): void {
    if (this.#process !== process) return;
    this.#process = null;
    this.#replayTimer?.cancel();
    this.#confirmed = new Set();
    this.#channel?.failAll(`plugin ${this.name} has ended: ${end.text}`);
    // While it is being started, that attempt says what happened.
    if (this.#status !== 'running') return;
    if (!this.#isWanted) return;
    this.#lastError = endText(end);
    this.#logger.error(`portable plugin ${this.name} has ended: ${this.#lastError}`);
    this.#setStatus('error', end.text);
    if (this.#clock.now() - process.startedMs >= HEALTHY_MS) this.#restartWait.reset();
    this.#retryLater();
  }

  /** Tells a new process what the one before was told. What fails is tried again for as long as it is wanted. */
  async #replay(): Promise<void> {
    const process = this.#process;
    const wait = new Backoff(1000, LONGEST_WAIT_MS);
    const round = async (): Promise<void> => {
      let failed = 0;
      for (const [key, argument] of [...this.#commands]) {
        if (this.#process !== process || process === null) return;
        if (this.#confirmed.has(key) || !this.#commands.has(key)) continue;
        try {
          await this.#tellStart(key, argument);
        } catch (error) {
          failed++;
          this.#lastError = `${argument.pluginType} ${argument.symbolName} is not running again: ${errorText(error)}`;
          this.#logger.error(`portable plugin ${this.name}: ${this.#lastError}`);
        }
      }
      if (failed > 0 && this.#process === process) {
        this.#replayTimer = this.#clock.setTimer(this.#clock.now() + wait.next(), () => void round());
      }
    };
    await round();
  }

  #setStatus(status: PortableStatus, errMsg: string): void {
    this.#status = status;
    this.#errMsg = errMsg;
    this.#around.onState(this.state);
  }
}

function endText({ text, lastErrorLine }: ProcessEnd): string {
  return lastErrorLine === '' ? text : `${text}: ${lastErrorLine}`;
}
