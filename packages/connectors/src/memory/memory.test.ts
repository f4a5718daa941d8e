import { decodeProps, ManualClock, type RowType, silentLogger } from '@kuiper/base';
import type { OpenLookup, OpenSink } from '@kuiper/sdk';
import { describe, expect, test } from 'vitest';
import {
  bytesItems,
  checkSink,
  CollectingSinkContext,
  failedWrite,
  openSink,
  rowsItems,
  sinkContract,
} from '../../../../test/contract/sink.ts';
import { checkSource, CollectingSource, openSource, sourceContract } from '../../../../test/contract/source.ts';
import { MemoryBus } from './memory-bus.ts';
import { memoryLookup } from './memory-lookup.ts';
import { memorySink } from './memory-sink.ts';
import { memorySource } from './memory-source.ts';

const openOut = (bus: MemoryBus, props: Record<string, unknown>): Promise<OpenSink> =>
  openSink(memorySink(bus), new CollectingSinkContext(), props);

const openIn = async (bus: MemoryBus, topic: string): Promise<CollectingSource> => {
  const context = new CollectingSource({ clock: new ManualClock(77) });
  await openSource(memorySource(bus), context, {}, topic);
  return context;
};

describe('wrong properties are refused when the rule is created', () => {
  const bus = new MemoryBus();
  for (const [topic, text] of [
    ['', 'topic is required'],
    ['a/#/b', 'invalid topic a/#/b: # must at the last level'],
    ['a/+/#', null],
  ] as const) {
    test(`source ${topic}`, () => expect(checkSource(memorySource(bus), {}, topic)).toBe(text));
  }
  for (const [props, text] of [
    [{ topic: 'a/+/b' }, 'invalid memory topic a/+/b: wildcard found'],
    [{ topic: 'a', rowkindField: 'k' }, 'keyField is required when rowkindField is set'],
    [{ topic: '{{.t}}', rowkindField: 'k', keyField: 'id' }, null],
  ] as const) {
    test(`sink ${JSON.stringify(props)}`, () => expect(checkSink(memorySink(bus), props)).toBe(text));
  }
});

describe('rows go from sink to source', () => {
  test('by reference, lists unpacked, with the configured topic as metadata and the time of arrival', async () => {
    const bus = new MemoryBus();
    const context = await openIn(bus, 't');
    const out = await openOut(bus, { topic: 't' });
    const rows = [{ a: 1 }, { a: 2 }, { a: 3 }];
    expect(out.write(rowsItems([[rows[0] as object, rows[1] as object], rows[2] as object] as never))).toBe(undefined);
    context.messages.forEach((message, i) => {
      expect(message.row).toBe(rows[i]);
      expect(message).toMatchObject({ meta: { topic: 't' }, position: i, timestampMs: 77 });
    });
    expect(context.batches).toBe(1);
  });

  test('a topic made by a template reaches exact subscribers and filters', async () => {
    const bus = new MemoryBus();
    const exact = await openIn(bus, 'd/1');
    const filter = await openIn(bus, 'd/+');
    const out = await openOut(bus, { topic: 'd/{{.id}}' });
    await out.write(
      rowsItems([{ id: 1 }, { id: 2 }, { id: 3 }], [{ topic: 'd/1' }, { topic: 'd/2' }, { topic: 'd/2' }]),
    );
    expect(exact.rows).toEqual([{ id: 1 }]);
    expect(filter.rows).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(filter.messages[0]?.meta).toEqual({ topic: 'd/{{.id}}' });
  });

  test('a rendered topic with a wildcard fails that item', async () => {
    const bus = new MemoryBus();
    const context = await openIn(bus, '#');
    const out = await openOut(bus, { topic: '{{.t}}' });
    const error = await failedWrite(out, rowsItems([{ a: 1 }, { a: 2 }], [{ topic: 'x' }, { topic: 'x/+' }]));
    expect(error).toMatchObject({ index: 1, recoverable: false, message: 'invalid memory topic x/+: wildcard found' });
    expect(context.rows).toEqual([{ a: 1 }]);
  });

  test('nobody there is no error', async () => {
    const out = await openOut(new MemoryBus(), { topic: 't' });
    expect(out.write(rowsItems([{ a: 1 }]))).toBe(undefined);
  });

  test('a write is safe when every subscriber has room again', async () => {
    const bus = new MemoryBus();
    const slow = await openIn(bus, 't');
    const slower = await openIn(bus, 't');
    const fast = await openIn(bus, 't');
    slow.becomeFull();
    slower.becomeFull();
    const out = await openOut(bus, { topic: 't' });
    let safe = false;
    const writing = Promise.resolve(out.write(rowsItems([{ a: 1 }]))).then(() => {
      safe = true;
    });
    expect(fast.rows).toHaveLength(1);
    slow.makeRoom();
    await Promise.resolve().then(() => {});
    expect(safe).toBe(false);
    slower.makeRoom();
    await writing;
  });

  test('bytes are refused', async () => {
    const out = await openOut(new MemoryBus(), { topic: 't' });
    expect(await failedWrite(out, bytesItems(['x']))).toMatchObject({ recoverable: false });
  });
});

