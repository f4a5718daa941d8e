/** From a plugin's folder to the zip that the engine installs. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pluginErrors } from './errors.ts';
import type { PluginProject } from './plugin-project.ts';
import type { PortableProject } from './portable-project.ts';
import { zipFiles } from './zip-file.ts';

export interface PackedPlugin {
  readonly zip: Buffer;
  readonly fileCount: number;
}

/** Builds first what has to be built. Throws what the compiler says. */
export function packPlugin(project: PluginProject): PackedPlugin {
  if (project.kind === 'portable' && project.isBuilt) buildGo(project);
  const files = project.files.map(({ path, isExecutable }) => {
    const full = join(project.directory, path);
    const mode = statSync(full).mode & 0o777;
    return { path, content: readFileSync(full), mode: isExecutable ? mode | 0o111 : mode };
  });
  return { zip: zipFiles(files), fileCount: files.length };
}

/** For another machine than this one, set GOOS and GOARCH. */
export function buildGo({ directory, executable }: Pick<PortableProject, 'directory' | 'executable'>): void {
  const args = ['build', '-o', executable, '.'];
  const { status, stdout, stderr, error } = spawnSync('go', args, { cwd: directory, encoding: 'utf8' });
  if (error !== undefined) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw pluginErrors.BUILD('go build', isMissing ? 'Go is not installed, or not in PATH.' : error.message);
  }
  if (status !== 0) throw pluginErrors.BUILD(`go ${args.join(' ')}`, `${stdout}${stderr}`.trim());
}
