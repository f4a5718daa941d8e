import { storeErrors } from '../errors.ts';
import type { Kv, KvEntry, KvOp, KvRange, KvTable } from './kv.ts';
import { checkKey, compareKeys, tablePrefix } from './kv-key.ts';

/**
 * {@link Kv} without a disk, for temporary rules, tests and the browser. Same contract, except that nothing outlives
 * the object. Values are copied in and out.
 */
export class MemoryKv implements Kv {
  readonly #tables = new Map<string, SortedCells>();
  #closed = false;

  table(name: string): KvTable<Uint8Array> {
    return new MemoryTable(
      this,
      name,
      () => this.#cells(name),
      (bytes) => bytes.slice(),
    );
  }

  textTable(name: string): KvTable<string> {
    return new MemoryTable(
      this,
      name,
      () => this.#cells(name),
      (bytes) => decoder.decode(bytes),
    );
  }

  async batch(ops: readonly KvOp[]): Promise<void> {
    this.#assertOpen();
    for (const op of ops) {
      tablePrefix(op.table);
      if (op.type !== 'clean') checkKey(op.key);
    }
    for (const op of ops) {
      if (op.type === 'clean') this.#tables.delete(op.table);
      else if (op.type === 'delete') this.#tables.get(op.table)?.delete(op.key);
      else this.#writable(op.table).set(op.key, toBytes(op.value));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#tables.clear();
  }

  #cells(table: string): SortedCells | undefined {
    this.#assertOpen();
    return this.#tables.get(table);
  }

  #writable(table: string): SortedCells {
    let cells = this.#tables.get(table);
    if (cells === undefined) this.#tables.set(table, (cells = new SortedCells()));
    return cells;
  }

  #assertOpen(): void {
    if (this.#closed) throw storeErrors.STORE_CLOSED('memory store');
  }
}

class MemoryTable<V extends Uint8Array | string> implements KvTable<V> {
  readonly name: string;
  readonly #kv: Kv;
  /** The cells as they are now; undefined when the table holds nothing. */
  readonly #cells: () => SortedCells | undefined;
  readonly #decode: (bytes: Uint8Array) => V;

  constructor(kv: Kv, name: string, cells: () => SortedCells | undefined, decode: (bytes: Uint8Array) => V) {
    tablePrefix(name);
    this.name = name;
    this.#kv = kv;
    this.#cells = cells;
    this.#decode = decode;
  }

  async get(key: string): Promise<V | undefined> {
    return this.getSync(key);
  }

  getSync(key: string): V | undefined {
    const bytes = this.#cells()?.get(checkKey(key));
    return bytes === undefined ? undefined : this.#decode(bytes);
  }

  async set(key: string, value: V): Promise<void> {
    await this.#kv.batch([{ type: 'set', table: this.name, key, value }]);
  }

  async setnx(key: string, value: V): Promise<void> {
    if (this.#cells()?.get(checkKey(key)) !== undefined) throw storeErrors.KEY_EXISTS(key);
    await this.set(key, value);
  }

  async delete(key: string): Promise<void> {
    if (this.#cells()?.get(checkKey(key)) === undefined) throw storeErrors.KEY_NOT_FOUND(key);
    await this.#kv.batch([{ type: 'delete', table: this.name, key }]);
  }

  async keys(prefix = ''): Promise<string[]> {
    return this.#select({ prefix }).map(([key]) => key);
  }

  async entries(prefix = ''): Promise<KvEntry<V>[]> {
    return this.#select({ prefix }).map(([key, bytes]) => [key, this.#decode(bytes)]);
  }

  range(range: KvRange = {}): AsyncIterable<KvEntry<V>> {
    const decode = this.#decode;
    const selected = this.#select(range);
    return {
      async *[Symbol.asyncIterator]() {
        for (const [key, bytes] of selected) yield [key, decode(bytes)] as const;
      },
    };
  }

  async clean(): Promise<void> {
    await this.#kv.batch([{ type: 'clean', table: this.name }]);
  }

  async drop(): Promise<void> {
    await this.clean();
  }

  #select(range: KvRange): (readonly [string, Uint8Array])[] {
    for (const bound of [range.prefix, range.gt, range.gte, range.lt, range.lte]) {
      if (bound !== undefined) checkKey(bound);
    }
    return this.#cells()?.select(range) ?? [];
  }
}

/** A map that can list its keys in order; sorting happens on the first listing after the set of keys changed. */
class SortedCells {
  readonly #cells = new Map<string, Uint8Array>();
  #order: string[] | null = null;

  get(key: string): Uint8Array | undefined {
    return this.#cells.get(key);
  }

  set(key: string, value: Uint8Array): void {
    if (!this.#cells.has(key)) this.#order = null;
    this.#cells.set(key, value);
  }

  delete(key: string): void {
    if (this.#cells.delete(key)) this.#order = null;
  }

  select(range: KvRange): (readonly [string, Uint8Array])[] {
    this.#order ??= [...this.#cells.keys()].sort(compareKeys);
    const limit = range.limit ?? Number.POSITIVE_INFINITY;
    const selected: (readonly [string, Uint8Array])[] = [];
    const keys = range.reverse === true ? this.#order.toReversed() : this.#order;
    for (const key of keys) {
      if (selected.length >= limit) break;
      if (isWithin(key, range)) selected.push([key, this.#cells.get(key) as Uint8Array]);
    }
    return selected;
  }
}

function isWithin(key: string, { prefix, gt, gte, lt, lte }: KvRange): boolean {
  if (prefix !== undefined && !key.startsWith(prefix)) return false;
  if (gt !== undefined && compareKeys(key, gt) <= 0) return false;
  if (gte !== undefined && compareKeys(key, gte) < 0) return false;
  if (lt !== undefined && compareKeys(key, lt) >= 0) return false;
  return lte === undefined || compareKeys(key, lte) <= 0;
}

function toBytes(value: Uint8Array | string): Uint8Array {
  // A plain Uint8Array even when given a Buffer, whose `slice` would share memory instead of copying.
  return typeof value === 'string' ? encoder.encode(value) : new Uint8Array(value);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
