/** Shows what a plugin on the engine prints and how it fares, until the signal: also over restarts of the server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '@kuiper/base';
import type { RestClient } from '../rest-client.ts';
import type { Terminal } from '../terminal.ts';
import { pluginsPath } from './install-plugin.ts';
import type { PluginProject } from './plugin-project.ts';

const againMs = 1000;

interface LogEvent {
  readonly line?: string;
  readonly level?: string;
  readonly status?: string;
  readonly errMsg?: string;
  readonly pid?: number;
  readonly restarts?: number;
  readonly lost?: number;
}

/** Resolves once the server listens to it, or does not know how; then the lines go on by themselves. */
export async function showPluginLogs(
  client: RestClient,
  project: PluginProject,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const path = `${pluginsPath(project)}/${project.name}/logs`;
  const follow = (): ReturnType<RestClient['follow']> => client.follow(path, signal);
  let events: Awaited<ReturnType<typeof follow>>;
  try {
    events = await follow();
  } catch (error) {
    if ((error as Error).name !== 'UNKNOWN_ENDPOINT') throw error;
    terminal.remark('This server does not pass on what plugins print: see its log.');
    return;
  }
  void (async () => {
    for (;;) {
      try {
        for await (const event of events) await show(JSON.parse(event) as LogEvent, terminal);
      } catch (error) {
        if (!signal.aborted) terminal.remark(errorText(error));
      }
      if (signal.aborted) return;
      terminal.remark('The server is gone; waiting for it.');
      const next = await comeBack(follow, signal);
      if (next === null) return;
      events = next;
      terminal.remark('The server is back.');
    }
  })();
}

async function comeBack<T>(follow: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
  while (!signal.aborted) {
    await sleep(againMs, undefined, { signal }).catch(() => undefined);
    const next = await follow().catch(() => null);
    if (next !== null) return next;
  }
  return null;
}

/** Lines of the plugin are results, everything else is said about it. */
async function show(event: LogEvent, terminal: Terminal): Promise<void> {
  const { line, level, status, errMsg, pid, restarts = 0, lost } = event;
  if (lost !== undefined) terminal.remark(`${lost} lines were skipped: they came faster than they could be read.`);
  if (line !== undefined) await terminal.print(level === 'info' || level === 'debug' ? line : `${level}: ${line}`);
  if (status === undefined || status === 'absent') return;
  const details = [
    ...(pid !== undefined && pid > 0 ? [`process ${pid}`] : []),
    ...(restarts > 0 ? [`restarted ${restarts} times`] : []),
  ];
  const why = errMsg === undefined || errMsg === '' ? '' : `: ${errMsg}`;
  terminal.remark(`[${status}${details.length === 0 ? '' : `, ${details.join(', ')}`}]${why}`);
}
