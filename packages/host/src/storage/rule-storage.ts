/** Where rules keep their state and logs: tables of the `Kv`, and a directory of logs per rule. */
import { join, relative } from 'node:path';
import type { Clock, Logger } from '@kuiper/base';
import type { CheckpointMeta, CheckpointStore, RecordLog, RuleStorage, StateEntry } from '@kuiper/engine';
import { type FileSystem, type Kv, nodeFileSystem, openLog } from '../store/index.ts';
import { KvCheckpointStore } from './kv-checkpoint-store.ts';
import { MemoryRecordLog } from './memory-record-log.ts';
import { StoreRecordLog, type TrimMark } from './record-log.ts';

export interface StorageOptions {
  readonly kv: Kv;
  /** Directory of the logs; null keeps everything in memory. */
  readonly directory: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: the disk. */
  readonly files?: FileSystem;
}

export class Storage {
  private readonly options: StorageOptions;
  private readonly files: FileSystem;

  constructor(options: StorageOptions) {
    this.options = options;
    this.files = options.files ?? nodeFileSystem;
  }

  /** @param temp keep nothing on disk */
  rule(ruleId: string, temp: boolean): RuleStorage {
    const { kv, directory } = this.options;
    const folder = `rule_${fileName(ruleId)}`;
    if (temp || directory === null) return memoryStorage;
    const checkpoints = new KvCheckpointStore(kv, ruleId);
    const path = join(directory, folder);
    return {
      checkpoints: () => checkpoints,
      log: (name) => this.openLog(join(path, fileName(name))),
      logs: async () => new Set((await this.list(path)).map((name) => decodeURIComponent(name))),
      destroy: async () => {
        await checkpoints.destroy();
        for (const name of await this.list(path)) await this.deleteLog(join(path, name));
        await this.files.removeDirectory(path).catch(() => {});
      },
    };
  }

  /** The input log of a source that several rules share. */
  inputLog(name: string): Promise<RecordLog> {
    const { directory } = this.options;
    if (directory === null) return Promise.resolve(new MemoryRecordLog());
    return this.openLog(join(directory, 'input', fileName(name)));
  }

  private async openLog(directory: string): Promise<RecordLog> {
    const { clock, logger } = this.options;
    const log = await openLog({ directory, clock, files: this.files });
    const { lostRecords } = log.recovery;
    if (lostRecords > 0) logger.error(`${lostRecords} records of ${directory} were safe once and cannot be read`);
    return new StoreRecordLog(log, logger, this.trimMark(directory));
  }

  private trimMark(directory: string): TrimMark {
    const { kv } = this.options;
    const key = relative(this.options.directory ?? '', directory);
    const write = (value: string): Promise<void> => kv.batch([{ type: 'set', table: trimMarks, key, value }]);
    return {
      load: () => Number(kv.textTable(trimMarks).getSync(key) ?? 0),
      save: (seq) => write(String(seq)),
      delete: () => kv.batch([{ type: 'delete', table: trimMarks, key }], { sync: true }),
    };
  }

  private async deleteLog(directory: string): Promise<void> {
    await this.trimMark(directory).delete();
    for (const name of await this.list(directory)) await this.files.unlink(join(directory, name));
    await this.files.removeDirectory(directory);
  }

  /** Names in a directory; none when it does not exist. */
  private async list(directory: string): Promise<string[]> {
    try {
      return await this.files.list(directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

const trimMarks = 'log-trim';

/** A name for a file that no other id maps to. */
function fileName(id: string): string {
  return encodeURIComponent(id).replaceAll('.', '%2E').replaceAll('*', '%2A');
}

class ForgettingCheckpoints implements CheckpointStore {
  async load(): Promise<null> {
    return null;
  }

  begin(): {
    write(slot: string, entries: readonly StateEntry[]): Promise<void>;
    commit(meta: CheckpointMeta): Promise<void>;
    abandon(): void;
  } {
    return { write: async () => {}, commit: async () => {}, abandon: () => {} };
  }

  async destroy(): Promise<void> {}
}

const memoryStorage: RuleStorage = {
  checkpoints: () => new ForgettingCheckpoints(),
  log: async () => new MemoryRecordLog(),
  logs: async () => new Set(),
  destroy: async () => {},
};
