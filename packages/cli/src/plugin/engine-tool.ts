/** The engine's tool for authors, a program of its own: this package knows no engine. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pluginErrors } from './errors.ts';

const tool = new URL('../../../extensions/dist/test-server/main.js', import.meta.url);

/** Throws when the installation has no engine. */
export function engineTool(): string {
  const path = fileURLToPath(tool);
  if (!existsSync(path)) throw pluginErrors.TOOL_MISSING(path);
  return path;
}

/**
 * Takes the types out of every module of a folder.
 * @param target where a copy of the folder is made, in a folder of its own
 * @returns that folder. Throws what cannot be read, with its line.
 */
export function takeTypesOut(directory: string, module: string, target: string): string {
  const args = [engineTool(), 'compile', directory, module, target];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw pluginErrors.FILE(directory, `cannot be compiled: ${stderr.trim()}`);
  return stdout.trim();
}
