/**
 * One function of a module instance, called with values of rows. Arguments go by the types of its parameters: a number
 * or a boolean takes one; a text its address, bytes and whatever else as JSON; bytes their address and length.
 */
import { errorText, makeRowError } from '@kuiper/base';
import type { WasmFunction } from '../extension-record.ts';
import { wasmErrors } from './errors.ts';
import { fuelExport } from './meter-module.ts';
import type { ModuleOutline, NumberType, Signature, ValueType } from './read-module.ts';
import { assemblyScriptText, type WasmSurroundings, wasmImports } from './wasm-imports.ts';
import { WebAssembly, type WasmGlobal, type WasmMemory } from './web-assembly.ts';

export interface CompiledModule {
  readonly outline: ModuleOutline;
  /** The metered code. */
  readonly module: object;
}

/** Instructions that a call may take: about a second. */
export const defaultFuel = 1_000_000_000;

type Allocate = (size: number) => number;
type Release = (address: number) => void;
type Run = (...args: readonly (number | bigint)[]) => unknown;

interface Instance {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly fuel: WasmGlobal;
  readonly run: Run;
}

/** What the runtime of AssemblyScript exports. */
interface AssemblyScript {
  readonly __new?: (size: number, kind: number) => number;
  readonly __pin?: (address: number) => number;
  readonly __unpin?: Release;
  readonly __collect?: () => void;
}

const callsPerCollection = 1000;
/** Class of strings in the runtime of AssemblyScript. */
const stringClass = 2;

export class WasmCall {
  readonly #compiled: CompiledModule;
  readonly #around: WasmSurroundings;
  readonly #name: string;
  readonly #returns: WasmFunction['returns'];
  readonly #signature: Signature;
  readonly #limit: number;
  /** Texts and bytes of the present call, to be given back. */
  readonly #borrowed: number[] = [];
  #instance: Instance | null;
  #calls = 0;

  /** Throws when the module cannot be instantiated or exports no such function. */
  constructor(
    compiled: CompiledModule,
    { name, returns }: WasmFunction,
    around: WasmSurroundings,
    fuel: number = defaultFuel,
  ) {
    const signature = compiled.outline.functions.get(name);
    if (signature === undefined) throw wasmErrors.EXPORT_MISSING(name);
    this.#compiled = compiled;
    this.#around = around;
    this.#name = name;
    this.#returns = returns;
    this.#signature = signature;
    this.#limit = fuel;
    this.#instance = this.#instantiate();
  }

  /**
   * @param args tagged, none null
   * @returns tagged. Throws a row error.
   */
  readonly eval = (...args: readonly unknown[]): unknown => {
    const { params } = this.#signature;
    this.#instance ??= this.#instantiate();
    const { fuel, run } = this.#instance;
    fuel.value = this.#limit;
    try {
      const values: (number | bigint)[] = [];
      for (let i = 0; i < args.length; i++) this.#push(values, params, args[i], i + 1);
      if (values.length !== params.length) {
        throw makeRowError(`${this.#name} takes ${params.length} values but got ${values.length}`);
      }
      return this.#result(run(...values));
    } catch (error) {
      throw this.#rowError(error);
    } finally {
      this.#giveBack();
    }
  };

