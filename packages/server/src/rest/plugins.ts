/**
 * Plugins and services of a server on which none can be installed yet: lists are empty, what is asked
 * for is not found, what is sent is checked and then refused. Source: behaviour spec, rest-cli-config §4.12–§4.15.
 */
import { serverErrors, withPrefix } from '../errors.ts';
import { parseFirstJson, readFields } from '../http/json-body.ts';
import { orderedJson } from '../http/reply.ts';
import { bodyText, param, type RestRequest } from '../http/request.ts';
import type { Handler, Route } from '../http/rest-server.ts';
import { checkId } from '../registry/check-id.ts';
import { isZipUrl } from '../transfer/fetch-file.ts';

export function pluginRoutes(): Route[] {
  return [
    ...(['sources', 'sinks', 'functions'] as const).flatMap(nativeRoutes),
    ...functionRoutes(),
    ...portableRoutes(),
    ...serviceRoutes(),
  ];
}

const emptyList: Handler = () => orderedJson([]);

function nativeRoutes(kind: 'sources' | 'sinks' | 'functions'): Route[] {
  const path = `/plugins/${kind}/:name`;
  const named = (answer: (name: string) => Error): Handler => {
    return (request) => {
      throw answer(checkId(param(request, 'name')));
    };
  };
  return [
    { method: 'GET', path: `/plugins/${kind}`, handle: emptyList },
    {
      method: 'POST',
      path: `/plugins/${kind}`,
      handle: (request) => {
        const { name = '', file = '' } = readPlugin(request, `the ${kind} plugin json`);
        checkId(name);
        const prefix = `${kind} plugins create command error`;
        if (!isZipUrl(file)) throw serverErrors.REQUEST(`${prefix}: invalid uri ${file}`);
        throw serverErrors.REQUEST(`${prefix}: native plugins are not supported yet`);
      },
    },
    {
      method: 'GET',
      path,
      handle: named((name) => serverErrors.NOT_FOUND(`describe ${kind} plugin ${name} error: not found`)),
    },
    {
      method: 'DELETE',
      path,
      handle: named((name) =>
        serverErrors.NOT_FOUND(`delete ${kind} plugin ${name} error: invalid name ${name}: not exist`),
      ),
    },
    {
      method: 'PUT',
      path,
      handle: (request) => {
        const name = checkId(param(request, 'name'));
        readPlugin(request, `the ${kind} plugin json`);
        throw serverErrors.NOT_FOUND(
          `update ${kind} plugin ${name} error, cannot delete old version: invalid name ${name}: not exist`,
        );
      },
    },
    { method: 'GET', path: `/plugins/${kind}/prebuild`, handle: () => orderedJson({}) },
  ];
}

function functionRoutes(): Route[] {
  return [
    {
      method: 'POST',
      path: '/plugins/functions/:name/register',
      handle: (request) => {
        const name = checkId(param(request, 'name'));
        throw serverErrors.NOT_FOUND(`register functions plugin ${name} error: not found`);
      },
    },
    { method: 'GET', path: '/plugins/udfs', handle: emptyList },
    {
      method: 'GET',
      path: '/plugins/udfs/:name',
      handle: (request) => {
        throw serverErrors.NOT_FOUND(`describe function ${checkId(param(request, 'name'))} error: not found`);
      },
    },
  ];
}

function portableRoutes(): Route[] {
  const install = (request: RestRequest, verb: string): never => {
    const { name = '', file = '' } = readPlugin(request, 'the portable plugin json');
    const prefix = `portable plugin ${verb} command error`;
    if (name.trim() === '') throw serverErrors.REQUEST(`${prefix}: invalid name : should not be empty`);
    if (!isZipUrl(file)) throw serverErrors.REQUEST(`${prefix}: invalid uri ${file}`);
    throw serverErrors.REQUEST(`${prefix}: portable plugins are not supported yet`);
  };
  return [
    { method: 'GET', path: '/plugins/portables', handle: emptyList },
    { method: 'POST', path: '/plugins/portables', handle: (request) => install(request, 'create') },
    { method: 'PUT', path: '/plugins/portables/:name', handle: (request) => install(request, 'update') },
    {
      method: 'GET',
      path: '/plugins/portables/:name',
      handle: (request) => {
        throw serverErrors.NOT_FOUND(`describe portable plugin ${param(request, 'name')} error: not found`);
      },
    },
    {
      method: 'GET',
      path: '/plugins/portables/:name/status',
      handle: (request) => {
        throw serverErrors.NOT_FOUND(`portable plugin ${param(request, 'name')} not found: not found`);
      },
    },
    {
      method: 'DELETE',
      path: '/plugins/portables/:name',
      handle: (request) => {
        const name = param(request, 'name');
        throw serverErrors.REQUEST(`delete portable plugin ${name} error: portable plugin ${name} is not found`);
      },
    },
  ];
}

function serviceRoutes(): Route[] {
  return [
    { method: 'GET', path: '/services', handle: emptyList },
    { method: 'GET', path: '/services/functions', handle: emptyList },
    {
      method: 'GET',
      path: '/services/functions/:name',
      handle: (request) => {
        throw serverErrors.NOT_FOUND(`describe function ${checkId(param(request, 'name'))} error: not found`);
      },
    },
    {
      method: 'POST',
      path: '/services',
      handle: (request) => {
        const { name = '', file = '' } = readPlugin(request, 'the service json');
        checkId(name);
        if (!isZipUrl(file)) throw serverErrors.REQUEST(`service create command error: invalid file path ${file}`);
        throw serverErrors.REQUEST('service create command error: services are not supported yet');
      },
    },
    {
      method: 'GET',
      path: '/services/:name',
      handle: (request) => {
        throw serverErrors.NOT_FOUND(`describe service ${checkId(param(request, 'name'))} error: not found`);
      },
    },
    {
      method: 'PUT',
      path: '/services/:name',
      handle: (request) => {
        const name = checkId(param(request, 'name'));
        throw serverErrors.NOT_FOUND(`service update command error: ${name} is not found`);
      },
    },
    {
      method: 'DELETE',
      path: '/services/:name',
      handle: (request) => {
        const name = checkId(param(request, 'name'));
        throw serverErrors.NOT_FOUND(`delete service ${name} error: ${name} is not found`);
      },
    },
  ];
}

const pluginTypes = { name: 'string', file: 'string' } as const;

function readPlugin(request: RestRequest, what: string): ReturnType<typeof readFields<typeof pluginTypes>> {
  try {
    return readFields(parseFirstJson(bodyText(request)), pluginTypes);
  } catch (error) {
    throw withPrefix(`Invalid body: Error decoding ${what}`, error, 1000);
  }
}
