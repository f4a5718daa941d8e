/** The extended protocol message by message, with the plugin's side made by hand. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, silentLogger } from '@kuiper/base';
import type { FunctionContext } from '@kuiper/sdk';
import { MessageReader, MessageWriter } from '@kuiper/sdk/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { frame, RawPeer, settle, until } from '../../../../sdk/testing/raw-peer.ts';
import { controlCommand } from '../control-commands.ts';
import { CallSite } from './call-site.ts';
import { LinkFunction } from './link-function.ts';
import { LinkListener, linkKey } from './link-listener.ts';

const pair = Buffer.from('0053500000100000', 'hex');
const TIMEOUT_MS = 1000;

/** A plugin's process with one function. */
class Peer {
  readonly raw: RawPeer;

  private constructor(raw: RawPeer) {
    this.raw = raw;
  }

  static async open(listener: LinkListener, symbol = 'f'): Promise<Peer> {
    const peer = new Peer(await RawPeer.connect(listener.url.slice(6), pair));
    peer.raw.takeGreeting();
    await peer.say(['hello', 2n, 'p', 1n], ['open', 7n, 'func', symbol, '', '', 0n]);
    return peer;
  }

  async say(...messages: readonly unknown[]): Promise<void> {
    for (const message of messages) this.raw.say(frame(new MessageWriter('float').value(message).take()));
    await settle();
  }

  /** What the engine has said since. */
  hear(): unknown[] {
    return this.raw.takeFrames().map((payload) => new MessageReader(payload).value());
  }
}

let clock: ManualClock;
let listener: LinkListener;
let called: LinkFunction;
let directory = '';

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'link-'));
  process.env['EKUIPER_IPC_DIR'] = directory;
  clock = new ManualClock(0);
  listener = new LinkListener('p', clock, silentLogger);
  called = new LinkFunction(clock, TIMEOUT_MS);
  await listener.listen();
  listener.serve(linkKey('func', 'f', '', '', 0), called);
});
afterEach(async () => {
  delete process.env['EKUIPER_IPC_DIR'];
  await listener.close();
  rmSync(directory, { recursive: true });
});

const siteWith = (state: Map<string, unknown>, funcId = 0): CallSite =>
  new CallSite({
    ruleId: 'r',
    opId: 'o',
    funcId,
    timeZone: 'UTC',
    getState: (key: string) => state.get(key),
    putState: (key: string, value: unknown) => void state.set(key, value),
    deleteState: (key: string) => void state.delete(key),
  } as unknown as FunctionContext);

describe('a connection', () => {
  test('lies where the environment says, for its owner only', () => {
    expect(listener.url).toMatch(new RegExp(`^ipc://${directory}/plugin_p_ext(_\\d+)?\\.ipc$`));
    expect(statSync(listener.url.slice(6)).mode & 0o777).toBe(0o600);
  });

  test('opens what somebody waits for, and nothing else', async () => {
    expect((await Peer.open(listener)).hear()).toEqual([['opened', 7n, null]]);
    expect((await Peer.open(listener, 'g')).hear()).toEqual([['refused', 7n, 'nobody waits for func g']]);
  });

  test.each([
    ['another version', ['hello', 3n, 'p', 1n]],
    ['no list', 5n],
    ['results nobody has asked for', ['results', 7n, 1n, 0n, [], []]],
    ['a message of another kind', ['rows', 7n, [], null, null]],
  ])('ends with %s', async (_, message) => {
    const peer = await Peer.open(listener);
    await peer.say(message);
    await until(() => peer.raw.isClosed);
  });

  test('ends with noise', async () => {
    const peer = await Peer.open(listener);
    peer.raw.say(frame(Buffer.from('93a5', 'hex')));
    await until(() => peer.raw.isClosed);
  });

  test('is told of no new thing when nothing was agreed on', () => {
    const argument = {
      symbolName: 'f',
      meta: { ruleId: '', opId: '', instanceId: 0 },
      pluginType: 'func',
      link: listener.url,
    } as const;
    const common = {
      cmd: 'start',
      arg: '{"meta":{"instanceId":0,"opId":"","ruleId":""},"pluginType":"func","symbolName":"f"}',
    };
    expect(JSON.parse(controlCommand('start', argument, []))).toEqual(common);
    const ext = { v: 2, extras: ['batch'], url: listener.url };
    expect(JSON.parse(controlCommand('start', argument, ['batch']))).toEqual({ ...common, ext });
  });
});

