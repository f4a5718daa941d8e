/** `/services`. Source: behaviour spec, rest-cli-config §4.13. */
import { serverErrors, withPrefix } from '../errors.ts';
import { readInstallRequest } from '../extension/install-request.ts';
import { orderedJson, textReply } from '../http/reply.ts';
import { param } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import { checkId } from '../registry/check-id.ts';
import type { Services } from '../services.ts';

const body = 'the service json';

export function serviceRoutes({ externalServices, host }: Pick<Services, 'externalServices' | 'host'>): Route[] {
  const path = '/services/:name';
  return [
    { method: 'GET', path: '/services', handle: () => orderedJson(externalServices.list()) },
    { method: 'GET', path: '/services/functions', handle: () => orderedJson(externalServices.functions()) },
    {
      method: 'GET',
      path: '/services/functions/:name',
      handle: (request) => {
        const name = checkId(param(request, 'name'));
        const found = externalServices.function(name);
        if (found === undefined) throw serverErrors.NOT_FOUND(`describe function ${name} error: not found`);
        return orderedJson(found);
      },
    },
    {
      method: 'POST',
      path: '/services',
      handle: async (request) => {
        const wanted = readInstallRequest(request, body);
        checkId(wanted.name);
        try {
          await externalServices.create(wanted);
        } catch (error) {
          throw withPrefix('service create command error', error, 1000);
        }
        return textReply(`service ${wanted.name} is created`, 201);
      },
    },
    {
      method: 'GET',
      path,
      handle: (request) => {
        const name = checkId(param(request, 'name'));
        const service = externalServices.find(name);
        if (service === undefined) throw serverErrors.NOT_FOUND(`describe service ${name} error: not found`);
        return orderedJson(service.description);
      },
    },
    {
      method: 'GET',
      path: `${path}/metrics`,
      handle: async (request) => {
        const name = checkId(param(request, 'name'));
        if (externalServices.find(name) === undefined) {
          throw serverErrors.NOT_FOUND(`describe service ${name} error: not found`);
        }
        return orderedJson((await host.serviceMetrics()).filter(({ service }) => service === name));
      },
    },
    {
      method: 'PUT',
      path,
      handle: async (request) => {
        const name = checkId(param(request, 'name'));
        const wanted = readInstallRequest(request, body);
        try {
          await externalServices.replace({ ...wanted, name });
        } catch (error) {
          throw withPrefix('service update command error', error);
        }
        return textReply(`service ${name} is updated`);
      },
    },
    {
      method: 'DELETE',
      path,
      handle: async (request) => {
        const name = checkId(param(request, 'name'));
        try {
          await externalServices.delete(name);
        } catch (error) {
          throw withPrefix(`delete service ${name} error`, error);
        }
        return textReply(`service ${name} is deleted`);
      },
    },
  ];
}
