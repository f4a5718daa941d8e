/** Connections as bytes, paths and modes; what nng says to the same sockets is in pynng.test.ts. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorText, ManualClock } from '@kuiper/base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { frame, greetings, RawPeer, request, settle, until } from '../../../testing/raw-peer.ts';
import type { FrameBatch } from './frame-reader.ts';
import { PullSocket } from './pull-socket.ts';
import { type PushOptions, PushSocket } from './push-socket.ts';
import { ReqSocket } from './req-socket.ts';
import { parseSpAddress } from './sp-address.ts';
import { SpDialer } from './sp-dialer.ts';

let directory = '';
let path = '';
let url = '';
let closers: (() => unknown)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sp-'));
  path = join(directory, 'x.ipc');
  url = `ipc://${path}`;
});

afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
  rmSync(directory, { recursive: true });
});

function closing<T extends { close(): unknown }>(socket: T): T {
  closers.push(() => socket.close());
  return socket;
}

function texts({ buffer, starts, ends, count }: FrameBatch): string[] {
  return Array.from({ length: count }, (_, i) => buffer.toString('utf8', starts[i], ends[i]));
}

/** Listens with a pull socket and keeps what it gets. */
async function pull(clock = new ManualClock(), maxMessageBytes?: number) {
  const got: string[] = [];
  const senders: string[] = [];
  const socket = await PullSocket.listen(
    url,
    { clock, maxMessageBytes },
    {
      received: (batch) => got.push(...texts(batch)),
      senders: (count, error) => senders.push(`${count}${error === null ? '' : ` ${error.message}`}`),
    },
  );
  return { socket: closing(socket), got, senders };
}

/** A listener that speaks in bytes. */
async function rawListener(greeting: Buffer): Promise<{ server: Server; peers: RawPeer[] }> {
  const peers: RawPeer[] = [];
  const server = createServer((socket) => {
    const peer = new RawPeer(socket);
    peer.say(greeting);
    peers.push(peer);
  });
  server.listen(path);
  await once(server, 'listening');
  closers.push(() => {
    for (const peer of peers) peer.hangUp();
    server.close();
  });
  return { server, peers };
}

describe('addresses', () => {
  const cases: Record<string, unknown> = {
    'ipc:///tmp/a.ipc': { transport: 'ipc', path: '/tmp/a.ipc' },
    'ipc:///tmp/a b_é.ipc': { transport: 'ipc', path: '/tmp/a b_é.ipc' },
    [`ipc:///${'x'.repeat(106)}`]: { transport: 'ipc', path: `/${'x'.repeat(106)}` },
    [`ipc:///${'x'.repeat(107)}`]: `socket path /${'x'.repeat(107)} is too long: 108 bytes, the system allows 107`,
    [`ipc:///${'é'.repeat(54)}`]: `socket path /${'é'.repeat(54)} is too long: 109 bytes, the system allows 107`,
    'tcp://127.0.0.1:7081': { transport: 'tcp', host: '127.0.0.1', port: 7081 },
    'tcp://[::1]:7081': { transport: 'tcp', host: '::1', port: 7081 },
    'tcp://*:0': { transport: 'tcp', host: '0.0.0.0', port: 0 },
    'ipc://': 'invalid address ipc://: only ipc and tcp are supported',
    'ipc:///a\0b': 'invalid address ipc:///a\0b: only ipc and tcp are supported',
    'tcp://host:70000': 'invalid address tcp://host:70000: only ipc and tcp are supported',
    'tcp://host': 'invalid address tcp://host: only ipc and tcp are supported',
    'ws://host:1': 'invalid address ws://host:1: only ipc and tcp are supported',
  };
  for (const [address, gives] of Object.entries(cases)) {
    test(address, () => {
      if (typeof gives === 'string') expect(() => parseSpAddress(address)).toThrow(gives);
      else expect(parseSpAddress(address)).toEqual(gives);
    });
  }
});

