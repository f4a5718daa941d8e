/**
 * The ordered, crash-safe face of the store: metadata, checkpoints, keyed state.
 *
 * One story for values: a value is bytes. {@link Kv.table} shows them as `Uint8Array`, {@link Kv.textTable} shows the
 * same bytes as UTF-8 text. Table names and keys are arbitrary well-formed strings; no name can reach into another's
 * keys. Keys are ordered by code point.
 *
 * A write is visible to reads once its promise resolves. Writes of one `Kv` take effect in the order they were called,
 * awaited or not. Without `sync` a write survives the death of the process; with `sync` also that of the machine.
 * Errors: `storeErrors`. Source: behaviour spec, runtime §9.1.
 */
export interface Kv {
  /** A view on one table; cheap, holds nothing. A table exists as soon as it has a key. */
  table(name: string): KvTable<Uint8Array>;
  textTable(name: string): KvTable<string>;
  /** All of `ops` or none, in order, across tables. Deleting a missing key here is not an error. */
  batch(ops: readonly KvOp[], options?: KvWriteOptions): Promise<void>;
  /** Waits for pending writes. Everything afterwards fails with `STORE_CLOSED`; closing again does nothing. */
  close(): Promise<void>;
}

export interface KvTable<V extends Uint8Array | string> {
  readonly name: string;
  /** Undefined when missing. Returned bytes belong to the caller. */
  get(key: string): Promise<V | undefined>;
  getSync(key: string): V | undefined;
  /** @param value kept by reference until the promise settles */
  set(key: string, value: V, options?: KvWriteOptions): Promise<void>;
  /** Fails with `KEY_EXISTS` when the key is there. Atomic among all writers of one {@link Kv}. */
  setnx(key: string, value: V, options?: KvWriteOptions): Promise<void>;
  /** Fails with `KEY_NOT_FOUND` (1002) when missing. */
  delete(key: string, options?: KvWriteOptions): Promise<void>;
  keys(prefix?: string): Promise<string[]>;
  entries(prefix?: string): Promise<KvEntry<V>[]>;
  /** Streams in key order over the table as it was when the iteration began. */
  range(range?: KvRange): AsyncIterable<KvEntry<V>>;
  /** Removes every key, atomically. */
  clean(options?: KvWriteOptions): Promise<void>;
  /** Gives the table up with everything in it. Setting a key later makes it anew. */
  drop(options?: KvWriteOptions): Promise<void>;
}

export type KvEntry<V extends Uint8Array | string> = readonly [key: string, value: V];

export interface KvRange {
  readonly prefix?: string;
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

export interface KvWriteOptions {
  /** Reach the disk before resolving (fsync). */
  readonly sync?: boolean;
}

export type KvOp =
  | { readonly type: 'set'; readonly table: string; readonly key: string; readonly value: Uint8Array | string }
  | { readonly type: 'delete'; readonly table: string; readonly key: string }
  | { readonly type: 'clean'; readonly table: string };
