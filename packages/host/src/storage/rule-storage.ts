/** Where rules keep their state and logs: tables of the `Kv`, and a directory of logs per rule. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger } from '@kuiper/base';
import type { CheckpointMeta, CheckpointStore, RecordLog, RuleStorage, StateEntry } from '@kuiper/engine';
import { type FileSystem, type Kv, openLog } from '../store/index.ts';
import { KvCheckpointStore } from './kv-checkpoint-store.ts';
import { MemoryRecordLog } from './memory-record-log.ts';
import { StoreRecordLog } from './record-log.ts';

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

  constructor(options: StorageOptions) {
    this.options = options;
  }

  /** @param temp keep nothing on disk */
  rule(ruleId: string, temp: boolean): RuleStorage {
    const { kv, directory } = this.options;
    const folder = `rule_${fileName(ruleId)}`;
    if (temp || directory === null) return memoryStorage;
    const checkpoints = new KvCheckpointStore(kv, ruleId);
    return {
      checkpoints: () => checkpoints,
      log: (name) => this.openLog(join(directory, folder, fileName(name))),
      destroy: async () => {
        await checkpoints.destroy();
        await rm(join(directory, folder), { recursive: true, force: true });
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
    const { clock, logger, files } = this.options;
    return new StoreRecordLog(await openLog({ directory, clock, ...(files === undefined ? {} : { files }) }), logger);
  }
}

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
  destroy: async () => {},
};
