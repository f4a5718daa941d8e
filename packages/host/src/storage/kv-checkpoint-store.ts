/**
 * Checkpoints of one rule in a table of the `Kv`.
 *
 * Every entry is written under its generation and epoch, so nothing that counts is overwritten; the key `head` says
 * which generation and epoch count, and is the last, synced write of a checkpoint. A full checkpoint starts a new
 * generation, after which the old one is deleted.
 *
 * ```
 * head                          → { generation, epoch, meta }
 * 00000003/4_window/k1/00000017 → value of k1 as of epoch 17; an absent value is a tombstone
 * ```
 */
import type { CheckpointMeta, CheckpointStore, CheckpointWriter, StateEntry, StoredCheckpoint } from '@kuiper/engine';
import type { Kv, KvOp } from '../store/index.ts';
import { codec } from './codec.ts';

interface Head {
  readonly generation: number;
  readonly epoch: number;
  readonly meta: CheckpointMeta;
}

export class KvCheckpointStore implements CheckpointStore {
  private readonly kv: Kv;
  private readonly tableName: string;
  private head: Head | null | undefined;
  private epoch = 0;

  constructor(kv: Kv, ruleId: string) {
    this.kv = kv;
    this.tableName = `checkpoint/${ruleId}`;
  }

  async load(): Promise<StoredCheckpoint | null> {
    const head = this.readHead();
    if (head === null) return null;
    const slots = new Map<string, Map<string, unknown>>();
    for await (const [key, bytes] of this.kv.table(this.tableName).range({ prefix: `${padded(head.generation)}/` })) {
      const { slot, name, epoch } = splitKey(key);
      if (epoch > head.epoch) continue;
      const entries = slots.get(slot) ?? new Map<string, unknown>();
      slots.set(slot, entries);
      // Versions of one entry come in the order of their epochs: the last one stays.
      if (bytes.length === 0) entries.delete(name);
      else entries.set(name, codec.unpack(bytes));
    }
    return { meta: head.meta, entries: (slot) => stateEntries(slots.get(slot)) };
  }

  begin(full: boolean): CheckpointWriter {
    const head = this.readHead();
    const startsGeneration = full || head === null;
    const generation = (head?.generation ?? 0) + (startsGeneration ? 1 : 0);
    this.epoch = Math.max(this.epoch, head?.epoch ?? 0) + 1;
    const { epoch } = this;
    // An attempt that never counted, before a crash, may have left entries under the same numbers.
    const clean = startsGeneration ? this.forgetAllBut(head?.generation ?? 0) : Promise.resolve();
    clean.catch(() => {});
    return {
      write: async (slot, entries) => {
        await clean;
        await this.kv.batch(entries.map((entry) => this.entryOp(generation, epoch, slot, entry)));
      },
      commit: async (meta) => {
        await clean;
        const next: Head = { generation, epoch, meta };
        const value = codec.pack(next);
        await this.kv.batch([{ type: 'set', table: this.tableName, key: 'head', value }], { sync: true });
        this.head = next;
        if (startsGeneration) await this.forgetAllBut(generation);
      },
      // Entries of an epoch that never counted are passed over when reading, and go with their generation.
      abandon: () => {},
    };
  }

  async destroy(): Promise<void> {
    this.head = null;
    await this.kv.table(this.tableName).drop();
  }

  private entryOp(generation: number, epoch: number, slot: string, { key, value }: StateEntry): KvOp {
    const path = `${padded(generation)}/${encodeURIComponent(slot)}/${encodeURIComponent(key)}/${padded(epoch)}`;
    const bytes = value === undefined ? new Uint8Array(0) : codec.pack(value);
    return { type: 'set', table: this.tableName, key: path, value: bytes };
  }

  private readHead(): Head | null {
    if (this.head === undefined) {
      const bytes = this.kv.table(this.tableName).getSync('head');
      this.head = bytes === undefined ? null : (codec.unpack(bytes) as Head);
    }
    return this.head;
  }

  private async forgetAllBut(generation: number): Promise<void> {
    const kept = `${padded(generation)}/`;
    const all = await this.kv.table(this.tableName).keys();
    const keys = all.filter((key) => key !== 'head' && !key.startsWith(kept));
    const slice = 1000;
    for (let i = 0; i < keys.length; i += slice) {
      await this.kv.batch(keys.slice(i, i + slice).map((key) => ({ type: 'delete', table: this.tableName, key })));
    }
  }
}

function padded(number: number): string {
  return String(number).padStart(12, '0');
}

function splitKey(key: string): { readonly slot: string; readonly name: string; readonly epoch: number } {
  const [, slot = '', name = '', epoch = ''] = key.split('/');
  return { slot: decodeURIComponent(slot), name: decodeURIComponent(name), epoch: Number(epoch) };
}

function* stateEntries(entries: Map<string, unknown> | undefined): Iterable<StateEntry> {
  if (entries !== undefined) for (const [key, value] of entries) yield { key, value };
}