describe('an updatable sink', () => {
  const props = { topic: 't', rowkindField: 'k', keyField: 'id' };
  const cases = [
    [{ id: 1, k: 'replace' }, 'invalid rowkind replace'],
    [{ id: 1, k: 5 }, 'rowkind field k is not a string in data {"id":1,"k":5}'],
    [{ k: 'insert' }, 'key field id not found in data {"k":"insert"}'],
  ] as const;
  for (const [row, text] of cases) {
    test(`refuses ${JSON.stringify(row)} and keeps what came before`, async () => {
      const bus = new MemoryBus();
      const context = await openIn(bus, 't');
      const out = await openOut(bus, props);
      expect(await failedWrite(out, rowsItems([{ id: 0 }, row, { id: 2 }]))).toMatchObject({ index: 1, message: text });
      expect(context.rows).toEqual([{ id: 0 }]);
    });
  }
});

describe('lookup', () => {
  const open = async (bus: MemoryBus, key = 'id', declaration = memoryLookup(bus)): Promise<OpenLookup> =>
    declaration.open(
      { ...new CollectingSource(), clock: new ManualClock(), logger: silentLogger, name: 't', rootPath: '.' } as never,
      decodeProps({}, {}),
      { dataSource: 't/#', key },
    );

  test('needs a key and a topic', async () => {
    await expect(open(new MemoryBus(), '')).rejects.toThrow('key is required for lookup source');
    const table = { dataSource: '', key: 'id' };
    expect(() => memoryLookup(new MemoryBus()).open(null as never, {}, table)).toThrow('datasource(topic) is required');
  });

  test('keeps the newest row per key; numbers compare as numbers', async () => {
    const bus = new MemoryBus();
    const table = await open(bus);
    const out = await openOut(bus, { topic: 't/a' });
    await out.write(rowsItems([{ id: 1, n: 'a' }, { id: 2n, n: 'b' }, { id: 1, n: 'c' }, { n: 'no key' }]));
    expect(await table.lookup(null, ['id'], [1n])).toEqual([{ id: 1, n: 'c' }]);
    expect(await table.lookup(null, ['id'], [2])).toEqual([{ id: 2n, n: 'b' }]);
    expect(await table.lookup(null, ['id', 'n'], [1, 'x'])).toEqual([]);
    expect(await table.lookup(null, ['n'], ['c'])).toEqual([{ id: 1, n: 'c' }]);
    expect(await table.lookup(null, ['id'], ['1'])).toEqual([]);
  });

  test('rows of a program keep their kinds: an int becomes a tagged int', async () => {
    const bus = new MemoryBus();
    const table = await open(bus);
    const type: RowType = { k: 'map', fields: { id: 'int', f: 'float' }, rest: null };
    bus.publish({ topic: 't', rows: [{ id: 7, f: 7 }], type, meta: {}, changes: null });
    expect(await table.lookup(null, ['id'], [7n])).toEqual([{ id: 7n, f: 7 }]);
  });

  test('rows are replaced and deleted as their kind says', async () => {
    const bus = new MemoryBus();
    const table = await open(bus);
    const out = await openOut(bus, { topic: 't/x', rowkindField: 'k', keyField: 'id' });
    await out.write(rowsItems([{ id: 1, k: 'insert' }, { id: 2 }, { id: 3, k: 'upsert' }]));
    await out.write(
      rowsItems([
        { id: 1, k: 'update', v: 1 },
        { id: 3, k: 'delete' },
      ]),
    );
    expect(await table.lookup(null, [], [])).toEqual([{ id: 1, k: 'update', v: 1 }, { id: 2 }]);
  });

  test('tables of one topic and key share their rows until the last is closed', async () => {
    const bus = new MemoryBus();
    const declaration = memoryLookup(bus);
    const first = await open(bus, 'id', declaration);
    const out = await openOut(bus, { topic: 't/x' });
    await out.write(rowsItems([{ id: 1 }]));
    const second = await open(bus, 'id', declaration);
    const other = await open(bus, 'n', declaration);
    expect(await second.lookup(null, ['id'], [1])).toEqual([{ id: 1 }]);
    expect(await other.lookup(null, ['id'], [1])).toEqual([]);
    await first.close();
    await first.close();
    expect(await second.lookup(null, ['id'], [1])).toEqual([{ id: 1 }]);
    await second.close();
    const third = await open(bus, 'id', declaration);
    expect(await third.lookup(null, ['id'], [1])).toEqual([]);
  });
});

const sourceBus = new MemoryBus();
let n = 0;
sourceContract('memory', () => ({
  declaration: memorySource(sourceBus),
  dataSource: 'contract',
  async produce(count) {
    const out = await openOut(sourceBus, { topic: 'contract' });
    for (let i = 0; i < count; i++) void out.write(rowsItems([{ n: n++ }]));
  },
}));

sinkContract('memory', async () => {
  const bus = new MemoryBus();
  const context = await openIn(bus, 't');
  return { declaration: memorySink(bus), props: { topic: 't' }, arrived: () => context.rows };
});
