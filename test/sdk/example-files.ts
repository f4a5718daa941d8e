/** Example plugins as archives. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Archive, ArchiveEntry } from '@kuiper/extensions/install';
import { build } from 'esbuild';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** The files of a directory of the repository, below `prefix` in the archive. */
export function filesOf(directory: string, prefix = ''): [string, ArchiveEntry][] {
  const root = join(repository, directory);
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
    .map((entry) => {
      const absolute = join(entry.parentPath, entry.name);
      const path = prefix + absolute.slice(root.length + 1);
      return [path, { path, content: readFileSync(absolute), mode: 0o644 }];
    });
}

/** A Python plugin with the SDK beside it, as it would be packed to need nothing else. */
export function pythonExample(directory: string): Archive {
  return new Map([...filesOf(directory), ...filesOf('sdks/python/kuiper', 'kuiper/')]);
}

/** A TypeScript plugin, bundled with the SDK into one file, as `npx esbuild` does it. */
export async function typescriptExample(directory: string): Promise<Archive> {
  const { outputFiles } = await build({
    entryPoints: [join(repository, directory, 'plugin.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    nodePaths: [join(repository, 'node_modules')],
    write: false,
  });
  const manifest = filesOf(directory).filter(([path]) => path.endsWith('.json'));
  const content = Buffer.from(outputFiles[0]?.contents ?? []);
  return new Map([...manifest, ['plugin.mjs', { path: 'plugin.mjs', content, mode: 0o644 }]]);
}
