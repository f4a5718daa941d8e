/**
 * One plugin as it is kept running: its processes, its control channel, and what it has been told to run. The control
 * channel listens before a process is started, since some SDKs dial only once. Sources and sinks run in the first
 * process, functions in all. Source: behaviour spec, extension §4.3, §4.6, §4.11, §11.
 */
import { errorText, type KuiperError } from '@kuiper/base';
import { type Handshake, RequestChannel } from './channel/request-channel.ts';
import { commandKey, controlCommand } from './control-commands.ts';
import { portableErrors } from './errors.ts';
import { type InstanceOwner, PluginInstance } from './plugin-instance.ts';
import type { ProcessSurroundings } from './plugin-process.ts';
import type { PluginProgram } from './plugin-program.ts';
import type { ControlArgument, PortableState, PortableStatus } from './portable-control.ts';
import type { PortableOptions } from './portable-options.ts';
import type { StartTurns } from './start-turns.ts';

export interface SupervisedSurroundings extends ProcessSurroundings {
  readonly options: PortableOptions;
  readonly startTurns: StartTurns;
  /** Called after each change of {@link SupervisedPlugin.state}. */
  readonly onState: (state: PortableState) => void;
}

/** The answer of `GET /plugins/portables/{name}/status`; what follows `errMsg` is ours. */
export interface PortableReport {
  /** Rule → sources and sinks of the plugin that it has started. */
  readonly refCount: Readonly<Record<string, number>>;
  readonly status: PortableStatus;
  readonly errMsg: string;
  /** Of the first process; 0 while there is none. */
  readonly pid: number;
  /** Of the first process, ms since the epoch; 0 before the first. */
  readonly startTime: number;
  /** Times that a process which had ended was started again. */
  readonly restarts: number;
  /** What went wrong last; stays when the plugin runs again. */
  readonly lastError: string;
}

export class SupervisedPlugin {
  readonly name: string;
  readonly #around: SupervisedSurroundings;
  #program: PluginProgram;
  #channel: RequestChannel | null = null;
  #instances: PluginInstance[] = [];
  /** Processes of instances that are no more. */
  #formerStarts = 0;
  /** Told and not taken back, by key, in order. */
  readonly #commands = new Map<string, ControlArgument>();
  #greeted: ((handshake: Handshake) => void) | null = null;
  /** Counts what it was asked to run, or not to: the last one counts. */
  #order = 0;
  /** The instance being started; see {@link InstanceOwner.inTurn}. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(program: PluginProgram, around: SupervisedSurroundings) {
    this.name = program.name;
    this.#program = program;
    this.#around = around;
  }

  get state(): PortableState {
    return {
      plugin: this.name,
      status: this.#status(),
      errMsg: this.#errMsg(),
      generation: this.#instances.reduce((sum, { starts }) => sum + starts, this.#formerStarts),
      instances: this.#program.instances,
      extras: this.#instances[0]?.extras ?? [],
    };
  }

  report(): PortableReport {
    const refCount: Record<string, number> = {};
    for (const { pluginType, meta } of this.#commands.values()) {
      if (pluginType === 'source' || pluginType === 'sink') refCount[meta.ruleId] = (refCount[meta.ruleId] ?? 0) + 1;
    }
    const [first] = this.#instances;
    return {
      refCount,
      status: this.#status(),
      errMsg: this.#errMsg(),
      pid: first?.pid ?? 0,
      startTime: first?.startedMs ?? 0,
      restarts: this.#instances.reduce((sum, { restarts }) => sum + restarts, 0),
      lastError: this.#instances.find(({ lastError }) => lastError !== '')?.lastError ?? '',
    };
  }

  /**
   * Ends what runs and starts this program in its place. Resolves when its processes run; what rules have started
   * before is started again in them. Rejects with what went wrong: then nothing runs, and nothing is tried again.
   */
  async replace(program: PluginProgram): Promise<void> {
    const order = ++this.#order;
    await this.#haltAll();
    // Removed meanwhile, or replaced by yet another one.
    if (order !== this.#order) throw portableErrors.NOT_RUNNING(this.name);
    const instances = this.#make(program);
    try {
      await Promise.all(instances.map((instance) => instance.startOnce()));
    } catch (error) {
      // The one that failed goes on saying why.
      await Promise.all(instances.filter(({ status }) => status !== 'error').map((instance) => instance.halt()));
      throw error;
    }
  }

  /** Starts the program, as often as it takes. Does not wait. */
  begin(): void {
    this.#order++;
    for (const instance of this.#make(this.#program)) instance.begin();
  }

  /** Ends the processes for good; what rules have started stays remembered, for a plugin that takes the place. */
  async close(): Promise<void> {
    const order = ++this.#order;
    await this.#haltAll();
    if (order !== this.#order) return;
    await this.#channel?.close();
    this.#channel = null;
  }

  async start(argument: ControlArgument): Promise<void> {
    const key = commandKey(argument);
    const instances = this.#instancesFor(argument);
    if (instances.length === 0) throw portableErrors.NOT_RUNNING(this.name);
    const outcomes = await Promise.allSettled(
      instances.map(async (instance) => {
        const before = instance.starts;
        await instance.whenRunning();
        // What has just been told anew need not be told twice; a Python plugin would run it twice.
        const isTold = argument.pluginType === 'func' && instance.starts !== before && instance.runs(key);
        if (isTold) return;
        // Started by a thread that did not live to stop it: twice would send everything twice.
        if (!isForAll(argument)) await instance.tellStop(key, argument).catch(() => undefined);
        await instance.tellStart(key, argument);
      }),
    );
    // A process that is down now hears of it when it is up again.
    const [first] = outcomes;
    if (first?.status === 'rejected' && outcomes.every(({ status }) => status === 'rejected')) throw first.reason;
    this.#commands.set(key, argument);
  }

  async stop(argument: ControlArgument): Promise<void> {
    const key = commandKey(argument);
    this.#commands.delete(key);
    await Promise.all(this.#instancesFor(argument).map((instance) => instance.tellStop(key, argument)));
  }

  async #haltAll(): Promise<void> {
    await Promise.all(this.#instances.map((instance) => instance.halt()));
  }

  #make(program: PluginProgram): readonly PluginInstance[] {
    this.#program = program;
    this.#formerStarts = this.#instances.reduce((sum, { starts }) => sum + starts, this.#formerStarts);
    this.#instances = Array.from({ length: program.instances }, (_, i) => new PluginInstance(this.#owner(i)));
    return this.#instances;
  }

  #instancesFor(argument: ControlArgument): readonly PluginInstance[] {
    return isForAll(argument) ? this.#instances : this.#instances.slice(0, 1);
  }

  /** Calls go on as long as one process is left. */
  #status(): PortableStatus {
    if (this.#instances.some(({ status }) => status === 'running')) return 'running';
    return this.#instances[0]?.status ?? 'initializing';
  }

  #errMsg(): string {
    return this.#instances.find(({ errMsg }) => errMsg !== '')?.errMsg ?? '';
  }

  #owner(index: number): InstanceOwner {
    const { clock, logger, traces, pythonBin, outputLimits, options, startTurns, onState } = this.#around;
    const program = this.#program;
    return {
      clock,
      logger,
      traces,
      pythonBin,
      ...(outputLimits === undefined ? {} : { outputLimits }),
      initTimeoutMs: options.initTimeoutMs,
      startTurns,
      program,
      inTurn: (work) => {
        const done = this.#turn.then(work);
        this.#turn = done.catch(() => undefined);
        return done;
      },
      expectHandshake: async () => {
        const channel = await this.#listen();
        channel.spawned(program.instances);
        return {
          greeting: new Promise((resolve) => {
            this.#greeted = resolve;
          }),
        };
      },
      hasExtras: options.extras,
      wanted: () => this.#wantedOf(index),
      tell: (command, argument, to) => this.#tell(command, argument, to),
      forget: (key) => void this.#commands.delete(key),
      changed: () => onState(this.state),
    };
  }

