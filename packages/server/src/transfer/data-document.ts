/** Everything a server holds, as one document of twelve members. Source: behaviour spec, rest-cli-config §4.7. */
import { jsonText } from '@kuiper/base';
import type { SymbolKind } from '@kuiper/extensions/install';
import { forEachSelectExpr, walkExpr } from '@kuiper/sql';
import { type ExtensionParts, exportExtensions } from '../extension/transfer-extensions.ts';
import { parseRuleSelect } from '../registry/rule-definition.ts';
import { isMap } from '../http/json-body.ts';
import type { ConfKeys, ConfKind } from '../registry/conf-keys.ts';
import type { Rule } from '../registry/rule.ts';
import type { Services } from '../services.ts';
import { exportRuleset, type TextMap, textMap } from './ruleset.ts';

/** Order of the members in every answer. */
export const dataMembers = [
  'streams',
  'tables',
  'rules',
  'nativePlugins',
  'portablePlugins',
  'sourceConfig',
  'sinkConfig',
  'connectionConfig',
  'Service',
  'Schema',
  'uploads',
  'scripts',
] as const;

export type DataMember = (typeof dataMembers)[number];
export type DataDocument = Readonly<Record<DataMember, TextMap>>;
export type DataErrors = Record<DataMember, Record<string, string>>;

export function emptyErrors(): DataErrors {
  return Object.fromEntries(dataMembers.map((member) => [member, {}])) as DataErrors;
}

/** Members that are missing are empty. Throws with why a value is no document. */
export function readDataDocument(value: unknown): DataDocument {
  return Object.fromEntries(dataMembers.map((member) => [member, textMap(value, member)])) as DataDocument;
}

type Parts = ExtensionParts &
  Pick<Services, 'streams' | 'rules' | 'confKeys' | 'schemas' | 'scripts' | 'uploads' | 'inService'>;

export function exportAll(parts: Parts): DataDocument {
  const { streams, rules, confKeys, schemas, scripts, uploads } = parts;
  const { nativePlugins, portablePlugins, Service } = exportExtensions(parts);
  return {
    ...exportRuleset(streams, rules),
    nativePlugins,
    portablePlugins,
    sourceConfig: confDocument(confKeys, 'sources'),
    sinkConfig: confDocument(confKeys, 'sinks'),
    connectionConfig: confDocument(confKeys, 'connections'),
    Service,
    Schema: schemas.exported(),
    uploads: uploads.exported(),
    scripts: scripts.exported(),
  };
}

/** These rules and what they need; an unknown id gives an empty text. Connections and uploads come whole. */
export function exportRules(parts: Parts, ids: readonly string[]): DataDocument {
  const { streams, rules, confKeys, schemas, scripts, uploads } = parts;
  const needed = new Needed(parts);
  const texts: [string, string][] = [];
  for (const id of [...ids].sort()) {
    texts.push([id, rules.storedText(id) ?? '']);
    const rule = rules.get(id);
    if (rule !== undefined) needed.add(rule);
  }
  const { nativePlugins, portablePlugins, Service } = chosenExtensions(exportExtensions(parts), needed.extensions);
  const sqlOf = (kind: 'stream' | 'table'): TextMap =>
    Object.fromEntries(
      [...needed.names].sort().flatMap((name) => {
        const found = streams.find(name);
        return found?.target === kind ? [[name, found.sql] as const] : [];
      }),
    );
  return {
    streams: sqlOf('stream'),
    tables: sqlOf('table'),
    rules: Object.fromEntries(texts),
    nativePlugins,
    portablePlugins,
    sourceConfig: chosenKeys(confKeys, 'sources', needed.sourceKeys),
    sinkConfig: chosenKeys(confKeys, 'sinks', needed.sinkKeys),
    connectionConfig: confDocument(confKeys, 'connections'),
    Service,
    Schema: Object.fromEntries(Object.entries(schemas.exported()).filter(([key]) => needed.schemas.has(key))),
    uploads: uploads.exported(),
    scripts: Object.fromEntries(Object.entries(scripts.exported()).filter(([id]) => needed.scripts.has(id))),
  };
}

