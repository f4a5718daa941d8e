/**
 * `/metadata`: what sources, sinks and connections exist and which properties they take. Everything derives from the
 * declarations of the connectors. Source: behaviour spec, rest-cli-config §4.10.
 */
import { describeProps, errorText, KuiperError, type PropDescription, type PropSchema } from '@kuiper/base';
import type { ConnectorCatalog } from '../config/connector-catalog.ts';
import { serverErrors } from '../errors.ts';
import { pluginAbout, pluginFields, readPluginMetadata } from '../extension/plugin-metadata.ts';
import { asMap, parseJson } from '../http/json-body.ts';
import { emptyReply, orderedJson, type Reply } from '../http/reply.ts';
import { bodyText, param, type RestRequest } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import type { Services } from '../services.ts';
import { notFound } from './conf-keys.ts';
import { operatorDocument } from './operator-texts.ts';

interface Declared {
  readonly type: string;
  readonly about: { readonly en: string; readonly zh: string };
  readonly props: PropSchema;
}

export function metadataRoutes(services: Services): Route[] {
  return [
    ...sourceRoutes(services),
    ...sinkRoutes(services),
    ...connectionRoutes(services),
    ...pingRoutes(services),
    { method: 'GET', path: '/metadata/operators', handle: () => orderedJson(operatorDocument()) },
    { method: 'GET', path: '/metadata/functions', handle: async () => orderedJson(await functionDocument(services)) },
  ];
}

/** Built-in functions by group, loaded when somebody asks, and what plugins say about theirs. */
async function functionDocument(services: Services): Promise<unknown> {
  const { builtinFunctions } = await import('@kuiper/functions');
  const groups = new Map<string, unknown[]>();
  for (const declaration of builtinFunctions) {
    if (declaration.internal === true) continue;
    const { name, group, args, summary, examples } = declaration;
    const functions = groups.get(group) ?? [];
    groups.set(group, functions);
    functions.push({
      name,
      example: examples[0]?.call ?? '',
      aggregate: declaration.class === 'aggregate',
      hint: { en_US: summary, zh_CN: summary },
      args: args.map((argument) => ({
        name: argument.name,
        optional: argument.optional === true,
        control: 'field',
        type: argument.kind,
        label: { en_US: argument.name, zh_CN: argument.name },
      })),
      node: { category: 'function', icon: 'iconPath', label: { en_US: name, zh_CN: name } },
    });
  }
  const builtIn = [...groups].map(([group, functions]) => ({
    about: { trial: true, installed: true, description: { en_US: `Functions: ${group}`, zh_CN: `函数：${group}` } },
    name: group,
    functions,
  }));
  return [...builtIn, ...(await pluginFunctionDocuments(services))];
}

/** One document per plugin: its own file, or the names of its functions. */
async function pluginFunctionDocuments(services: Services): Promise<unknown[]> {
  const { inService, directories, logger } = services;
  const byPlugin = new Map<string, string[]>();
  for (const [name, record] of inService.symbols('function')) {
    byPlugin.set(record.name, [...(byPlugin.get(record.name) ?? []), name]);
  }
  const documents: unknown[] = [];
  for (const [plugin, names] of byPlugin) {
    const files = await Promise.all(
      [plugin, ...names].map((name) => readPluginMetadata(directories, 'functions', name, logger)),
    );
    const written = files.filter((file) => file !== null);
    documents.push(...(written.length > 0 ? written : [{ name: plugin, functions: names.map((name) => ({ name })) }]));
  }
  return documents;
}

function sourceRoutes(services: Services): Route[] {
  const { catalog } = services;
  return [
    {
      method: 'GET',
      path: '/metadata/sources',
      handle: (request) => {
        const isLookup = request.query.get('kind') === 'lookup';
        return list(services, isLookup ? 'lookup' : 'source', isLookup ? catalog.lookups : catalog.sources);
      },
    },
    {
      method: 'GET',
      path: '/metadata/sources/:name',
      handle: async (request) => {
        const name = param(request, 'name');
        const source = catalog.sources.get(name) ?? catalog.lookups.get(name);
        if (source === undefined) return pluginDocument(services, request, 'source');
        const fields = describeProps(source.props).map(field);
        return orderedJson({
          about: about(source),
          libs: [],
          dataSource: dataSource(source.dataSource),
          properties: fields.length === 0 ? {} : { default: fields },
          node: node('source', source.type),
          type: 'internal',
        });
      },
    },
  ];
}

function sinkRoutes(services: Services): Route[] {
  const { catalog } = services;
  return [
    { method: 'GET', path: '/metadata/sinks', handle: () => list(services, 'sink', catalog.sinks) },
    {
      method: 'GET',
      path: '/metadata/sinks/:name',
      handle: async (request) => {
        const sink = catalog.sinks.get(param(request, 'name'));
        if (sink === undefined) return pluginDocument(services, request, 'sink');
        const fields = describeProps(sink.props).map(field);
        return orderedJson({
          about: about(sink),
          libs: null,
          properties: fields.length === 0 ? null : fields,
          node: node('sink', sink.type),
          type: 'internal',
        });
      },
    },
  ];
}

function connectionRoutes({ catalog }: Services): Route[] {
  return [
    {
      method: 'GET',
      path: '/metadata/connections',
      handle: () =>
        orderedJson([...catalog.connections.values()].map((found) => ({ name: found.type, about: about(found) }))),
    },
    {
      method: 'GET',
      path: '/metadata/connections/:name',
      handle: (request) => {
        const name = param(request, 'name');
        const connection = catalog.connections.get(name);
        if (connection === undefined) throw serverErrors.REQUEST(`This plugin was not found:${name}`);
        const fields = describeProps(connection.props).map((described) => ({
          ...field(described),
          connection_related: true,
        }));
        return orderedJson({
          about: about(connection),
          libs: [],
          dataSource: {},
          properties: fields.length === 0 ? {} : { default: fields },
          node: node('connection', connection.type),
        });
      },
    },
  ];
}

