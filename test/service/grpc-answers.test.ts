/** What gRPC servers and those in front of them may answer, byte by byte. */
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ServiceRig, serviceRecord } from './service-rig.ts';

const proto = 'syntax = "proto3"; package p; service S { rpc Do(M) returns (M); } message M { string t = 1; }';
const message = Buffer.from([0, 0, 0, 0, 4, 0x0a, 2, 0x68, 0x69]);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Served {
  readonly rig: ServiceRig;
  readonly sessions: ServerHttp2Session[];
  readonly paths: string[];
}

async function serve(answer: (stream: ServerHttp2Stream, count: number) => void): Promise<Served> {
  const server: Http2Server = createServer();
  const sessions: ServerHttp2Session[] = [];
  const paths: string[] = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    paths.push(
      `${headers[':method']} ${headers[':path']} ${headers['content-type']} ${String(headers['grpc-timeout'])}`,
    );
    answer(stream, paths.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const rig = await ServiceRig.load(serviceRecord({ protocol: 'grpc', address }, proto));
  closing.push(() => rig.close());
  return { rig, sessions, paths };
}

/** @param chunks written one by one */
function answer(
  stream: ServerHttp2Stream,
  chunks: readonly Buffer[],
  trailers: Readonly<Record<string, string>>,
): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
}

const ok = { 'grpc-status': '0' };
const prefix = 'error invoking method Do in proto: rpc error: ';

const cases: readonly [string, (stream: ServerHttp2Stream) => void, string][] = [
  [
    'an answer in pieces',
    (stream) =>
      answer(
        stream,
        [...message].map((byte) => Buffer.from([byte])),
        ok,
      ),
    'hi',
  ],
  ['an empty message', (stream) => answer(stream, [Buffer.alloc(5)], ok), ''],
  [
    'a status without anything else',
    (stream) =>
      stream.respond(
        { ':status': 200, 'grpc-status': '16', 'grpc-message': 'who%20are%20you%3F' },
        { endStream: true },
      ),
    `${prefix}code = Unauthenticated desc = who are you?`,
  ],
  [
    'a status after a message',
    (stream) => answer(stream, [message], { 'grpc-status': '13', 'grpc-message': 'bad % sign' }),
    `${prefix}code = Internal desc = bad % sign`,
  ],
  [
    'a status nobody knows',
    (stream) => answer(stream, [], { 'grpc-status': '99' }),
    `${prefix}code = Code(99) desc = `,
  ],
  [
    'no status',
    (stream) => {
      stream.respond({ ':status': 200 });
      stream.end(message);
    },
    `${prefix}code = Unavailable desc = the connection was lost`,
  ],
  [
    'no gRPC',
    (stream) => {
      stream.respond({ ':status': 404 });
      stream.end('nothing here');
    },
    `${prefix}code = Unknown desc = unexpected HTTP status code 404`,
  ],
  [
    'somebody in front of a server that is away',
    (stream) => {
      stream.respond({ ':status': 503 });
      stream.end();
    },
    `${prefix}code = Unavailable desc = unexpected HTTP status code 503`,
  ],
  ['no message', (stream) => answer(stream, [], ok), `${prefix}code = Internal desc = the answer is not one message`],
  [
    'two messages',
    (stream) => answer(stream, [message, message], ok),
    `${prefix}code = Internal desc = the answer is not one message`,
  ],
  [
    'a compressed message',
    (stream) => answer(stream, [Buffer.from([1, 0, 0, 0, 0])], ok),
    `${prefix}code = Internal desc = the answer is compressed`,
  ],
  [
    'a message that is none',
    (stream) => answer(stream, [Buffer.from([0, 0, 0, 0, 2, 0x0a, 9])], ok),
    'cannot parse protobuf message: unexpected end',
  ],
  ['a refused stream', (stream) => stream.close(7), `${prefix}code = Unavailable desc = `],
];

for (const [name, respond, outcome] of cases) {
  test(name, async () => {
    const { rig, paths } = await serve(respond);
    const result = await rig.call('Do', 'x').catch((error: unknown) => (error as Error).message);
    if (typeof result === 'string') expect(result.startsWith(outcome), result).toBe(true);
    else expect(result).toEqual({ t: outcome });
    expect(paths).toEqual(['POST /p.S/Do application/grpc+proto 5000m']);
  });
}

test('a server that says goodbye finishes what it has, new calls go to a new session', async () => {
  const held: ServerHttp2Stream[] = [];
  const { rig, sessions } = await serve((stream, count) => {
    if (count === 1) {
      held.push(stream);
      (stream.session as ServerHttp2Session).goaway();
    } else answer(stream, [message], ok);
  });
  const first = rig.call('Do', 'a');
  while (held.length === 0) await new Promise(setImmediate);
  let second: unknown = null;
  while (second === null) second = await rig.call('Do', 'b').catch(() => null);
  expect(second).toEqual({ t: 'hi' });
  answer(held[0] as ServerHttp2Stream, [message], ok);
  expect(await first).toEqual({ t: 'hi' });
  expect(sessions.length).toBeGreaterThan(1);
});

test('a lost connection fails its calls and is made anew', async () => {
  const { rig, sessions } = await serve((stream, count) => {
    if (count === 1) stream.session?.destroy();
    else answer(stream, [message], ok);
  });
  await expect(rig.call('Do', 'a')).rejects.toThrow(`${prefix}code = Unavailable desc = `);
  expect(await rig.call('Do', 'b')).toEqual({ t: 'hi' });
  expect(sessions).toHaveLength(2);
});

test('a call that is given up is taken back from the server', async () => {
  let takenBack: (code: number) => void = () => undefined;
  const code = new Promise<number>((resolve) => {
    takenBack = resolve;
  });
  let arrived: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const { rig } = await serve((stream) => {
    stream.on('close', () => takenBack(stream.rstCode));
    arrived();
  });
  const callSite = rig.open('Do');
  const result = expect(callSite.eval('a')).rejects.toThrow('cancelled');
  await asked;
  await callSite.close?.();
  await result;
  expect(await code).toBe(8);
});
