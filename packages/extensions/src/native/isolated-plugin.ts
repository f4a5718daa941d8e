/**
 * A plugin in a thread of its own, as the rule's thread sees it. A call that does not come back ends the thread: the
 * guilty call fails, those that waited behind it go to the next thread. Functions keep their state in the rule, so it
 * outlives the thread.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { errorText, makeRowError } from '@kuiper/base';
import type { CallArgument, FunctionContext, FunctionInstance } from '@kuiper/sdk';
import type { NativeRecord } from '../extension-record.ts';
import { nativeErrors } from './errors.ts';
import {
  type FromPlugin,
  fromWire,
  type IsolatedFunction,
  type IsolationBoot,
  type StateWrite,
  type ToPlugin,
  toWire,
} from './isolation-protocol.ts';
import { loadLimitMs } from './load-module.ts';
import type { IsolationLimits } from './native-provider.ts';
import type { PluginSurroundings } from './plugin-context.ts';

/** From sources (tests) the built entry is started: threads load JavaScript only. */
const entryPath = import.meta.url.endsWith('.ts') ? '../../dist/native/isolation-entry.js' : './isolation-entry.js';
const entry = new URL(entryPath, import.meta.url);

const firstRestMs = 100;
const longestRestMs = 30_000;

interface Site {
  readonly id: number;
  readonly function: string;
  readonly context: FunctionContext;
}

interface Call {
  readonly id: number;
  /** Null for a check of arguments. */
  readonly site: Site | null;
  readonly message: ToPlugin;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  timer: NodeJS.Timeout | null;
}

export class IsolatedPlugin {
  readonly #record: NativeRecord;
  readonly #limits: IsolationLimits;
  readonly #around: PluginSurroundings;
  readonly #sites = new Map<number, Site>();
  readonly #calls = new Map<number, Call>();
  #thread: Thread | null = null;
  #starting: Promise<Thread> | null = null;
  #ids = 0;
  #restMs = 0;
  #restUntilMs = 0;
  #lastFailure = '';
  #isRetired = false;
  #closed = false;

  constructor(record: NativeRecord, limits: IsolationLimits, around: PluginSurroundings) {
    this.#record = record;
    this.#limits = limits;
    this.#around = around;
  }

