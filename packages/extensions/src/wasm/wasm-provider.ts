/**
 * Functions of WebAssembly modules. A module is compiled once per thread, with meters in its code; each call site has
 * an instance of its own. Source: behaviour spec, extension §8.
 */
import { readFile } from 'node:fs/promises';
import { type FunctionContext, type FunctionInstance, type ScalarFunction, scalar, t } from '@kuiper/sdk';
import type { ExtensionProvider } from '../extension-provider.ts';
import type { ExtensionKey, ExtensionSymbol, WasmFunction, WasmRecord } from '../extension-record.ts';
import { wasmErrors } from './errors.ts';
import { meterModule } from './meter-module.ts';
import { readModule } from './read-module.ts';
import { type CompiledModule, WasmCall } from './wasm-call.ts';
import type { WasmSurroundings } from './wasm-imports.ts';
import { WebAssembly } from './web-assembly.ts';

/** 32 MB. */
const maxPages = 512;

export function wasmProvider(): ExtensionProvider<WasmRecord> {
  return new WasmProvider();
}

/** Compiles the module and looks for its functions. Throws with why it cannot be used. */
export async function compileWasm(bytes: Uint8Array, functions: readonly WasmFunction[]): Promise<CompiledModule> {
  const outline = readModule(bytes);
  for (const { name } of functions) if (!outline.functions.has(name)) throw wasmErrors.EXPORT_MISSING(name);
  const metered = meterModule(outline, maxPages);
  try {
    return { outline, module: await WebAssembly.compile(metered) };
  } catch (error) {
    throw wasmErrors.MODULE((error as Error).message, { cause: error });
  }
}

interface InstalledFunction {
  /** Changes with the module's version; call sites follow it. */
  compiled: CompiledModule;
  wanted: WasmFunction;
  readonly owner: string;
  readonly declaration: ScalarFunction;
  readonly callSites: Set<CallSite>;
}

class WasmProvider implements ExtensionProvider<WasmRecord> {
  readonly kind = 'wasm';
  readonly #functions = new Map<string, InstalledFunction>();

  async put(record: WasmRecord): Promise<readonly ExtensionSymbol[]> {
    const compiled = await compileWasm(await readFile(record.file), record.functions);
    // What cannot be instantiated must not reach rules that run.
    for (const wanted of record.functions) new WasmCall(compiled, wanted, unheard);
    for (const [name, { owner }] of this.#functions) {
      if (owner === record.name && !record.functions.some((wanted) => wanted.name === name))
        this.#functions.delete(name);
    }
    for (const wanted of record.functions) {
      const present = this.#functions.get(wanted.name);
      if (present === undefined) this.#install(record, wanted, compiled);
      else {
        Object.assign(present, { compiled, wanted });
        for (const callSite of present.callSites) callSite.follow(compiled, wanted);
      }
    }
    return record.functions.map(({ name }) => ({ kind: 'function', name }));
  }

  async drop({ name }: ExtensionKey): Promise<void> {
    for (const [symbol, { owner }] of this.#functions) if (owner === name) this.#functions.delete(symbol);
  }

  function(name: string): ScalarFunction | undefined {
    return this.#functions.get(name)?.declaration;
  }

  functionNames(): Iterable<string> {
    return this.#functions.keys();
  }

  #install(record: WasmRecord, wanted: WasmFunction, compiled: CompiledModule): void {
    const callSites = new Set<CallSite>();
    const declaration = scalar({
      name: wanted.name,
      group: 'wasm',
      summary: `A function of the WebAssembly module ${record.name}.`,
      version: record.version,
      args: [t.rest(t.any('value'), 0)],
      examples: [],
      returns: 'any',
      onNull: 'null',
      volatile: true,
      check: () => null,
      instantiate: (context) => {
        const callSite = new CallSite(installed.compiled, installed.wanted, context, () => callSites.delete(callSite));
        callSites.add(callSite);
        return callSite;
      },
      eval: notInstantiated,
    });
    const installed: InstalledFunction = { compiled, wanted, owner: record.name, declaration, callSites };
    this.#functions.set(wanted.name, installed);
  }
}

/** Surroundings of an instance that is made to see that it can be. */
const unheard: WasmSurroundings = { now: () => 0, random: () => 0, print: () => {}, maxPages };

/** One call in one run. */
class CallSite implements FunctionInstance {
  readonly #around: WasmSurroundings;
  readonly #left: () => void;
  eval: (...args: readonly unknown[]) => unknown;

  constructor(compiled: CompiledModule, wanted: WasmFunction, context: FunctionContext, left: () => void) {
    const logger = context.logger.with({ wasm: wanted.name });
    const { now, random } = context;
    this.#around = { now, random, print: (line) => logger.info(line), maxPages };
    this.#left = left;
    this.eval = new WasmCall(compiled, wanted, this.#around).eval;
  }

  /** Goes over to this version, between two calls. */
  follow(compiled: CompiledModule, wanted: WasmFunction): void {
    this.eval = new WasmCall(compiled, wanted, this.#around).eval;
  }

  close(): void {
    this.#left();
  }
}

function notInstantiated(): never {
  throw new Error('a WebAssembly function is called through its instance');
}
