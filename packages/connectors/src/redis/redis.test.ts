import { anyMap, decodeProps, silentLogger, SystemClock } from '@kuiper/base';
import type { LookupDeclaration, OpenLookup, OpenSink, RowsItem } from '@kuiper/sdk';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
import { freePort } from '../../testing/mosquitto.ts';
import { redisMissing, RedisServer } from '../../testing/redis-server.ts';
import { ConnectionPool } from '../connection-pool.ts';
import { redisConnections } from './redis-connection.ts';
import { redisLookup } from './redis-lookup.ts';
import { redisPubSink } from './redis-pub-sink.ts';
import { redisSink } from './redis-sink.ts';
import { redisSubSource } from './redis-sub-source.ts';

const clock = new SystemClock({ keepAlive: true });

function openLookup(
  props: Readonly<Record<string, unknown>>,
  dataSource: string,
  declaration: LookupDeclaration = redisLookup,
): Promise<OpenLookup> {
  const connections = new CollectingSource().connections;
  const context = { clock, logger: silentLogger, name: 't', rootPath: '.', connections };
  return Promise.resolve(declaration.open(context, decodeProps(props, declaration.props), { dataSource, key: '' }));
}

describe('wrong properties are refused when the rule is created', () => {
  for (const [sink, props, text] of [
    [redisSink, { addr: '127.0.0.1:1' }, 'redis sink must have key or field when KeyType is single'],
    [redisSink, { key: 'k', db: -1 }, 'redisSink db should be in range 0-15'],
    [redisSink, { key: 'k', db: 16 }, 'redisSink db should be in range 0-15'],
    [redisSink, { key: 'k', dataType: 'set' }, 'redis sink only support string or list data type'],
    [redisSink, { keyType: 'many' }, 'KeyType only support single or multiple'],
    [redisSink, { keyType: 'multiple' }, null],
    [redisSink, { field: 'f', expiration: '10s' }, null],
    [redisPubSink, {}, 'redisPub sink is missing property channel'],
    [redisPubSink, { channel: 'c', db: 16 }, 'redisPub db should be in range 0-15'],
    [redisPubSink, { channel: 'c' }, null],
  ] as const) {
    test(`sink ${sink.type} ${JSON.stringify(props)}`, () => expect(checkSink(sink, props)).toBe(text));
  }
  for (const [props, text] of [
    [{ db: 16 }, 'redisSub db should be in range 0-15'],
    [
      { db: 'one' },
      "1 error(s) decoding:\n\n* 'db' expected type 'int', got unconvertible type 'string', value: 'one'",
    ],
    [{ db: 3, address: '127.0.0.1:1' }, null],
  ] as const) {
    test(`source ${JSON.stringify(props)}`, () => expect(checkSource(redisSubSource, props, '')).toBe(text));
  }
  for (const [props, dataSource, text] of [
    [{ dataType: 'string' }, 'x', 'datasource x is invalid'],
    [{ dataType: 'string' }, '16', 'redis lookup source db should be in range 0-15'],
    [{}, '0', 'redis dataType must be string or list'],
  ] as const) {
    test(`table ${JSON.stringify(props)} ${dataSource}`, () =>
      expect(openLookup(props, dataSource)).rejects.toThrow(text));
  }
});

describe('a server that cannot be reached', () => {
  let address = '';
  let refused = '';
  beforeAll(async () => {
    address = `127.0.0.1:${await freePort()}`;
    refused = `dial tcp ${address}: connect: connection refused`;
  });

  test('fails opening a sink, a source and a table', async () => {
    const props = { addr: address, address, key: 'k', channel: 'c', channels: ['c'], dataType: 'string' };
    await expect(openSink(redisSink, new CollectingSinkContext(), props)).rejects.toThrow(refused);
    await expect(openSink(redisPubSink, new CollectingSinkContext(), props)).rejects.toThrow(refused);
    await expect(openSource(redisSubSource, new CollectingSource(), props)).rejects.toThrow(refused);
    await expect(openLookup(props, '0')).rejects.toThrow(refused);
  });

  test('fails a ping, as do wrong properties', async () => {
    const declarations = redisConnections as readonly unknown[] as ConstructorParameters<
      typeof ConnectionPool
    >[0]['declarations'];
    const pool = new ConnectionPool({ declarations, clock, logger: silentLogger, rootPath: '.' });
    await expect(pool.ping('redis', { addr: address })).rejects.toThrow(refused);
    await expect(pool.ping('redisSub', { address })).rejects.toThrow(refused);
    await expect(pool.ping('redisPub', { address, db: 16 })).rejects.toThrow('redisPub db should be in range 0-15');
    await expect(pool.ping('redis', { addr: 'host:port:1' })).rejects.toThrow('invalid redis address host:port:1');
  });
});

