/** From a plugin's folder to the zip that the engine installs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeTypesOut } from './engine-tool.ts';
import { pluginErrors } from './errors.ts';
import { listFolder } from './plugin-folder.ts';
import type { PackedFile, PluginProject } from './plugin-project.ts';
import { type PortableProject, sourceOf } from './portable-project.ts';
import { findSdk } from './vendored-sdk.ts';
import { type ZipFile, zipFiles } from './zip-file.ts';

export interface PackedPlugin {
  readonly zip: Buffer;
  readonly fileCount: number;
}

/** Builds first what has to be built. Throws what the compiler says. */
export function packPlugin(project: PluginProject): PackedPlugin {
  return withBuilt(project, (directory) => {
    const files = builtFiles(project).map(({ path, isExecutable }): ZipFile => {
      const full = join(directory, path);
      const mode = statSync(full).mode & 0o777;
      return { path, content: readFileSync(full), mode: isExecutable ? mode | 0o111 : mode };
    });
    if (needsSdk(project, files)) files.push(...sdkFiles());
    return { zip: zipFiles(files), fileCount: files.length };
  });
}

/** Native plugins find it in the engine, a process has to bring it. */
function needsSdk(project: PluginProject, files: readonly ZipFile[]): boolean {
  if (project.kind === 'native' || project.language !== 'node') return false;
  if (files.some(({ path }) => path.startsWith('node_modules/@kuiper/sdk/'))) return false;
  return files.some(({ path, content }) => /\.[cm]?js$/.test(path) && /['"]@kuiper\/sdk\b/.test(content.toString()));
}

function sdkFiles(): ZipFile[] {
  return findSdk('node').flatMap(({ from, to }) => {
    const isFolder = statSync(from).isDirectory();
    const paths = isFolder
      ? listFolder(from, (path) => !/\.(map|tsbuildinfo)$/.test(path)).map((path) => `/${path}`)
      : [''];
    return paths.map((path) => ({ path: `${to}${path}`, content: readFileSync(`${from}${path}`), mode: 0o644 }));
  });
}

/** @param use gets the folder in which the program is; it may be gone afterwards */
export function withBuilt<T>(project: PluginProject, use: (directory: string) => T): T {
  const { directory } = project;
  if (project.kind === 'native' || project.build === null) return use(directory);
  if (project.build === 'go') {
    buildGo(project);
    return use(directory);
  }
  const target = mkdtempSync(join(tmpdir(), 'kuiper-plugin-'));
  const remove = (): void => rmSync(target, { recursive: true, force: true });
  let result: T;
  try {
    result = use(takeTypesOut(directory, sourceOf(project.executable), target));
  } catch (error) {
    remove();
    throw error;
  }
  if (result instanceof Promise) return result.finally(remove) as T;
  remove();
  return result;
}

/** As they are called after the build. */
function builtFiles(project: PluginProject): readonly PackedFile[] {
  if (project.kind === 'native' || project.build !== 'typescript') return project.files;
  return project.files.map(({ path }) => {
    const isOwn = !path.startsWith('node_modules/');
    const built = isOwn ? path.replace(/\.m?ts$/, '.mjs').replace(/\.cts$/, '.cjs') : path;
    return { path: built, isExecutable: built === project.executable || path === 'install.sh' };
  });
}

/** For another machine than this one, set GOOS and GOARCH. */
function buildGo({ directory, executable }: Pick<PortableProject, 'directory' | 'executable'>): void {
  const args = ['build', '-o', executable, '.'];
  const { status, stdout, stderr, error } = spawnSync('go', args, { cwd: directory, encoding: 'utf8' });
  if (error !== undefined) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw pluginErrors.BUILD('go build', isMissing ? 'Go is not installed, or not in PATH.' : error.message);
  }
  if (status !== 0) throw pluginErrors.BUILD(`go ${args.join(' ')}`, `${stdout}${stderr}`.trim());
}