  /** Starts the thread. Throws when the module cannot be used. */
  async functions(): Promise<readonly IsolatedFunction[]> {
    return (await this.#running()).functions;
  }

  open(name: string, context: FunctionContext): FunctionInstance {
    const site: Site = { id: ++this.#ids, function: name, context };
    this.#sites.set(site.id, site);
    if (this.#thread !== null) this.#thread.post(openMessage(site));
    return {
      eval: (...args: unknown[]) =>
        this.#call(site, (id) => ({ kind: 'call', id, site: site.id, args: args.map(toWire), nowMs: context.now() })),
      close: () => {
        this.#sites.delete(site.id);
        if (this.#thread !== null) this.#thread.post({ kind: 'close', site: site.id });
        if (this.#isRetired) this.retire();
      },
    };
  }

  /** What is wrong with a call, as the function says; null when nothing is. */
  async check(name: string, args: readonly CallArgument[]): Promise<string | null> {
    const why = await this.#call(null, (id) => ({ kind: 'check', id, function: name, args }));
    return typeof why === 'string' ? why : null;
  }

  /** Ends the thread when nobody calls it any more: another plugin has taken its place. */
  retire(): void {
    this.#isRetired = true;
    if (this.#sites.size > 0) return;
    // What the last one has to close is closed first.
    setImmediate(() => void this.close());
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const call of this.#calls.values()) {
      this.#settle(call, makeRowError(`the thread of plugin ${this.#record.name} was closed`));
    }
    const thread = this.#thread ?? (await this.#starting?.catch(() => null)) ?? null;
    await thread?.worker.terminate();
  }

  #call(site: Site | null, message: (id: number) => ToPlugin): Promise<unknown> {
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      const call: Call = { id, site, message: message(id), resolve, reject, timer: null };
      this.#calls.set(id, call);
      if (this.#thread !== null) this.#send(this.#thread, call);
      else {
        this.#running().catch((error: unknown) => this.#settle(call, makeRowError(errorText(error))));
      }
    });
  }

  #send(thread: Thread, call: Call): void {
    this.#watch(thread, call);
    thread.post(call.message);
  }

  #watch(thread: Thread, call: Call): void {
    const { callMs } = this.#limits;
    call.timer = setTimeout(() => {
      const running = Atomics.load(thread.cells, 0);
      // One that waits behind another has its own time, once that is through.
      if (running !== 0 && running !== call.id) return this.#watch(thread, call);
      this.#settle(call, makeRowError(`plugin ${this.#record.name} did not answer within ${callMs} ms`));
      if (running === call.id) this.#end(thread, `a call did not end within ${callMs} ms`);
      else thread.mustAnswer(callMs, () => this.#end(thread, `it did not answer within ${callMs} ms`));
    }, callMs);
    call.timer.unref();
  }

  #settle(call: Call, failure: Error | null, value?: unknown): void {
    if (!this.#calls.delete(call.id)) return;
    if (call.timer !== null) clearTimeout(call.timer);
    if (failure === null) call.resolve(value);
    else call.reject(failure);
  }

  /** Ends a thread that hangs or has died. */
  #end(thread: Thread, why: string): void {
    if (this.#thread !== thread) return;
    this.#thread = null;
    void thread.worker.terminate();
    if (this.#closed) return;
    this.#lastFailure = why;
    this.#restMs = Math.min(Math.max(this.#restMs * 2, firstRestMs), longestRestMs);
    this.#restUntilMs = performance.now() + this.#restMs;
    this.#around.logger.warn(`the thread of plugin ${this.#record.name} ended: ${why}`);
    const guilty = this.#calls.get(Atomics.load(thread.cells, 0));
    if (guilty !== undefined) {
      this.#settle(guilty, makeRowError(`the thread of plugin ${this.#record.name} ended: ${why}`));
    }
    for (const call of this.#calls.values()) if (call.timer !== null) clearTimeout(call.timer);
    if (this.#calls.size === 0) return;
    // The others were only waiting.
    this.#running(true).catch((error: unknown) => {
      for (const call of this.#calls.values()) this.#settle(call, makeRowError(errorText(error)));
    });
  }

  /** @param urgent calls are waiting that did nothing wrong: no rest before the next start */
  #running(urgent = false): Promise<Thread> {
    if (this.#thread !== null) return Promise.resolve(this.#thread);
    if (this.#starting !== null) return this.#starting;
    const { name } = this.#record;
    if (this.#closed) return Promise.reject(makeRowError(`the thread of plugin ${name} was closed`));
    if (!urgent && performance.now() < this.#restUntilMs) {
      return Promise.reject(makeRowError(`plugin ${name} rests for ${this.#restMs} ms: ${this.#lastFailure}`));
    }
    this.#starting = this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #start(): Promise<Thread> {
    const thread = new Thread(this.#record, this.#limits, this.#around.rootPath);
    thread.worker.on('message', (messages: readonly FromPlugin[]) => {
      for (const message of messages) this.#receive(thread, message);
    });
    thread.worker.on('error', (error) => this.#end(thread, errorText(error)));
    thread.worker.on('exit', () => this.#end(thread, 'it exited'));
    await thread.ready;
    this.#thread = thread;
    for (const site of this.#sites.values()) thread.post(openMessage(site));
    // What has been answered must not be lost with the thread once more: one of them ended the last one.
    for (const call of this.#calls.values()) {
      this.#watch(thread, call);
      thread.postAlone(call.message);
    }
    return thread;
  }

  #receive(thread: Thread, message: FromPlugin): void {
    switch (message.kind) {
      case 'ready':
      case 'broken':
        return thread.started(this.#record.name, message);
      case 'pong':
        return thread.answered();
      case 'log':
        return this.#around.logger[message.level](message.text);
      case 'read': {
        const context = this.#sites.get(message.site)?.context;
        const value = message.keyed ? context?.keyedState(message.key) : context?.getState(message.key);
        return thread.tell(value);
      }
      case 'sleep': {
        const wake = (): void => thread.post({ kind: 'woke', id: message.id });
        const slept = this.#sites.get(message.site)?.context.sleep(message.ms) ?? Promise.resolve();
        void slept.then(wake);
        return undefined;
      }
      case 'result':
      case 'failed':
        return this.#answer(message);
    }
  }

  #answer(message: Extract<FromPlugin, { kind: 'result' | 'failed' }>): void {
    const call = this.#calls.get(message.id);
    if (call === undefined) return;
    this.#restMs = 0;
    if (call.site !== null) apply(message.writes, call.site.context);
    if (message.kind === 'failed') this.#settle(call, makeRowError(message.why));
    else this.#settle(call, null, fromWire(message.value, call.site?.context.timeZone ?? 'UTC'));
  }
}

function apply(writes: readonly StateWrite[], context: FunctionContext): void {
  for (const write of writes) {
    if (write.length === 1) context.deleteState(write[0]);
    else context.putState(write[0], write[1]);
  }
}

function openMessage({ id, function: name, context }: Site): ToPlugin {
  const { ruleId, opId, funcId, timeZone, startedMs } = context;
  const seed = Math.floor(context.random() * 2 ** 32);
  return { kind: 'open', site: id, function: name, context: { ruleId, opId, funcId, timeZone, startedMs, seed } };
}

class Thread {
  readonly worker: Worker;
  readonly cells = new Int32Array(new SharedArrayBuffer(8));
  readonly ready: Promise<void>;
  functions: readonly IsolatedFunction[] = [];
  readonly #port: MessagePort;
  #outbox: ToPlugin[] = [];
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #pongTimer: NodeJS.Timeout | null = null;

  constructor({ name, file, functions }: NativeRecord, { memoryMb }: IsolationLimits, rootPath: string) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.unref();
    const boot: IsolationBoot = { name, file, functions, rootPath, cells: this.cells };
    this.worker = new Worker(entry, {
      workerData: { boot, port: port2 },
      transferList: [port2],
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    this.worker.unref();
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(nativeErrors.LOAD(name, `it is not ready after ${loadLimitMs / 1000} s`));
        void this.worker.terminate();
      }, loadLimitMs);
      this.#resolve = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#reject = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      this.worker.once('error', (error) => this.#reject(nativeErrors.LOAD(name, errorText(error))));
      this.worker.once('exit', () => this.#reject(nativeErrors.LOAD(name, 'its thread exited')));
    });
  }

  started(name: string, message: Extract<FromPlugin, { kind: 'ready' | 'broken' }>): void {
    if (message.kind === 'ready') {
      this.functions = message.functions;
      this.#resolve();
    } else {
      this.#reject(nativeErrors.ISOLATED(name, message.why));
      void this.worker.terminate();
    }
  }

  /** What one turn has to say goes as one message: each costs some 10 µs. */
  post(message: ToPlugin): void {
    if (this.#outbox.push(message) === 1) setImmediate(() => this.#flush());
  }

  postAlone(message: ToPlugin): void {
    this.#flush();
    this.worker.postMessage([message]);
  }

  #flush(): void {
    if (this.#outbox.length === 0) return;
    const messages = this.#outbox;
    this.#outbox = [];
    this.worker.postMessage(messages);
  }

  /** The plugin waits for this. */
  tell(value: unknown): void {
    this.#port.postMessage(value);
    Atomics.store(this.cells, 1, 1);
    Atomics.notify(this.cells, 1);
  }

  mustAnswer(withinMs: number, otherwise: () => void): void {
    if (this.#pongTimer !== null) return;
    this.#pongTimer = setTimeout(otherwise, withinMs);
    this.#pongTimer.unref();
    this.post({ kind: 'ping' });
  }

  answered(): void {
    if (this.#pongTimer !== null) clearTimeout(this.#pongTimer);
    this.#pongTimer = null;
  }
}
