/** A disk that can lose power: logs in a {@link MemoryFileSystem}, tables in a store that notes every write. */
import { type KvOp, type KvWriteOptions, MemoryFileSystem, MemoryKv } from '@kuiper/host';

interface Write {
  readonly ops: readonly KvOp[];
  readonly sync: boolean;
}

export class NotingKv extends MemoryKv {
  readonly writes: Write[] = [];
  /** Set to make every write fail with it. */
  failure: Error | null = null;

  override batch(ops: readonly KvOp[], options?: KvWriteOptions): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    this.writes.push({ ops, sync: options?.sync === true });
    return super.batch(ops);
  }
}

export class CrashingDisk {
  readonly kv: NotingKv;
  readonly files: MemoryFileSystem;

  constructor(kv = new NotingKv(), files = new MemoryFileSystem()) {
    this.kv = kv;
    this.files = files;
  }

  /**
   * What the next start finds when the power goes now; this object is left to whoever still uses it.
   * @param keeps whether something that was written and not synced has reached the disk all the same
   */
  crash(keeps: () => boolean): CrashingDisk {
    const { writes } = this.kv;
    let count = writes.findLastIndex(({ sync }) => sync) + 1;
    while (count < writes.length && keeps()) count++;
    const kv = new NotingKv();
    for (const { ops } of writes.slice(0, count)) void kv.batch(ops, { sync: true });
    return new CrashingDisk(kv, this.files.crash(keeps));
  }
}
