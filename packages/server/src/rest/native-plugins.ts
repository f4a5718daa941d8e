/** `/plugins/{sources,sinks,functions}` and `/plugins/udfs`. Source: behaviour spec, rest-cli-config §4.14. */
import { existsSync } from 'node:fs';
import { prebuiltUrls } from '@kuiper/extensions/install';
import { serverErrors, withPrefix } from '../errors.ts';
import { readInstallRequest } from '../extension/install-request.ts';
import { type NativePluginType, nativePluginTypes } from '../extension/native-plugins.ts';
import { parseFirstJson, readFields } from '../http/json-body.ts';
import { orderedJson, textReply } from '../http/reply.ts';
import { bodyText, param } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import { checkId } from '../registry/check-id.ts';
import type { Services } from '../services.ts';
import { version } from '../version.ts';

export function nativePluginRoutes(services: Services): Route[] {
  return [
    ...nativePluginTypes.flatMap((type) => typeRoutes(services, type)),
    registerRoute(services),
    ...udfRoutes(services),
  ];
}

/** Exit code that asks whoever started the server to start it again. */
const restartCode = 100;

function typeRoutes(services: Services, type: NativePluginType): Route[] {
  const { nativePlugins, config, shutDown } = services;
  const path = `/plugins/${type}/:name`;
  return [
    { method: 'GET', path: `/plugins/${type}`, handle: () => orderedJson(nativePlugins.list(type)) },
    {
      method: 'POST',
      path: `/plugins/${type}`,
      handle: async (request) => {
        const wanted = readInstallRequest(request, `the ${type} plugin json`);
        checkId(wanted.name);
        try {
          await nativePlugins.create(type, wanted);
        } catch (error) {
          throw withPrefix(`${type} plugins create command error`, error, 1000);
        }
        return textReply(`${type} plugin ${wanted.name} is created`, 201);
      },
    },
    {
      method: 'GET',
      path: `/plugins/${type}/prebuild`,
      handle: () => orderedJson(prebuilt(type, config.basic.pluginHosts)),
    },
    {
      method: 'GET',
      path,
      handle: (request) => {
        const name = checkId(param(request, 'name'));
        const found = nativePlugins.describe(type, name);
        if (found === undefined) throw serverErrors.NOT_FOUND(`describe ${type} plugin ${name} error: not found`);
        const { functions, version } = found;
        return orderedJson(functions === undefined ? { name, version } : { functions, name, version });
      },
    },
    {
      method: 'DELETE',
      path,
      handle: async (request) => {
        const name = checkId(param(request, 'name'));
        try {
          await nativePlugins.delete(type, name);
        } catch (error) {
          throw withPrefix(`delete ${type} plugin ${name} error`, error);
        }
        if (request.query.get('stop') !== '1') {
          return textReply(`${type} plugin ${name} is deleted and eKuiper must restart for the change to take effect.`);
        }
        const reply = textReply(`${type} plugin ${name} is deleted and eKuiper will be stopped`);
        return { ...reply, after: () => setTimeout(() => shutDown(restartCode), 1000) };
      },
    },
    {
      method: 'PUT',
      path,
      handle: async (request) => {
        const name = checkId(param(request, 'name'));
        const wanted = readInstallRequest(request, `the ${type} plugin json`);
        try {
          await nativePlugins.update(type, { ...wanted, name });
        } catch (error) {
          const absent = nativePlugins.describe(type, name) === undefined;
          throw withPrefix(
            `update ${type} plugin ${name} error${absent ? ', cannot delete old version' : ''}`,
            error,
            absent ? 1002 : 1000,
          );
        }
        return textReply(`plugin ${name} is updated and eKuiper must restart for the change to take effect.`);
      },
    },
  ];
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

function prebuilt(type: NativePluginType, hosts: string): Record<string, string> {
  if (process.platform !== 'linux') {
    throw serverErrors.REQUEST('It is strongly recommended to install plugins at Debian Linux or Alpine Linux.');
  }
  const architecture = architectures[process.arch] ?? process.arch;
  return prebuiltUrls(type, {
    hosts,
    version,
    system: existsSync('/etc/alpine-release') ? 'alpine' : 'debian',
    architecture,
  });
}

function registerRoute({ nativePlugins }: Services): Route {
  return {
    method: 'POST',
    path: '/plugins/functions/:name/register',
    handle: async (request) => {
      const name = checkId(param(request, 'name'));
      if (nativePlugins.describe('functions', name) === undefined) {
        throw serverErrors.NOT_FOUND(`register functions plugin ${name} error: not found`);
      }
      const prefix = `function plugins ${name} regiser functions error`;
      const { functions = [] } = readFields(parseFirstJson(bodyText(request)), { functions: 'strings' });
      if (functions.length === 0) throw serverErrors.REQUEST(`${prefix}: property 'functions' must not be empty`);
      try {
        await nativePlugins.register(name, functions);
      } catch (error) {
        throw withPrefix(prefix, error, 1000);
      }
      return textReply(`function plugin ${name} function list is registered`);
    },
  };
}

function udfRoutes({ nativePlugins }: Services): Route[] {
  return [
    {
      method: 'GET',
      path: '/plugins/udfs',
      handle: () => orderedJson(nativePlugins.functions().map(({ name }) => name)),
    },
    {
      method: 'GET',
      path: '/plugins/udfs/:name',
      handle: (request) => {
        const name = checkId(param(request, 'name'));
        const found = nativePlugins.functions().find((one) => one.name === name);
        if (found === undefined) throw serverErrors.NOT_FOUND(`describe function ${name} error: not found`);
        return orderedJson(found);
      },
    },
  ];
}
