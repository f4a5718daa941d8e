/** Example plugins as archives. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

const names =
  /\b(?:pyexample|tsexample|goexample|anomaly|anomaly_score|(?:ticker|journal|average|echo|sites)(?:Py|Ts|Go))\b/g;

/** Names of plugins and symbols with a tag behind them: their sockets all lie in `/tmp`, and tests run side by side. */
export function tagged(text: string, tag: string): string {
  return text.replace(names, `$&_${tag}`);
}

function taggedFiles(entries: readonly [string, ArchiveEntry][], tag: string): [string, ArchiveEntry][] {
  return entries.map(([path, entry]) => {
    const content = Buffer.from(tagged(Buffer.from(entry.content).toString('utf8'), tag));
    return [tagged(path, tag), { ...entry, path: tagged(path, tag), content }];
  });
}

/** A Python plugin with the SDK beside it, as it would be packed to need nothing else. */
export function pythonExample(directory: string, tag: string): Archive {
  return new Map([...taggedFiles(filesOf(directory), tag), ...filesOf('sdks/python/kuiper', 'kuiper/')]);
}

/** A TypeScript plugin, bundled with the SDK into one file, as `npx esbuild` does it. */
export async function typescriptExample(directory: string, tag: string): Promise<Archive> {
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
  const plugin = { path: 'plugin.mjs', content: Buffer.from(outputFiles[0]?.contents ?? []), mode: 0o644 };
  return new Map(taggedFiles([...manifest, ['plugin.mjs', plugin]], tag));
}

const goCandidates = [process.env['KUIPER_TEST_GO'], 'go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'];
const goFound = goCandidates.find((name) => name !== undefined && spawnSync(name, ['version']).status === 0);

export const goBin: string = goFound ?? 'go';

/** Why Go plugins cannot be built here, null when they can. */
export const goMissing: string | null = missingUnless(goFound !== undefined, 'install Go 1.19 or newer (golang-go)');

/** A Go plugin, built. */
export function goExample(directory: string, tag: string): Archive {
  const folder = mkdtempSync(join(tmpdir(), 'go-plugin-'));
  try {
    const files = taggedFiles(filesOf(directory), tag);
    for (const [path, { content }] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(
        join(folder, path),
        Buffer.from(content).toString().replace('../../sdks/go', join(repository, 'sdks/go')),
      );
    }
    const executable = tagged('goexample', tag);
    const file = join(folder, executable);
    const { status, stderr } = spawnSync(goBin, ['build', '-o', file, '.'], {
      cwd: folder,
      env: { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    const manifest = files.filter(([path]) => path.endsWith('.json'));
    return new Map([...manifest, [executable, { path: executable, content: readFileSync(file), mode: 0o755 }]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Why plugins in Python cannot be run here, null when they can. */
export const pythonMissing: string | null = missingUnless(
  spawnSync('python3', ['--version']).status === 0,
  'install Python 3.9 or newer (python3)',
);

/** What a test needs is told where it is missing, and must be there where `CI` is true. */
function missingUnless(isThere: boolean, what: string): string | null {
  if (isThere) return null;
  if (process.env['CI'] === 'true') throw new Error(what);
  console.warn(`skipped: ${what}`);
  return what;
}
