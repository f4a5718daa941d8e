/** The thread of an isolated plugin. Nothing it does can hold up rules but those that call it. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { errorText, type Logger } from '@kuiper/base';
import type { FunctionContext, FunctionInstance, ScalarFunction } from '@kuiper/sdk';
import { makeFunctions } from './exported-functions.ts';
import { makeInstance } from './function-slot.ts';
import {
  type FromPlugin,
  fromWire,
  type IsolationBoot,
  type SiteContext,
  type StateWrite,
  type ToPlugin,
  toWire,
} from './isolation-protocol.ts';
import { loadModule } from './load-module.ts';

const { boot, port } = workerData as { readonly boot: IsolationBoot; readonly port: MessagePort };

/** How long the rule's thread may take to answer. */
const readMs = 10_000;

function post(message: FromPlugin): void {
  parentPort?.postMessage([message]);
}

let answers: FromPlugin[] = [];

/** Answers to one message go as one message, as do those of one turn to calls that had to wait. */
function answer(message: FromPlugin): void {
  if (answers.push(message) === 1) setImmediate(flush);
}

function flush(): void {
  if (answers.length === 0) return;
  const messages = answers;
  answers = [];
  try {
    parentPort?.postMessage(messages);
  } catch {
    // One of them cannot be sent: it fails alone.
    for (const message of messages) postAlone(message);
  }
}

function postAlone(message: FromPlugin): void {
  try {
    post(message);
  } catch (error) {
    if ('id' in message) post({ kind: 'failed', id: message.id, why: errorText(error), writes: [] });
  }
}

function log(level: Extract<FromPlugin, { kind: 'log' }>['level']): (text: string) => void {
  return (text) => post({ kind: 'log', level, text });
}

const logger: Logger = {
  debugEnabled: false,
  debug: log('debug'),
  info: log('info'),
  warn: log('warn'),
  error: log('error'),
  with: () => logger,
};

/** Waits for the rule's thread: calls are synchronous there as well. */
function read(site: number, key: string, keyed: boolean): unknown {
  Atomics.store(boot.cells, 1, 0);
  post({ kind: 'read', site, key, keyed });
  if (Atomics.wait(boot.cells, 1, 0, readMs) === 'timed-out') throw new Error(`no answer for state ${key}`);
  return (receiveMessageOnPort(port) as { message: unknown } | undefined)?.message;
}

let sleeps = 0;
const sleeping = new Map<number, () => void>();

/** A context whose state is read from the rule when it is first asked for, and written back with each answer. */
class IsolatedContext implements FunctionContext {
  readonly startedMs: number;
  readonly timeZone: string;
  readonly ruleId: string;
  readonly opId: string;
  readonly funcId: number;
  readonly logger: Logger = logger;
  readonly rootPath: string = boot.rootPath;
  nowMs = 0;
  readonly #site: number;
  readonly #values = new Map<string, unknown>();
  readonly #changed = new Set<string>();
  #seed: number;

  constructor(site: number, context: SiteContext) {
    this.#site = site;
    this.startedMs = context.startedMs;
    this.timeZone = context.timeZone;
    this.ruleId = context.ruleId;
    this.opId = context.opId;
    this.funcId = context.funcId;
    this.#seed = context.seed;
  }

  now(): number {
    return this.nowMs;
  }

