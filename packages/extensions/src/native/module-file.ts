/**
 * Modules of plugins in their folders: `echo.mjs`, `Echo@v1.2.0.ts`, or a folder of such a name that holds the module
 * together with what it needs. Source: behaviour spec, extension §3.1.
 */
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lowerFirst } from './module-symbols.ts';
import { compareVersions } from './semantic-version.ts';

/** Forms that are loaded as they are, and those whose types are taken out before. */
export const moduleExtensions = ['.mjs', '.js', '.cjs', '.ts', '.mts', '.cts', '.node'] as const;

export interface ModulePlace {
  /** Of the plugin, with a lower-case first letter. */
  readonly name: string;
  /** Without a leading `v`; of a folder whose name has none that of its `package.json`; empty when there is none either. */
  readonly version: string;
  /** Absolute: the file, or the folder of the plugin. */
  readonly path: string;
  readonly isFolder: boolean;
  /** The module, relative to the folder it is in. */
  readonly main: string;
}

interface ModuleName {
  readonly name: string;
  readonly version: string;
}

/** Null for names that no module has. */
export function parseModuleName(fileName: string): ModuleName | null {
  const extension = moduleExtensions.find((candidate) => fileName.endsWith(candidate));
  if (extension === undefined || /\.d\.[cm]?ts$/.test(fileName)) return null;
  return parseBase(fileName.slice(0, -extension.length));
}

function parseBase(base: string): ModuleName | null {
  const [name = '', ...rest] = base.split('@');
  if (!/^[\w-]+$/.test(name)) return null;
  return { name: lowerFirst(name), version: rest.join('@').replace(/^v(?=\d)/, '') };
}

/** All modules in a folder of plugins, by name, the highest version first. */
export function scanModules(directory: string): ReadonlyMap<string, readonly ModulePlace[]> {
  const found = new Map<string, ModulePlace[]>();
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const place = placeOf(directory, entry);
    if (place === null) continue;
    const versions = found.get(place.name);
    if (versions === undefined) found.set(place.name, [place]);
    else versions.push(place);
  }
  for (const versions of found.values()) versions.sort((a, b) => compareVersions(b.version, a.version));
  return found;
}

function placeOf(directory: string, entry: Dirent): ModulePlace | null {
  const path = join(directory, entry.name);
  if (entry.isFile()) {
    const parsed = parseModuleName(entry.name);
    return parsed === null ? null : { ...parsed, path, isFolder: false, main: entry.name };
  }
  const parsed = entry.isDirectory() && entry.name !== 'node_modules' ? parseBase(entry.name) : null;
  if (parsed === null) return null;
  const main = readdirSync(path)
    .sort()
    .find((name) => parseModuleName(name)?.name === parsed.name || parseModuleName(name)?.name === 'index');
  if (main === undefined) return null;
  return { ...parsed, version: parsed.version || manifestVersion(path), path, isFolder: true, main };
}

/** That of a `package.json`; whether this can be read at all is told when the plugin is. */
function manifestVersion(folder: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : '';
  } catch {
    return '';
  }
}
