import { readdirSync, statfsSync } from 'node:fs';
import type { KuiperError } from '@kuiper/base';
import type { ClassicLevel } from 'classic-level';
import { storeErrors } from '../errors.ts';
import { levelFailure } from './level-failure.ts';

export type LevelOp =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array | string }
  | { readonly type: 'del'; readonly key: string }
  | { readonly type: 'clean'; readonly prefix: string };

export interface LevelWrite {
  readonly ops: readonly LevelOp[];
  readonly sync: boolean;
  /** The write happens only when the key of its first op is absent or present; otherwise it fails with `orElse`. */
  readonly only: { readonly if: 'absent' | 'present'; readonly orElse: () => KuiperError } | null;
}

interface Waiting extends LevelWrite {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export interface LevelWriterOptions {
  readonly directory: string;
  /** Shared by all threads: slot 0 is 1 while the log of the database may hold half a record. */
  readonly damage: Int32Array;
  readonly minFreeBytes: number;
}

/**
 * The one writer of a database handle. Writes queue up and everything that waits goes down as one atomic batch, so
 * order is kept (the thread pool alone would not), conditions need no locks and many small writes share one fsync.
 *
 * LevelDB has two weaknesses on a full disk. A failed append leaves half a record in its log, and records that follow
 * it are lost at the next open although they were acknowledged; so after a failure nothing is written until the log
 * was switched. A failed memtable flush makes it refuse writes until all threads have closed it; so writing stops while
 * `minFreeBytes` are still left.
 */
export class LevelWriter {
  readonly #db: ClassicLevel;
  readonly #options: LevelWriterOptions;
  #queue: Waiting[] = [];
  #running: Promise<void> | null = null;

  constructor(db: ClassicLevel, options: LevelWriterOptions) {
    this.#db = db;
    this.#options = options;
  }

  write(write: LevelWrite): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...write, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits any more; never rejects. */
  async drain(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Lets the writes of the same turn join the first batch.
    await null;
    while (this.#queue.length > 0) await this.#commitSome();
    this.#running = null;
  }

  async #commitSome(): Promise<void> {
    const included: Waiting[] = [];
    try {
      const { batch, sync } = await this.#gather(included);
      if (batch.length > 0) await this.#commit(batch, sync);
      for (const write of included) write.resolve();
    } catch (error) {
      const failure = levelFailure(error, this.#options.directory);
      for (const write of included) write.reject(failure);
    }
  }

  /** Moves writes from the queue into one batch: all of them, or one alone when it has to list keys first. */
  async #gather(included: Waiting[]): Promise<{ batch: Flat[]; sync: boolean }> {
    const batch: Flat[] = [];
    const present = new Map<string, boolean>();
    let sync = false;
    const queue = this.#queue;
    this.#queue = [];
    for (let i = 0; i < queue.length; i++) {
      const write = queue[i] as Waiting;
      const cleans = write.ops.some((op) => op.type === 'clean');
      if (cleans && included.length > 0) {
        this.#queue = queue.slice(i).concat(this.#queue);
        break;
      }
      if (!this.#accept(write, present)) continue;
      included.push(write);
      sync ||= write.sync;
      if (cleans) {
        this.#queue = queue.slice(i + 1).concat(this.#queue);
        await this.#flatten(write.ops, batch);
        break;
      }
      for (const op of write.ops as readonly Flat[]) {
        batch.push(op);
        present.set(op.key, op.type === 'put');
      }
    }
    return { batch, sync };
  }

  #accept(write: Waiting, present: ReadonlyMap<string, boolean>): boolean {
    if (write.only === null) return true;
    const [op] = write.ops as readonly Flat[];
    try {
      const isPresent = present.get(op!.key) ?? this.#db.getSync(op!.key, { valueEncoding: 'view' }) !== undefined;
      if (isPresent === (write.only.if === 'present')) return true;
      write.reject(write.only.orElse());
    } catch (error) {
      write.reject(levelFailure(error, this.#options.directory));
    }
    return false;
  }

  async #flatten(ops: readonly LevelOp[], batch: Flat[]): Promise<void> {
    for (const op of ops) {
      if (op.type !== 'clean') {
        batch.push(op);
        continue;
      }
      // Keys that this very batch sets before it cleans.
      for (const earlier of batch.slice()) {
        if (earlier.type === 'put' && earlier.key.startsWith(op.prefix)) batch.push({ type: 'del', key: earlier.key });
      }
      const bounds = { gte: op.prefix, lt: `${op.prefix.slice(0, -1)}\u0001` };
      for await (const key of this.#db.keys(bounds)) batch.push({ type: 'del', key });
    }
  }

  async #commit(batch: Flat[], sync: boolean): Promise<void> {
    const { damage } = this.#options;
    this.#assertSpace();
    if (Atomics.load(damage, 0) === 1) await this.#switchLog();
    try {
      // Five times as fast as handing over an array.
      const chained = this.#db.batch();
      for (const op of batch) {
        if (op.type === 'del') chained.del(op.key);
        else if (typeof op.value === 'string') chained.put(op.key, op.value);
        else chained.put<string, Uint8Array>(op.key, op.value, asBytes);
      }
      await chained.write({ sync });
    } catch (error) {
      Atomics.store(damage, 0, 1);
      // At once where possible: until then another thread's writes would land behind the damage.
      await this.#switchLog().catch(() => {});
      throw error;
    }
  }

  #assertSpace(): void {
    const { directory, minFreeBytes } = this.#options;
    if (minFreeBytes === 0) return;
    const { bavail, bsize } = statfsSync(directory);
    if (bavail * bsize < minFreeBytes) throw storeErrors.KV_DISK_FULL(directory, bavail * bsize, minFreeBytes);
  }

  /** Has LevelDB start a new log and put what the old one holds into a table. */
  async #switchLog(): Promise<void> {
    const before = this.#logNumber();
    // A range without keys compacts nothing but the memtable.
    await this.#db.compactRange('\u0000', '\u0000');
    if (this.#logNumber() === before) {
      throw storeErrors.KV_IO(this.#options.directory, 'a failed write could not be repaired yet');
    }
    Atomics.store(this.#options.damage, 0, 0);
  }

  #logNumber(): number {
    let newest = 0;
    for (const name of readdirSync(this.#options.directory)) {
      if (name.endsWith('.log')) newest = Math.max(newest, Number.parseInt(name, 10));
    }
    return newest;
  }
}

type Flat = Exclude<LevelOp, { type: 'clean' }>;

const asBytes = { valueEncoding: 'view' } as const;
