import { mkdir, realpath } from 'node:fs/promises';
import { errorText } from '@kuiper/base';
import { ClassicLevel } from 'classic-level';
import { storeErrors } from '../errors.ts';
import type { Kv, KvEntry, KvOp, KvRange, KvTable, KvWriteOptions } from './kv.ts';
import { checkKey, tablePrefix } from './kv-key.ts';
import { levelFailure } from './level-failure.ts';
import { type LevelOp, LevelWriter } from './level-writer.ts';

export interface LevelKvOptions {
  /** Writes are refused with `KV_DISK_FULL` while less is free. Default 8 MiB; 0 switches the check off. */
  readonly minFreeBytes?: number;
}

/** Lets another thread of this process join an open store. Plain data: goes through `workerData` or `postMessage`. */
export interface LevelKvTicket {
  readonly directory: string;
  readonly minFreeBytes: number;
  readonly damage: Int32Array;
  /** Slot 0 is 1 while the guest holds the store open, or about to. */
  readonly held: Int32Array;
}

/**
 * Opens a store as its owner, making the directory where missing.
 *
 * One thread owns a store: it opens first, admits other threads with {@link LevelKv.admit} and closes last. LevelDB
 * runs on the block cache of whoever opened it first, so any other order would crash the process; therefore a second
 * owner gets `KV_LOCKED`, and `close` fails with `KV_GUESTS` while a guest is in.
 */
export async function openLevelKv(directory: string, options: LevelKvOptions = {}): Promise<LevelKv> {
  const location = await makeDirectory(directory);
  await probe(location);
  const seat: LevelKvTicket = {
    directory: location,
    minFreeBytes: options.minFreeBytes ?? 8 << 20,
    damage: sharedFlag(),
    held: sharedFlag(),
  };
  return new LevelKv(await openShared(location), seat, true);
}

/** Opens a store that another thread of this process owns; fails with `KV_NO_OWNER` when it does not. */
export async function joinLevelKv(ticket: LevelKvTicket): Promise<LevelKv> {
  Atomics.store(ticket.held, 0, 1);
  try {
    const isOwned = await probe(ticket.directory).then(
      () => false,
      () => true,
    );
    if (!isOwned) throw storeErrors.KV_NO_OWNER(ticket.directory);
    return new LevelKv(await openShared(ticket.directory), ticket, false);
  } catch (error) {
    Atomics.store(ticket.held, 0, 0);
    throw error;
  }
}

/** {@link Kv} on LevelDB. Made by {@link openLevelKv} and {@link joinLevelKv}. */
export class LevelKv implements Kv {
  readonly directory: string;
  readonly #db: ClassicLevel;
  readonly #writer: LevelWriter;
  readonly #seat: LevelKvTicket;
  readonly #isOwner: boolean;
  readonly #admitted = new Set<LevelKvTicket>();
  #closed = false;

  constructor(db: ClassicLevel, seat: LevelKvTicket, isOwner: boolean) {
    this.directory = seat.directory;
    this.#db = db;
    this.#seat = seat;
    this.#isOwner = isOwner;
    this.#writer = new LevelWriter(db, seat);
  }

