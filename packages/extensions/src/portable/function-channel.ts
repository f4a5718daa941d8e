/**
 * The channel of one function of a portable plugin: one for all rules of a thread, from the first use until the thread
 * ends. It outlives processes of the plugin. A call whose process ends fails at once, or is made again on the next one,
 * since its row has had no result; one that is the end of {@link ATTEMPTS} processes fails.
 * Source: behaviour spec, extension §4.9, §4.13.
 */
import { type Clock, errorText, type KuiperError, jsonText, type Logger, makeRowError, valueText } from '@kuiper/base';
import { callArgument } from '@kuiper/engine';
import type { Expr } from '@kuiper/sql';
import { argumentNodes } from './argument-json.ts';
import { GO_SDK_MAX_BYTES } from './channel/errors.ts';
import { RequestChannel } from './channel/request-channel.ts';
import { portableErrors } from './errors.ts';
import type { ControlArgument, PortableControl, PortableState } from './portable-control.ts';
import type { PortableOptions } from './portable-options.ts';
import type { CallSite } from './link/call-site.ts';
import { LinkFunction } from './link/link-function.ts';
import { linkKey } from './link/link-listener.ts';
import type { PluginLinks } from './link/plugin-links.ts';
import { functionPath } from './portable-place.ts';

export interface FunctionChannelOptions {
  readonly plugin: string;
  readonly symbol: string;
  readonly control: PortableControl;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: PortableOptions;
  readonly links: PluginLinks;
}

interface FunctionReply {
  readonly state: boolean;
  readonly result: unknown;
}

/** Processes that one call may be the end of. */
const ATTEMPTS = 3;

export class FunctionChannel {
  readonly plugin: string;
  readonly symbol: string;
  readonly #with: FunctionChannelOptions;
  #opening: Promise<void> | null = null;
  /** Null before it is open, and where another thread has it: then only the extended protocol is left. */
  #channel: RequestChannel | null = null;
  readonly #link: LinkFunction;
  #leaveLink: (() => void) | null = null;
  #generation = 0;
  /** What the plugin answered, and which process of it; null when it is to be asked. */
  #isAggregate: { readonly generation: number; readonly value: boolean } | null = null;
  readonly #stopListening: () => void;
  #hasWarned = false;
  /** Since when the plugin is ended on purpose, ms; null when it is not. */
  #haltedMs: number | null = null;
  #isClosed = false;
  /** Calls that wait for the next process. */
  #waiting: (() => void)[] = [];

