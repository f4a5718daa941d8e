/** Sources that a graph defines itself, as the CREATE STREAM statements they stand for. Source: runtime §16.2. */
import type { CreateStatement, StreamOptions } from '@kuiper/sql';
import { graphErrors } from '../plan/graph/graph-errors.ts';
import type { SourceSpec } from './rule-spec.ts';

type Bag = Readonly<Record<string, unknown>>;

/** Names of options by their lower case, as properties of a node may be written in any. */
const textOptions: Readonly<Record<string, keyof StreamOptions>> = {
  datasource: 'datasource',
  key: 'key',
  format: 'format',
  confkey: 'confKey',
  timestamp: 'timestamp',
  timestampformat: 'timestampFormat',
  schemaid: 'schemaid',
  delimiter: 'delimiter',
};
const flagOptions: Readonly<Record<string, keyof StreamOptions>> = {
  strictvalidation: 'strictValidation',
  shared: 'shared',
};
/** About references, and parts of `schemaid`. */
const otherNames = new Set(['sourcename', 'sourcetype', 'schemaname', 'schemamessage', 'type', 'extra']);

/**
 * Schemaless streams under the names of their nodes. Properties that are no stream option go to the connector, as
 * EXTRA does. @param graph parsed JSON, wired in any way
 */
export function inlineSources(graph: unknown): readonly CreateStatement[] {
  const nodes = Object.entries(bag(bag(graph).nodes)).filter(([, node]) => bag(node).type === 'source');
  const isReference = (node: unknown): boolean => referenceOf(node) !== '';
  const references = new Set(nodes.filter(([, node]) => isReference(node)).map(([, node]) => referenceOf(node)));
  return nodes
    .filter(([, node]) => !isReference(node))
    .map(([name, node]) => {
      if (references.has(name))
        throw graphErrors.GRAPH(`source node ${name} has the name of a stream that is used too`);
      const { nodeType, props } = bag(node);
      const options = readOptions(name, bag(props));
      return {
        kind: 'create',
        target: 'stream',
        name,
        columns: [],
        options: { ...options, type: String(nodeType ?? '') },
        span: { start: 0, end: 0 },
      };
    });
}

/** A source without configuration keys: the statement's options and EXTRA alone. */
export function plainSource({ name, target, columns, options }: CreateStatement): SourceSpec {
  const extra = options.extra === undefined ? {} : (JSON.parse(options.extra) as Bag);
  return { name, kind: target, columns, options, props: { ...extra, ...options } };
}

function bag(value: unknown): Bag {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Bag) : {};
}

function referenceOf(node: unknown): string {
  const { sourceName } = bag(bag(node).props);
  return typeof sourceName === 'string' ? sourceName : '';
}

function readOptions(node: string, props: Bag): StreamOptions {
  const options: Partial<Record<keyof StreamOptions, unknown>> = {};
  const rest: Record<string, unknown> = {};
  const named: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(props)) {
    const lower = key.toLowerCase();
    if (value === null) continue;
    const text = textOptions[lower];
    const flag = flagOptions[lower];
    if (text !== undefined) options[text] = expect(node, key, value, 'string');
    else if (flag !== undefined) options[flag] = expect(node, key, value, 'boolean');
    else if (lower === 'retainsize') options.retainSize = expect(node, key, value, 'number');
    else if (otherNames.has(lower)) named[lower] = value;
    else rest[key] = value;
  }
  const { schemaname, schemamessage, extra } = named;
  if (typeof schemaname === 'string' && schemaname !== '') options.schemaid ??= `${schemaname}.${schemamessage ?? ''}`;
  const given = typeof extra === 'string' && extra !== '' ? bag(JSON.parse(extra)) : bag(extra);
  const all = { ...rest, ...given };
  if (Object.keys(all).length > 0) options.extra = JSON.stringify(all);
  return options as StreamOptions;
}

function expect(node: string, key: string, value: unknown, type: 'string' | 'boolean' | 'number'): unknown {
  // biome-ignore lint/suspicious/useValidTypeof: one of three literals
  if (typeof value === type) return value;
  throw graphErrors.GRAPH(`source node ${node}: property ${key} must be a ${type}`);
}