  table(name: string): KvTable<Uint8Array> {
    return new LevelTable<Uint8Array>(this, this.#db, name, 'view');
  }

  textTable(name: string): KvTable<string> {
    return new LevelTable<string>(this, this.#db, name, 'utf8');
  }

  async batch(ops: readonly KvOp[], options?: KvWriteOptions): Promise<void> {
    await this.write(ops.map(toLevelOp), options);
  }

  /** A ticket for one more thread. Only the owner can admit. */
  admit(): LevelKvTicket {
    if (!this.#isOwner || this.#closed) throw storeErrors.KV_NO_OWNER(this.directory);
    const ticket: LevelKvTicket = { ...this.#seat, held: sharedFlag() };
    this.#admitted.add(ticket);
    return ticket;
  }

  /** Takes note that the thread of a ticket has ended, be it without closing the store. */
  dismiss(ticket: LevelKvTicket): void {
    this.#admitted.delete(ticket);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const guests = [...this.#admitted].filter((ticket) => Atomics.load(ticket.held, 0) === 1).length;
    if (guests > 0) throw storeErrors.KV_GUESTS(this.directory, guests);
    this.#closed = true;
    await this.#writer.drain();
    await this.#db.close();
    Atomics.store(this.#seat.held, 0, 0);
  }

  async write(ops: readonly LevelOp[], options?: KvWriteOptions, only: Condition | null = null): Promise<void> {
    this.assertOpen();
    if (ops.length > 0) await this.#writer.write({ ops, sync: options?.sync === true, only });
  }

  assertOpen(): void {
    if (this.#closed) throw storeErrors.STORE_CLOSED(`store ${this.directory}`);
  }
}

type Condition = Parameters<LevelWriter['write']>[0]['only'];

class LevelTable<V extends Uint8Array | string> implements KvTable<V> {
  readonly name: string;
  readonly #kv: LevelKv;
  readonly #db: ClassicLevel;
  readonly #prefix: string;
  readonly #read: { readonly keyEncoding: 'utf8'; readonly valueEncoding: 'view' | 'utf8' };

  constructor(kv: LevelKv, db: ClassicLevel, name: string, valueEncoding: 'view' | 'utf8') {
    this.name = name;
    this.#kv = kv;
    this.#db = db;
    this.#prefix = tablePrefix(name);
    this.#read = { keyEncoding: 'utf8', valueEncoding };
  }

  async get(key: string): Promise<V | undefined> {
    this.#kv.assertOpen();
    try {
      return await this.#db.get<string, V>(this.#prefix + checkKey(key), this.#read);
    } catch (error) {
      throw levelFailure(error, this.#kv.directory);
    }
  }

  getSync(key: string): V | undefined {
    this.#kv.assertOpen();
    try {
      return this.#db.getSync<string, V>(this.#prefix + checkKey(key), this.#read);
    } catch (error) {
      throw levelFailure(error, this.#kv.directory);
    }
  }

  async set(key: string, value: V, options?: KvWriteOptions): Promise<void> {
    await this.#kv.write([{ type: 'put', key: this.#prefix + checkKey(key), value }], options);
  }

  async setnx(key: string, value: V, options?: KvWriteOptions): Promise<void> {
    await this.#kv.write([{ type: 'put', key: this.#prefix + checkKey(key), value }], options, {
      if: 'absent',
      orElse: () => storeErrors.KEY_EXISTS(key),
    });
  }

  async delete(key: string, options?: KvWriteOptions): Promise<void> {
    await this.#kv.write([{ type: 'del', key: this.#prefix + checkKey(key) }], options, {
      if: 'present',
      orElse: () => storeErrors.KEY_NOT_FOUND(key),
    });
  }

  async keys(prefix = ''): Promise<string[]> {
    this.#kv.assertOpen();
    try {
      const found = await this.#db.keys(this.#bounds({ prefix })).all();
      return found.map((key) => this.#bareKey(key));
    } catch (error) {
      throw levelFailure(error, this.#kv.directory);
    }
  }

  async entries(prefix = ''): Promise<KvEntry<V>[]> {
    this.#kv.assertOpen();
    try {
      const found = await this.#db.iterator<Uint8Array, V>(this.#bounds({ prefix })).all();
      return found.map(([key, value]) => [this.#bareKey(key), value]);
    } catch (error) {
      throw levelFailure(error, this.#kv.directory);
    }
  }

  range(range: KvRange = {}): AsyncIterable<KvEntry<V>> {
    this.#kv.assertOpen();
    const bounds = this.#bounds(range);
    return { [Symbol.asyncIterator]: () => this.#stream(bounds) };
  }

  async clean(options?: KvWriteOptions): Promise<void> {
    await this.#kv.write([{ type: 'clean', prefix: this.#prefix }], options);
  }

  async drop(options?: KvWriteOptions): Promise<void> {
    await this.clean(options);
  }

  async *#stream(bounds: LevelBounds): AsyncGenerator<KvEntry<V>> {
    this.#kv.assertOpen();
    const iterator = this.#db.iterator<Uint8Array, V>(bounds);
    try {
      for (;;) {
        const page = await iterator.nextv(pageLength);
        if (page.length === 0) return;
        for (const [key, value] of page) yield [this.#bareKey(key), value];
      }
    } catch (error) {
      throw levelFailure(error, this.#kv.directory);
    } finally {
      await iterator.close();
    }
  }

  #bounds(range: KvRange): LevelBounds {
    const key = (bare: string): Buffer => Buffer.from(this.#prefix + checkKey(bare));
    const { prefix = '', gt, gte, lt, lte, reverse = false, limit = -1 } = range;
    const lows = [key(prefix), ...(gte === undefined ? [] : [key(gte)])];
    // 0xFF never occurs in UTF-8, so it lies behind every key that begins with the prefix.
    const highs = [Buffer.concat([key(prefix), Buffer.of(0xff)]), ...(lt === undefined ? [] : [key(lt)])];
    // The smallest key greater than k is k followed by NUL.
    if (gt !== undefined) lows.push(Buffer.concat([key(gt), Buffer.of(0)]));
    if (lte !== undefined) highs.push(Buffer.concat([key(lte), Buffer.of(0)]));
    return {
      gte: lows.reduce((a, b) => (Buffer.compare(a, b) >= 0 ? a : b)),
      lt: highs.reduce((a, b) => (Buffer.compare(a, b) <= 0 ? a : b)),
      reverse,
      limit,
      keyEncoding: 'view',
      valueEncoding: this.#read.valueEncoding,
    };
  }

  #bareKey(key: Uint8Array): string {
    const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
    return bytes.toString('utf8').slice(this.#prefix.length);
  }
}

interface LevelBounds {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
  readonly reverse: boolean;
  readonly limit: number;
  readonly keyEncoding: 'view';
  readonly valueEncoding: 'view' | 'utf8';
}

function toLevelOp(op: KvOp): LevelOp {
  const prefix = tablePrefix(op.table);
  if (op.type === 'clean') return { type: 'clean', prefix };
  const key = prefix + checkKey(op.key);
  return op.type === 'set' ? { type: 'put', key, value: op.value } : { type: 'del', key };
}

/** One spelling per directory: LevelDB finds the handles of other threads by path. */
async function makeDirectory(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true });
    return await realpath(directory);
  } catch (error) {
    throw storeErrors.KV_IO(directory, errorText(error), { cause: error });
  }
}

/** Fails with `KV_LOCKED` when anyone, this process included, has the store open. */
async function probe(location: string): Promise<void> {
  const db = new ClassicLevel(location);
  try {
    await db.open();
  } catch (error) {
    throw levelFailure(error, location);
  }
  await db.close();
}

/** Registries and checkpoints are small; the defaults are four times that. */
const memory = { cacheSize: 2 << 20, writeBufferSize: 1 << 20 };

async function openShared(location: string): Promise<ClassicLevel> {
  const db = new ClassicLevel(location, { ...memory, multithreading: true });
  try {
    await db.open();
    return db;
  } catch (error) {
    throw levelFailure(error, location);
  }
}

function sharedFlag(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

const pageLength = 256;
