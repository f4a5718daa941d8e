/** `kuiper plugin test`: the plugin's own tests, or the test server, which is a program of the engine. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { cliErrors } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import { engineTool } from './engine-tool.ts';
import { withBuilt } from './pack-plugin.ts';
import type { PluginProject } from './plugin-project.ts';
import { type PortableProject, sourceOf } from './portable-project.ts';

export interface TestOptions {
  /** Starts the plugin as well. */
  readonly run: boolean;
  /** The plugin's own tests, instead of the test server. */
  readonly unit: boolean;
  readonly port?: string;
  readonly python: string;
}

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory?: string;
}

/** Ends with the program, or with Ctrl-C. Throws when tests fail. */
export async function testPlugin(project: PluginProject, terminal: Terminal, options: TestOptions): Promise<void> {
  const status =
    project.kind === 'native' || options.unit
      ? await run(ownTests(project, options), terminal)
      : await withBuilt(project, (directory) => run(testServer(project, directory, options), terminal));
  if (status !== 0 && !terminal.interrupted.aborted) throw cliErrors.TEST_FAILED(project.name);
}

function ownTests(project: PluginProject, { python }: TestOptions): Program {
  const { directory } = project;
  const modules = (module: string): Program => ({
    command: process.execPath,
    args: [engineTool(), 'native', directory, module],
  });
  if (project.kind === 'native') return modules(project.module);
  switch (project.language) {
    case 'python':
      return { command: python, args: ['-m', 'unittest'], directory };
    case 'go':
      return { command: 'go', args: ['test', '.'], directory };
    default:
      return modules(project.build === 'typescript' ? sourceOf(project.executable) : project.executable);
  }
}

function testServer(project: PortableProject, directory: string, { run: runs, port, python }: TestOptions): Program {
  const manifest = join(directory, project.manifest);
  const ports = port === undefined ? [] : ['--port', port];
  const args = [engineTool(), 'portable', manifest, '--python', python, ...(runs ? ['--run'] : []), ...ports];
  return { command: process.execPath, args };
}

/** @returns the exit code, null after a signal */
async function run({ command, args, directory }: Program, terminal: Terminal): Promise<number | null> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(directory !== undefined && { cwd: directory }),
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
  return status;
}

async function passOn(stream: Readable, take: (line: string) => void | Promise<void>): Promise<void> {
  for await (const line of createInterface({ input: stream })) await take(line);
}
