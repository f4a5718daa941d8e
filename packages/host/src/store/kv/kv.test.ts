import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeKv } from '../../../../../test/contract/store.ts';
import { openLevelKv } from './level-kv.ts';
import { MemoryKv } from './memory-kv.ts';

describeKv('memory store', { open: async () => new MemoryKv(), discard: async () => {} });

let directory = '';
describeKv('LevelDB store', {
  open: async () => {
    directory = await mkdtemp(join(tmpdir(), 'kv-'));
    return openLevelKv(directory);
  },
  discard: () => rm(directory, { recursive: true }),
});