describe('a greeting', () => {
  const cases: Record<string, { says: string; opens: boolean; got?: string[] }> = {
    'that fits opens': { says: '0053500000500000', opens: true },
    'with a message behind it opens': { says: '0053500000500000 01 0000000000000001 61', opens: true, got: ['a'] },
    'of another protocol is hung up on': { says: '0053500000300000', opens: false },
    'of the same protocol is hung up on': { says: '0053500000510000', opens: false },
    'that begins wrongly is hung up on': { says: '0053510000500000', opens: false },
    'that ends wrongly is hung up on': { says: '0053500000500001', opens: false },
    'of HTTP is hung up on': { says: '474554202f20485454', opens: false },
  };
  for (const [name, { says, opens, got = [] }] of Object.entries(cases)) {
    test(name, async () => {
      const listener = await pull();
      const peer = await RawPeer.connect(path, Buffer.alloc(0));
      expect(peer.takeGreeting()).toBe('0053500000510000');
      const bytes = Buffer.from(says.replaceAll(' ', ''), 'hex');
      // byte by byte, as the worst kernel would
      for (let i = 0; i < bytes.length; i++) {
        peer.say(bytes.subarray(i, i + 1));
        await settle(2);
      }
      await settle();
      expect(peer.isClosed).toBe(!opens);
      expect(listener.senders).toEqual(opens ? ['1'] : []);
      expect(listener.got).toEqual(got);
    });
  }

  test('that does not come within 10 s is not waited for', async () => {
    const clock = new ManualClock();
    await pull(clock);
    const peer = await RawPeer.connect(path, Buffer.from('00535000', 'hex'));
    const greeted = await RawPeer.connect(path, greetings.push);
    clock.advance(9999);
    await settle();
    expect(peer.isClosed).toBe(false);
    clock.advance(1);
    await settle();
    expect(peer.isClosed).toBe(true);
    expect(greeted.isClosed).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  test('is sent first and at once by the side that dials', async () => {
    const { peers } = await rawListener(Buffer.alloc(0));
    const socket = closing(new PushSocket(url, { clock: new ManualClock(), sendTimeoutMs: 1000 }));
    socket.dialForever();
    socket.send(['early']);
    await settle();
    expect(peers[0]?.heard.toString('hex')).toBe('0053500000500000');
    peers[0]?.say(greetings.pull);
    await settle();
    peers[0]?.takeGreeting();
    expect(peers[0]?.takeFrames().map(String)).toEqual(['early']);
  });
});

describe('listening', () => {
  test('lets only the owner of the process connect', async () => {
    await pull();
    expect((lstatSync(path).mode & 0o777).toString(8)).toBe('600');
  });

  test('removes the path when it closes', async () => {
    const { socket } = await pull();
    expect(existsSync(path)).toBe(true);
    await socket.close();
    expect(existsSync(path)).toBe(false);
  });

  test('replaces a socket that nobody listens on', async () => {
    // a process that is killed leaves its path behind
    const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', program, path]);
    expect(lstatSync(path).isSocket()).toBe(true);
    const { got } = await pull();
    const peer = await RawPeer.connect(path, greetings.push);
    peer.say(frame(Buffer.from('a')));
    await settle();
    expect(got).toEqual(['a']);
  });

  test('leaves a listener alone and tells after 5 more attempts that the address is in use', async () => {
    const { got } = await pull();
    const clock = new ManualClock();
    let outcome = '';
    PullSocket.listen(url, { clock }, { received: () => {} }).catch((error) => {
      outcome = errorText(error);
    });
    for (let retry = 1; retry <= 5; retry++) {
      await settle();
      expect(outcome).toBe('');
      expect(clock.nextTimerMs).toBe(retry * 100);
      clock.advance(100);
    }
    await settle();
    expect(outcome).toBe('address in use');
    const peer = await RawPeer.connect(path, greetings.push);
    peer.say(frame(Buffer.from('a')));
    await settle();
    expect(got).toEqual(['a']);
  });

  test('takes the address over when its listener goes within the attempts', async () => {
    const first = await pull();
    const clock = new ManualClock();
    const second = PullSocket.listen(url, { clock }, { received: () => {} });
    await settle();
    await first.socket.close();
    clock.advance(100);
    closing(await second);
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  const refusals: Record<string, { prepare(): void; fails: string }> = {
    'a file that is no socket stays': { prepare: () => writeFileSync(path, 'precious'), fails: 'address in use' },
    'a directory stays': { prepare: () => mkdirSync(path), fails: 'address in use' },
    'a directory that does not exist is named': {
      prepare: () => {
        path = join(directory, 'none', 'x.ipc');
        url = `ipc://${path}`;
      },
      fails: 'permission denied|no such file or directory',
    },
  };
  for (const [name, { prepare, fails }] of Object.entries(refusals)) {
    test(name, async () => {
      prepare();
      const clock = new ManualClock();
      const listening = PullSocket.listen(url, { clock }, { received: () => {} });
      let outcome: string | null = null;
      listening.catch((error) => {
        outcome = errorText(error);
      });
      while (outcome === null) {
        await settle();
        clock.advance(100);
      }
      expect(outcome).toMatch(new RegExp(fails));
      expect(existsSync(path)).toBe(!path.includes('none'));
    });
  }

  test('over tcp works the same', async () => {
    const got: string[] = [];
    const clock = new ManualClock();
    const socket = closing(
      await PullSocket.listen('tcp://127.0.0.1:0', { clock }, { received: (batch) => got.push(...texts(batch)) }),
    );
    const push = closing(new PushSocket(`tcp://127.0.0.1:${socket.port}`, { clock, sendTimeoutMs: 1000 }));
    await push.dial();
    push.send(['a', '', 'b'.repeat(100_000)]);
    await until(() => got.length === 3);
    expect(got).toEqual(['a', '', 'b'.repeat(100_000)]);
  });
});

describe('pulling', () => {
  test('hangs up on a message over the limit and says why, after the messages before it', async () => {
    const { got, senders } = await pull(new ManualClock(), 3);
    const peer = await RawPeer.connect(path, greetings.push);
    peer.say(Buffer.concat(['a', 'abc', 'abcd', 'b'].map((text) => frame(Buffer.from(text)))));
    await settle();
    expect(got).toEqual(['a', 'abc']);
    expect(senders).toEqual(['1', '0 message of 4 bytes exceeds the limit of 3 bytes']);
    expect(peer.isClosed).toBe(true);
  });

  test('hangs up on what is no frame', async () => {
    const { senders } = await pull();
    const peer = await RawPeer.connect(path, greetings.push);
    peer.say(Buffer.from('02', 'hex'));
    await settle();
    expect(senders).toEqual(['1', '0 protocol error: frame starts with 2, expected 1']);
  });

  test('drops the beginning of a message whose sender went', async () => {
    const { got, senders } = await pull();
    const peer = await RawPeer.connect(path, greetings.push);
    peer.say(frame(Buffer.from('abc')).subarray(0, 11));
    await settle();
    peer.hangUp();
    const other = await RawPeer.connect(path, greetings.push);
    other.say(frame(Buffer.from('d')));
    await settle();
    expect(got).toEqual(['d']);
    expect(senders).toEqual(['1', '0', '1']);
  });

  test('takes from several senders', async () => {
    const { got } = await pull();
    const peers = [await RawPeer.connect(path, greetings.push), await RawPeer.connect(path, greetings.push)];
    for (const [i, peer] of peers.entries()) peer.say(frame(Buffer.from(`${i}`)));
    await settle();
    expect(got.sort()).toEqual(['0', '1']);
  });
});

describe('dialling', () => {
  const failures: Record<string, { prepare(): void; fails: string }> = {
    'a path that does not exist': { prepare: () => {}, fails: 'no such file or directory' },
    'a socket that nobody listens on': {
      prepare: () => {
        const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
        spawnSync(process.execPath, ['-e', program, path]);
      },
      fails: 'connection refused',
    },
  };
  for (const [name, { prepare, fails }] of Object.entries(failures)) {
    test(`${name} is reported, once and for all`, async () => {
      prepare();
      const clock = new ManualClock();
      const dialer = closing(new SpDialer(url, { clock, protocol: 0x50 }, { received: () => {} }));
      await expect(dialer.dial()).rejects.toThrow(`dial unix ${path}: connect: ${fails}`);
      expect(clock.pendingTimers).toBe(0);
    });
  }

  test('a listener of another protocol is reported', async () => {
    await rawListener(greetings.rep);
    const dialer = closing(new SpDialer(url, { clock: new ManualClock(), protocol: 0x50 }, { received: () => {} }));
    await expect(dialer.dial()).rejects.toThrow('peer speaks protocol 0x0031, expected 0x0051');
  });

  test('closing ends an attempt that waits for a greeting', async () => {
    await rawListener(Buffer.alloc(0));
    const clock = new ManualClock();
    const dialer = new SpDialer(url, { clock, protocol: 0x50 }, { received: () => {} });
    const dialled = dialer.dial();
    const failed = expect(dialled).rejects.toThrow('object closed');
    await settle();
    dialer.close();
    await failed;
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });

  test('after a loss it dials more and more seldom, up to 5 s, and soon again after success', async () => {
    const clock = new ManualClock();
    const { server, peers } = await rawListener(greetings.pull);
    const dialer = closing(new SpDialer(url, { clock, protocol: 0x50 }, { received: () => {} }));
    await dialer.dial();
    server.close();
    peers[0]?.hangUp();
    await settle();
    const delays: number[] = [];
    for (let i = 0; i < 18; i++) {
      delays.push(clock.nextTimerMs - clock.now());
      clock.advance(delays[i] as number);
      await settle();
    }
    expect(delays[0]).toBe(100);
    expect(delays.at(-1)).toBe(5000);
    for (let i = 1; i < delays.length; i++) {
      const growth = (delays[i] as number) / (delays[i - 1] as number);
      expect(growth === 1 ? delays[i] === 5000 : growth > 1 && growth <= 1.5, `${delays}`).toBe(true);
    }
    const again = await rawListener(greetings.pull);
    clock.advance(5000);
    await settle();
    expect(dialer.pipe).not.toBe(null);
    again.peers[0]?.hangUp();
    await settle();
    expect(clock.nextTimerMs - clock.now()).toBe(100);
  });
});

describe('pushing', () => {
  async function push(more: Partial<PushOptions> = {}) {
    const clock = new ManualClock();
    const dropped: string[] = [];
    const socket = new PushSocket(url, {
      clock,
      sendTimeoutMs: 5000,
      onDropped: (body) => dropped.push(`${body.length}`),
      ...more,
    });
    return { clock, dropped, socket: closing(socket) };
  }

  test('queues 128 messages without a connection, then waits and gives up after the time allowed', async () => {
    const { clock, socket } = await push();
    expect(socket.send(Array.from({ length: 128 }, (_, i) => `${i}`))).toBe(undefined);
    let queued = -1;
    socket.send(['128', '129'])?.then((count) => {
      queued = count;
    });
    clock.advance(4999);
    await settle();
    expect(queued).toBe(-1);
    clock.advance(1);
    await settle();
    expect(queued).toBe(0);
    expect(socket.pending).toBe(128);
  });

  test('of a run the first messages are queued and the count tells how many', async () => {
    const { clock, socket } = await push();
    let queued = -1;
    socket.send(Array.from({ length: 130 }, () => 'x'))?.then((count) => {
      queued = count;
    });
    clock.advance(5000);
    await settle();
    expect(queued).toBe(128);
  });

  test('senders that wait are let in, in order, when there is a connection', async () => {
    const { clock, socket } = await push();
    const names = Array.from({ length: 500 }, (_, i) => `${i}`);
    const sent = [names.slice(0, 300), names.slice(300, 301), names.slice(301)].map((run) => socket.send(run));
    const { got } = await pull();
    socket.dialForever();
    expect(await Promise.all(sent)).toEqual([300, 1, 199]);
    await socket.flushed();
    await until(() => got.length === 500);
    expect(got).toEqual(names);
    clock.advance(10_000);
    expect(socket.pending).toBe(0);
  });

  test('a receiver that stops reading holds up senders until their time is over', async () => {
    const { clock, socket } = await push();
    const { peers } = await rawListener(greetings.pull);
    await socket.dial();
    peers[0]?.socket.pause();
    const body = 'x'.repeat(100_000);
    let accepted = 0;
    let waiting: Promise<number> | undefined;
    while (waiting === undefined) {
      waiting = socket.send([body]);
      if (waiting === undefined) accepted++;
      await settle(1);
    }
    expect(socket.pending).toBe(128);
    clock.advance(5000);
    expect(await waiting).toBe(0);
    // nothing of what was accepted is lost
    peers[0]?.socket.resume();
    await socket.flushed();
    await settle();
    peers[0]?.takeGreeting();
    expect(peers[0]?.takeFrames().length).toBe(accepted);
  });

  test('progress gives those who wait their time anew', async () => {
    const { clock, socket } = await push();
    const { peers } = await rawListener(greetings.pull);
    await socket.dial();
    const peer = peers[0] as RawPeer;
    peer.socket.pause();
    const body = 'x'.repeat(100_000);
    while (socket.pending < 128) {
      socket.send([body]);
      await settle(1);
    }
    const both = [socket.send([body]), socket.send(new Array(200).fill(body))];
    clock.advance(4000);
    peer.socket.resume();
    while ((await Promise.race([both[0], settle(1)])) !== 1);
    peer.socket.pause();
    clock.advance(4000);
    peer.socket.resume();
    expect(await both[1]).toBe(200);
  });

  test('what had not left when the connection broke goes out again, once', async () => {
    const { clock, socket, dropped } = await push();
    const first = await rawListener(greetings.pull);
    await socket.dial();
    first.peers[0]?.socket.pause();
    const long = 'y'.repeat(3_000_000);
    socket.send(['a', long, 'b']);
    await settle();
    expect(socket.pending).toBeGreaterThan(0);
    first.server.close();
    first.peers[0]?.hangUp();
    await settle();
    // the second time the receiver breaks on the same message
    const second = await rawListener(greetings.pull);
    second.server.on('connection', (connection) => connection.pause());
    clock.advance(100);
    await until(() => socket.isConnected);
    await settle();
    second.server.close();
    second.peers[0]?.hangUp();
    await until(() => !socket.isConnected);
    expect(dropped).toContain(`${long.length}`);
    const { got } = await pull();
    clock.advance(1000);
    await settle();
    socket.send(['c']);
    await settle();
    expect(got.at(-1)).toBe('c');
    expect(got).not.toContain(long);
  });

  test('closing rejects those who wait and takes no more', async () => {
    const { socket } = await push();
    const waiting = socket.send(new Array(129).fill('x'));
    const rejected = expect(waiting).rejects.toThrow('object closed');
    socket.close();
    await rejected;
    await expect(socket.send(['y'])).rejects.toThrow('object closed');
    expect(socket.flushed()).toBe(undefined);
  });
});

describe('asking', () => {
  async function ask() {
    const clock = new ManualClock();
    const { server, peers } = await rawListener(greetings.rep);
    const socket = closing(new ReqSocket(url, { clock }));
    await socket.dial();
    const peer = peers[0] as RawPeer;
    await settle();
    expect(peer.takeGreeting()).toBe('0053500000300000');
    return { clock, server, peers, peer, socket };
  }

  test('ids have their top bit set and rise by one', async () => {
    const { peer, socket } = await ask();
    const ids: number[] = [];
    for (const body of ['one', 'two', '']) {
      const answer = socket.request(body);
      await settle();
      const asked = peer.takeFrames()[0] as Buffer;
      expect(asked.toString('utf8', 4)).toBe(body);
      ids.push(asked.readUInt32BE(0));
      peer.say(request(ids.at(-1) as number, `answer ${body}`));
      expect(`${await answer}`).toBe(`answer ${body}`);
    }
    expect(ids.map((id) => id >>> 31)).toEqual([1, 1, 1]);
    expect(ids.map((id) => (id - (ids[0] as number)) & 0x7fff_ffff)).toEqual([0, 1, 2]);
  });

  test('answers to other requests, of relays and without id are dropped', async () => {
    const { peer, socket } = await ask();
    const answer = socket.request('x');
    await settle();
    const id = (peer.takeFrames()[0] as Buffer).readUInt32BE(0);
    peer.say(Buffer.concat([request((id ^ 1) >>> 0, 'a'), request(7, 'b'), frame(Buffer.from('c')), request(id, 'd')]));
    expect(`${await answer}`).toBe('d');
    peer.say(request(id, 'twice'));
    await settle();
  });

  test('another request abandons the one before, and time ends one', async () => {
    const { clock, peer, socket } = await ask();
    const first = expect(socket.request('one')).rejects.toThrow('request canceled');
    const second = expect(socket.request('two', 1000)).rejects.toThrow('receive time out');
    await first;
    clock.advance(1000);
    await second;
    await settle();
    for (const asked of peer.takeFrames()) peer.say(request(asked.readUInt32BE(0), 'late'));
    const third = socket.request('three');
    await settle();
    peer.say(request((peer.takeFrames()[0] as Buffer).readUInt32BE(0), 'in time'));
    expect(`${await third}`).toBe('in time');
  });

  test('after a loss the unanswered request goes out again under its id', async () => {
    const { clock, server, peer, peers, socket } = await ask();
    const answer = socket.request('x');
    await settle();
    const id = (peer.takeFrames()[0] as Buffer).readUInt32BE(0);
    peer.hangUp();
    await settle();
    clock.advance(100);
    await settle();
    expect(server.listening).toBe(true);
    const next = peers[1] as RawPeer;
    next.takeGreeting();
    expect(next.takeFrames().map((payload) => payload.readUInt32BE(0))).toEqual([id]);
    next.say(request(id, 'ok'));
    expect(`${await answer}`).toBe('ok');
  });
});
