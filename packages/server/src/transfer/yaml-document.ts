/** The export for people: one YAML document. Source: behaviour spec, rest-cli-config §4.7, "YAML". */
import { formatDuration, sortKeys } from '@kuiper/base';
import type { StreamKind } from '@kuiper/sql';
import { parse, stringify } from 'yaml';
import { serverErrors } from '../errors.ts';
import {
  type ExtensionParts,
  exportExtensions,
  importNative,
  importPortable,
  importService,
} from '../extension/transfer-extensions.ts';
import { isMap, mismatch, property } from '../http/json-body.ts';
import { orderedText } from '../http/reply.ts';
import type { ConfKind } from '../registry/conf-keys.ts';
import type { StreamRegistry } from '../registry/stream-registry.ts';
import type { Services } from '../services.ts';
import { importDefinition } from './ruleset.ts';

type Parts = ExtensionParts &
  Pick<Services, 'streams' | 'rules' | 'confKeys' | 'connections' | 'schemas' | 'scripts' | 'uploads'>;

const configSections: readonly (readonly [section: string, kind: ConfKind])[] = [
  ['sourceConfig', 'sources'],
  ['sinkConfig', 'sinks'],
  ['connectionConfig', 'connections'],
];

export function exportYaml(parts: Parts): string {
  const { streams, rules, confKeys, schemas, uploads } = parts;
  const document: Record<string, unknown> = {};
  for (const [section, kind] of configSections) {
    const keys: Record<string, unknown> = {};
    for (const [type, sets] of Object.entries(confKeys.stored(kind))) {
      for (const [key, props] of Object.entries(sets)) keys[`${kind}.${type}.${key}`] = sortedDeep(props);
    }
    if (Object.keys(keys).length > 0) document[section] = keys;
  }
  const { nativePlugins, portablePlugins, Service } = exportExtensions(parts);
  for (const [section, texts] of Object.entries({ nativePlugins, portablePlugins, service: Service })) {
    const requests = Object.entries(texts).map(([key, text]) => [key, JSON.parse(text) as unknown] as const);
    if (requests.length > 0) document[section] = Object.fromEntries(requests);
  }
  const schemaFiles = Object.entries(schemas.exported()).map(([key, text]) => {
    const { type, name, content, file, soFile, version } = JSON.parse(text) as Record<string, string>;
    return [key, { type, name, content, filePath: file, soPath: soFile, version }] as const;
  });
  if (schemaFiles.length > 0) document.schema = Object.fromEntries(schemaFiles);
  const files = Object.entries(uploads.exported()).map(([name, text]) => [name, JSON.parse(text) as unknown] as const);
  if (files.length > 0) document.uploads = Object.fromEntries(files);
  document.streams = definitions(streams, 'stream');
  if (streams.list('table').length > 0) document.tables = definitions(streams, 'table');
  document.rules = Object.fromEntries(
    rules
      .storedIds()
      .map((id) => [id, ruleDocument(id, JSON.parse(rules.storedText(id) ?? '{}') as Record<string, unknown>)]),
  );
  return stringify(document, { indent: 4, lineWidth: 0, version: '1.1' });
}

function definitions(streams: StreamRegistry, target: StreamKind): unknown {
  return sortedDeep(Object.fromEntries(streams.list(target).map(({ name, sql }) => [name, { sql }])));
}

/** Maps with their keys in order, all the way down. */
function sortedDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedDeep);
  if (!isMap(value)) return value;
  return Object.fromEntries(sortKeys(Object.keys(value)).map((key) => [key, sortedDeep(value[key])]));
}

