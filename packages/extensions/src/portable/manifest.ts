/**
 * What a portable plugin says about itself in `<name>.json`. Property names match in any case, unknown ones are ignored.
 * Source: behaviour spec, extension §4.1; `lookups`, `exec`, `instances`, `maxMemory` and the languages `node` and
 * `exec` are ours.
 */
import { lookupProp } from '@kuiper/base';
import type { PortableRecord } from '../extension-record.ts';
import { portableErrors } from './errors.ts';

export interface PortableManifest {
  readonly name: string;
  readonly version: string;
  /** `go`, `python`, `node` or `exec`. */
  readonly language: string;
  /** Path below the plugin's directory. */
  readonly executable: string;
  /** `conda`, or empty. */
  readonly virtualEnvType: string;
  /** Name of the virtual environment, or empty. */
  readonly env: string;
  readonly sources: readonly string[] | null;
  readonly sinks: readonly string[] | null;
  readonly functions: readonly string[] | null;
  readonly lookups: readonly string[] | null;
  /** Processes to run; calls of functions go to all of them. */
  readonly instances: number;
  /** Bytes of resident memory at which a process is ended; null for no limit. */
  readonly maxMemoryBytes: number | null;
}

/** What plugins can offer, by the property that lists it. */
export const symbolLists = {
  source: 'sources',
  sink: 'sinks',
  function: 'functions',
  lookup: 'lookups',
} as const;

export type PortableSymbolKind = keyof typeof symbolLists;

const languages: ReadonlySet<string> = new Set(['go', 'python', 'node', 'exec']);
const MAX_INSTANCES = 64;

/**
 * Throws what is wrong, the first mistake in the order of the spec.
 * @param name of the plugin, which its file must not contradict
 * @param json the parsed file
 */
export function readManifest(name: string, json: unknown): PortableManifest {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw portableErrors.MANIFEST_INVALID(`${name}.json is not a JSON object`);
  }
  const bag = json as Readonly<Record<string, unknown>>;
  const text = (property: string): string => {
    const value = lookupProp(bag, property) ?? '';
    if (typeof value !== 'string') throw portableErrors.MANIFEST_INVALID(`${property} must be a string`);
    return value;
  };
  const said = text('name');
  if (said !== '' && said !== name) throw portableErrors.MANIFEST_NAME(name, said);
  const language = text('language');
  if (language === '') throw portableErrors.MANIFEST_INVALID('missing language');
  const executable = text('executable') || text('exec');
  if (executable === '') throw portableErrors.MANIFEST_INVALID('missing executable');
  const sources = symbolList(bag, 'sources');
  const sinks = symbolList(bag, 'sinks');
  const functions = symbolList(bag, 'functions');
  const lookups = symbolList(bag, 'lookups');
  if ([sources, sinks, functions, lookups].every((list) => (list ?? []).length === 0)) {
    throw portableErrors.MANIFEST_INVALID('must define at lease one source, sink or function');
  }
  if (!languages.has(language)) {
    throw portableErrors.MANIFEST_INVALID(`language '${language}' is not supported`);
  }
  if (isOutside(executable)) {
    throw portableErrors.MANIFEST_INVALID(`executable '${executable}' must lie in the plugin's directory`);
  }
  return {
    name,
    version: text('version'),
    language,
    executable,
    virtualEnvType: text('virtualEnvType'),
    env: text('env'),
    sources,
    sinks,
    functions,
    lookups,
    instances: instanceCount(lookupProp(bag, 'instances')),
    maxMemoryBytes: memoryLimit(lookupProp(bag, 'maxMemory')),
  };
}

/**
 * The answer of `GET /plugins/portables/{name}`: keys in their order, lists that were not given are null.
 * @param executable absolute
 */
export function describeManifest(manifest: PortableManifest, executable: string): Record<string, unknown> {
  const { name, version, language, virtualEnvType, env, sources, sinks, functions, lookups } = manifest;
  return {
    name,
    version,
    language,
    executable,
    ...(virtualEnvType === '' ? {} : { virtualEnvType }),
    ...(env === '' ? {} : { env }),
    sources,
    sinks,
    functions,
    ...(lookups === null ? {} : { lookups }),
  };
}

/** What threads that run rules are told of the plugin. */
export function portableRecord(manifest: PortableManifest): PortableRecord {
  const { name, version, sources, sinks, functions, lookups } = manifest;
  return {
    kind: 'portable',
    name,
    version,
    sources: sources ?? [],
    sinks: sinks ?? [],
    functions: functions ?? [],
    lookups: lookups ?? [],
  };
}

/** Refuses names that another plugin offers already; `ownerOf` names who, undefined for nobody. */
export function checkOwnership(
  manifest: PortableManifest,
  ownerOf: (kind: PortableSymbolKind, symbol: string) => string | undefined,
): void {
  for (const [kind, list] of Object.entries(symbolLists) as [PortableSymbolKind, keyof PortableManifest][]) {
    for (const symbol of (manifest[list] as readonly string[] | null) ?? []) {
      const owner = ownerOf(kind, symbol);
      if (owner === undefined || owner === manifest.name) continue;
      throw portableErrors.MANIFEST_INVALID(`${kind} '${symbol}' is already defined by plugin '${owner}'`);
    }
  }
}

/** A symbol becomes part of file and socket names: it must be one plain component of a path. */
const SYMBOL = /^[^/\\\0]+$/;

function symbolList(bag: Readonly<Record<string, unknown>>, property: string): readonly string[] | null {
  const value = lookupProp(bag, property) ?? null;
  if (value === null) return null;
  if (!Array.isArray(value)) throw portableErrors.MANIFEST_INVALID(`${property} must be a list of names`);
  const seen = new Set<string>();
  for (const symbol of value as readonly unknown[]) {
    if (typeof symbol !== 'string' || !SYMBOL.test(symbol) || symbol === '.' || symbol === '..') {
      throw portableErrors.MANIFEST_INVALID(`${property} must be a list of names`);
    }
    if (seen.has(symbol)) throw portableErrors.MANIFEST_INVALID(`${property} names '${symbol}' twice`);
    seen.add(symbol);
  }
  return value as readonly string[];
}

function isOutside(path: string): boolean {
  return path.startsWith('/') || path.includes('\0') || path.split(/[/\\]/).includes('..');
}

function instanceCount(value: unknown): number {
  if (value === undefined || value === null) return 1;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_INSTANCES) {
    throw portableErrors.MANIFEST_INVALID(`instances must be a number from 1 to ${MAX_INSTANCES}`);
  }
  return value;
}

const unitBytes: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** `"256MB"`, `"256MiB"`, `"1G"` or a number of bytes. */
function memoryLimit(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  const parts = /^(\d+)\s*([KMG]?)(?:i?B)?$/i.exec(String(value));
  const bytes = parts === null ? 0 : Number(parts[1]) * (unitBytes[(parts[2] as string).toUpperCase()] as number);
  if (!(bytes > 0)) throw portableErrors.MANIFEST_INVALID(`maxMemory '${String(value)}' is not a size such as 256MB`);
  return bytes;
}
