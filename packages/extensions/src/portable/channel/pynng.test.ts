/** The sockets against nng, in both directions. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@kuiper/base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PullSocket, PushSocket, ReqSocket } from '@kuiper/sdk/wire';
import { PynngPeer, pynngMissing } from '../../../testing/pynng.ts';
import { type Handshake, RequestChannel } from './request-channel.ts';

if (pynngMissing !== null) console.warn(`skipped: ${pynngMissing}`);

const clock = new SystemClock();
const options = { timeoutMs: 20_000, onLoss: 'fail' } as const;
const bodies = ['', 'x', '{"func":"Exec","arg":["é",1]}', 'y'.repeat(100_000), 'z'.repeat(2_000_000)];

function digest(body: string): string {
  return `${Buffer.byteLength(body)} ${createHash('sha1').update(body).digest('hex')}`;
}

describe.skipIf(pynngMissing !== null)('with nng', () => {
  let directory = '';
  let url = '';
  let closers: (() => unknown)[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nng-'));
    url = `ipc://${directory}/x.ipc`;
  });

  afterEach(async () => {
    for (const close of closers.reverse()) await close();
    closers = [];
    rmSync(directory, { recursive: true });
  });

  function closing<T extends { close(): unknown } | PynngPeer>(socket: T): T {
    closers.push(() => (socket instanceof PynngPeer ? socket.kill() : socket.close()));
    return socket;
  }

  /** A channel and the handshakes it gets. */
  async function listen(): Promise<{ channel: RequestChannel; handshake: () => Promise<Handshake> }> {
    const came: Handshake[] = [];
    let wake = () => {};
    const channel = closing(
      await RequestChannel.listen(url, {
        clock,
        onHandshake: (handshake) => {
          came.push(handshake);
          wake();
        },
      }),
    );
    const handshake = async () => {
      while (came.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return came.shift() as Handshake;
    };
    return { channel, handshake };
  }

  test('calls of every size go to a req socket and come back', async () => {
    const { channel } = await listen();
    closing(new PynngPeer('req', url));
    for (const body of bodies) {
      const result = await channel.call(body, options);
      expect(digest(result.toString())).toBe(digest(body));
    }
  });

  test('keep-alives of a req socket between and across calls are taken as such', async () => {
    const { channel } = await listen();
    const peer = closing(new PynngPeer('req', url, '20'));
    for (let i = 0; i < 5; i++) {
      while ((await peer.line()) !== 'timeout');
      // calls while keep-alives come every 20 ms: some cross
      for (let j = 0; j < 20; j++) expect(`${await channel.call(`${i}.${j}`, options)}`).toBe(`${i}.${j}`);
    }
  });

  test('a req socket comes back after the channel was closed and is a known one to no new channel', async () => {
    const first = await listen();
    closing(new PynngPeer('req', url, '500'));
    expect((await first.handshake()).isNewProcess).toBe(true);
    expect(`${await first.channel.call('one', options)}`).toBe('one');
    await first.channel.close();
    const second = await listen();
    expect((await second.handshake()).isNewProcess).toBe(true);
    expect(`${await second.channel.call('two', options)}`).toBe('two');
  });

  test('a process that is killed fails its call and the next process is a new one', async () => {
    const { channel, handshake } = await listen();
    const peer = closing(new PynngPeer('req', url));
    await handshake();
    await channel.call('x', options);
    const failed = expect(channel.call('y'.repeat(5_000_000), options)).rejects.toThrow('connection lost');
    await peer.kill();
    await failed;
    closing(new PynngPeer('req', url));
    expect((await handshake()).isNewProcess).toBe(true);
    expect(`${await channel.call('again', options)}`).toBe('again');
  });

  test('several req sockets on one path are lanes of their own', async () => {
    const { channel, handshake } = await listen();
    channel.spawned(2);
    closing(new PynngPeer('req', url));
    closing(new PynngPeer('req', url));
    await handshake();
    await handshake();
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => channel.call(`${i}`, options)));
    expect(results.map(String)).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
  });

  test('requests of every size go to a rep socket and come back', async () => {
    const peer = closing(new PynngPeer('rep', url));
    await peer.line();
    const socket = closing(new ReqSocket(url, { clock }));
    await socket.dial();
    for (const body of bodies) expect(digest((await socket.request(body)).toString())).toBe(digest(body));
  });

  test('a request is sent again to a rep socket that came back', async () => {
    const first = closing(new PynngPeer('rep', url));
    await first.line();
    const socket = closing(new ReqSocket(url, { clock }));
    await socket.dial();
    await first.kill();
    const answer = socket.request('still here');
    closing(new PynngPeer('rep', url));
    expect(`${await answer}`).toBe('still here');
  });

  test('messages of a push socket arrive in order, empty and long ones too, also after listening anew', async () => {
    const got: string[] = [];
    let wake = () => {};
    const pull = () =>
      PullSocket.listen(
        url,
        { clock },
        {
          received: ({ buffer, starts, ends, count }) => {
            for (let i = 0; i < count; i++) got.push(digest(buffer.toString('latin1', starts[i], ends[i])));
            wake();
          },
          senders: (count) => {
            if (count > 0) connected();
          },
        },
      );
    let connected = () => {};
    const first = await pull();
    const peer = closing(new PynngPeer('push', url));
    const lengths = [0, 1, 2_000_003, 0, 70_004, ...Array.from({ length: 500 }, (_, i) => i)];
    const send = async (some: readonly number[]) => {
      for (const length of some) peer.tell(`${length}`);
      const wanted = got.length + some.length;
      while (got.length < wanted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    await send(lengths);
    await first.close();
    // what nng sends before it knows that the connection is gone is lost
    const back = new Promise<void>((resolve) => {
      connected = resolve;
    });
    closing(await pull());
    await back;
    await send([7]);
    expect(got).toEqual([...lengths, 7].map((length) => digest(`${length % 10}`.repeat(length))));
  });

  test('messages to a pull socket arrive in order, and go on when it comes back', async () => {
    const first = closing(new PynngPeer('pull', url));
    expect(await first.line()).toBe('listens');
    const connections: boolean[] = [];
    let lost = () => {};
    const socket = closing(
      new PushSocket(url, {
        clock,
        sendTimeoutMs: 10_000,
        onConnected: (connected) => {
          connections.push(connected);
          if (!connected) lost();
        },
      }),
    );
    await socket.dial();
    const many = [...bodies, ...Array.from({ length: 500 }, (_, i) => `message ${i}`)];
    expect((await socket.send(many)) ?? many.length).toBe(many.length);
    for (const body of many) expect(await first.line()).toBe(digest(body));
    const loss = new Promise<void>((resolve) => {
      lost = resolve;
    });
    await first.kill();
    await loss;
    const second = closing(new PynngPeer('pull', url));
    expect(socket.send(['after', 'that'])).toBe(undefined);
    expect(await second.line()).toBe('listens');
    expect(await second.line()).toBe(digest('after'));
    expect(await second.line()).toBe(digest('that'));
    expect(connections).toEqual([true, false, true]);
  });
});
