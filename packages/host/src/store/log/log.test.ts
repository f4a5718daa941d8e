import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, SystemClock } from '@kuiper/base';
import { beforeEach, describe, expect, test } from 'vitest';
import type { FileSystem } from '../files/file-system.ts';
import { MemoryFileSystem } from '../files/memory-file-system.ts';
import { nodeFileSystem } from '../files/node-file-system.ts';
import type { Log } from './log.ts';
import { segmentName } from './log-format.ts';
import { type LogOptions, openLog } from './open-log.ts';

const bytes = (...text: string[]): Uint8Array => Buffer.from(text.join(''));

async function texts(log: Log, fromSeq = 0): Promise<string[]> {
  const found: string[] = [];
  for await (const { seq, data } of log.read(fromSeq)) found.push(`${seq}:${Buffer.from(data)}`);
  return found;
}

/** Lets everything go on that needs no timer. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await null;
}

const systems: [string, () => Promise<{ files: FileSystem; directory: string; remove: () => Promise<void> }>][] = [
  ['in memory', async () => ({ files: new MemoryFileSystem(), directory: '/data/log', remove: async () => {} })],
  [
    'on disk',
    async () => {
      const parent = await mkdtemp(join(tmpdir(), 'log-'));
      const remove = (): Promise<void> => rm(parent, { recursive: true });
      return { files: nodeFileSystem, directory: join(parent, 'deep', 'log'), remove };
    },
  ],
];

for (const [name, system] of systems) {
  describe(`a log ${name}`, () => {
    let files: FileSystem;
    let directory = '';
    const open = (options: Partial<LogOptions> = {}): Promise<Log> =>
      openLog({ directory, files, clock: new SystemClock(), maxDelayMs: 0, reserveBytes: 0, ...options });

    beforeEach(async () => {
      const made = await system();
      files = made.files;
      directory = made.directory;
      return made.remove;
    });

    test('numbers records from 0 and reads them back, before and after sync and reopening', async () => {
      let log = await open();
      expect([log.firstSeq, log.nextSeq, log.bytes]).toEqual([0, 0, 0]);
      expect(log.append(bytes('a'))).toBe(0);
      expect(log.append({ parts: [bytes('b'), bytes(''), bytes('c')] })).toBe(1);
      expect(log.append(bytes(''))).toBe(2);
      expect(await texts(log)).toEqual(['0:a', '1:bc', '2:']);
      await log.sync();
      await log.close();
      log = await open();
      expect(log.nextSeq).toBe(3);
      expect(log.append(bytes('d'))).toBe(3);
      await log.sync();
      expect(await texts(log, 1)).toEqual(['1:bc', '2:', '3:d']);
      expect(await texts(log, 9)).toEqual([]);
      expect(log.recovery).toEqual({ cutBytes: 0, lostRecords: 0 });
      expect(log.bytes).toBe(16 + 4 * 16 + 4);
      await log.close();
    });

    test('close writes what waits', async () => {
      let log = await open({ maxDelayMs: 1e9 });
      log.append(bytes('kept'));
      await log.close();
      await log.close();
      log = await open();
      expect(await texts(log)).toEqual(['0:kept']);
      await log.close();
    });

    test('parts of any size become one record', async () => {
      const log = await open({ segmentBytes: 300_000 });
      const sizes = [1, 4096, 4097, 65_535, 65_536, 65_537, 700_000, 10];
      for (const size of sizes) {
        log.append({ parts: [bytes('<'), new Uint8Array(size).fill(size % 251), bytes('>')] });
      }
      await log.sync();
      const found: number[] = [];
      for await (const { data } of log.read(0)) {
        const size = data.length - 2;
        expect(
          Buffer.compare(data, Buffer.concat([bytes('<'), new Uint8Array(size).fill(size % 251), bytes('>')])),
        ).toBe(0);
        found.push(size);
      }
      expect(found).toEqual(sizes);
      await log.close();
    });

    test('segments roll by size and trimming deletes whole ones', async () => {
      let log = await open({ segmentBytes: 16 + 3 * 17 });
      for (let i = 0; i < 10; i++) log.append(bytes(String(i)));
      await log.sync();
      expect((await files.list(directory)).sort()).toEqual([0, 3, 6, 9].map(segmentName));
      await log.trim(2);
      expect(log.firstSeq).toBe(0);
      await log.trim(7);
      expect(log.firstSeq).toBe(6);
      expect(await texts(log)).toEqual(['6:6', '7:7', '8:8', '9:9']);
      expect((await files.list(directory)).sort()).toEqual([6, 9].map(segmentName));
      await log.close();
      log = await open();
      expect([log.firstSeq, log.nextSeq]).toEqual([6, 10]);
      await log.trim(10);
      expect([log.firstSeq, log.nextSeq, log.bytes]).toEqual([10, 10, 16]);
      await log.trim(10);
      await log.close();
      log = await open();
      expect([log.firstSeq, log.nextSeq]).toEqual([10, 10]);
      log.append(bytes('x'));
      expect(await texts(log)).toEqual(['10:x']);
      await log.close();
    });

    test('a cursor follows the log, pages as asked and jumps over what was trimmed', async () => {
      const log = await open({ segmentBytes: 16 + 2 * 17 });
      const cursor = log.cursor(0);
      const page = async (max?: number): Promise<number[]> => (await cursor.next(max)).map((r) => r.seq);
      expect(await page()).toEqual([]);
      for (let i = 0; i < 7; i++) log.append(bytes(String(i)));
      expect(await page(1)).toEqual([0]);
      expect(await page(5)).toEqual([1]);
      expect(cursor.seq).toBe(2);
      await log.trim(5);
      expect(await page()).toEqual([4, 5]);
      expect(await page()).toEqual([6]);
      expect(await page()).toEqual([]);
      log.append(bytes('7'));
      expect(await page()).toEqual([7]);
      expect(cursor.skipDamage()).toBe(0);
      await cursor.close();
      await log.close();
    });

    test('destroy leaves nothing', async () => {
      const log = await open({ segmentBytes: 40 });
      for (let i = 0; i < 5; i++) log.append(bytes('some'));
      await log.sync();
      log.append(bytes('unwritten'));
      await log.destroy();
      await expect(files.list(directory)).rejects.toMatchObject({ code: 'ENOENT' });
      expect(() => log.append(bytes('x'))).toThrow('is closed');
      await expect(log.sync()).rejects.toMatchObject({ id: 'STORE_CLOSED' });
      expect(() => log.cursor(0)).toThrow('is closed');
    });
  });
}

describe('group commit', () => {
  let files: MemoryFileSystem;
  let clock: ManualClock;
  let log: Log;
  beforeEach(async () => {
    files = new MemoryFileSystem();
    clock = new ManualClock(1_000_000);
    log = await openLog({ directory: '/log', files, clock, maxDelayMs: 10, reserveBytes: 0 });
  });

  test('many appends and syncs share one fsync', async () => {
    const synced: number[] = [];
    for (let i = 0; i < 100; i++) {
      log.append(bytes(String(i)));
      void log.sync().then(() => synced.push(i));
    }
    await settle();
    expect(synced.length).toBe(0);
    clock.advance(0);
    await settle();
    expect(synced.length).toBe(100);
    expect(files.calls.sync).toBe(1);
    await log.sync();
    expect(files.calls.sync).toBe(1);
  });

  test('after a quiet time sync does not wait, then at most one goes per delay', async () => {
    const done: string[] = [];
    const step = async (name: string, ms: number): Promise<void> => {
      log.append(bytes(name));
      void log.sync().then(() => done.push(name));
      clock.advance(ms);
      await settle();
    };
    await step('first', 0);
    expect(done).toEqual(['first']);
    await step('second', 4);
    await step('third', 5);
    expect(done).toEqual(['first']);
    clock.advance(1);
    await settle();
    expect(done).toEqual(['first', 'second', 'third']);
    expect(files.calls.sync).toBe(2);
  });

  test('what is appended during a slow fsync goes with the next one', async () => {
    let finish = (): void => {};
    files.beforeSync = () => new Promise((resolve) => (finish = resolve));
    const done: string[] = [];
    log.append(bytes('a'));
    void log.sync().then(() => done.push('a'));
    clock.advance(0);
    await settle();
    void log.sync().then(() => done.push('a again'));
    log.append(bytes('b'));
    void log.sync().then(() => done.push('b'));
    clock.advance(100);
    await settle();
    expect(done).toEqual([]);
    finish();
    await settle();
    expect(done).toEqual(['a', 'a again']);
    clock.advance(0);
    await settle();
    finish();
    await settle();
    expect(done).toEqual(['a', 'a again', 'b']);
  });

  test('a log that does not fsync still writes', async () => {
    const lazy = await openLog({ directory: '/lazy', files, clock, fsync: false, reserveBytes: 0 });
    lazy.append(bytes('a'));
    const synced = lazy.sync();
    clock.advance(0);
    await synced;
    expect(files.calls.sync).toBeUndefined();
    expect(await texts(lazy)).toEqual(['0:a']);
  });
});