  constructor(options: FunctionChannelOptions) {
    this.plugin = options.plugin;
    this.symbol = options.symbol;
    this.#with = options;
    this.#link = new LinkFunction(options.clock, options.options.recvTimeoutMs);
    this.#stopListening = options.control.onState((state) => {
      if (state.plugin === this.plugin) this.#follow(state);
    });
  }

  /** Listens and has the plugin start the function; does nothing when that is done. Rejects with the text users see. */
  async open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    await this.#opening;
  }

  /** Only asked once per process; what cannot be understood counts as no. */
  async isAggregate(): Promise<boolean> {
    const known = this.#isAggregate;
    if (known !== null && known.generation === this.#generation) return known.value;
    const generation = this.#generation;
    const { state, result } = await this.#call('IsAggregate', null);
    if (state && typeof result === 'boolean') {
      this.#isAggregate = { generation, value: result };
      return result;
    }
    this.#with.logger.warn(`function ${this.symbol} of plugin ${this.plugin} does not say whether it aggregates`);
    return false;
  }

  async validate(args: readonly Expr[]): Promise<void> {
    const nodes = argumentNodes(args);
    const knowsKinds = this.#isLinked && this.#with.control.state(this.plugin)?.extras.includes('validate') === true;
    const { state, result } = await this.#call('Validate', knowsKinds ? withKinds(nodes, args) : nodes);
    if (state) return;
    const text = `validate return state is false, got &{State:false Result:${valueText(result, 'any')}}`;
    throw portableErrors.VALIDATE(this.symbol, text);
  }

  /** Calls to be repeated wait for the next process as long as the plugin is to run. */
  exec(args: readonly unknown[], site: CallSite): Promise<unknown> {
    return site.isRepeated ? this.#execUntilAnswered(args, site) : this.#execOnce(args, site);
  }

  async #execUntilAnswered(args: readonly unknown[], site: CallSite): Promise<unknown> {
    let deaths = 0;
    for (;;) {
      const state = this.#with.control.state(this.plugin);
      if (site.isOver) throw makeRowError(`rule ${site.ruleId} has ended`);
      if (state !== undefined && state.status !== 'running' && (await this.#comesBack(state))) continue;
      try {
        return await this.#execOnce(args, site);
      } catch (error) {
        const { id } = ((error as Error).cause ?? error) as KuiperError;
        if (id === 'NOT_SENT') continue;
        if (id !== 'FAILED' && id !== 'CONNECTION_LOST') throw error;
        if (++deaths === ATTEMPTS) throw error;
      }
    }
  }

  /**
   * True when it is worth asking again whether a process runs. False when the plugin has been ended on purpose, and no new
   * version of it has come up for as long as a start may take.
   */
  #comesBack(state: PortableState): Promise<boolean> {
    const { clock, options, logger } = this.#with;
    const nowMs = clock.now();
    const untilMs = (this.#haltedMs ?? nowMs) + options.initTimeoutMs;
    if (this.#isClosed || untilMs <= nowMs) return Promise.resolve(false);
    if (this.#waiting.length === 0) {
      logger.warn(`calls of function ${this.symbol} wait for plugin ${this.plugin}: ${state.errMsg || state.status}`);
    }
    return new Promise((resolve) => {
      const goOn = (): void => {
        timer.cancel();
        resolve(true);
      };
      const timer = clock.setTimer(untilMs, () => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== goOn);
        resolve(this.#haltedMs === null);
      });
      this.#waiting.push(goOn);
    });
  }

  #execOnce(args: readonly unknown[], site: CallSite): Promise<unknown> {
    return this.#isLinked ? this.#execLinked(args, site) : this.#exec(args, site);
  }

  /** The run of a call site has ended. */
  drop(site: CallSite): void {
    site.isOver = true;
    for (const goOn of this.#waiting.splice(0)) goOn();
    this.#link.drop(site);
  }

  async #execLinked(args: readonly unknown[], site: CallSite): Promise<unknown> {
    this.#checkState();
    try {
      return await this.#link.call(site, args);
    } catch (error) {
      throw this.#explain(error, '');
    }
  }

  async #exec(args: readonly unknown[], site: CallSite): Promise<unknown> {
    const { state, result } = await this.#call('Exec', [...args, site.json]);
    if (state) return result;
    throw site.failure(result);
  }

  async close(): Promise<void> {
    this.#stopListening();
    // Nobody waits any more.
    this.#isClosed = true;
    for (const goOn of this.#waiting.splice(0)) goOn();
    await this.#opening?.catch(() => undefined);
    this.#leaveLink?.();
    await this.#channel?.close();
  }

  /** The process of now answers over a connection of its own. */
  get #isLinked(): boolean {
    if (this.#leaveLink === null) return false;
    return this.#with.control.state(this.plugin)?.extras.includes('batch') === true;
  }

  /** Throws when no process is there, or will be in a moment. */
  #checkState(): void {
    const state = this.#with.control.state(this.plugin);
    if (state === undefined) throw portableErrors.REMOVED(this.plugin);
    if (isDown(state)) throw makeRowError(this.#downText(state));
  }

  async #open(): Promise<void> {
    const { control, clock, links } = this.#with;
    const listener = await links.listen(this.plugin);
    if (listener !== null) this.#leaveLink = listener.serve(linkKey('func', this.symbol, '', '', 0), this.#link);
    const path = functionPath(this.symbol);
    let why: Error | null = null;
    const channel = await RequestChannel.listen(`ipc://${path}`, {
      clock,
      lanes: Math.max(1, control.state(this.plugin)?.instances ?? 1),
    }).catch((error: unknown) => {
      why = portableErrors.LISTEN('rep', errorText(error), path, { cause: error });
      return null;
    });
    const argument: ControlArgument = {
      symbolName: this.symbol,
      meta: { ruleId: '', opId: '', instanceId: 0 },
      pluginType: 'func',
      ...(listener === null ? {} : { link: listener.url }),
    };
    try {
      // Told of states only from here on: what happens to the process before is the start command's to say.
      this.#channel = channel;
      await control.start(this.plugin, argument);
      this.#generation = control.state(this.plugin)?.generation ?? 0;
      if (why !== null && !this.#isLinked) throw why;
    } catch (error) {
      this.#leaveLink?.();
      this.#leaveLink = null;
      this.#channel = null;
      await channel?.close();
      throw error;
    }
  }

  #follow(state: PortableState): void {
    if (state.generation !== this.#generation) {
      this.#generation = state.generation;
      this.#channel?.spawned(Math.max(1, state.instances));
    }
    if (state.status === 'running') {
      for (const goOn of this.#waiting.splice(0)) goOn();
    }
    this.#haltedMs = state.status === 'stop' ? (this.#haltedMs ?? this.#with.clock.now()) : null;
    if (!isDown(state)) return;
    this.#channel?.failAll(this.#downText(state));
    this.#link.failAll(this.#downText(state));
  }

  #downText({ status, errMsg }: PortableState): string {
    return errorText(portableErrors.CALL_DIED(this.plugin, status, errMsg));
  }

  async #call(func: 'IsAggregate' | 'Validate' | 'Exec', arg: unknown): Promise<FunctionReply> {
    this.#checkState();
    if (this.#isLinked && func !== 'Exec') return this.#ask(func, arg);
    const { options } = this.#with;
    const channel = this.#channel;
    if (channel === null) throw portableErrors.REMOVED(this.plugin);
    const body = jsonText({ func, arg });
    let reply: Buffer;
    try {
      reply = await channel.call(body, { timeoutMs: options.recvTimeoutMs, onLoss: 'fail' });
    } catch (error) {
      throw this.#explain(error, body);
    }
    return readReply(reply);
  }

  async #ask(func: 'IsAggregate' | 'Validate', arg: unknown): Promise<FunctionReply> {
    try {
      const { ok, value } = await this.#link.ask(func === 'Validate' ? 'validate' : 'aggregate', arg);
      return { state: ok, result: value };
    } catch (error) {
      throw this.#explain(error, '');
    }
  }

  #explain(error: unknown, body: string): Error {
    const { id, name } = error as KuiperError;
    if (name === 'RowError') return error as Error;
    if (id === 'TIME_OUT') {
      const state = this.#with.control.state(this.plugin);
      if (state === undefined) return portableErrors.REMOVED(this.plugin);
      return makeRowError(errorText(portableErrors.CALL_TIMEOUT(this.plugin, state.status, state.errMsg)));
    }
    const told = makeRowError(errorText(error));
    if (id === 'CONNECTION_LOST' && Buffer.byteLength(body) > GO_SDK_MAX_BYTES) {
      // The plugin hung up on it and would again.
      if (!this.#hasWarned) this.#with.logger.warn(`function ${this.symbol} of plugin ${this.plugin}: ${told.message}`);
      this.#hasWarned = true;
    } else told.cause = error;
    return told;
  }
}

/** No process is there or will be in a moment. */
function isDown({ status }: PortableState): boolean {
  return status === 'error' || status === 'stop';
}

/** What is known of the value of each argument, beside its tree. */
function withKinds(nodes: readonly object[], args: readonly Expr[]): unknown[] {
  return args.map((arg, i) => {
    const { literal, value, isCondition } = callArgument(arg);
    // What a statement holds is a value in the engine's plain form: its kind says which.
    const tagged = literal === 'int' && typeof value === 'number' ? BigInt(value) : value;
    return { ...nodes[i], literal, value: tagged, condition: isCondition };
  });
}

function readReply(reply: Buffer): FunctionReply {
  const text = reply.toString('utf8');
  try {
    const { state, result } = JSON.parse(text) as Partial<FunctionReply>;
    if (typeof state === 'boolean') return { state, result: result ?? null };
  } catch {
    // Not JSON: told below.
  }
  throw makeRowError(`Failed to unmarshal function result ${text}`);
}
