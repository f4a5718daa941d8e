import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { silentLogger, SystemClock } from '@kuiper/base';
import type { OpenSink } from '@kuiper/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  bytesItems,
  checkSink,
  CollectingSinkContext,
  failedWrite,
  openSink,
  sinkContract,
} from '../../../../test/contract/sink.ts';
import { checkSource, CollectingSource, openSource, sourceContract } from '../../../../test/contract/source.ts';
import { ConnectionPool } from '../connection-pool.ts';
import { DataServer } from '../http/data-server.ts';
import { sseConnection, sseSink } from '../sse/sse-sink.ts';
import { type WebsocketDeclaration, websocketConnection } from './websocket-connection.ts';
import { websocketSink } from './websocket-sink.ts';
import { websocketSource } from './websocket-source.ts';

const clock = new SystemClock({ keepAlive: true });
const closing: (() => Promise<unknown> | unknown)[] = [];
let server: DataServer;
let connection: WebsocketDeclaration;
let pool: ConnectionPool;

beforeEach(async () => {
  server = new DataServer({ port: 0 });
  await server.start();
  connection = websocketConnection(server, null);
  pool = new ConnectionPool({
    declarations: [connection, sseConnection(server)],
    clock,
    logger: silentLogger,
    rootPath: '.',
  });
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await pool.close();
  await server.close();
});

const openIn = async (path: string, props: Record<string, unknown> = {}): Promise<CollectingSource> => {
  const context = new CollectingSource({ clock, connections: pool });
  const subscription = await openSource(websocketSource(connection), context, props, path);
  closing.push(() => subscription.close());
  await context.connected();
  return context;
};

const openOut = async (props: Record<string, unknown>): Promise<OpenSink> => {
  const context = new CollectingSinkContext({ clock, connections: pool });
  const sink = await openSink(websocketSink(connection), context, props);
  closing.push(() => sink.close());
  await context.untilStatus('connected');
  return sink;
};

const join = async (path: string): Promise<WebSocket> => {
  const client = new WebSocket(`ws://127.0.0.1:${server.port}${path}`);
  closing.push(() => client.terminate());
  await once(client, 'open');
  return client;
};

/** The texts that a peer receives, as they come. */
const collect = (peer: WebSocket): { texts: string[]; until(count: number): Promise<void> } => {
  const texts: string[] = [];
  let wake = (): void => {};
  peer.on('message', (data, isBinary) => {
    texts.push(isBinary ? 'binary' : data.toString());
    wake();
  });
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      wake = () => texts.length >= count && resolve();
      wake();
    });
  return { texts, until };
};

describe('wrong properties are refused when the rule is created', () => {
  for (const [props, text] of [
    [{ path: 'nopath' }, 'websocket endpoint should start with /'],
    [{}, 'websocket endpoint should start with /'],
    [{ path: '/x', scheme: 'http' }, 'scheme http is not supported, must be ws or wss'],
    [{ connectionSelector: 'c' }, null],
  ] as const) {
    test(`sink ${JSON.stringify(props)}`, () => expect(checkSink(websocketSink(connection), props)).toBe(text));
  }
  test('source', () => {
    expect(checkSource(websocketSource(connection), {}, 'x')).toBe('websocket endpoint should start with /');
  });
  test('sse', () => {
    expect(checkSink(sseSink(sseConnection(server)), { endpoint: 'x' })).toBe('sse endpoint should start with /');
  });
});

describe('on the data server', () => {
  test('text frames of every client are messages, binary ones are not', async () => {
    const context = await openIn('/in');
    const [left, right] = [await join('/in'), await join('/in?x=1')];
    left.send('1');
    await context.until(({ messages }) => messages.length === 1);
    right.send(Buffer.from('binary'));
    right.send('2');
    await context.until(({ messages }) => messages.length === 2);
    expect(context.texts).toEqual(['1', '2']);
  });

  test('each output goes to every client as a text frame; without one it is dropped', async () => {
    const sink = await openOut({ path: '/out' });
    sink.write(bytesItems(['nobody']));
    const clients = [await join('/out'), await join('/out')].map(collect);
    sink.write(bytesItems(['1', Buffer.from('2')]));
    for (const { texts, until } of clients) {
      await until(2);
      expect(texts).toEqual(['1', '2']);
    }
  });

  test('a source and a sink on one path share its clients; the path ends with the last of them', async () => {
    const context = await openIn('/both');
    const sink = await openOut({ path: '/both' });
    const client = await join('/both');
    const { until } = collect(client);
    client.send('in');
    sink.write(bytesItems(['out']));
    await until(1);
    await context.until(({ messages }) => messages.length === 1);
    const closed = once(client, 'close');
    for (const close of closing.splice(0, 2)) await close();
    await closed;
    await expect(join('/both')).rejects.toThrow('404');
  });

  test('a client is not read while rules are full', async () => {
    const context = await openIn('/in');
    const client = await join('/in');
    context.becomeFull();
    client.send('1');
    await context.until(({ messages }) => messages.length === 1);
    context.makeRoom();
    client.send('2');
    await context.until(({ messages }) => messages.length === 2);
  });

  test('a named connection is connected without clients', async () => {
    pool.create('c1', 'websocket', { datasource: '/c1' });
    const context = new CollectingSource({ clock, connections: pool });
    const props = { connectionSelector: 'c1' };
    const subscription = await openSource(websocketSource(connection), context, props, '/ignored');
    await context.connected();
    const client = await join('/c1');
    client.send('x');
    await context.until(({ messages }) => messages.length === 1);
    expect(await pool.get('c1')).toMatchObject({ status: 'connected', refCount: 1 });
    await subscription.close();
  });
});

