/** Imports and exports. Source: behaviour spec, rest-cli-config §4.6 and §4.7. */
import { errorText } from '@kuiper/base';
import { serverErrors, withPrefix } from '../errors.ts';
import { parseFirstJson, parseJson, readFields } from '../http/json-body.ts';
import { fileReply, orderedJson, orderedText, type Reply, textReply } from '../http/reply.ts';
import { bodyText, param, type RestRequest } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import type { Services } from '../services.ts';
import { exportAll, exportRules } from '../transfer/data-document.ts';
import { hasErrors, importResult } from '../transfer/data-import.ts';
import { exportRuleset, importRuleset, readRuleset, type Ruleset } from '../transfer/ruleset.ts';
import { exportYaml, importYaml } from '../transfer/yaml-document.ts';

export function transferRoutes(services: Services): Route[] {
  return [...rulesetRoutes(services), ...dataRoutes(services), ...taskRoutes(services), ...yamlRoutes(services)];
}

function rulesetRoutes({ streams, rules, files, clock, logger }: Services): Route[] {
  return [
    {
      method: 'POST',
      path: '/ruleset/export',
      handle: () => fileReply(orderedText(exportRuleset(streams, rules)), clock.now()),
    },
    {
      method: 'POST',
      path: '/ruleset/import',
      handle: async (request) => {
        const { content, file } = readSource(request, ': bad request');
        let text = content;
        if (file !== '') {
          text = await files.read(file).then(
            (bytes) => bytes.toString('utf8'),
            (error: unknown) => {
              throw withPrefix('Fail to read file', error, 1000);
            },
          );
        }
        let ruleset: Ruleset;
        try {
          ruleset = readRuleset(text);
        } catch (error) {
          throw serverErrors.REQUEST(`Import ruleset error: invalid import file: ${errorText(error)}`);
        }
        const counts = await importRuleset(ruleset, streams, rules, logger);
        return textReply(`imported ${counts.streams} streams, ${counts.tables} tables and ${counts.rules} rules`);
      },
    },
  ];
}

function dataRoutes(services: Services): Route[] {
  const { clock, dataImport } = services;
  return [
    { method: 'GET', path: '/data/export', handle: () => fileReply(orderedText(exportAll(services)), clock.now()) },
    {
      method: 'POST',
      path: '/data/export',
      handle: (request) => fileReply(orderedText(exportRules(services, readIds(request))), clock.now()),
    },
    {
      method: 'POST',
      path: '/data/import',
      handle: async (request) => {
        const result = textReply(await importData(services, request));
        return isStop(request) ? stopping(services, result) : result;
      },
    },
    { method: 'GET', path: '/data/import/status', handle: () => orderedJson(dataImport.status()) },
  ];
}

function taskRoutes(services: Services): Route[] {
  const { tasks } = services;
  return [
    {
      method: 'POST',
      path: '/async/data/import',
      handle: async (request) => {
        const text = await readContent(services, request);
        const id = await tasks.begin('dataImport', async () => {
          const errors = await applyImport(services, request, text);
          if (hasErrors(errors)) throw new Error(`err:, response:${orderedText(errors)}`);
          return importResult(errors);
        });
        return textReply(orderedText({ id }));
      },
    },
    {
      method: 'GET',
      path: '/async/task/:id',
      handle: (request) => textReply(orderedText(tasks.get(param(request, 'id')))),
    },
    {
      method: 'POST',
      path: '/async/task/:id/cancel',
      handle: async (request) => {
        await tasks.cancel(param(request, 'id'));
        return textReply('cancel success');
      },
    },
  ];
}

function yamlRoutes(services: Services): Route[] {
  return [
    { method: 'GET', path: '/v2/data/export', handle: () => fileReply(exportYaml(services), services.clock.now()) },
    {
      method: 'POST',
      path: '/v2/data/import',
      handle: async (request) => {
        const text = await readContent(services, request);
        try {
          await importYaml(services, text);
        } catch (error) {
          throw withPrefix('import failed', error, 1000);
        }
        return textReply('success');
      },
    },
  ];
}

async function importData(services: Services, request: RestRequest): Promise<string> {
  return importResult(await applyImport(services, request, await readContent(services, request)));
}

function applyImport({ dataImport }: Services, request: RestRequest, text: string) {
  if (request.query.get('partial') === '1') return dataImport.partial(text);
  return dataImport.full(text, !isStop(request));
}

function isStop(request: RestRequest): boolean {
  return request.query.get('stop') === '1' && request.query.get('partial') !== '1';
}

/** The process ends a second after the answer; who started it starts it again. */
function stopping({ shutDown }: Services, reply: Reply): Reply {
  return { ...reply, after: () => setTimeout(() => shutDown(100), 1000) };
}

async function readContent({ files }: Services, request: RestRequest): Promise<string> {
  const { content, file } = readSource(request, '');
  return file === '' ? content : (await files.read(file)).toString('utf8');
}

/** `{"content":…}` or `{"file":…}`. @param ending of the two error texts */
function readSource(request: RestRequest, ending: string): { readonly content: string; readonly file: string } {
  let fields: { readonly content?: string; readonly file?: string };
  try {
    fields = readFields(parseFirstJson(bodyText(request)), { content: 'string', file: 'string' });
  } catch (error) {
    throw withPrefix('Invalid body: Error decoding json', error, 1000);
  }
  const { content = '', file = '' } = fields;
  if (content !== '' && file !== '') {
    throw serverErrors.REQUEST(`Invalid body: Cannot specify both content and file${ending}`);
  }
  if (content === '' && file === '') {
    throw serverErrors.REQUEST(`Invalid body: must specify content or file${ending}`);
  }
  return { content, file };
}

/** Ids of a selective export; a body that holds none selects nothing. */
function readIds(request: RestRequest): readonly string[] {
  try {
    const value = parseJson(bodyText(request));
    return Array.isArray(value) ? value.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
