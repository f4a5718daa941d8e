/**
 * One worker thread as the control plane sees it: calls by number, its shared memory, its heartbeat.
 *
 * A call is answered once, or its promise is rejected when the worker is given up, as calls are that come too late.
 */
import { Worker } from 'node:worker_threads';
import { errorText, type Logger } from '@kuiper/base';
import type { CounterAddress } from '@kuiper/engine';
import type { PortableState } from '@kuiper/extensions';
import type { ExtensionRecord } from '@kuiper/extensions/record';
import type { EngineSettings } from '../engine-settings.ts';
import { hostErrors } from '../errors.ts';
import type { LevelKv, LevelKvTicket } from '../store/index.ts';
import type { PortableCommands } from './portable-commands.ts';
import {
  type Call,
  type FromWorker,
  fromPlainError,
  type PlainError,
  type ToWorker,
  toPlainError,
  type WorkerBoot,
} from './protocol.ts';

export interface WorkerSlotOptions {
  readonly settings: EngineSettings;
  readonly kv: LevelKv;
  readonly logger: Logger;
  readonly portable: { readonly commands: PortableCommands; readonly states: readonly PortableState[] } | null;
  readonly onMessage: (message: FromWorker) => void;
  /** The thread ended without being told to. */
  readonly onExit: (why: string) => void;
}

interface PendingCall {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** From sources (tests) the built entry is started: threads load JavaScript only. */
const entryPath = import.meta.url.endsWith('.ts') ? '../../dist/worker/worker-entry.js' : './worker-entry.js';
const entry = new URL(entryPath, import.meta.url);

/** Half of the default: messages die young, and what they leave behind before a collection is the peak of memory. */
const maxYoungGenerationSizeMb = 24;

export class WorkerSlot {
  private readonly options: WorkerSlotOptions;
  private readonly worker: Worker;
  private readonly ticket: LevelKvTicket;
  private readonly heartbeat = new Int32Array(new SharedArrayBuffer(4));
  private readonly activity = new Int32Array(new SharedArrayBuffer(4));
  private readonly slabs: Float64Array[] = [];
  private readonly pending = new Map<number, PendingCall>();
  private readonly ruleNumbers = new Map<number, string>();
  private nextCall = 1;
  private lastBeat = 0;
  private silentMs = 0;
  private ending = false;
  private closing: Promise<void> | null = null;
  readonly ready: Promise<void>;

  constructor(options: WorkerSlotOptions) {
    this.options = options;
    this.ticket = options.kv.admit();
    const boot: WorkerBoot = {
      settings: options.settings,
      store: this.ticket,
      heartbeat: this.heartbeat,
      activity: this.activity,
      debug: options.logger.debugEnabled,
      portable: options.portable?.states ?? null,
    };
    // Not the flags of this process: those of a test runner or a debugger are its own.
    this.worker = new Worker(entry, { workerData: boot, execArgv: [], resourceLimits: { maxYoungGenerationSizeMb } });
    this.ready = new Promise((resolve, reject) => {
      this.worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') resolve();
        else this.receive(message);
      });
      this.worker.on('error', (error) => {
        reject(error);
        options.logger.error(`worker: ${errorText(error)}`);
      });
      this.worker.on('exit', (code) => {
        const why = `exit code ${code}`;
        reject(hostErrors.WORKER_GONE(why));
        this.exited(why);
      });
    });
  }

  call(method: string, ...args: readonly unknown[]): Promise<unknown> {
    const call: Call = { kind: 'call', id: this.nextCall++, method, args };
    return new Promise((resolve, reject) => {
      if (this.ending) {
        reject(hostErrors.WORKER_GONE('closed'));
        return;
      }
      this.pending.set(call.id, { method, args, resolve, reject });
      this.tell(call);
    });
  }

  /** A plugin's state has changed. */
  portable(state: PortableState): void {
    this.tell({ kind: 'portable', state });
  }

  readonly read = ({ slab, offset, length }: CounterAddress): Float64Array => {
    return this.slabs[slab]?.subarray(offset, offset + length) ?? new Float64Array(length);
  };

  /**
   * Looks at the heartbeat; to be called at regular intervals, once the worker is ready.
   * @returns how long the worker has not come back to its event loop. A pause of this thread does not count.
   */
  check(sinceLastCheckMs: number): number {
    const beat = Atomics.load(this.heartbeat, 0);
    this.silentMs = beat === this.lastBeat ? this.silentMs + sinceLastCheckMs : 0;
    this.lastBeat = beat;
    return this.silentMs;
  }

  /** The rule that the worker is working for right now. */
  get workingFor(): string | null {
    return this.ruleNumbers.get(Atomics.load(this.activity, 0)) ?? null;
  }

  /** The extension that the worker was told to load and has not. */
  get loading(): ExtensionRecord | null {
    for (const { method, args } of this.pending.values()) {
      if (method === 'putExtension') return args[0] as ExtensionRecord;
    }
    return null;
  }

  /** Ends the thread at once; calls not yet answered are rejected with `why`. */
  async kill(why: Error): Promise<void> {
    this.ending = true;
    await this.worker.terminate();
    this.left(why);
  }

  /**
   * Lets rules and connections end in peace.
   * @param patienceMs then the thread is ended as it is
   */
  close(patienceMs: number): Promise<void> {
    this.closing ??= this.shut(patienceMs);
    return this.closing;
  }

  private async shut(patienceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | null = null;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), patienceMs);
    });
    const closed = this.call('close').catch((error: unknown) => {
      this.options.logger.error(`closing a worker: ${errorText(error)}`);
    });
    if ((await Promise.race([closed, late])) === 'late')
      this.options.logger.error(`a worker has not closed after ${patienceMs} ms and is ended`);
    if (timer !== null) clearTimeout(timer);
    await this.kill(hostErrors.WORKER_GONE('closed'));
  }

  /** Nothing comes from the thread any more. */
  private left(why: Error): void {
    this.options.kv.dismiss(this.ticket);
    this.options.portable?.commands.leave(this);
    this.rejectAll(why);
  }

  private receive(message: FromWorker): void {
    switch (message.kind) {
      case 'answer':
        this.take(message.id)?.resolve(message.result);
        return;
      case 'failure':
        this.take(message.id)?.reject(fromPlainError(message.error));
        return;
      case 'slab':
        this.slabs[message.index] = new Float64Array(message.buffer);
        return;
      case 'number':
        this.ruleNumbers.set(message.number, message.ruleId);
        return;
      case 'log':
        this.options.logger[message.level](message.message, message.fields);
        return;
      case 'ask':
        this.commandPlugin(message);
        return;
      default:
        this.options.onMessage(message);
    }
  }

  private tell(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private commandPlugin({ id, command, plugin, argument }: Extract<FromWorker, { kind: 'ask' }>): void {
    const answer = (error: PlainError | null): void => {
      if (!this.ending) this.tell({ kind: 'answered', id, error });
    };
    const { portable } = this.options;
    if (portable === null) return answer(toPlainError(new Error(`plugin ${plugin} cannot be run`)));
    portable.commands.run(this, command, plugin, argument).then(
      () => answer(null),
      (error: unknown) => answer(toPlainError(error)),
    );
  }

  private take(id: number): PendingCall | undefined {
    const call = this.pending.get(id);
    this.pending.delete(id);
    return call;
  }

  private exited(why: string): void {
    if (this.ending) return;
    this.ending = true;
    this.left(hostErrors.WORKER_GONE(why));
    this.options.onExit(why);
  }

  private rejectAll(why: Error): void {
    for (const { reject } of this.pending.values()) reject(why);
    this.pending.clear();
  }
}
