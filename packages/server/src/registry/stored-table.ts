/**
 * Definitions of one kind: a table of the `Kv` and its mirror in memory, so that reading never waits. The mirror
 * changes once the write has been taken.
 */
import type { Kv, KvTable } from '@kuiper/host';

export class StoredTable {
  readonly #table: KvTable<string>;
  readonly #entries: Map<string, string>;

  private constructor(table: KvTable<string>, entries: Iterable<readonly [string, string]>) {
    this.#table = table;
    this.#entries = new Map(entries);
  }

  static async open(kv: Kv, name: string): Promise<StoredTable> {
    const table = kv.textTable(name);
    return new StoredTable(table, await table.entries());
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): string | undefined {
    return this.#entries.get(key);
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Sorted. */
  keys(): string[] {
    return [...this.#entries.keys()].sort();
  }

  /** By key, sorted. */
  entries(): [string, string][] {
    return this.keys().map((key) => [key, this.#entries.get(key) as string]);
  }

  /** Fails with `Item x already exists` when the key is there. */
  async add(key: string, value: string): Promise<void> {
    await this.#table.setnx(key, value);
    this.#entries.set(key, value);
  }

  async set(key: string, value: string): Promise<void> {
    await this.#table.set(key, value);
    this.#entries.set(key, value);
  }

  /** A missing key is fine. */
  async delete(key: string): Promise<void> {
    if (!this.#entries.has(key)) return;
    await this.#table.delete(key);
    this.#entries.delete(key);
  }

  async clear(): Promise<void> {
    await this.#table.clean();
    this.#entries.clear();
  }
}
