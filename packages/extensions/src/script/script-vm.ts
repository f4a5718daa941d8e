/**
 * A script in an interpreter of its own: no host objects, bounded time and memory. Its globals live as long as it does.
 *
 * Each one is a WebAssembly instance of its own: what goes wrong in one (memory that only grows, a native stack that
 * runs over) ends with it and is seen by nobody else.
 */
import { errorText, KuiperError, makeRowError } from '@kuiper/base';
import type { ScriptRunner } from '@kuiper/engine';
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime, QuickJSWASMModule } from 'quickjs-emscripten';
import { scriptErrors } from './errors.ts';
import { bridgeSource } from './script-bridge.ts';
import { readResult, writeArguments } from './script-values.ts';

export interface ScriptLimits {
  /** Per call, and for the script's own statements. */
  readonly timeMs: number;
  /** In all, the interpreter's own 1 MB included; at least 16 MB. */
  readonly memoryBytes: number;
  readonly stackBytes: number;
}

export interface ScriptVmOptions {
  readonly limits: ScriptLimits;
  /** A clock that only goes forward, in ms. */
  readonly stopwatchMs: () => number;
  /** IANA zone of moments that a script makes. */
  readonly timeZone: string;
}

/** Statements of promises that a call may leave to be run after it. */
const mostJobs = 10_000;
/** After this many time-outs one after the other the script rests: others share its thread. */
const mostTimeouts = 3;
/** Time limits that a rest lasts. */
const restLimits = 10;
const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

export class ScriptVm implements ScriptRunner {
  readonly #options: ScriptVmOptions;
  readonly #runtime: QuickJSRuntime;
  #context: QuickJSContext | null;
  #call: QuickJSHandle | null = null;
  /** Why the interpreter cannot go on; null while it can. */
  #broken: string | null = null;
  #deadlineMs = 0;
  #timedOut = false;
  #timeouts = 0;
  #restUntilMs = 0;

  /** Interprets the script. Throws when it fails or does not define `functionName`. */
  constructor(module: QuickJSWASMModule, source: string, functionName: string, options: ScriptVmOptions) {
    this.#options = options;
    const { limits, stopwatchMs } = options;
    this.#runtime = module.newRuntime({
      memoryLimitBytes: limits.memoryBytes,
      maxStackSizeBytes: limits.stackBytes,
      interruptHandler: () => {
        if (stopwatchMs() <= this.#deadlineMs) return false;
        this.#timedOut = true;
        return true;
      },
    });
    this.#context = this.#runtime.newContext();
    this.#load(this.#context, source, functionName);
  }

  exec(...args: readonly unknown[]): unknown {
    const { json, specials } = writeArguments(args);
    return readResult(this.#exec(json, specials), this.#options.timeZone, args[0]);
  }

  close(): void {
    // Nothing is freed piece by piece: the instance goes as a whole, whatever state the script has left it in.
    this.#context = null;
    this.#call = null;
    this.#broken ??= 'it is closed';
  }

  #load(context: QuickJSContext, source: string, functionName: string): void {
    const bind = this.#evaluate(context, bridgeSource, 'bridge.js');
    try {
      this.#evaluate(context, source, 'script.js').dispose();
    } catch (error) {
      throw scriptErrors.INTERPRET(errorText(error), { cause: error });
    }
    const found = identifier.test(functionName)
      ? this.#evaluate(context, `typeof ${functionName} === 'function' ? ${functionName} : undefined`, 'find.js')
      : context.undefined;
    if (context.typeof(found) !== 'function') throw scriptErrors.FUNCTION_MISSING(functionName);
    this.#call = this.#guarded(context, () => context.callFunction(bind, context.undefined, found));
  }

  #evaluate(context: QuickJSContext, code: string, file: string): QuickJSHandle {
    return this.#guarded(context, () => context.evalCode(code, file));
  }

  #exec(json: string, specials: string | null): string {
    const context = this.#context;
    const call = this.#call;
    if (context === null || call === null || this.#broken !== null) {
      throw makeRowError(`script cannot go on: ${this.#broken}`);
    }
    this.#checkRest();
    const args: QuickJSHandle[] = [];
    try {
      args.push(context.newString(json));
      if (specials !== null) args.push(context.newString(specials));
      const result = this.#guarded(context, () => context.callFunction(call, context.undefined, ...args));
      const text = context.getString(result);
      result.dispose();
      return text;
    } catch (error) {
      throw error instanceof Error && error.name === 'RowError' ? error : makeRowError(errorText(error));
    } finally {
      for (const arg of args) arg.dispose();
    }
  }

  /** Within the time limit; what the script throws becomes a row error with its text. */
  #guarded(context: QuickJSContext, work: () => ReturnType<QuickJSContext['callFunction']>): QuickJSHandle {
    const { stopwatchMs, limits } = this.#options;
    this.#timedOut = false;
    this.#deadlineMs = stopwatchMs() + limits.timeMs;
    let result: ReturnType<typeof work>;
    try {
      result = work();
      if (this.#runtime.hasPendingJob()) this.#runPendingJobs();
    } catch (error) {
      // A trap of the machine below the script.
      this.#broken = errorText(error);
      throw makeRowError(`script broke down: ${this.#broken}`);
    }
    this.#countTimeout();
    if (result.error === undefined) return result.value;
    throw makeRowError(this.#failureText(context, result.error));
  }

  #countTimeout(): void {
    const { stopwatchMs, limits } = this.#options;
    this.#timeouts = this.#timedOut ? this.#timeouts + 1 : 0;
    if (this.#timeouts >= mostTimeouts) this.#restUntilMs = stopwatchMs() + restLimits * limits.timeMs;
  }

  /** After a rest there is one try: the next time-out brings the next rest. */
  #checkRest(): void {
    const { stopwatchMs, limits } = this.#options;
    if (this.#timeouts < mostTimeouts || stopwatchMs() >= this.#restUntilMs) return;
    throw makeRowError(`script did not end within ${limits.timeMs} ms, ${this.#timeouts} times in a row, and rests`);
  }

  #runPendingJobs(): void {
    const ran = this.#runtime.executePendingJobs(mostJobs);
    ran.error?.dispose();
  }

  #failureText(context: QuickJSContext, thrown: QuickJSHandle): string {
    const { limits } = this.#options;
    if (this.#timedOut) {
      thrown.dispose();
      return `script did not end within ${limits.timeMs} ms`;
    }
    const value: unknown = context.dump(thrown);
    thrown.dispose();
    if (value === null) return 'script threw null, as it does when memory runs out';
    if (typeof value !== 'object') return String(value);
    const { name, message, lineNumber } = value as Record<string, unknown>;
    if (typeof message !== 'string') return JSON.stringify(value);
    if (name === 'InternalError' && message === 'out of memory') {
      return `script needs more than ${Math.floor(limits.memoryBytes / 1024 / 1024)} MB of memory`;
    }
    // Errors of the bridge are texts for users.
    if (name === 'Error') return message;
    const place = typeof lineNumber === 'number' ? ` (line ${lineNumber})` : '';
    return `${typeof name === 'string' ? name : 'Error'}: ${message}${place}`;
  }
}

export function isScriptError(error: unknown): error is KuiperError {
  return error instanceof KuiperError && (error.id === 'INTERPRET' || error.id === 'FUNCTION_MISSING');
}
