import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { joinLevelKv, openLevelKv } from './level-kv.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-'));
  return () => rm(directory, { recursive: true });
});

test('what was written is there after reopening, under a path spelled differently', async () => {
  const first = await openLevelKv(join(directory, 'deep', 'er'));
  await first.textTable('t').set('k', 'v');
  await first.close();
  const second = await openLevelKv(`${directory}/deep/../deep/er/`);
  expect(second.textTable('t').getSync('k')).toBe('v');
  await second.close();
});

test('a store has one owner at a time', async () => {
  const kv = await openLevelKv(directory);
  await expect(openLevelKv(directory)).rejects.toMatchObject({ id: 'KV_LOCKED', code: 1003 });
  const ticket = kv.admit();
  await kv.close();
  await expect(joinLevelKv(ticket)).rejects.toMatchObject({ id: 'KV_NO_OWNER' });
  expect(() => kv.admit()).toThrow('can be joined only while');
});

test('writing stops while the disk still has room for LevelDB to tidy up', async () => {
  const kv = await openLevelKv(directory, { minFreeBytes: 2 ** 60 });
  const full = { id: 'KV_DISK_FULL', retry: true };
  await expect(kv.textTable('t').set('k', 'v')).rejects.toMatchObject(full);
  await expect(
    kv.batch([
      { type: 'clean', table: 't' },
      { type: 'set', table: 't', key: 'k', value: '' },
    ]),
  ).rejects.toMatchObject(full);
  expect(await kv.table('t').keys()).toEqual([]);
  await kv.close();
});

test('a failed write of any thread makes the next writer switch the log first', async () => {
  const kv = await openLevelKv(directory);
  await kv.textTable('t').set('before', '1');
  const { damage } = kv.admit();
  Atomics.store(damage, 0, 1);
  await kv.textTable('t').set('after', '2');
  expect(Atomics.load(damage, 0)).toBe(0);
  expect(await kv.textTable('t').keys()).toEqual(['after', 'before']);
  await kv.close();
});

test('a directory that cannot be made is an I/O error', async () => {
  await writeFile(join(directory, 'file'), '');
  await expect(openLevelKv(join(directory, 'file'))).rejects.toMatchObject({ id: 'KV_IO', code: 1003 });
});
