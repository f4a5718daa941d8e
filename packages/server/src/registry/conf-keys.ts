/**
 * Configuration keys: named property sets per source, sink or connection type. A read-only layer from `etc`, and the
 * stored ones over it. Source: behaviour spec, rest-cli-config §4.10, io §2.1.
 *
 * Connections and configuration keys of connections share the store but are two views of it: what one view changes, the
 * other shows after the next start. Source: recorded case zz-connection-views.
 */
import { jsonText } from '@kuiper/base';
import type { Kv } from '@kuiper/host';
import type { Sections } from '../config/source-files.ts';
import { isMap } from '../http/json-body.ts';
import { modernProps } from './legacy-props.ts';
import { StoredTable } from './stored-table.ts';

export type ConfKind = 'sources' | 'sinks' | 'connections';
export type PropBag = Readonly<Record<string, unknown>>;

export interface ConfKeyLayers {
  /** From `etc`: source type → key → properties. */
  readonly sources: Map<string, Sections>;
  /** Types that exist even without a key. */
  readonly known: Readonly<Record<ConfKind, Set<string>>>;
}

export class ConfKeys {
  readonly #table: StoredTable;
  readonly #layers: ConfKeyLayers;
  readonly #stored: KeySets = new Map();
  /** What is described of connections. */
  readonly #shownConnections: KeySets = new Map();

  private constructor(table: StoredTable, layers: ConfKeyLayers) {
    this.#table = table;
    this.#layers = layers;
    for (const [path, text] of table.entries()) {
      const split = path.lastIndexOf('.');
      const props = JSON.parse(text) as PropBag;
      keysOf(this.#stored, path.slice(0, split)).set(path.slice(split + 1), props);
      if (path.startsWith('connections.'))
        keysOf(this.#shownConnections, path.slice(0, split)).set(path.slice(split + 1), props);
    }
  }

  static async open(kv: Kv, layers: ConfKeyLayers): Promise<ConfKeys> {
    return new ConfKeys(await StoredTable.open(kv, 'confKVStorage'), layers);
  }

  /** Key → properties of both layers; null for a type nobody has heard of. */
  describe(kind: ConfKind, type: string): Record<string, PropBag> | null {
    const shipped = this.#shipped(kind, type);
    const stored = (kind === 'connections' ? this.#shownConnections : this.#stored).get(`${kind}.${type}`);
    if (shipped === undefined && stored === undefined && !this.#layers.known[kind].has(type)) return null;
    const result: Record<string, PropBag> = { ...shipped };
    for (const [key, props] of stored ?? []) result[key] = { ...result[key], ...props };
    return result;
  }

  /** Properties of one key; undefined when neither layer has it. */
  get(kind: ConfKind, type: string, key: string): PropBag | undefined {
    const shipped = this.#shipped(kind, type)?.[key];
    const stored = this.#stored.get(`${kind}.${type}`)?.get(key);
    return shipped === undefined && stored === undefined ? undefined : { ...shipped, ...stored };
  }

  /** Replaces a stored key. */
  async put(kind: ConfKind, type: string, key: string, props: PropBag): Promise<void> {
    await this.store(kind, type, key, props);
    if (kind === 'connections') keysOf(this.#shownConnections, `${kind}.${type}`).set(key, modernProps(type, props));
  }

  /** Stores a connection without describing it as a key. */
  async store(kind: ConfKind, type: string, key: string, props: PropBag): Promise<void> {
    const modern = modernProps(type, props);
    await this.#table.set(`${kind}.${type}.${key}`, jsonText(modern));
    keysOf(this.#stored, `${kind}.${type}`).set(key, modern);
  }

  hasStored(kind: ConfKind, type: string, key: string): boolean {
    return (kind === 'connections' ? this.#shownConnections : this.#stored).get(`${kind}.${type}`)?.has(key) === true;
  }

  async delete(kind: ConfKind, type: string, key: string): Promise<void> {
    await this.remove(kind, type, key);
    if (kind === 'connections') this.#shownConnections.get(`${kind}.${type}`)?.delete(key);
  }

  /** Takes a connection out of the store; its description as a key stays. */
  async remove(kind: ConfKind, type: string, key: string): Promise<void> {
    await this.#table.delete(`${kind}.${type}.${key}`);
    this.#stored.get(`${kind}.${type}`)?.delete(key);
  }

  /** Stored keys of a kind: type → key → properties, sorted, types without a key left out. */
  stored(kind: ConfKind): Record<string, Record<string, PropBag>> {
    const result: Record<string, Record<string, PropBag>> = {};
    for (const path of [...this.#stored.keys()].sort()) {
      if (!path.startsWith(`${kind}.`)) continue;
      const keys = this.#stored.get(path) as Map<string, PropBag>;
      if (keys.size > 0) result[path.slice(kind.length + 1)] = Object.fromEntries([...keys].sort(byKey));
    }
    return result;
  }

  /** Every type of a kind with its keys of both layers. */
  all(kind: ConfKind): Record<string, Record<string, PropBag>> {
    const types = new Set([
      ...(kind === 'sources' ? this.#layers.sources.keys() : []),
      ...Object.keys(this.stored(kind)),
    ]);
    return Object.fromEntries([...types].sort().map((type) => [type, this.describe(kind, type) ?? {}]));
  }

  /** A source that a plugin brings, with what its file says. */
  ship(type: string, sections: Sections): void {
    this.#layers.sources.set(type, sections);
    this.know('sources', type);
  }

  /** The plugin of a source is gone. */
  unship(type: string): void {
    this.#layers.sources.delete(type);
    this.#layers.known.sources.delete(type);
  }

  /** A type that exists even without a key. */
  know(kind: ConfKind, type: string): void {
    this.#layers.known[kind].add(type);
  }

  /** Forgets every stored key. */
  async clear(): Promise<void> {
    await this.#table.clear();
    this.#stored.clear();
    this.#shownConnections.clear();
  }

  #shipped(kind: ConfKind, type: string): Sections | undefined {
    return kind === 'sources' ? this.#layers.sources.get(type) : undefined;
  }
}

/** kind.type → key → properties */
type KeySets = Map<string, Map<string, PropBag>>;

function keysOf(sets: KeySets, path: string): Map<string, PropBag> {
  let keys = sets.get(path);
  if (keys === undefined) {
    keys = new Map();
    sets.set(path, keys);
  }
  return keys;
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}

/** A JSON text of `{key: {properties}}`. Throws with why it is none. */
export function readConfDocument(value: unknown): Record<string, PropBag> {
  if (!isMap(value)) throw new Error('json: an object of configuration keys is expected');
  for (const props of Object.values(value))
    if (!isMap(props)) throw new Error('json: a configuration key must be an object');
  return value as Record<string, PropBag>;
}
