/** `kuiper plugin test`: runs the engine's tool for it, a program of its own, and passes on what it says. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { cliErrors } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import { pluginErrors } from './errors.ts';
import { buildGo } from './pack-plugin.ts';
import type { PluginProject } from './plugin-project.ts';

export interface TestOptions {
  readonly run: boolean;
  readonly port?: string;
  readonly python?: string;
}

const tool = new URL('../../../extensions/dist/test-server/main.js', import.meta.url);

/** Ends with the tool, or with Ctrl-C. Throws when tests fail. */
export async function testPlugin(project: PluginProject, terminal: Terminal, options: TestOptions): Promise<void> {
  const path = fileURLToPath(tool);
  if (!existsSync(path)) throw pluginErrors.TOOL_MISSING(path);
  if (project.kind === 'portable' && project.isBuilt) buildGo(project);
  const child = spawn(process.execPath, [path, ...toolArguments(project, options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env },
  });
  const end = (): void => void child.kill('SIGTERM');
  terminal.interrupted.addEventListener('abort', end, { once: true });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status));
  });
  const [status] = await Promise.all([
    exited,
    passOn(child.stdout, (line) => terminal.print(line)),
    passOn(child.stderr, (line) => terminal.remark(line)),
  ]);
  terminal.interrupted.removeEventListener('abort', end);
  if (status !== 0 && !terminal.interrupted.aborted) throw cliErrors.TEST_FAILED(project.name);
}

function toolArguments(project: PluginProject, { run, port, python }: TestOptions): string[] {
  if (project.kind === 'native') return ['native', project.directory, project.module];
  return [
    'portable',
    join(project.directory, project.manifest),
    ...(run ? ['--run'] : []),
    ...(port === undefined ? [] : ['--port', port]),
    ...(python === undefined ? [] : ['--python', python]),
  ];
}

async function passOn(stream: Readable, take: (line: string) => void | Promise<void>): Promise<void> {
  for await (const line of createInterface({ input: stream })) await take(line);
}
