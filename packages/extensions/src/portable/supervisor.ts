/** Runs the processes of all portable plugins: the control plane's end of {@link PortableControl}. */
import { availableParallelism } from 'node:os';
import { type Clock, errorText, type Logger } from '@kuiper/base';
import { portableErrors } from './errors.ts';
import type { OutputLimits } from './plugin-output.ts';
import type { PluginProgram } from './plugin-program.ts';
import type { ControlArgument, PortableControl, PortableState } from './portable-control.ts';
import { defaultPortableOptions, type PortableOptions } from './portable-options.ts';
import { ProcessTraces } from './process-traces.ts';
import { StartTurns } from './start-turns.ts';
import { type PortableReport, SupervisedPlugin } from './supervised-plugin.ts';

export interface SupervisorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly portable?: Partial<PortableOptions>;
  /** Absolute directory for the records of running processes, made when missing. */
  readonly tracesPath: string;
  readonly outputLimits?: OutputLimits;
}

/** How long the end of the server waits for the ends of processes that have been killed. */
const CLOSE_LIMIT_MS = 5000;

export class Supervisor implements PortableControl {
  readonly #options: SupervisorOptions;
  readonly #portable: PortableOptions;
  readonly #traces: ProcessTraces;
  readonly #startTurns: StartTurns;
  readonly #listeners = new Set<(state: PortableState) => void>();
  /** Removed ones stay: rules that still use them find a plugin of the same name again. */
  readonly #plugins = new Map<string, SupervisedPlugin>();
  readonly #present = new Set<string>();

  /** Ends at once what an earlier engine that was killed has left running. */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#portable = { ...defaultPortableOptions, ...options.portable };
    this.#traces = new ProcessTraces(options.tracesPath, options.logger);
    this.#traces.killLeftovers();
    this.#startTurns = new StartTurns(options.clock, availableParallelism() + 1);
  }

  /**
   * Runs a program, in place of the one of this name if there is one. Resolves with its handshake; sources, sinks and
   * functions that rules have started in the one before are started again by themselves.
   * Rejects with the text users see; then it does not run, and `put` of the one before or `remove` should follow.
   */
  async put(program: PluginProgram): Promise<void> {
    this.#present.add(program.name);
    await this.#plugin(program).replace(program);
  }

  /**
   * Runs a program from now on, also when it ends at once; nothing happens when it is run already. Does not wait: what
   * rules start meanwhile waits for it.
   */
  begin(program: PluginProgram): void {
    if (this.#present.has(program.name)) return;
    this.#present.add(program.name);
    this.#plugin(program).begin();
  }

  /** Ends the processes of a plugin; its status can still be asked for. */
  async remove(name: string): Promise<void> {
    this.#present.delete(name);
    await this.#plugins.get(name)?.close();
  }

  async start(plugin: string, argument: ControlArgument): Promise<void> {
    const supervised = this.#present.has(plugin) ? this.#plugins.get(plugin) : undefined;
    if (supervised === undefined) throw portableErrors.NOT_RUNNING(plugin);
    await supervised.start(argument);
  }

  async stop(plugin: string, argument: ControlArgument): Promise<void> {
    await this.#plugins.get(plugin)?.stop(argument);
  }

  state(plugin: string): PortableState | undefined {
    return this.#present.has(plugin) ? this.#plugins.get(plugin)?.state : undefined;
  }

  onState(listener: (state: PortableState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Undefined for a name that never was installed since the server started. */
  report(plugin: string): PortableReport | undefined {
    return this.#plugins.get(plugin)?.report();
  }

  /** Kills every process. Resolves when all have ended, or after 5 s. */
  async close(): Promise<void> {
    this.#present.clear();
    const { clock } = this.#options;
    const closed = Promise.all([...this.#plugins.values()].map((plugin) => plugin.close()));
    await Promise.race([
      closed,
      new Promise((resolve) => clock.setTimer(clock.now() + CLOSE_LIMIT_MS, () => resolve(undefined))),
    ]);
  }

  #plugin(program: PluginProgram): SupervisedPlugin {
    let plugin = this.#plugins.get(program.name);
    if (plugin === undefined) {
      const { clock, logger, outputLimits } = this.#options;
      plugin = new SupervisedPlugin(program, {
        clock,
        logger,
        traces: this.#traces,
        pythonBin: this.#portable.pythonBin,
        options: this.#portable,
        startTurns: this.#startTurns,
        onState: (state) => this.#tell(state),
        ...(outputLimits === undefined ? {} : { outputLimits }),
      });
      this.#plugins.set(program.name, plugin);
    }
    return plugin;
  }

  #tell(state: PortableState): void {
    for (const listener of this.#listeners) {
      try {
        listener(state);
      } catch (error) {
        this.#options.logger.error(`portable plugin ${state.plugin}: ${errorText(error)}`);
      }
    }
  }
}
