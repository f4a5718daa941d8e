/** `/plugins/wasm`: eKuiper describes it and has it no more; the answers are like those of the other plugins. */
import { serverErrors, withPrefix } from '../errors.ts';
import { readInstallRequest } from '../extension/install-request.ts';
import { orderedJson, textReply } from '../http/reply.ts';
import { param } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import { checkId } from '../registry/check-id.ts';
import type { Services } from '../services.ts';

const body = 'the wasm plugin json';

export function wasmPluginRoutes({ wasmPlugins }: Pick<Services, 'wasmPlugins'>): Route[] {
  const path = '/plugins/wasm/:name';
  return [
    { method: 'GET', path: '/plugins/wasm', handle: () => orderedJson(wasmPlugins.list()) },
    {
      method: 'POST',
      path: '/plugins/wasm',
      handle: async (request) => {
        const wanted = readInstallRequest(request, body);
        checkId(wanted.name);
        try {
          await wasmPlugins.create(wanted);
        } catch (error) {
          throw withPrefix('wasm plugin create command error', error, 1000);
        }
        return textReply(`wasm plugin ${wanted.name} is created`, 201);
      },
    },
    {
      method: 'GET',
      path,
      handle: (request) => {
        const name = checkId(param(request, 'name'));
        const record = wasmPlugins.find(name);
        if (record === undefined) throw serverErrors.NOT_FOUND(`describe wasm plugin ${name} error: not found`);
        return orderedJson({ name, version: record.version, functions: record.functions });
      },
    },
    {
      method: 'PUT',
      path,
      handle: async (request) => {
        const name = checkId(param(request, 'name'));
        const wanted = readInstallRequest(request, body);
        try {
          await wasmPlugins.replace({ ...wanted, name });
        } catch (error) {
          throw withPrefix('wasm plugin update command error', error, 1000);
        }
        return textReply(`wasm plugin ${name} is updated`);
      },
    },
    {
      method: 'DELETE',
      path,
      handle: async (request) => {
        const name = checkId(param(request, 'name'));
        try {
          await wasmPlugins.delete(name);
        } catch (error) {
          throw withPrefix(`delete wasm plugin ${name} error`, error, 1002);
        }
        return textReply(`wasm plugin ${name} is deleted`);
      },
    },
  ];
}
