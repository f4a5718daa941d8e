/** `/streams`, `/tables` and their details. Source: behaviour spec, rest-cli-config §4.2. */
import type { ColumnDef, StreamKind } from '@kuiper/sql';
import { serverErrors, wireCode, withPrefix } from '../errors.ts';
import { parseFirstJson, readFields } from '../http/json-body.ts';
import { orderedJson, type Reply, sortedJson, textReply } from '../http/reply.ts';
import { bodyText, param, queryFlag, type RestRequest } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import { checkId } from '../registry/check-id.ts';
import { describeJson, describeText, schemaJson } from '../registry/describe-stream.ts';
import { sourceColumns } from '../registry/resolve-props.ts';
import { parseStreamStatement, type StreamDefinition } from '../registry/stream-registry.ts';
import type { Services } from '../services.ts';

export function streamRoutes(services: Services): Route[] {
  return [...kindRoutes(services, 'stream'), ...kindRoutes(services, 'table')];
}

function kindRoutes(services: Services, kind: StreamKind): Route[] {
  const { streams, rules, host } = services;
  const commandError = kind === 'stream' ? 'Stream command error' : 'Table command error';
  const label = kind === 'stream' ? 'Stream' : 'Table';
  const listed = (request: RestRequest): StreamDefinition[] =>
    streams.list(kind, kind === 'table' ? (request.query.get('kind') ?? '') : '');

  const command = async (sql: string): Promise<string> => {
    const statement = parseStreamStatement(sql);
    const title = statement.target === 'stream' ? 'Stream' : 'Table';
    switch (statement.kind) {
      case 'create':
        await streams.create(statement, sql);
        return `${title} ${statement.name} is created.`;
      case 'show': {
        const names = streams.list(statement.target).map(({ name }) => name);
        return names.length === 0 ? `No ${statement.target} definitions are found.` : names.join('\n');
      }
      case 'describe':
        return describeText(streams.statementOf(streams.describe(statement.target, statement.name)));
      case 'explain':
        streams.describe(statement.target, statement.name, 'Explain');
        return 'TO BE SUPPORTED';
      case 'drop':
        try {
          await streams.drop(statement.target, statement.name);
        } catch (error) {
          throw serverErrors.STREAM(`Drop ${statement.target} fails: ${(error as Error).message}.`, { cause: error });
        }
        return `${title} ${statement.name} is dropped.`;
    }
  };

  const remove = async (request: RestRequest): Promise<Reply> => {
    const name = checkId(param(request, 'name'));
    if (!queryFlag(request, 'force') && rules.readersOf(name).length > 0) {
      throw serverErrors.STREAM_REFERENCED(kind, name);
    }
    try {
      await streams.drop(kind, name);
    } catch (error) {
      throw withPrefix(`delete ${kind} error`, error);
    }
    return textReply(`${label} ${name} is dropped.`);
  };

  const replace = async (request: RestRequest): Promise<Reply> => {
    const name = checkId(param(request, 'name'));
    const sql = statementText(request);
    try {
      const statement = parseStreamStatement(sql);
      if (statement.kind !== 'create') throw serverErrors.STREAM(`Invalid stream statement: ${sql}`);
      if (statement.target !== kind) {
        streams.check(statement);
        throw serverErrors.STREAM_ABSENT(kind, statement.name);
      }
      await streams.replace(name, statement, sql);
    } catch (error) {
      throw withPrefix(commandError, error, wireCode(error) === 1002 ? 1002 : 3000);
    }
    return textReply(`${label} ${name} is replaced.`);
  };

  const described = (request: RestRequest, prefix: string): StreamDefinition => {
    const name = checkId(param(request, 'name'));
    try {
      return streams.describe(kind, name);
    } catch (error) {
      throw withPrefix(prefix, error, 3000);
    }
  };

  return [
    {
      method: 'GET',
      path: `/${kind}s`,
      handle: (request) => orderedJson(listed(request).map(({ name }) => name)),
    },
    {
      method: 'POST',
      path: `/${kind}s`,
      handle: async (request) => {
        const sql = statementText(request);
        try {
          return textReply(escapeHtml(await command(sql)), 201);
        } catch (error) {
          throw withPrefix(commandError, error, 3000);
        }
      },
    },
    {
      method: 'GET',
      path: `/${kind}details`,
      handle: (request) => {
        const details = listed(request).map((definition) => {
          const { type = 'mqtt', format = '' } = streams.statementOf(definition).options;
          return { name: definition.name, type, format: format.toLowerCase() || 'json' };
        });
        return orderedJson(details);
      },
    },
    {
      method: 'GET',
      path: `/${kind}s/:name`,
      handle: (request) => orderedJson(describeJson(streams.statementOf(described(request, `describe ${kind} error`)))),
    },
    {
      method: 'GET',
      path: `/${kind}s/:name/schema`,
      handle: async (request) => {
        const prefix = `get schema of ${kind} error`;
        const definition = described(request, prefix);
        const statement = streams.statementOf(definition);
        const { options } = statement;
        let columns: readonly ColumnDef[];
        try {
          columns = sourceColumns(statement, services.layers);
        } catch (error) {
          throw withPrefix(prefix, error, 3000);
        }
        if (columns.length > 0) return sortedJson(schemaJson(columns));
        if (options.shared !== true) return sortedJson(null);
        const used = await host.sharedColumns(definition.name);
        if (used === undefined) return sortedJson(services.rules.wasRead(definition.name) ? {} : null);
        return sortedJson(Object.fromEntries((used ?? []).map((column) => [column, null])));
      },
    },
    { method: 'PUT', path: `/${kind}s/:name`, handle: replace },
    { method: 'DELETE', path: `/${kind}s/:name`, handle: remove },
  ];
}

function statementText(request: RestRequest): string {
  try {
    return readFields(parseFirstJson(bodyText(request)), { sql: 'string' }).sql ?? '';
  } catch (error) {
    throw withPrefix('Invalid body: Error decoding the statement descriptor', error, 1000);
  }
}

const entities: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&#34;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => entities[character] as string);
}
