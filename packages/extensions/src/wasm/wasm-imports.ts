/**
 * What a module may import: memory, the abort of AssemblyScript, and of WASI what a library needs to start and to
 * print. There are no files, no arguments and no environment.
 */
import { makeRowError, type RowError } from '@kuiper/base';
import { wasmErrors } from './errors.ts';
import type { ModuleImport } from './read-module.ts';
import { WebAssembly, type WasmMemory } from './web-assembly.ts';

export interface WasmSurroundings {
  /** ms since the epoch. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  print(line: string): void;
  readonly maxPages: number;
}

export interface WasmImports {
  readonly imports: Record<string, Record<string, unknown>>;
  /** To be called with the instance's memory before its first function. */
  bind(memory: WasmMemory): void;
}

type HostFunction = (...args: never[]) => unknown;

const success = 0;
const badDescriptor = 8;
const longestLine = 4096;

/** Throws for an import that is not offered. */
export function wasmImports(wanted: readonly ModuleImport[], around: WasmSurroundings): WasmImports {
  let memory: WasmMemory | null = null;
  const view = (): DataView => new DataView((memory as WasmMemory).buffer);
  const offered: Readonly<Record<string, Readonly<Record<string, HostFunction>>>> = {
    env: { abort: abort(view), seed: () => around.random() * 2 ** 31 },
    wasi_snapshot_preview1: wasi(view, around),
  };
  const imports: Record<string, Record<string, unknown>> = {};
  for (const { module, name, kind, minPages } of wanted) {
    let value: unknown;
    if (kind === 'memory') {
      memory = new WebAssembly.Memory({ initial: minPages, maximum: Math.max(minPages, around.maxPages) });
      value = memory;
    } else if (kind === 'function' && Object.hasOwn(offered, module)) value = offered[module]?.[name];
    if (value === undefined) throw wasmErrors.IMPORT(module, name);
    imports[module] ??= {};
    imports[module][name] = value;
  }
  return {
    imports,
    bind: (own) => {
      memory ??= own;
    },
  };
}

/** AssemblyScript: message and file are strings of its own, at these addresses. */
function abort(view: () => DataView): HostFunction {
  return (message: number, file: number, line: number, column: number): never => {
    throw makeRowError(
      `aborted: ${assemblyScriptText(view(), message)} (${assemblyScriptText(view(), file)}:${line}:${column})`,
    );
  };
}

/** A string of AssemblyScript: UTF-16, its length in bytes stands before it. */
export function assemblyScriptText(view: DataView, address: number): string {
  if (address === 0) return '';
  const length = view.getUint32(address - 4, true);
  return Buffer.from(view.buffer, address, length).toString('utf16le');
}

function wasi(view: () => DataView, around: WasmSurroundings): Record<string, HostFunction> {
  const nothing = (countAt: number, sizeAt: number): number => {
    view().setUint32(countAt, 0, true);
    view().setUint32(sizeAt, 0, true);
    return success;
  };
  return {
    args_sizes_get: nothing,
    args_get: () => success,
    environ_sizes_get: nothing,
    environ_get: () => success,
    clock_time_get: (_clock: number, _precision: bigint, at: number) => {
      view().setBigUint64(at, BigInt(Math.trunc(around.now())) * 1_000_000n, true);
      return success;
    },
    random_get: (at: number, length: number) => {
      const bytes = new Uint8Array(view().buffer, at, length);
      for (let i = 0; i < length; i++) bytes[i] = around.random() * 256;
      return success;
    },
    fd_write: (descriptor: number, vectors: number, count: number, writtenAt: number) => {
      if (descriptor !== 1 && descriptor !== 2) return badDescriptor;
      let text = '';
      let written = 0;
      for (let i = 0; i < count; i++) {
        const address = view().getUint32(vectors + 8 * i, true);
        const length = view().getUint32(vectors + 8 * i + 4, true);
        if (text.length < longestLine) text += Buffer.from(view().buffer, address, length).toString('utf8');
        written += length;
      }
      around.print(text.slice(0, longestLine).replace(/\n$/, ''));
      view().setUint32(writtenAt, written, true);
      return success;
    },
    fd_close: () => success,
    fd_seek: () => badDescriptor,
    fd_read: () => badDescriptor,
    fd_fdstat_get: () => badDescriptor,
    fd_prestat_get: () => badDescriptor,
    fd_prestat_dir_name: () => badDescriptor,
    sched_yield: () => success,
    proc_exit: (code: number): RowError => {
      throw makeRowError(`exited with code ${code}`);
    },
  };
}
