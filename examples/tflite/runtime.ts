/**
 * LiteRT, Google's runtime for `.tflite` models, as WebAssembly in this thread. It is made for browsers: what it asks of
 * one is there while it loads.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { rowError } from '@kuiper/sdk';

export type ElementType = 'float32' | 'int32' | 'uint8';
export type Elements = Float32Array | Int32Array | Uint8Array;

export interface Tensor {
  readonly type: { readonly dtype: ElementType };
  toTypedArray(): Elements;
  /** Its memory is not the collector's. */
  delete(): void;
}

export interface Input {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: Int32Array;
}

export interface Model {
  getInputDetails(): readonly Input[];
  run(tensors: readonly Tensor[]): Promise<readonly Tensor[]>;
}

/** What we use of `@litertjs/core`. */
export interface LiteRt {
  readonly Tensor: new (elements: Elements, shape: readonly number[]) => Tensor;
  loadLiteRt(script: string): Promise<unknown>;
  getGlobalLiteRtPromise(): Promise<unknown> | undefined;
  loadAndCompile(model: Uint8Array, options: { readonly accelerator: 'wasm' }): Promise<Model>;
}

let loaded: Promise<LiteRt> | null = null;

/** Asked again after it was missing: it may have been installed since. */
export function loadRuntime(): Promise<LiteRt> {
  loaded ??= load().catch((error: unknown) => {
    loaded = null;
    throw rowError(
      'the npm package @litertjs/core cannot be loaded: run `npm install --prefix data --ignore-scripts ' +
        `@litertjs/core\` in the engine's directory (${error instanceof Error ? error.message : String(error)})`,
    );
  });
  return loaded;
}

async function load(): Promise<LiteRt> {
  const main = fileURLToPath(import.meta.resolve('@litertjs/core'));
  const directory = join(dirname(main), '..', 'wasm');
  const script = join(directory, 'litert_wasm_compat_internal.js');
  const makeModule = compileFunction(`${await readFile(script, 'utf8')}\nreturn ModuleFactory;`, [
    'require',
    '__filename',
    '__dirname',
  ])(createRequire(script), script, directory) as unknown;
  const browser: Record<string, unknown> = {
    self: globalThis,
    importScripts: () => undefined,
    ModuleFactory: makeModule,
    Module: { locateFile: (file: string) => join(directory, file), print: () => undefined, printErr: () => undefined },
  };
  const before = Object.keys(browser).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const [name, value] of Object.entries(browser)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  try {
    const runtime = (await import('@litertjs/core')) as unknown as LiteRt;
    // Another version of this plugin may have started it in this thread.
    await (runtime.getGlobalLiteRtPromise() ?? runtime.loadLiteRt(script));
    return runtime;
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) delete (globalThis as Record<string, unknown>)[name];
      else Object.defineProperty(globalThis, name, descriptor);
    }
  }
}
