import type { Kv, KvOp, KvRange } from '@kuiper/host';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

export interface KvFactory {
  /** An empty store. */
  open(): Promise<Kv>;
  /** Removes what `open` made; the store is closed by then. */
  discard(): Promise<void>;
}

/** What every {@link Kv} promises. Run it with a factory per implementation. */
export function describeKv(name: string, factory: KvFactory): void {
  describe(name, () => {
    let kv: Kv;
    beforeEach(async () => {
      kv = await factory.open();
    });
    afterEach(async () => {
      await kv.close();
      await factory.discard();
    });

    test('a value comes back as bytes and as text', async () => {
      await kv.table('t').set('bytes', Uint8Array.of(0, 255, 7));
      await kv.textTable('t').set('text', 'grüß 😀\ufeff');
      await kv.textTable('t').set('bom', '\ufeffx');
      await kv.textTable('t').set('empty', '');
      expect([...((await kv.table('t').get('bytes')) ?? [])]).toEqual([0, 255, 7]);
      expect([...(kv.table('t').getSync('bytes') ?? [])]).toEqual([0, 255, 7]);
      expect(await kv.textTable('t').get('text')).toBe('grüß 😀\ufeff');
      expect(await kv.textTable('t').get('bom')).toBe('\ufeffx');
      expect(kv.textTable('t').getSync('empty')).toBe('');
      expect(new TextDecoder().decode(await kv.table('t').get('text'))).toBe('grüß 😀\ufeff');
    });

    test('a missing key reads as undefined', async () => {
      expect(await kv.table('t').get('no')).toBeUndefined();
      expect(kv.textTable('t').getSync('no')).toBeUndefined();
    });

    test('the store and its caller share no memory once a promise has settled', async () => {
      const table = kv.table('t');
      const written = Uint8Array.of(1, 2, 3);
      await table.set('k', written);
      written.fill(9);
      const read = (await table.get('k')) as Uint8Array;
      expect([...read]).toEqual([1, 2, 3]);
      read.fill(8);
      expect([...(table.getSync('k') as Uint8Array)]).toEqual([1, 2, 3]);
    });

    test('setnx refuses a key that exists', async () => {
      const table = kv.textTable('t');
      await table.setnx('k', 'first');
      await expect(table.setnx('k', 'second')).rejects.toMatchObject({ message: 'Item k already exists', code: 1001 });
      expect(table.getSync('k')).toBe('first');
    });

    test('of many setnx at once exactly one succeeds', async () => {
      const table = kv.textTable('t');
      const results = await Promise.allSettled(['a', 'b', 'c', 'd'].map((value) => table.setnx('k', value)));
      expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
      expect(table.getSync('k')).toBe('a');
    });

    test('deleting a missing key is a not-found error', async () => {
      const table = kv.textTable('t');
      await table.set('k', 'v');
      await table.delete('k');
      expect(table.getSync('k')).toBeUndefined();
      await expect(table.delete('k')).rejects.toMatchObject({ message: 'k is not found', code: 1002 });
    });

    test('writes take effect in the order they were called', async () => {
      const table = kv.textTable('t');
      const settled = await Promise.allSettled([
        table.set('a', '1'),
        table.delete('a'),
        table.setnx('a', '2'),
        table.set('b', '1'),
        kv.batch([{ type: 'set', table: 't', key: 'a', value: '3' }]),
        table.clean(),
        table.delete('b'),
        table.setnx('c', '1'),
        table.set('c', '2'),
      ]);
      expect(settled.map((s) => s.status === 'fulfilled')).toEqual([
        true,
        true,
        true,
        true,
        true,
        true,
        false,
        true,
        true,
      ]);
      expect(await table.entries()).toEqual([['c', '2']]);
    });

    test('no name reaches into the keys of another table', async () => {
      const names = [
        '1',
        '10',
        'a',
        'a/',
        'a/b',
        'a-b',
        '',
        'ä',
        '日本',
        '\u0000',
        '\u0001',
        'a\u0000',
        'a\u0000b',
        '%',
      ];
      const keys = ['', '0', 'b', '\u0000', '/', 'é', '😀'];
      for (const name of names) {
        for (const key of keys) await kv.textTable(name).set(key, `${name}|${key}`);
      }
      const cleaned = ['1', 'a', '', '\u0000'];
      for (const name of cleaned) await kv.table(name).drop();
      for (const name of names) {
        const expected = cleaned.includes(name) ? [] : keys.map((key) => [key, `${name}|${key}`]);
        const found = await kv.textTable(name).entries();
        expect(found.length).toBe(expected.length);
        expect(new Map(found)).toEqual(new Map(expected as [string, string][]));
      }
    });

    test('keys and entries follow code point order and may be narrowed by prefix', async () => {
      const table = kv.textTable('t');
      for (const key of ['b', '\uffff', 'a/2', '😀', 'a', 'a/10', 'a/1', 'ab']) await table.set(key, key);
      expect(await table.keys()).toEqual(['a', 'a/1', 'a/10', 'a/2', 'ab', 'b', '\uffff', '😀']);
      expect(await table.keys('a/')).toEqual(['a/1', 'a/10', 'a/2']);
      expect(await table.entries('a/1')).toEqual([
        ['a/1', 'a/1'],
        ['a/10', 'a/10'],
      ]);
      expect(await table.keys('zzz')).toEqual([]);
    });

    const ranges: [KvRange, string[]][] = [
      [{}, ['a', 'b', 'ba', 'c', 'd']],
      [{ gt: 'b' }, ['ba', 'c', 'd']],
      [{ gte: 'b' }, ['b', 'ba', 'c', 'd']],
      [{ lt: 'c' }, ['a', 'b', 'ba']],
      [{ lte: 'c' }, ['a', 'b', 'ba', 'c']],
      [{ gt: 'a', lt: 'd', reverse: true }, ['c', 'ba', 'b']],
      [{ prefix: 'b', gt: 'b' }, ['ba']],
      [{ prefix: 'b', lte: 'b' }, ['b']],
      [{ reverse: true, limit: 2 }, ['d', 'c']],
      [{ limit: 0 }, []],
      [{ gt: 'x' }, []],
      [{ gt: 'c', lt: 'b' }, []],
    ];
    for (const [range, expected] of ranges) {
      test(`range ${JSON.stringify(range)} gives ${expected.join(',') || 'nothing'}`, async () => {
        const table = kv.textTable('t');
        await kv.textTable('s').set('b', 'other table');
        await kv.textTable('u').set('b', 'other table');
        for (const key of ['c', 'a', 'ba', 'd', 'b']) await table.set(key, `v${key}`);
        const found: [string, string][] = [];
        for await (const [key, value] of table.range(range)) found.push([key, value]);
        expect(found).toEqual(expected.map((key) => [key, `v${key}`]));
      });
    }

    test('an iteration sees the table as it was when it began', async () => {
      const table = kv.textTable('t');
      await kv.batch(
        Array.from({ length: 600 }, (_, i): KvOp => {
          return { type: 'set', table: 't', key: String(i).padStart(4, '0'), value: 'old' };
        }),
      );
      let count = 0;
      for await (const [, value] of table.range()) {
        if (count === 0) {
          await table.set('0500', 'new');
          await table.delete('0599');
          await table.set('9999', 'new');
        }
        expect(value).toBe('old');
        count++;
      }
      expect(count).toBe(600);
    });

    test('leaving an iteration early frees it', async () => {
      const table = kv.textTable('t');
      for (const key of ['a', 'b', 'c']) await table.set(key, key);
      for await (const [key] of table.range()) {
        expect(key).toBe('a');
        break;
      }
      await kv.close();
    });

    test('a batch crosses tables, keeps its order and tolerates missing keys', async () => {
      await kv.textTable('a').set('gone', 'x');
      await kv.textTable('c').set('old', 'x');
      await kv.batch(
        [
          { type: 'delete', table: 'a', key: 'gone' },
          { type: 'delete', table: 'a', key: 'never there' },
          { type: 'set', table: 'b', key: 'k', value: '1' },
          { type: 'set', table: 'b', key: 'k', value: Uint8Array.of(50) },
          { type: 'set', table: 'c', key: 'lost', value: 'x' },
          { type: 'clean', table: 'c' },
          { type: 'set', table: 'c', key: 'new', value: 'x' },
        ],
        { sync: true },
      );
      expect(await kv.textTable('a').entries()).toEqual([]);
      expect(await kv.textTable('b').entries()).toEqual([['k', '2']]);
      expect(await kv.textTable('c').entries()).toEqual([['new', 'x']]);
      await kv.batch([]);
    });

    test('a batch with a bad key changes nothing', async () => {
      const ops: KvOp[] = [
        { type: 'set', table: 't', key: 'good', value: '1' },
        { type: 'set', table: 't', key: '\ud800', value: '1' },
      ];
      await expect(kv.batch(ops)).rejects.toMatchObject({ id: 'KEY_MALFORMED' });
      expect(await kv.table('t').keys()).toEqual([]);
      expect(() => kv.table('\udc00')).toThrow('surrogate');
    });

    test('everything fails clearly once closed', async () => {
      const table = kv.textTable('t');
      await table.set('k', 'v');
      const pending = table.set('k2', 'v');
      await kv.close();
      await pending;
      await kv.close();
      const closed = { id: 'STORE_CLOSED' };
      await expect(table.get('k')).rejects.toMatchObject(closed);
      await expect(table.set('k', 'v')).rejects.toMatchObject(closed);
      await expect(table.keys()).rejects.toMatchObject(closed);
      await expect(kv.batch([{ type: 'delete', table: 't', key: 'k' }])).rejects.toMatchObject(closed);
      expect(() => table.getSync('k')).toThrow('is closed');
    });
  });
}
