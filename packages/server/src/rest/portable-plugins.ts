/** `/plugins/portables`. Source: behaviour spec, rest-cli-config §4.14. */
import { serverErrors, withPrefix } from '../errors.ts';
import { readInstallRequest } from '../extension/install-request.ts';
import { orderedJson, textReply } from '../http/reply.ts';
import { param } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import type { Services } from '../services.ts';

const body = 'the portable plugin json';

export function portablePluginRoutes({ portablePlugins }: Pick<Services, 'portablePlugins'>): Route[] {
  const path = '/plugins/portables/:name';
  return [
    {
      method: 'GET',
      path: '/plugins/portables',
      handle: () =>
        orderedJson(portablePlugins.installed().map(({ manifest }) => portablePlugins.describe(manifest.name))),
    },
    {
      method: 'POST',
      path: '/plugins/portables',
      handle: async (request) => {
        const wanted = readInstallRequest(request, body);
        try {
          await portablePlugins.create(wanted);
        } catch (error) {
          throw withPrefix('portable plugin create command error', error, 1000);
        }
        return textReply(`portable plugin ${wanted.name.trim()} is created`, 201);
      },
    },
    {
      method: 'GET',
      path,
      handle: (request) => {
        const name = param(request, 'name');
        const plugin = portablePlugins.describe(name);
        if (plugin === undefined) throw serverErrors.NOT_FOUND(`describe portable plugin ${name} error: not found`);
        return orderedJson(plugin);
      },
    },
    {
      method: 'PUT',
      path,
      handle: async (request) => {
        const wanted = readInstallRequest(request, body);
        try {
          await portablePlugins.replace(wanted);
        } catch (error) {
          throw withPrefix('portable plugin update command error', error, 1000);
        }
        return textReply(`portable plugin ${wanted.name.trim()} is updated`);
      },
    },
    {
      method: 'DELETE',
      path,
      handle: async (request) => {
        const name = param(request, 'name');
        try {
          await portablePlugins.delete(name);
        } catch (error) {
          throw withPrefix(`delete portable plugin ${name} error`, error, 1000);
        }
        return textReply(`portable plugin ${name} is deleted`);
      },
    },
    {
      method: 'GET',
      path: `${path}/status`,
      handle: (request) => {
        const name = param(request, 'name');
        const status = portablePlugins.status(name);
        if (status === undefined) throw serverErrors.NOT_FOUND(`portable plugin ${name} not found: not found`);
        return orderedJson(status);
      },
    },
  ];
}
