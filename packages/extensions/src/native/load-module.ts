/** Modules of plugins into the process. */
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorText } from '@kuiper/base';
import { extensionApiVersion } from '@kuiper/sdk';
import { nativeErrors } from './errors.ts';
import { type ModuleExports, upperFirst } from './module-symbols.ts';
import { isInRange } from './semantic-version.ts';

/** How often each file has been loaded: the next time must not give what the process has in its cache. */
const loads = new Map<string, number>();

/** How long a module may take to load. */
export const loadLimitMs = 30_000;

/**
 * The exports of a fresh instance of the module. What it imports itself is fresh when the file lies in another directory
 * than before. Throws why it cannot be used.
 */
export async function loadModule(name: string, file: string, withinMs = loadLimitMs): Promise<ModuleExports> {
  let exports: ModuleExports;
  try {
    exports = file.endsWith('.node') ? loadAddon(file) : await within(withinMs, importFresh(name, file));
  } catch (error) {
    throw nativeErrors.LOAD(basename(file), errorText(error), { cause: error });
  }
  checkApiVersion(name, exports.apiVersion);
  return exports;
}

/** Modules that this thread has loaded since it started, replaced ones included: those stay in memory until it ends. */
export function loadCount(): number {
  let count = 0;
  for (const times of loads.values()) count += times;
  return count;
}

/** A module that waits for something at its top level may do so for ever. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it is not ready after ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function loadAddon(file: string): ModuleExports {
  count(file);
  return createRequire(file)(file) as ModuleExports;
}

async function importFresh(name: string, file: string): Promise<ModuleExports> {
  const times = count(file);
  const url = pathToFileURL(file).href;
  const loaded = (await import(/* @vite-ignore */ times === 1 ? url : `${url}?load=${times}`)) as ModuleExports;
  const inner = loaded.default;
  // A single plugin may be the default; what a CommonJS module exports stands in there as well.
  if (isPlugin(inner)) return { [upperFirst(name)]: inner, ...loaded };
  return typeof inner === 'object' && inner !== null ? { ...(inner as ModuleExports), ...loaded } : loaded;
}

function isPlugin(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'function';
  const members = value as ModuleExports;
  const methods = ['open', 'exec', 'subscribe', 'pull', 'collect', 'lookup', 'eval', 'implement'];
  return methods.some((method) => typeof members[method] === 'function');
}

function count(file: string): number {
  const times = (loads.get(file) ?? 0) + 1;
  loads.set(file, times);
  return times;
}

/** @param range as the module exports it; undefined asks for nothing */
export function checkApiVersion(name: string, range: unknown): void {
  if (range === undefined) return;
  const fits = typeof range === 'string' ? isInRange(extensionApiVersion, range) : null;
  if (fits === null) throw nativeErrors.API_RANGE(name, JSON.stringify(range));
  if (!fits) throw nativeErrors.API_VERSION(name, range as string, extensionApiVersion);
}