describe('as client', () => {
  let other: WebSocketServer;
  let peers: WebSocket[];
  const listen = async (port: number): Promise<void> => {
    other = new WebSocketServer({ port, host: '127.0.0.1' });
    peers = [];
    other.on('connection', (peer) => peers.push(peer));
    await once(other, 'listening');
  };
  const stop = async (): Promise<void> => {
    for (const peer of other.clients) peer.terminate();
    await new Promise((resolve) => other.close(resolve));
  };

  beforeEach(async () => {
    await listen(0);
    closing.push(stop);
  });

  test('reads and writes text frames, with the headers of the handshake', async () => {
    const { port } = other.address() as { port: number };
    const requests: IncomingMessage[] = [];
    other.on('connection', (peer, request) => {
      requests.push(request);
      peer.send('hello');
    });
    const addr = `127.0.0.1:${port}`;
    const context = await openIn('/in?x=1', { addr, requestHeader: { 'X-Key': ['a', 'b'] } });
    await context.until(({ messages }) => messages.length === 1);
    expect(context.texts).toEqual(['hello']);
    expect(requests[0]?.url).toBe('/in?x=1');
    expect(requests[0]?.headers['x-key']).toBe('a, b');
    const sink = await openOut({ path: '/out', addr });
    const { texts, until } = collect(peers[1] as WebSocket);
    sink.write(bytesItems(['1', Buffer.from('2')]));
    await until(2);
    expect(texts).toEqual(['1', '2']);
  });

  test('connects again when the server comes back; writes fail meanwhile and can be repeated', async () => {
    const { port } = other.address() as { port: number };
    const context = new CollectingSinkContext({ clock, connections: pool });
    const sink = await openSink(websocketSink(connection), context, { path: '/x', addr: `127.0.0.1:${port}` });
    closing.push(() => sink.close());
    await context.untilStatus('connected');
    await stop();
    await context.untilStatus('disconnected');
    expect(await failedWrite(sink, bytesItems(['1']))).toMatchObject({ index: 0, recoverable: true });
    await listen(port);
    await context.untilStatus('connected');
    sink.write(bytesItems(['1']));
  });

  test('a ping says why nobody answers', async () => {
    await expect(pool.ping('websocket', { datasource: '/x', addr: '127.0.0.1:1' })).rejects.toThrow('ECONNREFUSED');
  });
});

describe('server-sent events', () => {
  test('every listener gets each output; line breaks stay within the event', async () => {
    const context = new CollectingSinkContext({ clock, connections: pool });
    const sink = await openSink(sseSink(sseConnection(server)), context, { endpoint: '/events' });
    closing.push(() => sink.close());
    await context.untilStatus('connected');
    const [response] = (await once(get(`http://127.0.0.1:${server.port}/events`), 'response')) as [IncomingMessage];
    expect(response.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    sink.write(bytesItems(['{"a":1}', Buffer.from('x\ny')]));
    let text = '';
    for await (const chunk of response) {
      text += String(chunk);
      if (text.includes('data: y')) break;
    }
    expect(text).toBe('data: {"a":1}\n\ndata: x\ndata: y\n\n');
  });

  sinkContract('sse', () => ({
    declaration: sseSink(sseConnection(server)),
    props: { endpoint: '/contract' },
    context: { clock, connections: pool },
    arrived: null,
  }));
});

let n = 0;
sourceContract('websocket', () => {
  let client: WebSocket | null = null;
  return {
    declaration: websocketSource(connection),
    dataSource: '/contract',
    context: { clock, connections: pool },
    async produce(count) {
      client ??= await join('/contract');
      for (let i = 0; i < count; i++) client.send(String(n++));
    },
  };
});

sinkContract('websocket', () => ({
  declaration: websocketSink(connection),
  props: { path: '/contract' },
  context: { clock, connections: pool },
  arrived: null,
}));