describe('calls', () => {
  test('go out at once, then together, at most two batches ahead', async () => {
    const peer = await Peer.open(listener);
    peer.hear();
    const site = siteWith(new Map());
    const results = Promise.allSettled([1, 2, 3, 4].map((a) => called.call(site, [a])));
    await settle();
    expect(peer.hear()).toEqual([
      ['site', 7n, 1n, 'r', 'o', 0n, 0n, {}],
      ['call', 7n, 2n, [1n, [1]]],
      ['call', 7n, 3n, [1n, [2]]],
    ]);
    await peer.say(['results', 7n, 2n, 0n, [true, 10], []]);
    expect(peer.hear()).toEqual([['call', 7n, 4n, [1n, [3], 1n, [4]]]]);
    await peer.say(['results', 7n, 3n, 0n, [false, 'no'], []]);
    await peer.say(['results', 7n, 4n, 0n, [true, 30], []], ['results', 7n, 4n, 1n, [true, 5n], []]);
    const settled = await results;
    expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message))).toEqual([
      10,
      'no',
      30,
      5n,
    ]);
  });

  test('wait for a process, and are told when their time is over', async () => {
    const late = called.call(siteWith(new Map()), [1]);
    clock.advance(TIMEOUT_MS);
    await expect(late).rejects.toThrow('time out');
    const waiting = called.call(siteWith(new Map()), [2]);
    const peer = await Peer.open(listener);
    expect(peer.hear().at(-1)).toEqual(['call', 7n, 2n, [1n, [2]]]);
    await peer.say(['results', 7n, 2n, 0n, [true, null], []]);
    await expect(waiting).resolves.toBe(null);
  });

  test('that take too long are given up one by one, and late results belong to nobody', async () => {
    const peer = await Peer.open(listener);
    const site = siteWith(new Map());
    const first = called.call(site, [1]);
    const second = called.call(site, [2]);
    clock.advance(TIMEOUT_MS);
    await expect(first).rejects.toThrow('time out');
    await settle();
    await peer.say(['results', 7n, 2n, 0n, [true, 'late'], []], ['results', 7n, 3n, 0n, [true, 'second'], []]);
    await expect(second).resolves.toBe('second');
  });

  test('fail with the connection they are on', async () => {
    const peer = await Peer.open(listener);
    const call = called.call(siteWith(new Map()), [1]);
    await settle();
    peer.raw.hangUp();
    await expect(call).rejects.toThrow('connection lost');
  });

  test('whose arguments cannot be written fail alone', async () => {
    const peer = await Peer.open(listener);
    const site = siteWith(new Map());
    await expect(called.call(site, [Number.NaN])).rejects.toThrow('NaN');
    const call = called.call(site, ['good']);
    await settle();
    expect(peer.hear().at(-1)).toEqual(['call', 7n, expect.anything(), [1n, ['good']]]);
    await peer.say(['results', 7n, 2n, 0n, [true, 1], []]);
    await expect(call).resolves.toBe(1);
  });

  test('of a site that keeps state go to one process, which the next one takes over from', async () => {
    const state = new Map<string, unknown>();
    const site = siteWith(state);
    const first = await Peer.open(listener);
    const second = await Peer.open(listener);
    first.hear();
    second.hear();
    const call = called.call(site, [1]);
    await settle();
    await first.say(['results', 7n, 2n, 0n, [true, 1], [[1n, { n: 1n, old: 'x' }, null]]]);
    await call;
    expect(state.get('n')).toBe(1n);
    const more = [called.call(site, [2]), called.call(site, [3])];
    await settle();
    expect(first.hear()).toHaveLength(4);
    expect(second.hear()).toEqual([]);
    await first.say(['results', 7n, 3n, 0n, [true, 2], [[1n, { n: 2n }, ['old']]]]);
    await more[0];
    first.raw.hangUp();
    await expect(more[1]).rejects.toThrow('connection lost');
    void called.call(site, [4]).catch(() => undefined);
    await settle();
    expect(second.hear()[0]).toEqual(['site', 7n, expect.anything(), 'r', 'o', 0n, 0n, { n: 2n }]);
    expect(state.has('old')).toBe(false);
  });

  test('of sites that are dropped are forgotten by the process', async () => {
    const peer = await Peer.open(listener);
    const site = siteWith(new Map());
    const call = called.call(site, []);
    await settle();
    await peer.say(['results', 7n, 2n, 0n, [true, 1], []]);
    await call;
    called.drop(site);
    await settle();
    expect(peer.hear().at(-1)).toEqual(['drop', 7n, 1n]);
  });

  test('questions wait for a process and fail with it', async () => {
    const asked = called.ask('aggregate', null);
    const peer = await Peer.open(listener);
    expect(peer.hear().at(-1)).toEqual(['ask', 7n, 1n, 'aggregate', null]);
    await peer.say(['answer', 7n, 1n, true, false]);
    await expect(asked).resolves.toEqual({ ok: true, value: false });
    const lost = called.ask('validate', []);
    await settle();
    peer.raw.hangUp();
    await expect(lost).rejects.toThrow('connection lost');
  });
});