function pingRoutes({ catalog, host }: Services): Route[] {
  const ping = (kind: 'source' | 'sink' | 'lookup', known: (type: string) => boolean): Route => ({
    method: 'POST',
    path: `/metadata/${kind}s/connection/:type`,
    handle: async (request) => {
      const props = readPingProps(request);
      const type = param(request, 'type');
      if (!known(type)) throw serverErrors.REQUEST(`${kind} ${type} is not found`);
      if (!canPing(catalog, type)) throw serverErrors.REQUEST(`${kind} ${type} doesn't support ping connection`);
      const given = kind === 'sink' ? props : { datasource: '/$$TEST_CONNECTION$$', ...props };
      try {
        await host.pingConnection('', type, given);
      } catch (error) {
        if (error instanceof KuiperError && error.code === 1003) throw error;
        throw serverErrors.REQUEST(errorText(error), { cause: error });
      }
      return emptyReply;
    },
  });
  return [
    ping('source', (type) => catalog.sources.has(type)),
    ping('sink', (type) => catalog.sinks.has(type)),
    ping('lookup', (type) => catalog.lookups.has(type)),
  ];
}

/** Types that only listen have nobody to reach. */
const listening = new Set(['httppush', 'websocket']);

function canPing(catalog: ConnectorCatalog, type: string): boolean {
  return catalog.connections.has(type) && !listening.has(type);
}

function readPingProps(request: RestRequest): Record<string, unknown> {
  return asMap(parseJson(bodyText(request)));
}

type PluginSymbol = 'source' | 'lookup' | 'sink';

/** Built-in ones and those of plugins, by name. */
async function list(
  services: Services,
  kind: PluginSymbol,
  declarations: ReadonlyMap<string, Declared>,
): Promise<Reply> {
  const { inService, directories, logger } = services;
  const builtIn = [...declarations.values()].map((found) => ({
    name: found.type,
    about: about(found),
    type: 'internal',
  }));
  const plugins = await Promise.all(
    inService.symbols(kind).map(async ([name, record]) => ({
      name,
      about: pluginAbout(await readPluginMetadata(directories, folderOf(kind), name, logger)),
      type: record.kind as string,
    })),
  );
  return orderedJson([...builtIn, ...plugins].sort((a, b) => (a.name < b.name ? -1 : 1)));
}

/** What a plugin says about a source or a sink; without a file, that it is there. */
async function pluginDocument(services: Services, request: RestRequest, kind: 'source' | 'sink'): Promise<Reply> {
  const { inService, directories, logger } = services;
  const name = param(request, 'name');
  const record = inService.recordOf(kind, name) ?? (kind === 'source' ? inService.recordOf('lookup', name) : undefined);
  if (record === undefined) throw notFound(request, name);
  const file = (await readPluginMetadata(directories, folderOf(kind), name, logger)) ?? {};
  return orderedJson({
    about: pluginAbout(file),
    libs: file.libs ?? (kind === 'source' ? [] : null),
    ...(kind === 'source' ? { dataSource: file.dataSource ?? {} } : {}),
    properties: pluginFields(file.properties ?? (kind === 'source' ? {} : [])),
    node: file.node ?? node(kind, name),
    type: record.kind,
  });
}

function folderOf(kind: PluginSymbol): 'sources' | 'sinks' {
  return kind === 'sink' ? 'sinks' : 'sources';
}

function about({ about: text }: Declared): unknown {
  return {
    trial: true,
    installed: true,
    author: { name: '', email: '', company: '', website: '' },
    helpUrl: { en: '', zh: '' },
    description: text,
  };
}

function dataSource(described: unknown): unknown {
  if (described === null || typeof described !== 'object') return {};
  const { about: hint, example = '' } = described as { about: { en: string; zh: string }; example?: string };
  return {
    default: example,
    hint: { en_US: hint.en, zh_CN: hint.zh },
    label: { en_US: 'Data Source', zh_CN: '数据源' },
  };
}

function node(category: string, type: string): unknown {
  return { category, icon: 'iconPath', label: { en: type, zh: type } };
}

/** One property as the forms of user interfaces read it. */
function field(described: PropDescription): Record<string, unknown> {
  return {
    exist: false,
    name: described.name,
    default: described.default ?? zero(described),
    type: fieldType(described),
    control: control(described),
    connection_related: described.connection,
    optional: described.optional,
    values: described.options ?? null,
    hint: described.about ?? { en: '', zh: '' },
    label: described.label ?? { en: described.name, zh: described.name },
  };
}

function fieldType({ kind }: PropDescription): string {
  switch (kind) {
    case 'int':
    case 'float':
    case 'bool':
      return kind;
    case 'strings':
      return 'list_string';
    case 'list':
      return 'list';
    case 'map':
      return 'object';
    default:
      return 'string';
  }
}

function control({ kind, options, secret }: PropDescription): string {
  if (options !== undefined) return 'select';
  if (secret) return 'password';
  if (kind === 'bool') return 'radio';
  return kind === 'list' || kind === 'map' || kind === 'strings' ? 'list' : 'text';
}

function zero({ kind }: PropDescription): unknown {
  switch (kind) {
    case 'int':
    case 'float':
      return 0;
    case 'bool':
      return false;
    default:
      return '';
  }
}
