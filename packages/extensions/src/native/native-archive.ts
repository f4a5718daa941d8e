/** What the zip file of a native plugin holds. Source: behaviour spec, extension §3.2. */
import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import type { NativeRecord } from '../extension-record.ts';
import { nativeErrors } from './errors.ts';
import { moduleExtensions } from './module-file.ts';
import { upperFirst } from './module-symbols.ts';

export interface NativeArchive {
  readonly module: ArchiveEntry;
  /** Default configuration of a source; null when there is none in the archive. */
  readonly yaml: ArchiveEntry | null;
  /** Metadata for consoles. */
  readonly json: ArchiveEntry | null;
  /** Below `etc/`, by their path there. */
  readonly etc: readonly ArchiveEntry[];
  readonly script: ArchiveEntry | null;
  /** What the module needs beside it. */
  readonly beside: readonly ArchiveEntry[];
}

/** @param hasYaml there is a configuration of this source already */
export function readNativeArchive(
  type: NativeRecord['type'],
  name: string,
  archive: Archive,
  hasYaml: boolean,
): NativeArchive {
  const modules = [...archive.values()].filter(({ path }) => isModuleOf(name, path));
  if (modules.length > 1) throw nativeErrors.SEVERAL_MODULES(modules.map(({ path }) => path));
  const [module] = modules;
  const yaml = type === 'sources' ? (archive.get(`${name}.yaml`) ?? null) : null;
  const isComplete = type !== 'sources' || yaml !== null || hasYaml;
  if (module === undefined || !isComplete) {
    const foreign = [...archive.keys()].find((path) => isSharedObjectOf(name, path));
    if (module === undefined && foreign !== undefined) throw nativeErrors.SHARED_OBJECT(foreign);
    const found = [module, yaml].flatMap((entry) => (entry === undefined || entry === null ? [] : [entry.path]));
    const expected = type === 'sources' ? 3 : 1;
    throw nativeErrors.ZIP(expected, found, [...archive.keys()], yaml !== null || hasYaml, module !== undefined);
  }
  const json = archive.get(`${name}.json`) ?? null;
  const script = archive.get('install.sh') ?? null;
  const taken = new Set<ArchiveEntry | null>([module, yaml, json, script]);
  const others = [...archive.values()].filter((entry) => !taken.has(entry) && !isClutter(entry.path));
  return {
    module,
    yaml,
    json,
    script,
    etc: others.filter(({ path }) => path.startsWith('etc/')),
    beside: others.filter(({ path }) => !path.startsWith('etc/')),
  };
}

/** What desktops put into archives. */
function isClutter(path: string): boolean {
  return path.startsWith('__MACOSX/') || path.split('/').pop() === '.DS_Store';
}

function isModuleOf(name: string, path: string): boolean {
  return moduleExtensions.some(
    (extension) => path.endsWith(extension) && isNamed(name, path.slice(0, -extension.length)),
  );
}

function isSharedObjectOf(name: string, path: string): boolean {
  return path.endsWith('.so') && isNamed(name, path.slice(0, -3));
}

/** `name` or `Name`, with an optional version. */
function isNamed(name: string, base: string): boolean {
  const [own = '', ...version] = base.split('@');
  if (own !== name && own !== upperFirst(name)) return false;
  return version.length === 0 || /^[\w.+-]+$/.test(version.join('@'));
}
