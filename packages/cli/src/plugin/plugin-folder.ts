/** The files of a plugin in the folder where it is written: which ones there are, and which of them belong in its package. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Made by tools, or of use only to those who write the plugin. */
const leftOut = [
  /(^|\/)__pycache__\//,
  /(^|\/)(venv|tests?)\//,
  /\.(pyc|zip|md|bak)$|~$/,
  /\.(test|spec)\.\w+$/,
  /(^|\/)test_[^/]*\.py$/,
  /_test\.go$/,
  /(^|\/)tsconfig(\.[\w-]+)?\.json$/,
];

/** Packages are taken as they are, but for what nothing loads. */
const neverPacked = [/(^|\/)\./, /\.d\.[cm]?ts$/];

function isLeftOut(path: string): boolean {
  const patterns = path.startsWith('node_modules/') ? neverPacked : [...neverPacked, ...leftOut];
  return patterns.some((pattern) => pattern.test(path));
}

/** Paths with `/` of what may be packed, sorted. Links are followed to files only. */
export function listFolder(directory: string, isWanted: (path: string) => boolean = () => true): string[] {
  const found: string[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const full = join(folder, entry.name);
      const path = relative(directory, full).replaceAll(sep, '/');
      const shown = entry.isDirectory() ? `${path}/` : path;
      if (isLeftOut(shown) || !isWanted(shown)) continue;
      if (entry.isDirectory()) visit(full);
      else if (statSync(full, { throwIfNoEntry: false })?.isFile() === true) found.push(path);
    }
  };
  visit(directory);
  return found.sort();
}

/** Null when there is no such file. */
export function readOptional(directory: string, path: string): string | null {
  try {
    return readFileSync(join(directory, path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
