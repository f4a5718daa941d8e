/** The server itself: information, settings, the end. Source: behaviour spec, rest-cli-config §4.1, §4.9 and §4.16. */
import { readFileSync } from 'node:fs';
import { arch, platform, totalmem } from 'node:os';
import { resolveZone } from '@kuiper/base';
import { readLogLevel } from '../config/settings.ts';
import { serverErrors, withPrefix } from '../errors.ts';
import { parseFirstJson, parseJson, readFields } from '../http/json-body.ts';
import { emptyReply, orderedText, plainType, sortedJson, textReply } from '../http/reply.ts';
import { bodyText } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import type { Services } from '../services.ts';
import { version } from '../version.ts';

const archNames: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

export function systemRoutes(services: Services): Route[] {
  const { clock, shutDown } = services;
  const startedMs = clock.now();
  const information = () => {
    const { user, system } = process.cpuUsage();
    const upMs = Math.max(clock.now() - startedMs, 1);
    return {
      version,
      os: platform(),
      arch: archNames[arch()] ?? arch(),
      upTimeSeconds: Math.floor(upMs / 1000),
      cpuUsage: `${(((user + system) / 1000 / upMs) * 100).toFixed(2)}%`,
      memoryUsed: String(process.memoryUsage.rss()),
      memoryTotal: String(memoryLimit() ?? totalmem()),
    };
  };
  const stop: Route['handle'] = () => ({
    ...textReply('stop success'),
    after: () => setTimeout(() => shutDown(0), 1000),
  });
  const root: Route['handle'] = () => textReply(orderedText(information()));
  return [
    { method: 'GET', path: '/', handle: root, open: true },
    { method: 'POST', path: '/', handle: root, open: true },
    { method: 'GET', path: '/ping', handle: () => emptyReply, open: true },
    { method: 'GET', path: '/stop', handle: stop },
    { method: 'POST', path: '/stop', handle: stop },
    patchConfigs(services),
    {
      method: 'POST',
      path: '/tracer',
      handle: (request) => {
        try {
          readFields(parseJson(bodyText(request)), {
            service_name: 'string',
            action: 'string',
            collector_url: 'string',
          });
        } catch (error) {
          throw withPrefix('Invalid body', error, 1000);
        }
        return textReply('success');
      },
    },
    { method: 'GET', path: '/trace/rule/:ruleId', handle: () => sortedJson([]) },
    {
      method: 'GET',
      path: '/trace/:id',
      handle: () => ({ status: 404, type: plainType, body: 'Not Found\n' }),
    },
  ];
}

function patchConfigs({ settings }: Services): Route {
  return {
    method: 'PATCH',
    path: '/configs',
    handle: (request) => {
      const fields = readPatch(bodyText(request));
      const level = fields.logLevel === undefined ? undefined : readLogLevel(fields.logLevel);
      if (fields.logLevel !== undefined && level === undefined) {
        throw serverErrors.REQUEST(`Invalid JSON: not a valid log level: "${fields.logLevel}"`);
      }
      let zone: string | undefined;
      try {
        zone = fields.timezone === undefined ? undefined : resolveZone(fields.timezone);
      } catch (error) {
        throw withPrefix('Invalid TZ', error, 1000);
      }
      if (level !== undefined) settings.logLevel = level;
      if (fields.debug !== undefined) settings.logLevel = fields.debug ? 'debug' : (level ?? 'info');
      if (fields.consoleLog !== undefined) settings.consoleLog = fields.consoleLog;
      if (fields.fileLog !== undefined) settings.fileLog = fields.fileLog;
      if (zone !== undefined) settings.timeZone = zone;
      return { ...emptyReply, status: 204 };
    },
  };
}

const patchTypes = {
  logLevel: 'string',
  debug: 'bool',
  consoleLog: 'bool',
  fileLog: 'bool',
  timezone: 'string',
  metricsDumpConfig: 'map',
} as const;

function readPatch(text: string): ReturnType<typeof readFields<typeof patchTypes>> {
  try {
    return readFields(parseFirstJson(text), patchTypes);
  } catch (error) {
    throw withPrefix('Invalid JSON', error, 1000);
  }
}

/** What a container may use; null outside of one. */
function memoryLimit(): number | null {
  for (const file of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    try {
      const limit = Number(readFileSync(file, 'utf8').trim());
      if (Number.isFinite(limit) && limit > 0 && limit < totalmem()) return limit;
    } catch {
      // not in a container of this kind
    }
  }
  return null;
}