/** What a set of rules refers to. */
class Needed {
  readonly names = new Set<string>();
  /** type → keys */
  readonly sourceKeys = new Map<string, Set<string>>();
  readonly sinkKeys = new Map<string, Set<string>>();
  /** `<format>_<schema>` */
  readonly schemas = new Set<string>();
  /** Keys of the members for plugins and services. */
  readonly extensions: Record<'nativePlugins' | 'portablePlugins' | 'Service', Set<string>> = {
    nativePlugins: new Set(),
    portablePlugins: new Set(),
    Service: new Set(),
  };
  readonly scripts = new Set<string>();
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  add(rule: Rule): void {
    const { streams } = this.#parts;
    for (const name of rule.sources) {
      const definition = streams.find(name);
      if (definition === undefined) continue;
      this.names.add(name);
      const { options, target } = streams.statementOf(definition);
      const type = options.type ?? (target === 'table' ? 'file' : 'mqtt');
      this.#addSchema(options.format, options.schemaid);
      this.#addOwner(options.kind === 'lookup' ? 'lookup' : 'source', type);
      note(
        this.sourceKeys,
        type,
        options.confKey === undefined || options.confKey === '' ? 'default' : options.confKey,
      );
    }
    for (const action of rule.definition.actions) {
      for (const [type, props] of Object.entries(action)) {
        if (!isMap(props)) continue;
        this.#addOwner('sink', type);
        const { resourceId, format, schemaId } = props;
        if (typeof resourceId === 'string' && resourceId !== '') note(this.sinkKeys, type, resourceId);
        this.#addSchema(format, schemaId);
      }
    }
    for (const name of calledFunctions(rule)) this.#addOwner('function', name);
  }

  #addOwner(kind: SymbolKind, name: string): void {
    const record = this.#parts.inService.recordOf(kind, name);
    if (record === undefined) return;
    const { extensions } = this;
    if (record.kind === 'native') extensions.nativePlugins.add(`${record.type}_${record.name}`);
    else if (record.kind === 'wasm') extensions.nativePlugins.add(`wasm_${record.name}`);
    else if (record.kind === 'portable') extensions.portablePlugins.add(record.name);
    else if (record.kind === 'service') extensions.Service.add(record.name);
    else this.scripts.add(record.name);
  }

  #addSchema(format: unknown, schemaId: unknown): void {
    if (typeof format === 'string' && typeof schemaId === 'string') {
      this.schemas.add(`${format.toLowerCase()}_${schemaId.split('.')[0]}`);
    }
  }
}

/** Names of functions that a rule calls; of a graph, of everything that looks like a call. */
function calledFunctions({ definition }: Rule): Set<string> {
  const names = new Set<string>();
  if (definition.sql === null) {
    for (const [, name] of JSON.stringify(definition.graph).matchAll(/([A-Za-z_]\w*)\s*\(/g)) names.add(name as string);
    return names;
  }
  forEachSelectExpr(parseRuleSelect(definition.sql), (root) =>
    walkExpr(root, (expr) => {
      if (expr.kind === 'call') names.add(expr.name);
    }),
  );
  return names;
}

type ExtensionMembers = ReturnType<typeof exportExtensions>;

function chosenExtensions(all: ExtensionMembers, wanted: Needed['extensions']): ExtensionMembers {
  const chosen = (member: keyof ExtensionMembers): TextMap =>
    Object.fromEntries(Object.entries(all[member]).filter(([key]) => wanted[member].has(key)));
  return {
    nativePlugins: chosen('nativePlugins'),
    portablePlugins: chosen('portablePlugins'),
    Service: chosen('Service'),
  };
}

function note(keys: Map<string, Set<string>>, type: string, key: string): void {
  const set = keys.get(type);
  if (set === undefined) keys.set(type, new Set([key]));
  else set.add(key);
}

function confDocument(confKeys: ConfKeys, kind: ConfKind): TextMap {
  return Object.fromEntries(Object.entries(confKeys.stored(kind)).map(([type, keys]) => [type, jsonText(keys)]));
}

function chosenKeys(confKeys: ConfKeys, kind: ConfKind, wanted: ReadonlyMap<string, ReadonlySet<string>>): TextMap {
  const stored = confKeys.stored(kind);
  const chosen: [string, string][] = [];
  for (const [type, names] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const keys = Object.entries(stored[type] ?? {}).filter(([key]) => names.has(key));
    if (keys.length > 0) chosen.push([type, jsonText(Object.fromEntries(keys))]);
  }
  return Object.fromEntries(chosen);
}