  /** Mulberry32. */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  sleep(ms: number): Promise<void> {
    const id = ++sleeps;
    post({ kind: 'sleep', id, site: this.#site, ms });
    return new Promise((resolve) => sleeping.set(id, resolve));
  }

  keyedState(key: string): unknown {
    return read(this.#site, key, true);
  }

  getState(key: string): unknown {
    if (!this.#values.has(key)) this.#values.set(key, read(this.#site, key, false));
    // It may be changed in place.
    if (typeof this.#values.get(key) === 'object') this.#changed.add(key);
    return this.#values.get(key);
  }

  putState(key: string, value: unknown): void {
    this.#values.set(key, value);
    this.#changed.add(key);
  }

  deleteState(key: string): void {
    this.putState(key, undefined);
  }

  incrCounter(key: string, amount: number): number {
    const sum = this.#count(key) + amount;
    this.putState(key, sum);
    return sum;
  }

  getCounter(key: string): number {
    return this.#count(key);
  }

  /** What changed since the last answer. */
  takeWrites(): StateWrite[] {
    const writes = [...this.#changed].map((key): StateWrite => {
      const value = this.#values.get(key);
      return value === undefined || value === null ? [key] : [key, value];
    });
    this.#changed.clear();
    return writes;
  }

  #count(key: string): number {
    const value = this.getState(key) ?? 0;
    if (typeof value !== 'bigint' && !Number.isInteger(value)) throw new Error(`state[${key}] must be an int`);
    return Number(value);
  }
}

interface Site {
  readonly context: IsolatedContext;
  readonly instance: FunctionInstance | Promise<FunctionInstance>;
}

const sites = new Map<number, Site>();

async function main(): Promise<void> {
  const exports = await loadModule(boot.name, boot.file);
  const template = (): never => {
    throw new Error('templates are not available in a thread of its own');
  };
  const functions = makeFunctions(boot, exports, { plugin: boot.name, logger, rootPath: boot.rootPath, template });
  const scalars = new Map<string, ScalarFunction>();
  for (const [name, made] of functions) {
    if (made.class !== 'scalar') throw new Error(`function ${name} is no scalar function: only those can be isolated`);
    scalars.set(name, made);
  }
  parentPort?.on('message', (messages: readonly ToPlugin[]) => {
    for (const message of messages) receive(scalars, message);
    // The next message may hold the call that never returns.
    flush();
  });
  post({
    kind: 'ready',
    functions: [...scalars].map(([name, { args, onNull, overGroup, check }]) => {
      return { name, args, onNull, overGroup: overGroup === true, checks: check !== undefined };
    }),
  });
}

function receive(functions: ReadonlyMap<string, ScalarFunction>, message: ToPlugin): void {
  switch (message.kind) {
    case 'open': {
      const context = new IsolatedContext(message.site, message.context);
      const made = functions.get(message.function) as ScalarFunction;
      const instance = makeSite(made, context);
      if (instance instanceof Promise) instance.catch(() => undefined);
      sites.set(message.site, { context, instance });
      return;
    }
    case 'close': {
      const site = sites.get(message.site);
      sites.delete(message.site);
      void Promise.resolve(site?.instance)
        .then((instance) => instance?.close?.())
        .catch(() => undefined);
      return;
    }
    case 'call':
      call(message);
      return;
    case 'check': {
      const why = functions.get(message.function)?.check?.(message.args) ?? null;
      answer({ kind: 'result', id: message.id, value: why, writes: [] });
      return;
    }
    case 'ping':
      post({ kind: 'pong' });
      return;
    case 'woke':
      sleeping.get(message.id)?.();
      sleeping.delete(message.id);
  }
}

function makeSite(made: ScalarFunction, context: FunctionContext): Site['instance'] {
  try {
    return makeInstance(made, context);
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(errorText(error)));
  }
}

function call({ id, site: number, args, nowMs }: Extract<ToPlugin, { kind: 'call' }>): void {
  const site = sites.get(number);
  if (site === undefined) return;
  const { context, instance } = site;
  context.nowMs = nowMs;
  const fail = (error: unknown): void => {
    answer({ kind: 'failed', id, why: errorText(error), writes: context.takeWrites() });
  };
  const give = (value: unknown): void => {
    answer({ kind: 'result', id, value: toWire(value ?? null), writes: context.takeWrites() });
  };
  const evaluate = (made: FunctionInstance): void => {
    Atomics.store(boot.cells, 0, id);
    try {
      const value: unknown = made.eval(...args.map((arg) => fromWire(arg, context.timeZone)));
      if (value instanceof Promise) value.then(give, fail);
      else give(value);
    } catch (error) {
      fail(error);
    } finally {
      Atomics.store(boot.cells, 0, 0);
    }
  };
  if (instance instanceof Promise) instance.then(evaluate, fail);
  else evaluate(instance);
}

main().catch((error: unknown) => post({ kind: 'broken', why: errorText(error) }));
