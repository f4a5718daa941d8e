/** Installed things in exports and imports: the request that installed them, made again. */
import { parseJson } from '../http/json-body.ts';
import type { Services } from '../services.ts';
import { type InstallRequest, installRequest } from './install-request.ts';
import { serverErrors } from '../errors.ts';

export type ExtensionParts = Pick<Services, 'nativePlugins' | 'portablePlugins' | 'wasmPlugins' | 'externalServices'>;

type TextMap = Readonly<Record<string, string>>;

/** Members of an export. WebAssembly plugins are among the native ones, as of a type of their own. */
export function exportExtensions(
  parts: ExtensionParts,
): Record<'nativePlugins' | 'portablePlugins' | 'Service', TextMap> {
  const wasm = Object.entries(parts.wasmPlugins.exported()).map(([name, text]) => [`wasm_${name}`, text] as const);
  return {
    nativePlugins: { ...parts.nativePlugins.exported(), ...Object.fromEntries(wasm) },
    portablePlugins: parts.portablePlugins.exported(),
    Service: parts.externalServices.exported(),
  };
}

/** @param skipPresent what is installed already stays as it is */
export async function importNative(
  parts: ExtensionParts,
  key: string,
  text: string,
  skipPresent: boolean,
): Promise<void> {
  const { nativePlugins, wasmPlugins } = parts;
  const request = readRequest(text);
  const type = key.slice(0, Math.max(0, key.indexOf('_')));
  if (type === 'wasm') {
    if (!skipPresent || wasmPlugins.find(request.name) === undefined) await wasmPlugins.replace(request);
    return;
  }
  if (type !== 'sources' && type !== 'sinks' && type !== 'functions') {
    throw serverErrors.REQUEST(`invalid key ${key}: it must begin with sources_, sinks_, functions_ or wasm_`);
  }
  if (skipPresent && nativePlugins.describe(type, request.name) !== undefined) return;
  await nativePlugins.put(type, request);
}

export async function importPortable(parts: ExtensionParts, text: string, skipPresent: boolean): Promise<void> {
  const request = readRequest(text);
  if (skipPresent && parts.portablePlugins.describe(request.name.trim()) !== undefined) return;
  await parts.portablePlugins.replace(request);
}

export function importService(parts: ExtensionParts, text: string): Promise<void> {
  return parts.externalServices.create(readRequest(text));
}

export async function clearExtensions(parts: ExtensionParts): Promise<void> {
  await parts.nativePlugins.clear();
  await parts.portablePlugins.clear();
  await parts.wasmPlugins.clear();
  await parts.externalServices.clear();
}

function readRequest(text: string): InstallRequest {
  return installRequest(parseJson(text));
}