describe.skipIf(redisMissing !== null)(`with a server${redisMissing === null ? '' : ` (${redisMissing})`}`, () => {
  let server: RedisServer;
  let peer: Redis;
  const closing: (() => Promise<unknown> | unknown)[] = [];

  const open = async (props: Readonly<Record<string, unknown>>, declaration = redisSink): Promise<OpenSink> => {
    const address = server.address;
    const sink = await openSink(declaration, new CollectingSinkContext(), { addr: address, address, ...props });
    closing.push(() => sink.close());
    return sink;
  };

  beforeAll(async () => {
    server = await RedisServer.start();
    peer = new Redis(server.port, '127.0.0.1');
    peer.on('error', () => {});
  });

  beforeEach(async () => {
    await peer.flushall();
  });

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  afterAll(async () => {
    peer.disconnect();
    await server.stop();
  });

  sinkContract('redis', async () => {
    await peer.flushall();
    return {
      declaration: redisSink,
      props: { addr: server.address, key: 'k', dataType: 'list' },
      arrived: async () => (await peer.lrange('k', 0, -1)).reverse(),
    };
  });

  sinkContract('redisPub', async () => {
    const listener = new Redis(server.port, '127.0.0.1');
    const messages: string[] = [];
    listener.on('message', (_channel, message) => messages.push(message));
    await listener.subscribe('c');
    return {
      declaration: redisPubSink,
      props: { address: server.address, channel: 'c' },
      // the answer to a ping comes behind everything published before
      arrived: () => listener.ping().then(() => messages),
      close: () => listener.disconnect(),
    };
  });

  let sent = 0;
  sourceContract('redisSub', () => {
    sent = 0;
    return {
      declaration: redisSubSource,
      props: { address: server.address, channels: ['in.*'] },
      async produce(count) {
        for (let i = 0; i < count; i++) await peer.publish('in.a', `{"n":${++sent}}`);
      },
    };
  });

  describe('the sink redis', () => {
    const cases: readonly {
      readonly name: string;
      readonly props: Readonly<Record<string, unknown>>;
      readonly items: readonly RowsItem[];
      readonly holds: Readonly<Record<string, string | readonly string[]>>;
    }[] = [
      {
        name: 'replaces a string',
        props: { key: 'k' },
        items: [{ a: 1 }, { b: 'x', a: 2n }],
        holds: { k: '{"a":2,"b":"x"}' },
      },
      {
        name: 'takes the key from a column, whatever its type',
        props: { field: 'id', key: 'unused' },
        items: [[{ id: 'x', a: 1 }, { id: 7n }], { id: 1e6 }, { id: true }],
        holds: { x: '{"a":1,"id":"x"}', 7: '{"id":7}', 1000000: '{"id":1000000}', true: '{"id":true}' },
      },
      {
        name: 'writes each column to its key',
        props: { keyType: 'multiple' },
        items: [{ a: 1.5, b: 'x', c: null, d: [1, 'y'], e: undefined }],
        holds: { a: '1.5', b: 'x', c: '', d: '[1 y]' },
      },
      {
        name: 'pushes to a list',
        props: { key: 'l', dataType: 'list' },
        items: [{ a: 1 }, { a: 2 }],
        holds: { l: ['{"a":2}', '{"a":1}'] },
      },
      {
        name: 'removes what the row kind says',
        props: { field: 'id', rowkindField: 'kind' },
        items: [[{ id: 'x' }, { id: 'y', kind: 'insert' }, { id: 'z', kind: 'update' }], { id: 'x', kind: 'delete' }],
        holds: { y: '{"id":"y","kind":"insert"}', z: '{"id":"z","kind":"update"}' },
      },
      {
        name: 'pops from a list',
        props: { key: 'l', dataType: 'list', rowkindField: 'kind' },
        items: [{ a: 1 }, { a: 2 }, { kind: 'delete' }],
        holds: { l: ['{"a":1}'] },
      },
      { name: 'has nothing to do for an empty list', props: { key: 'k' }, items: [[]], holds: {} },
    ];
    for (const { name, props, items, holds } of cases) {
      test(name, async () => {
        const sink = await open(props);
        await sink.write(rowsItems(items));
        const found: Record<string, string | readonly string[]> = {};
        for (const key of await peer.keys('*')) {
          const isList = (await peer.type(key)) === 'list';
          found[key] = isList ? await peer.lrange(key, 0, -1) : ((await peer.get(key)) as string);
        }
        expect(found).toEqual(holds);
      });
    }

    test('reads integers by the type of the rows', async () => {
      const sink = await open({ field: 'id' });
      await sink.write({ kind: 'rows', items: [{ id: 3 }], props: null, type: { ...anyMap, fields: { id: 'int' } } });
      expect(await peer.keys('*')).toEqual(['3']);
    });

    test('lets values expire', async () => {
      const lasting = await open({ key: 'lasting' });
      const short = await open({ key: 'short', expiration: '1h' });
      await lasting.write(rowsItems([{ a: 1 }]));
      await short.write(rowsItems([{ a: 1 }]));
      expect(await peer.pttl('lasting')).toBe(-1);
      expect(await peer.pttl('short')).toBeGreaterThan(3_500_000);
    });

    test('writes to its database', async () => {
      const sink = await open({ key: 'k', db: 3 });
      await sink.write(rowsItems([{ a: 1 }]));
      expect(await peer.exists('k')).toBe(0);
      await peer.select(3);
      expect(await peer.get('k')).toBe('{"a":1}');
      await peer.select(0);
    });

    for (const [row, text] of [
      [{ a: 1 }, 'field id does not exist in data map[a:1]'],
      [{ id: 'x', kind: 'replace' }, 'invalid rowkind replace'],
      [{ id: 'x', kind: 5 }, 'rowkind field kind is not a string in data map[id:x kind:5]'],
    ] as const) {
      test(`drops ${JSON.stringify(row)} and nothing else`, async () => {
        const sink = await open({ field: 'id', rowkindField: 'kind' });
        const items = [{ id: 'before' }, [{ id: 'beside' }, row], { id: 'behind' }];
        const error = await failedWrite(sink, rowsItems(items));
        expect(error).toMatchObject({ message: text, index: 1, recoverable: false });
        await sink.write(rowsItems(items.slice(2)));
        expect((await peer.keys('*')).sort()).toEqual(['before', 'behind', 'beside']);
      });
    }

    test('repeats nothing behind an item that the server refuses', async () => {
      await peer.set('text', 'no list');
      const sink = await open({ field: 'id', dataType: 'list' });
      const items = [{ id: 'a' }, { id: 'text' }, { id: 'b' }, { id: 'text' }, { id: 'c' }];
      const first = await failedWrite(sink, rowsItems([...items]));
      expect(first).toMatchObject({ index: 1, recoverable: false, message: expect.stringContaining('WRONGTYPE') });
      const second = await failedWrite(sink, rowsItems(items.slice(2)));
      expect(second).toMatchObject({ index: 1, recoverable: false });
      await sink.write(rowsItems(items.slice(4)));
      await sink.write(rowsItems([{ id: 'c' }]));
      expect(await Promise.all(['a', 'b', 'c'].map((key) => peer.llen(key)))).toEqual([1, 1, 2]);
    });

    test('asks for a retry from the item on that the server cannot take now', async () => {
      const sink = await open({ field: 'id' });
      const items = [
        { id: 'gone', a: 1 },
        { id: 'x', a: 1 },
      ];
      await peer.config('SET', 'maxmemory', '1');
      const error = await failedWrite(sink, rowsItems(items));
      await peer.config('SET', 'maxmemory', '0');
      expect(error).toMatchObject({ index: 0, recoverable: true, message: expect.stringContaining('OOM') });
      await sink.write(rowsItems(items));
      expect(await peer.get('x')).toBe('{"a":1,"id":"x"}');
    });
  });

  describe('a connection that is lost', () => {
    for (const [declaration, items] of [
      [redisSink, rowsItems([{ a: 1 }, { a: 2 }])],
      [redisPubSink, bytesItems(['1', '2'])],
    ] as const) {
      test(`asks the writer of ${declaration.type} for a retry, and comes back`, async () => {
        const context = new CollectingSinkContext();
        const { address } = server;
        const sink = await openSink(declaration, context, { addr: address, address, key: 'k', channel: 'c', db: 2 });
        closing.push(() => sink.close());
        await context.untilStatus('connected');
        // with the server stopped the commands are on their way when the connection breaks
        server.freeze();
        const written = failedWrite(sink, items);
        await server.kill();
        expect(await written).toMatchObject({ index: 0, recoverable: true });
        await context.untilStatus('disconnected');
        expect(await failedWrite(sink, items)).toMatchObject({ index: 0, recoverable: true });
        await server.run();
        await context.untilStatus('connected');
        await sink.write(items);
        if (declaration !== redisSink) return;
        await peer.select(2);
        expect(await peer.get('k')).toBe('{"a":2}');
        await peer.select(0);
      });
    }

    test('is closed while it is away', async () => {
      const context = new CollectingSinkContext();
      const sink = await openSink(redisSink, context, { addr: server.address, key: 'k' });
      await server.kill();
      await context.untilStatus('disconnected');
      await sink.close();
      await sink.close();
      await server.run();
    });

    test('is subscribed to again', async () => {
      const context = new CollectingSource();
      const source = await openSource(redisSubSource, context, { address: server.address, channels: ['c'] });
      closing.push(() => source.close());
      await server.kill();
      await context.until(({ lastStatus }) => lastStatus === 'disconnected');
      await server.run();
      await context.connected();
      await peer.publish('c', 'back');
      await context.until(({ messages }) => messages.length > 0);
      expect(context.texts).toEqual(['back']);
    });
  });

  test('the source tells channels and takes what comes at once as one batch', async () => {
    const context = new CollectingSource();
    const props = { address: server.address, channels: ['a', 'b.*'] };
    const source = await openSource(redisSubSource, context, props);
    closing.push(() => source.close());
    context.becomeFull();
    // a transaction is answered in one piece
    await peer.multi().publish('a', '1').publish('b.x', '').publish('c', 'no').publish('b.y', 'ü').exec();
    await context.until(({ messages }) => messages.length >= 3);
    expect(context.messages.map(({ text, meta }) => [text, meta])).toEqual([
      ['1', { channel: 'a' }],
      ['', { channel: 'b.x' }],
      ['ü', { channel: 'b.y' }],
    ]);
    expect(context.batches).toBe(1);
  });

  describe('the table redis', () => {
    const lookup = async (dataType: string, dataSource = '0'): Promise<OpenLookup> => {
      const table = await openLookup({ addr: server.address, dataType }, dataSource);
      closing.push(() => table.close());
      return table;
    };

    for (const [value, rows] of [
      ['x', [{ id: 'not x', a: 1 }]],
      [7n, [{ b: [1, null] }]],
      [1e6, [{ c: {} }]],
      ['absent', []],
    ] as const) {
      test(`finds the string at ${value}`, async () => {
        await peer.mset('x', '{"id":"not x","a":1}', '7', '{"b":[1,null]}', '1000000', '{"c":{}}');
        expect(await (await lookup('string')).lookup(null, ['id'], [value])).toEqual(rows);
      });
    }

    test('finds every element of a list', async () => {
      await peer.rpush('l', '{"a":1}', '{"a":2}');
      const table = await lookup('list');
      expect(await table.lookup(['a'], ['id'], ['l'])).toEqual([{ a: 1 }, { a: 2 }]);
      expect(await table.lookup(['a'], ['id'], ['absent'])).toEqual([]);
    });

    test('looks into its database', async () => {
      await peer.select(5);
      await peer.set('x', '{"a":5}');
      await peer.select(0);
      expect(await (await lookup('string', '5')).lookup(null, ['id'], ['x'])).toEqual([{ a: 5 }]);
    });

    test('says what is wrong with a question or a value', async () => {
      await peer.mset('text', 'hello', 'number', '5');
      const table = await lookup('string');
      await expect(table.lookup(null, ['a', 'b'], [1, 2])).rejects.toThrow(
        'redis lookup only support one key, but got [a b]',
      );
      await expect(table.lookup(null, ['a'], ['text'])).rejects.toThrow('value of redis key text is not a json object');
      await expect(table.lookup(null, ['a'], ['number'])).rejects.toThrow('value of redis key number is not a json');
      await expect((await lookup('list')).lookup(null, ['a'], ['text'])).rejects.toThrow('WRONGTYPE');
    });
  });

  test('passwords, users and databases are checked when a connection is opened', async () => {
    const guarded = await RedisServer.start(
      '--requirepass',
      'secret',
      '--databases',
      '2',
      ...'--user ann on >pw ~* &* +@all'.split(' '),
    );
    closing.push(() => guarded.stop());
    for (const [props, text] of [
      [{}, 'NOAUTH Authentication required'],
      [{ password: 'wrong' }, 'WRONGPASS'],
      [{ password: 'secret', db: 5 }, 'DB index is out of range'],
      [{ username: 'ann', password: 'no' }, 'WRONGPASS'],
      [{ password: 'secret', db: 1 }, null],
      [{ username: 'ann', password: 'pw' }, null],
    ] as const) {
      const opened = open({ addr: guarded.address, key: 'k', ...props });
      if (text === null) await (await opened).write(rowsItems([{ a: 1 }]));
      else await expect(opened).rejects.toThrow(text);
    }
  });
});
