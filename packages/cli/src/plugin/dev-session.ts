/** `kuiper plugin dev`: the plugin on the running engine, as it is in its folder now. */
import { errorText } from '@kuiper/base';
import type { RestClient } from '../rest-client.ts';
import type { Terminal } from '../terminal.ts';
import { installPlugin, removePlugin } from './install-plugin.ts';
import { packPlugin } from './pack-plugin.ts';
import { showPluginLogs } from './plugin-logs.ts';
import type { PluginProject } from './plugin-project.ts';
import { folderState, nextChange } from './watch-folder.ts';

export interface DevOptions {
  /** Reads the folder anew. */
  readonly read: () => PluginProject;
  /** Takes the plugin away at the end. */
  readonly remove: boolean;
}

/** Ends with Ctrl-C. Throws when the folder holds no plugin or the server cannot be reached at the beginning. */
export async function developPlugin(client: RestClient, terminal: Terminal, options: DevOptions): Promise<void> {
  const { interrupted } = terminal;
  const first = options.read();
  const look = (): string => {
    try {
      return folderState(first.directory, (path) => !isProduct(first, path));
    } catch (error) {
      // A folder that is being moved: reading it as a plugin says what is wrong.
      return errorText(error);
    }
  };
  let state = look();
  await showPluginLogs(client, first, terminal, interrupted);
  await putPlugin(client, terminal, options);
  terminal.remark(`Watching ${first.directory}, Ctrl-C ends.`);
  for (;;) {
    const next = await nextChange(state, look, interrupted);
    if (next === null) break;
    state = next;
    await putPlugin(client, terminal, options);
  }
  if (!options.remove) {
    terminal.remark(`Plugin ${first.name} stays installed.`);
    return;
  }
  await removePlugin(client, first);
  terminal.remark(`Plugin ${first.name} is removed.`);
}

/** What is wrong is shown: the next change may put it right. */
async function putPlugin(client: RestClient, terminal: Terminal, { read }: DevOptions): Promise<void> {
  const startedMs = performance.now();
  try {
    const project = read();
    const { zip, fileCount } = packPlugin(project);
    const done = await installPlugin(client, project, zip);
    const tookMs = Math.round(performance.now() - startedMs);
    const files = `${fileCount} ${fileCount === 1 ? 'file' : 'files'}`;
    terminal.remark(`Plugin ${project.name} is ${done}: ${offered(project)} (${files}, ${tookMs} ms).`);
  } catch (error) {
    terminal.remark(`Not installed: ${errorText(error)}`);
  }
}

function offered(project: PluginProject): string {
  if (project.kind === 'native') return `native ${project.type} ${project.name}`;
  const { sources, sinks, functions, lookups } = project;
  return [
    ...sources.map((name) => `source ${name}`),
    ...sinks.map((name) => `sink ${name}`),
    ...functions.map((name) => `function ${name}`),
    ...lookups.map((name) => `lookup source ${name}`),
  ].join(', ');
}

/** What packing itself makes is no change. */
function isProduct(project: PluginProject, path: string): boolean {
  return project.kind === 'portable' && project.build === 'go' && path === project.executable;
}
