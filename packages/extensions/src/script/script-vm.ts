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
import { bridgeSource, consoleSource } from './script-bridge.ts';
import { readResult, type ScriptArguments, writeArguments } from './script-values.ts';

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
  readonly print: ScriptPrinter;
}

/** Takes what a script writes to its console. */
export type ScriptPrinter = (level: 'debug' | 'info' | 'warn' | 'error', text: string) => void;

/** What a call may write to its console; the rest is left out. */
const mostLines = 100;
const longestLine = 4096;

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
  #ofText: QuickJSHandle | null = null;
  #ofValues: QuickJSHandle | null = null;
  /** Why the interpreter cannot go on; null while it can. */
  #broken: string | null = null;
  #deadlineMs = 0;
  #timedOut = false;
  #timeouts = 0;
  #restUntilMs = 0;
  /** Lines that the present call has written. */
  #lines = 0;

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
    return this.call(args, args[0]);
  }

  /**
   * As {@link exec}.
   * @param like what the result may be a changed copy of: floats of its members stay floats
   */
  call(args: readonly unknown[], like: unknown): unknown {
    const result = args.every(isPlainArgument) ? this.#execValues(args) : this.#execText(writeArguments(args));
    return readResult(result, this.#options.timeZone, like);
  }

  close(): void {
    // Nothing is freed piece by piece: the instance goes as a whole, whatever state the script has left it in.
    this.#context = null;
    this.#ofText = null;
    this.#ofValues = null;
    this.#broken ??= 'it is closed';
  }

  #load(context: QuickJSContext, source: string, functionName: string): void {
    const bind = this.#evaluate(context, bridgeSource, 'bridge.js');
    this.#provideConsole(context);
    try {
      this.#evaluate(context, source, 'script.js').dispose();
    } catch (error) {
      throw scriptErrors.INTERPRET(errorText(error), { cause: error });
    }
    const found = identifier.test(functionName)
      ? this.#evaluate(context, `typeof ${functionName} === 'function' ? ${functionName} : undefined`, 'find.js')
      : context.undefined;
    if (context.typeof(found) !== 'function') throw scriptErrors.FUNCTION_MISSING(functionName);
    const bound = this.#guarded(context, () => context.callFunction(bind, context.undefined, found));
    this.#ofText = context.getProp(bound, 'ofText');
    this.#ofValues = context.getProp(bound, 'ofValues');
  }

  #provideConsole(context: QuickJSContext): void {
    const print = context.newFunction('print', (level, text) => {
      if (++this.#lines > mostLines) return;
      const line = context.getString(text).slice(0, longestLine);
      this.#options.print(context.getString(level) as Parameters<ScriptPrinter>[0], line);
    });
    const provide = this.#evaluate(context, consoleSource, 'console.js');
    this.#guarded(context, () => context.callFunction(provide, context.undefined, print)).dispose();
    provide.dispose();
    print.dispose();
  }

  #evaluate(context: QuickJSContext, code: string, file: string): QuickJSHandle {
    return this.#guarded(context, () => context.evalCode(code, file));
  }

  #execText({ json, specials }: ScriptArguments): number | string {
    const texts = specials === null ? [json] : [json, specials];
    return this.#exec(this.#ofText, texts);
  }

  #execValues(args: readonly unknown[]): number | string {
    return this.#exec(this.#ofValues, args as readonly PlainArgument[]);
  }

  /** @returns the answer of the bridge */
  #exec(callee: QuickJSHandle | null, values: readonly PlainArgument[]): number | string {
    const context = this.#context;
    if (context === null || callee === null || this.#broken !== null) {
      throw makeRowError(`script cannot go on: ${this.#broken}`);
    }
    this.#checkRest();
    const args: QuickJSHandle[] = [];
    try {
      for (const value of values) args.push(handleOf(context, value));
      const result = this.#guarded(context, () => context.callFunction(callee, context.undefined, ...args));
      const number = context.getNumber(result);
      const answer = Number.isNaN(number) ? context.getString(result) : number;
      result.dispose();
      return answer;
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
    this.#lines = 0;
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

/** What an interpreter takes as it is. */
type PlainArgument = number | string | boolean | null;

/** Long texts are cheaper as JSON. */
const longestPlainText = 1024;

function isPlainArgument(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
    case 'boolean':
      return true;
    case 'string':
      // Of half a character and of a zero only JSON makes the same text.
      return value.length <= longestPlainText && !/[\0\uD800-\uDFFF]/.test(value);
    default:
      return value === null;
  }
}

function handleOf(context: QuickJSContext, value: PlainArgument): QuickJSHandle {
  switch (typeof value) {
    case 'number':
      return context.newNumber(value);
    case 'string':
      return context.newString(value);
    case 'boolean':
      return value ? context.true : context.false;
    default:
      return context.null;
  }
}

export function isScriptError(error: unknown): error is KuiperError {
  return error instanceof KuiperError && (error.id === 'INTERPRET' || error.id === 'FUNCTION_MISSING');
}