  #instantiate(): Instance {
    const { imports, bind } = wasmImports(this.#compiled.outline.imports, this.#around);
    const { exports } = new WebAssembly.Instance(this.#compiled.module, imports);
    if (isMemory(exports.memory)) bind(exports.memory);
    const fuel = exports[fuelExport] as WasmGlobal;
    fuel.value = this.#limit;
    (exports._initialize as (() => void) | undefined)?.();
    return { exports, fuel, run: exports[this.#name] as Run };
  }

  get #exports(): Instance['exports'] {
    return (this.#instance as Instance).exports;
  }

  #push(values: (number | bigint)[], params: readonly ValueType[], value: unknown, position: number): void {
    const type = params[values.length];
    if (typeof value === 'boolean') values.push(this.#number(value ? 1n : 0n, type, position));
    else if (typeof value === 'number' || typeof value === 'bigint') values.push(this.#number(value, type, position));
    else if (value instanceof Uint8Array) {
      values.push(this.#place(value), value.length);
    } else values.push(this.#text(typeof value === 'string' ? value : JSON.stringify(value, plainInts)));
  }

  #number(value: number | bigint, type: ValueType | undefined, position: number): number | bigint {
    if (type === 'f64' || type === 'f32') return Number(value);
    if (type !== 'i32' && type !== 'i64') throw makeRowError(`${this.#name} takes no number as parameter ${position}`);
    if (typeof value === 'number' && !Number.isInteger(value)) {
      throw makeRowError(`${this.#name} takes an integer as parameter ${position} but got ${value}`);
    }
    if (type === 'i64') return BigInt(value);
    if (value < -(2 ** 31) || value >= 2 ** 32) {
      throw makeRowError(`${this.#name} takes 32 bits as parameter ${position} but got ${value}`);
    }
    return Number(value);
  }

  #text(text: string): number {
    const { __new, __pin } = this.#exports as AssemblyScript;
    if (__new === undefined) return this.#place(Buffer.from(`${text}\0`, 'utf8'));
    const address = __new(text.length * 2, stringClass) >>> 0;
    // Making the next text may collect what nobody holds.
    if (__pin !== undefined) this.#borrowed.push(__pin(address));
    Buffer.from(this.#memory().buffer).write(text, address, 'utf16le');
    return address;
  }

  #place(bytes: Uint8Array): number {
    const { malloc, alloc } = this.#exports;
    const allocate = (malloc ?? alloc) as Allocate | undefined;
    if (allocate === undefined) {
      throw makeRowError(`${this.#name} cannot take texts or bytes: the module exports neither malloc nor alloc`);
    }
    const address = allocate(bytes.length) >>> 0;
    if (address === 0) throw makeRowError(`${this.#name} has no memory left for ${bytes.length} bytes`);
    new Uint8Array(this.#memory().buffer).set(bytes, address);
    this.#borrowed.push(address);
    return address;
  }

  #giveBack(): void {
    if (this.#borrowed.length === 0) return;
    if (this.#instance !== null) {
      const { free, __unpin, __collect } = this.#exports as AssemblyScript & { readonly free?: Release };
      const release = __unpin ?? free;
      // Backwards: allocators that are stacks get back what they gave last.
      if (release !== undefined) for (const address of this.#borrowed.reverse()) release(address);
      if (++this.#calls % callsPerCollection === 0) __collect?.();
    }
    this.#borrowed.length = 0;
  }

  #result(value: unknown): unknown {
    const { results } = this.#signature;
    if (results.length === 0) return null;
    if (Array.isArray(value)) return value.map((member, i) => tagged(member, results[i] as NumberType));
    switch (this.#returns) {
      case 'bool':
        return Number(value) !== 0;
      case 'string':
        return this.#readText(Number(value) >>> 0);
      case 'json':
        return taggedJson(JSON.parse(this.#readText(Number(value) >>> 0)));
      case 'bytes':
        return this.#readBytes(BigInt.asUintN(64, BigInt(value as number | bigint)));
      default:
        return tagged(value, results[0] as NumberType);
    }
  }

  #readText(address: number): string {
    const { buffer } = this.#memory();
    if (this.#exports.__new !== undefined) return assemblyScriptText(new DataView(buffer), address);
    const bytes = Buffer.from(buffer);
    const end = bytes.indexOf(0, address);
    if (end < 0) throw makeRowError(`${this.#name} returned a text without an end`);
    return bytes.toString('utf8', address, end);
  }

  #readBytes(place: bigint): Uint8Array {
    const address = Number(place >> 32n);
    const length = Number(place & 0xffff_ffffn);
    const { buffer } = this.#memory();
    if (address + length > buffer.byteLength) throw makeRowError(`${this.#name} returned bytes outside its memory`);
    return new Uint8Array(buffer.slice(address, address + length));
  }

  #memory(): WasmMemory {
    const { memory } = this.#exports;
    if (!isMemory(memory)) throw makeRowError(`${this.#name} cannot take or give texts: the module exports no memory`);
    return memory;
  }

  /** A call that ended half-way may have left anything behind: the next one gets an instance of its own. */
  #rowError(error: unknown): Error {
    const isSpent = (this.#instance?.fuel.value ?? 0) < 0;
    this.#instance = null;
    if (isSpent) return makeRowError(`${this.#name} did not end within ${this.#limit} instructions`);
    if (error instanceof Error && error.name === 'RowError') return error;
    return makeRowError(`${this.#name} failed: ${errorText(error)}`);
  }
}

function isMemory(value: unknown): value is WasmMemory {
  return typeof value === 'object' && value !== null && 'buffer' in value;
}

function tagged(value: unknown, type: NumberType): unknown {
  return type === 'i32' ? BigInt(value as number) : value;
}

function taggedJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(taggedJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, taggedJson(member)]));
}

function plainInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
