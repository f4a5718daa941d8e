/**
 * Scripts of users: JavaScript in a sandboxed interpreter. The interpreter is loaded with the first script, so whoever
 * has none pays nothing; its code is compiled once and shared by all scripts of the thread.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { QuickJSWASMModule } from 'quickjs-emscripten';
import { isScriptError, type ScriptLimits, type ScriptPrinter, ScriptVm } from './script-vm.ts';

export interface ScriptHostOptions {
  /** A clock that only goes forward, in ms. */
  readonly stopwatchMs: () => number;
  /** IANA zone of moments that scripts make. */
  readonly timeZone: string;
  readonly limits?: Partial<ScriptLimits>;
}

export const defaultScriptLimits: ScriptLimits = {
  timeMs: 1000,
  memoryBytes: 32 * 1024 * 1024,
  // More would run over the stack of a thread before it runs over the script's own.
  stackBytes: 128 * 1024,
};

/** Gives each call a WebAssembly instance of its own. */
type Instantiate = () => Promise<QuickJSWASMModule>;

export class ScriptHost {
  readonly #options: ScriptHostOptions;
  readonly #limits: ScriptLimits;
  #loading: Promise<Instantiate> | null = null;

  constructor(options: ScriptHostOptions) {
    this.#options = options;
    this.#limits = { ...defaultScriptLimits, ...options.limits };
  }

  /**
   * Why a script cannot be used, null when it can: interprets it once and looks for the function.
   * Source: behaviour spec, runtime §16.3.
   */
  async check(source: string, functionName = 'exec'): Promise<string | null> {
    try {
      (await this.open(source, functionName)).close();
      return null;
    } catch (error) {
      if (isScriptError(error)) return error.message;
      throw error;
    }
  }

  /**
   * An interpreter with the script in it. The caller owns it. Throws what `check` says.
   * @param print takes what the script writes to its console; default: nobody
   */
  async open(source: string, functionName = 'exec', print: ScriptPrinter = () => {}): Promise<ScriptVm> {
    const instantiate = await this.#load();
    return new ScriptVm(await instantiate(), source, functionName, {
      limits: this.#limits,
      stopwatchMs: this.#options.stopwatchMs,
      timeZone: this.#options.timeZone,
      print,
    });
  }

  #load(): Promise<Instantiate> {
    this.#loading ??= loadInterpreter(this.#limits).catch((error: unknown) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }
}

/** Not among the types of this target. */
interface WebAssemblyTypes {
  compile(bytes: Uint8Array): Promise<object>;
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => object;
}

const pageBytes = 65_536;
/** What the interpreter begins with. */
const fewestPages = 256;

async function loadInterpreter(limits: ScriptLimits): Promise<Instantiate> {
  const { newQuickJSWASMModuleFromVariant, newVariant, RELEASE_SYNC } = await import('quickjs-emscripten');
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyTypes };
  const require = createRequire(createRequire(import.meta.url).resolve('quickjs-emscripten'));
  const code = await readFile(require.resolve('@jitl/quickjs-wasmfile-release-sync/wasm'));
  const wasmModule = await WebAssembly.compile(code);
  const maximum = Math.max(fewestPages, Math.ceil(limits.memoryBytes / pageBytes));
  return () => {
    // The interpreter's own limit counts allocations, not their sizes.
    const wasmMemory = new WebAssembly.Memory({ initial: fewestPages, maximum });
    return newQuickJSWASMModuleFromVariant(newVariant(RELEASE_SYNC, { wasmModule, wasmMemory }));
  };
}
