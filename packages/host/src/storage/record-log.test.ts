import { ManualClock, silentLogger } from '@kuiper/base';
import type { RecordLog } from '@kuiper/engine';
import { describe, expect, it } from 'vitest';
import { MemoryFileSystem, MemoryKv } from '../store/index.ts';
import { Storage } from './rule-storage.ts';

class Disk {
  readonly kv = new MemoryKv();
  readonly files = new MemoryFileSystem();
  readonly clock = new ManualClock(0);
  readonly logged: string[] = [];
  readonly storage = new Storage({
    kv: this.kv,
    directory: '/data',
    clock: this.clock,
    logger: { ...silentLogger, error: (text) => void this.logged.push(text) },
    files: this.files,
  });

  open(name = 'rest_0'): Promise<RecordLog> {
    return this.storage.rule('r', false).log(name);
  }
}

async function append(log: RecordLog, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) log.append(Buffer.from(text));
}

async function all(log: RecordLog): Promise<string[]> {
  const texts: string[] = [];
  for (let at = log.firstSeq; at < log.nextSeq; ) {
    for (const { seq, data } of await log.read(at, 3)) {
      texts.push(Buffer.from(data).toString());
      at = seq + 1;
    }
  }
  return texts;
}

describe('logs of a rule', () => {
  it('go on after a restart exactly behind what was trimmed', async () => {
    const disk = new Disk();
    const log = await disk.open();
    await append(log, 'a', 'b', 'c', 'd');
    await log.trim(3);
    expect(log.firstSeq).toBe(3);
    await log.close();
    const again = await disk.open();
    expect([again.firstSeq, again.nextSeq]).toEqual([3, 4]);
    expect(await all(again)).toEqual(['d']);
    await append(again, 'e');
    expect(await all(again)).toEqual(['d', 'e']);
    await again.close();
  });

  it('that were deleted and made anew do not remember', async () => {
    const disk = new Disk();
    const log = await disk.open();
    await append(log, 'a', 'b', 'c');
    await log.trim(2);
    await log.destroy();
    const again = await disk.open();
    await append(again, 'x', 'y', 'z');
    await again.close();
    expect(await all(await disk.open())).toEqual(['x', 'y', 'z']);
  });

  it('are known by name, and go with the rule', async () => {
    const disk = new Disk();
    const rule = disk.storage.rule('r', false);
    expect(await rule.logs()).toEqual(new Set());
    for (const name of ['rest_0', 'input-a.b*', 'ö/…']) {
      const log = await disk.open(name);
      await append(log, name);
      await log.trim(1);
      await log.close();
    }
    expect(await rule.logs()).toEqual(new Set(['rest_0', 'input-a.b*', 'ö/…']));
    await rule.destroy();
    expect(await rule.logs()).toEqual(new Set());
    expect(await disk.kv.table('log-trim').keys()).toEqual([]);
    const again = await disk.open();
    expect([again.firstSeq, again.nextSeq]).toEqual([0, 0]);
    await again.close();
  });

  it('pass over damage, so that the reader sees a gap and goes on', async () => {
    const disk = new Disk();
    // Each of them was safe before the next one came.
    for (const letter of 'abc') {
      const log = await disk.open();
      await append(log, letter.repeat(100));
      await log.close();
    }
    const [name] = await disk.files.list('/data/rule_r/rest_0');
    const bytes = disk.files.content(`/data/rule_r/rest_0/${name}`) as Uint8Array;
    bytes[bytes.indexOf('b'.charCodeAt(0))] = 0;
    const again = await disk.open();
    await append(again, 'd');
    const seqs: number[] = [];
    for (let at = 0; at < again.nextSeq && seqs.length < 3; ) {
      const records = await again.read(at, 10);
      for (const { seq } of records) seqs.push(seq);
      at = (records.at(-1)?.seq ?? again.nextSeq) + 1;
    }
    expect(seqs).toEqual([0, 3]);
    expect(disk.logged[0]).toMatch(/^2 records .* cannot be read/);
    await again.close();
  });

  it('do not fail when they are trimmed while they close', async () => {
    const disk = new Disk();
    const log = await disk.open();
    await append(log, 'a', 'b');
    const trimmed = log.trim(1);
    await log.close();
    await expect(trimmed).resolves.toBeUndefined();
    await expect(log.trim(2)).resolves.toBeUndefined();
  });
});
