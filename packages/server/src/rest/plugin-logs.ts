/**
 * `GET /plugins/portables/{name}/logs`, `GET /plugins/{sources,sinks,functions}/{name}/logs`: what a plugin prints and
 * logs, live, as server-sent events `{"timestamp","level","line"}`; of a portable plugin also its status, first and
 * whenever it changes: `{"timestamp","status","errMsg","pid","restarts"}`, status `absent` while it is not installed. A
 * client may come before the plugin does: it then sees why an installation fails.
 */
import type { LogEntry } from '../logging/log-tap.ts';
import { nativePluginTypes } from '../extension/native-plugins.ts';
import { type EventClient, eventStreamReply } from '../http/event-stream.ts';
import { orderedText } from '../http/reply.ts';
import { param } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import { checkId } from '../registry/check-id.ts';
import type { Services } from '../services.ts';

type LogServices = Pick<Services, 'portablePlugins' | 'logTap' | 'clock'>;

export function pluginLogRoutes(services: LogServices): Route[] {
  return [
    {
      method: 'GET',
      path: '/plugins/portables/:name/logs',
      handle: (request) => {
        const name = checkId(param(request, 'name'));
        return eventStreamReply((client) => {
          const endLines = sendLines(services, client, (entry) => portableLine(name, entry));
          const endStatus = sendStatus(services, client, name);
          return () => {
            endLines();
            endStatus();
          };
        });
      },
    },
    ...nativePluginTypes.map(
      (type): Route => ({
        method: 'GET',
        path: `/plugins/${type}/:name/logs`,
        handle: (request) => {
          const name = checkId(param(request, 'name'));
          return eventStreamReply((client) => sendLines(services, client, (entry) => nativeLine(name, entry)));
        },
      }),
    ),
  ];
}

/** @param lineOf the text to show of an entry; null for one of somebody else */
function sendLines(
  { logTap, clock }: LogServices,
  client: EventClient,
  lineOf: (entry: LogEntry) => string | null,
): () => void {
  return logTap.follow((entry) => {
    const line = lineOf(entry);
    if (line !== null) client.send(orderedText({ timestamp: clock.now(), level: entry.level, line }));
  });
}

/** What it prints comes as `[name] …`, what its supervisor says of it as `portable plugin name …`. */
function portableLine(name: string, { message }: LogEntry): string | null {
  const output = `[${name}] `;
  if (message.startsWith(output)) return message.slice(output.length);
  return message.startsWith(`portable plugin ${name}: `) || message.startsWith(`portable plugin ${name} `)
    ? message
    : null;
}

/** What it logs says whose it is in a field. */
function nativeLine(name: string, { message, fields }: LogEntry): string | null {
  return fields.plugin === name ? message : null;
}

function sendStatus({ portablePlugins, clock }: LogServices, client: EventClient, name: string): () => void {
  let sent = '';
  const send = (): void => {
    const isInstalled = portablePlugins.describe(name) !== undefined;
    const report = portablePlugins.status(name);
    const { status = 'absent', errMsg = '', pid = 0, restarts = 0 } = report ?? {};
    const state = orderedText({ status: isInstalled || pid > 0 ? status : 'absent', errMsg, pid, restarts });
    if (state === sent) return;
    sent = state;
    client.send(`{"timestamp":${clock.now()},${state.slice(1)}`);
  };
  send();
  return portablePlugins.onState((plugin) => {
    if (plugin === name) send();
  });
}