/** Creates what is missing and replaces what is there; the first failure ends it. Throws with the bare cause. */
export async function importYaml(parts: Parts, text: string): Promise<void> {
  const document: unknown = parse(text) ?? {};
  if (!isMap(document)) throw mismatch('', 'map', document);
  const { streams, rules, confKeys, connections, schemas, uploads } = parts;
  for (const [section, kind] of configSections) {
    for (const [path, props] of sectionOf(document, section)) {
      const [, type, key] = /^[^.]+\.(.+)\.([^.]+)$/.exec(path) ?? [];
      if (type === undefined || key === undefined) throw serverErrors.REQUEST(`bad key ${path} in ${section}`);
      await confKeys.put(kind, type, key, props);
    }
  }
  await connections.reload();
  for (const [name, upload] of sectionOf(document, 'uploads')) {
    const content = typeof upload.content === 'string' ? upload.content : '';
    const file = typeof upload.filePath === 'string' ? upload.filePath : '';
    await uploads.upload({ name: typeof upload.name === 'string' ? upload.name : name, content, file });
  }
  for (const [name, request] of sectionOf(document, 'service')) {
    if (parts.externalServices.find(name) !== undefined) await parts.externalServices.delete(name);
    await importService(parts, orderedText(request));
  }
  for (const [name, schema] of sectionOf(document, 'schema')) {
    const text = (member: string): string => (typeof schema[member] === 'string' ? (schema[member] as string) : '');
    await schemas.replace({
      type: text('type'),
      name: text('name') || name,
      content: text('content'),
      file: text('filePath'),
      soFile: text('soPath'),
      version: text('version'),
    });
  }
  for (const [name, request] of sectionOf(document, 'nativePlugins')) {
    await importNative(parts, name, orderedText(request), false);
  }
  for (const [, request] of sectionOf(document, 'portablePlugins')) {
    await importPortable(parts, orderedText(request), false);
  }
  for (const target of ['stream', 'table'] as const) {
    for (const [name, { sql }] of sectionOf(document, `${target}s`)) {
      if (typeof sql !== 'string') throw mismatch(`${target}s.${name}.sql`, 'string', sql);
      if (streams.find(name) !== undefined) await streams.drop(target, name);
      await importDefinition(streams, target, name, sql);
    }
  }
  for (const [id, rule] of sectionOf(document, 'rules')) {
    if (rules.get(id) !== undefined) await rules.delete(id);
    await rules.adopt(id, orderedText(ruleDocument(id, { triggered: true, ...rule })));
  }
}

function sectionOf(document: Readonly<Record<string, unknown>>, name: string): [string, Record<string, unknown>][] {
  const section = document[name];
  if (section === undefined || section === null) return [];
  if (!isMap(section)) throw mismatch(name, 'map', section);
  return Object.entries(section).map(([key, value]) => {
    if (!isMap(value)) throw mismatch(`${name}.${key}`, 'map', value);
    return [key, value];
  });
}

/** A rule's members in their order, empty ones left out. `triggered` is false where the rule does not say. */
export function ruleDocument(id: string, rule: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = (name: string): unknown => property(rule, name);
  const document: Record<string, unknown> = { triggered: given('triggered') ?? false, id };
  for (const name of ['name', 'version', 'temp', 'sql', 'graph', 'actions']) {
    const value = name === 'graph' ? graphDocument(given(name)) : sortedDeep(given(name));
    if (value !== undefined && value !== null && value !== '' && value !== false) document[name] = value;
  }
  const options = given('options');
  if (isMap(options)) document.options = optionsDocument(options);
  const tags = given('tags');
  if (Array.isArray(tags) && tags.length > 0) document.tags = tags;
  return document;
}

/** Nodes and edges by name, the members of a node in their order. */
function graphDocument(graph: unknown): unknown {
  if (!isMap(graph)) return graph;
  const nodes = Object.entries(isMap(graph.nodes) ? graph.nodes : {}).map(([name, node]) => {
    const { type, nodeType, props = {}, ui = {} } = isMap(node) ? node : {};
    return [name, { type, nodeType, props: sortedDeep(props), ui: sortedDeep(ui) }] as const;
  });
  const { sources = [], edges = {} } = isMap(graph.topo) ? graph.topo : {};
  return { nodes: sortedFirst(Object.fromEntries(nodes)), topo: { sources, edges: sortedDeep(edges) } };
}

function sortedFirst(map: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(sortKeys(Object.keys(map)).map((key) => [key, map[key]]));
}

const optionOrder: readonly (readonly [name: string, zero: unknown])[] = [
  ['debug', false],
  ['logFilename', undefined],
  ['isEventTime', false],
  ['lateTolerance', undefined],
  ['concurrency', 0],
  ['bufferLength', 0],
  ['sendMetaToSink', false],
  ['sendNilField', false],
  ['sendError', false],
  ['qos', undefined],
  ['checkpointInterval', undefined],
  ['restartStrategy', undefined],
  ['cron', undefined],
  ['duration', undefined],
  ['cronDatetimeRange', undefined],
  ['planOptimizeStrategy', undefined],
  ['notifySub', undefined],
  ['disableBufferFullDiscard', undefined],
  ['enableSaveStateBeforeStop', undefined],
  ['forceExitTimeout', undefined],
  ['experiment', undefined],
];

const durations = new Set(['lateTolerance', 'checkpointInterval', 'forceExitTimeout']);

function optionsDocument(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const document: Record<string, unknown> = {};
  for (const [name, zero] of optionOrder) {
    const value = property(options, name) ?? zero;
    if (value === undefined) continue;
    document[name] = durations.has(name) && typeof value === 'number' ? formatDuration(value) : value;
  }
  return document;
}
