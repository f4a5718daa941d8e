import { ManualClock } from '@kuiper/base';
import { beforeEach, describe, expect, test } from 'vitest';
import { joinPath } from '../files/file-system.ts';
import { type FileFault, MemoryFileSystem } from '../files/memory-file-system.ts';
import type { Log } from './log.ts';
import { segmentName } from './log-format.ts';
import { type LogOptions, openLog } from './open-log.ts';

let files: MemoryFileSystem;
let clock: ManualClock;
beforeEach(() => {
  files = new MemoryFileSystem();
  clock = new ManualClock();
});

const open = (options: Partial<LogOptions> = {}): Promise<Log> =>
  openLog({ directory: '/log', files, clock, reserveBytes: 0, ...options });

async function sync(log: Log): Promise<void> {
  const synced = log.sync();
  clock.advance(10);
  await synced;
}

async function reread(log: Log): Promise<string> {
  let text = '';
  for await (const { data } of log.read(0)) text += `${Buffer.from(data).toString('latin1')};`;
  return text;
}

const segmentPath = (base: number): string => joinPath('/log', segmentName(base));

describe('a write that fails', () => {
  const faults: [string, FileFault, string][] = [
    ['disk full at once', { on: 'write', afterBytes: 0, code: 'ENOSPC' }, 'LOG_DISK_FULL'],
    ['disk full in the middle of a record', { on: 'write', afterBytes: 21, code: 'ENOSPC' }, 'LOG_DISK_FULL'],
    ['quota exceeded', { on: 'write', afterBytes: 5, code: 'EDQUOT' }, 'LOG_DISK_FULL'],
    ['write error', { on: 'write', afterBytes: 21, code: 'EIO' }, 'LOG_IO'],
    ['failed fsync', { on: 'sync', code: 'EIO' }, 'LOG_IO'],
  ];
  for (const [name, fault, id] of faults) {
    for (const when of ['in a new segment', 'in a used segment'] as const) {
      test(`${name} ${when} rejects sync, keeps the log readable, and the next sync saves everything`, async () => {
        const log = await open();
        let expected = '';
        if (when === 'in a used segment') {
          log.append(Buffer.from('before'));
          await sync(log);
          expected = 'before;';
        }
        const safeBytes = files.content(segmentPath(0))?.length ?? 0;
        log.append(Buffer.from('one'));
        log.append(Buffer.from('two'));
        files.fault(fault);
        await expect(sync(log)).rejects.toMatchObject({ id, retry: true, code: 1003 });
        expect(files.content(segmentPath(0))?.length).toBe(safeBytes);
        log.append(Buffer.from('three'));
        await sync(log);
        expect(await reread(log)).toBe(`${expected}one;two;three;`);
        // Even a crash keeps it: the fsync was real.
        files = files.crash(() => false);
        const reopened = await open();
        expect(await reread(reopened)).toBe(`${expected}one;two;three;`);
        expect(reopened.recovery.cutBytes).toBe(0);
      });
    }
  }

  test('and cannot be cut either is overwritten by the next', async () => {
    const log = await open();
    log.append(Buffer.from('one'));
    files.fault({ on: 'write', afterBytes: 25, code: 'EIO' });
    files.fault({ on: 'truncate', code: 'EIO' });
    await expect(sync(log)).rejects.toMatchObject({ id: 'LOG_IO' });
    await sync(log);
    expect(await reread(log)).toBe('one;');
  });

  test('short writes are continued', async () => {
    const log = await open();
    for (const text of ['one', 'x'.repeat(5000), 'three', 'y'.repeat(70_000)]) log.append(Buffer.from(text));
    for (const afterBytes of [1, 20, 3, 4990, 37, 1, 60_000]) files.fault({ on: 'shortWrite', afterBytes });
    await sync(log);
    expect(await reread(log)).toBe(`one;${'x'.repeat(5000)};three;${'y'.repeat(70_000)};`);
  });

  test('the log goes on when space returns, and refuses more than it may hold until then', async () => {
    const log = await open({ segmentBytes: 1000, maxWaitingBytes: 2000 });
    files.limit(1500);
    let appended = 0;
    const fill = (): void => {
      for (;;) {
        log.append(Buffer.from(String(appended).padStart(84, '.')));
        appended++;
      }
    };
    expect(fill).toThrow('bytes wait to be written');
    await expect(sync(log)).rejects.toMatchObject({ id: 'LOG_DISK_FULL', retry: true });
    // The first segment fitted, so there is room in memory again.
    expect(log.waitingBytes).toBeLessThan(1100);
    expect(fill).toThrow(/wait to be written \(log .*disk is full.*ENOSPC/);
    files.limit(1_000_000);
    await sync(log);
    expect(log.waitingBytes).toBe(0);
    const numbers = (await reread(log))
      .split(';')
      .slice(0, -1)
      .map((text) => Number(text.replaceAll('.', '')));
    expect(numbers).toEqual(Array.from({ length: appended }, (_, i) => i));
  });

  test('a new segment leaves the reserve of the disk alone, but trimming still works', async () => {
    const log = await open({ segmentBytes: 100, reserveBytes: 5000 });
    files.limit(5050);
    log.append(Buffer.alloc(60));
    await sync(log);
    log.append(Buffer.alloc(60));
    await expect(sync(log)).rejects.toThrow('4958 bytes free and 5000 kept in reserve');
    await log.trim(1);
    await sync(log);
    expect([log.firstSeq, log.nextSeq]).toEqual([1, 2]);
    await log.trim(2);
    expect([log.firstSeq, log.nextSeq]).toEqual([2, 2]);
  });

  test('close stays open when it cannot write, so nothing is lost', async () => {
    const log = await open();
    log.append(Buffer.from('one'));
    files.limit(0);
    await expect(log.close()).rejects.toMatchObject({ id: 'LOG_DISK_FULL' });
    files.limit(1000);
    await log.close();
    expect(await reread(await open())).toBe('one;');
  });

  test('trim rejects when a file cannot be deleted, and works later', async () => {
    const log = await open({ segmentBytes: 20 });
    for (const text of ['a', 'b', 'c']) log.append(Buffer.from(text));
    await sync(log);
    files.fault({ on: 'unlink', code: 'EBUSY' });
    await expect(log.trim(2)).rejects.toMatchObject({ id: 'LOG_IO', retry: true });
    expect(await reread(log)).toBe('a;b;c;');
    await log.trim(2);
    expect(await reread(log)).toBe('c;');
  });

  test('trim writes first what must be on the disk before a segment can go', async () => {
    const log = await open({ segmentBytes: 20 });
    for (const text of ['a', 'b', 'c']) log.append(Buffer.from(text));
    files.limit(0);
    await expect(log.trim(2)).rejects.toMatchObject({ id: 'LOG_DISK_FULL' });
    files.limit(1000);
    await log.trim(2);
    expect([log.firstSeq, log.nextSeq]).toEqual([2, 3]);
    files = files.crash(() => false);
    expect(await reread(await open())).toBe('c;');
  });

  test('trimming everything keeps the old segment until the new one is on the disk', async () => {
    const log = await open();
    log.append(Buffer.from('a'));
    await sync(log);
    const finish: (() => void)[] = [];
    files.beforeSync = () => new Promise((resolve) => finish.push(resolve));
    log.append(Buffer.from('b'));
    void log.sync();
    clock.advance(10);
    const settle = async (): Promise<void> => {
      for (let i = 0; i < 50; i++) await null;
    };
    await settle();
    const trimmed = log.trim(2);
    await settle();
    finish[0]?.();
    await settle();
    expect(await files.list('/log')).toContain(segmentName(0));
    finish[1]?.();
    await trimmed;
    expect(await files.list('/log')).toEqual([segmentName(2)]);
  });

  test('a failed read can be tried again', async () => {
    const log = await open();
    log.append(Buffer.from('a'));
    await sync(log);
    const cursor = log.cursor(0);
    for (const fault of [
      { on: 'open', code: 'EMFILE' },
      { on: 'read', code: 'EIO' },
    ] as const) {
      files.fault(fault);
      await expect(cursor.next()).rejects.toMatchObject({ id: 'LOG_IO', retry: true });
    }
    expect((await cursor.next()).length).toBe(1);
  });
});

describe('damage', () => {
  const texts = ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee', 'ffff'];
  const recordBytes = 20;

  /** Two records per segment of `segmentBytes: 60`, each synced by itself. */
  async function fill(segmentBytes: number): Promise<void> {
    const log = await open({ segmentBytes });
    for (const text of texts) {
      log.append(Buffer.from(text));
      await sync(log);
    }
    await log.close();
  }

  function flip(base: number, offset: number): void {
    const content = files.content(segmentPath(base)) as Uint8Array;
    content[offset] = (content[offset] as number) ^ 0x10;
  }

  const torn: [string, (bytes: Uint8Array) => number][] = [
    ['half a header', () => 5],
    ['half a record', () => 18],
    ['zeros', (bytes) => bytes.fill(0, -18).length && 18],
  ];
  for (const [name, keep] of torn) {
    test(`${name} at the end is cut and the log goes on`, async () => {
      await fill(1000);
      const whole = 16 + 5 * recordBytes;
      const kept = keep(files.content(segmentPath(0)) as Uint8Array);
      await (await files.open(segmentPath(0), 'readWrite')).truncate(whole + kept);
      const log = await open();
      expect(log.nextSeq).toBe(5);
      expect(log.recovery).toEqual({ cutBytes: kept, lostRecords: 0 });
      log.append(Buffer.from('next'));
      expect(await reread(log)).toBe('aaaa;bbbb;cccc;dddd;eeee;next;');
    });
  }

  test('a record behind a torn one does not come back when the torn one is written again', async () => {
    let log = await open();
    log.append(Buffer.from('safe'));
    await sync(log);
    log.append(Buffer.from('torn'));
    log.append(Buffer.from('gone'));
    await sync(log);
    flip(0, 16 + recordBytes + 18);
    log = await open();
    expect(log.recovery).toEqual({ cutBytes: 2 * recordBytes, lostRecords: 0 });
    log.append(Buffer.from('anew'));
    await sync(log);
    expect(await reread(await open())).toBe('safe;anew;');
  });

  const places: [string, number, number][] = [
    ['checksum', 0, 0],
    ['length', 4, 0],
    ['huge length', 7, 0],
    ['number', 8, 0],
    ['data', 18, 0],
  ];
  for (const [name, at] of places) {
    for (const newest of [true, false]) {
      test(`a damaged ${name} in ${newest ? 'the newest' : 'an older'} segment is named, and all around it is readable`, async () => {
        await fill(newest ? 1000 : 16 + 4 * recordBytes);
        flip(0, 16 + 2 * recordBytes + at);
        const log = await open();
        expect(log.nextSeq).toBe(6);
        expect(log.recovery).toEqual({ cutBytes: 0, lostRecords: newest ? 4 : 0 });
        log.append(Buffer.from('next'));
        await sync(log);

        const cursor = log.cursor(0);
        expect((await cursor.next()).map((r) => Buffer.from(r.data).toString())).toEqual(['aaaa', 'bbbb']);
        const lastLost = newest ? 5 : 3;
        const message = `log ${segmentPath(0)} is corrupt at byte 56: `;
        for (let i = 0; i < 2; i++) {
          await expect(cursor.next()).rejects.toMatchObject({ id: 'LOG_CORRUPT', retry: false });
          await expect(cursor.next()).rejects.toThrow(message);
          await expect(cursor.next()).rejects.toThrow(`records 2 to ${lastLost} cannot be read`);
        }
        expect(cursor.skipDamage()).toBe(lastLost - 1);
        const rest: string[] = [];
        for (let batch = await cursor.next(); batch.length > 0; batch = await cursor.next()) {
          rest.push(...batch.map((r) => Buffer.from(r.data).toString()));
        }
        expect(rest).toEqual(newest ? ['next'] : ['eeee', 'ffff', 'next']);
        await log.close();
        expect((await open()).nextSeq).toBe(7);
      });
    }
  }

  test('a damaged segment header loses that segment only', async () => {
    await fill(60);
    flip(2, 3);
    const log = await open();
    const cursor = log.cursor(0);
    expect((await cursor.next()).length).toBe(2);
    await expect(cursor.next()).rejects.toThrow('at byte 0: the segment header is damaged; records 2 to 3');
    expect(cursor.skipDamage()).toBe(2);
    expect((await cursor.next()).map((r) => r.seq)).toEqual([4, 5]);
  });

  test('a missing segment is reported', async () => {
    await fill(60);
    await files.unlink(segmentPath(2));
    const log = await open();
    await expect(reread(log)).rejects.toThrow('records are missing at the end; records 2 to 3 cannot be read');
  });

  test('a newest segment without a usable header is begun again under its number', async () => {
    await fill(60);
    await (await files.open(segmentPath(4), 'readWrite')).truncate(7);
    const log = await open();
    expect([log.nextSeq, log.recovery.cutBytes]).toEqual([4, 7]);
    log.append(Buffer.from('x'));
    expect(await reread(log)).toBe('aaaa;bbbb;cccc;dddd;x;');
  });

  test('a segment of another format version is left alone', async () => {
    const { crc32 } = await import('./crc32.ts');
    await fill(1000);
    const content = files.content(segmentPath(0)) as Uint8Array;
    content[3] = '2'.charCodeAt(0);
    new DataView(content.buffer, content.byteOffset).setUint32(12, crc32(content.subarray(0, 12), 0), true);
    const before = content.slice();
    await expect(open()).rejects.toMatchObject({ id: 'LOG_FOREIGN_FILE' });
    expect(files.content(segmentPath(0))).toEqual(before);
  });
});
