import type { CheckpointMeta, StoredCheckpoint } from '@kuiper/engine';
import { describe, expect, it } from 'vitest';
import { MemoryKv } from '../store/index.ts';
import { KvCheckpointStore } from './kv-checkpoint-store.ts';

const meta: CheckpointMeta = { positions: {}, pending: {}, fingerprints: {}, timeMs: 0 };

type Entries = Readonly<Record<string, unknown>>;

function list(entries: Entries): { readonly key: string; readonly value: unknown }[] {
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

async function checkpoint(store: KvCheckpointStore, full: boolean, entries: Entries): Promise<void> {
  const writer = store.begin(full);
  await writer.write('slot', list(entries));
  await writer.commit(meta);
}

/** Written, but the commit never came. */
async function attempt(store: KvCheckpointStore, full: boolean, entries: Entries): Promise<void> {
  await store.begin(full).write('slot', list(entries));
}

async function stored(kv: MemoryKv): Promise<Entries | null> {
  const found: StoredCheckpoint | null = await new KvCheckpointStore(kv, 'r').load();
  return found === null ? null : Object.fromEntries([...found.entries('slot')].map(({ key, value }) => [key, value]));
}

describe('checkpoints', () => {
  it('are there when they are committed, and not before', async () => {
    const kv = new MemoryKv();
    expect(await stored(kv)).toBeNull();
    const store = new KvCheckpointStore(kv, 'r');
    await attempt(store, true, { a: 1 });
    expect(await stored(kv)).toBeNull();
    await checkpoint(store, true, { a: 2, 'with/slash and %': [1n, new Uint8Array([1]), null] });
    expect(await stored(kv)).toEqual({ a: 2, 'with/slash and %': [1n, new Uint8Array([1]), null] });
  });

  it('hold the newest version of each entry', async () => {
    const kv = new MemoryKv();
    const store = new KvCheckpointStore(kv, 'r');
    await checkpoint(store, true, { a: 1, b: 1, c: 1 });
    await checkpoint(store, false, { a: 2, b: undefined });
    await attempt(store, false, { a: 3, c: undefined });
    expect(await stored(kv)).toEqual({ a: 2, c: 1 });
    await checkpoint(store, false, { d: 4 });
    // The attempt before drained its entries: the run writes everything anew then.
    await checkpoint(store, true, { d: 5 });
    expect(await stored(kv)).toEqual({ d: 5 });
  });

  it.each([true, false])(
    'are not mixed with what an attempt left before a crash (after one that counts: %s)',
    async (counts) => {
      const kv = new MemoryKv();
      if (counts) await checkpoint(new KvCheckpointStore(kv, 'r'), true, { kept: 1 });
      await attempt(new KvCheckpointStore(kv, 'r'), true, { kept: 1, gone: 1 });
      expect(await stored(kv)).toEqual(counts ? { kept: 1 } : null);
      await checkpoint(new KvCheckpointStore(kv, 'r'), true, { kept: 2 });
      expect(await stored(kv)).toEqual({ kept: 2 });
    },
  );

  it('leave no entries of older generations behind, whatever was interrupted', async () => {
    const kv = new MemoryKv();
    for (let i = 0; i < 10; i++) {
      const store = new KvCheckpointStore(kv, 'r');
      await checkpoint(store, true, { a: i });
      await attempt(store, true, { b: i, c: i });
    }
    await checkpoint(new KvCheckpointStore(kv, 'r'), true, { a: 10 });
    expect(await kv.table('checkpoint/r').keys()).toHaveLength(2);
    await new KvCheckpointStore(kv, 'r').destroy();
    expect(await kv.table('checkpoint/r').keys()).toEqual([]);
  });
});