  async #listen(): Promise<RequestChannel> {
    const path = `/tmp/plugin_${this.name}.ipc`;
    try {
      this.#channel ??= await RequestChannel.listen(`ipc://${path}`, {
        clock: this.#around.clock,
        onHandshake: (handshake) => {
          // A process that is known only comes back: what it runs it still runs.
          if (handshake.isNewProcess) this.#greeted?.(handshake);
        },
      });
      return this.#channel;
    } catch (error) {
      throw portableErrors.LISTEN('rep', errorText(error), path, { cause: error });
    }
  }

  /** A process that only knows the common protocol has one channel for each function, whoever calls it. */
  #wantedOf(index: number): [string, ControlArgument][] {
    const hasExtras = (this.#instances[index]?.extras.length ?? 0) > 0;
    const seen = new Set<string>();
    return [...this.#commands].filter(([, argument]) => {
      if (index > 0 && !isForAll(argument)) return false;
      if (hasExtras || argument.pluginType !== 'func') return true;
      const isFirst = !seen.has(argument.symbolName);
      seen.add(argument.symbolName);
      return isFirst;
    });
  }

  async #tell(
    command: 'start' | 'stop',
    argument: ControlArgument,
    { process, extras }: { readonly process: number; readonly extras: readonly string[] },
  ): Promise<string> {
    if (this.#channel === null) throw portableErrors.NOT_RUNNING(this.name);
    const timeoutMs = this.#around.options.controlTimeoutMs;
    try {
      const body = controlCommand(command, argument, extras);
      return (await this.#channel.call(body, { timeoutMs, onLoss: 'reissue', process })).toString('utf8');
    } catch (error) {
      if ((error as KuiperError).id !== 'TIME_OUT') throw error;
      throw portableErrors.CONTROL_TIMEOUT(this.name, command, timeoutMs / 1000, { cause: error });
    }
  }
}

/** Functions run in every process; a source would send everything as often as there are processes. */
function isForAll({ pluginType }: ControlArgument): boolean {
  return pluginType === 'func' || pluginType === 'lookup';
}
