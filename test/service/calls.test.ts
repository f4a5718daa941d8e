/** What happens to calls on their way: retries, the breaker, shared answers, the cache, limits, updates, the end of a run. */
import { ManualClock } from '@kuiper/base';
import { afterEach, expect, test } from 'vitest';
import { type GivenAnswer, RecordingServer, type SeenRequest, ServiceRig, serviceRecord } from './service-rig.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const proto = 'syntax = "proto3"; service S { rpc Do(M) returns (M); } message M { int32 n = 1; }';

/** Requests wait until the test answers them. */
class HeldServer {
  readonly server: RecordingServer;
  readonly #waiting: ((answer: GivenAnswer) => void)[];
  readonly #arrivals: (() => void)[];

  private constructor(server: RecordingServer, waiting: ((answer: GivenAnswer) => void)[], arrivals: (() => void)[]) {
    this.server = server;
    this.#waiting = waiting;
    this.#arrivals = arrivals;
  }

  static async start(): Promise<HeldServer> {
    const waiting: ((answer: GivenAnswer) => void)[] = [];
    const arrivals: (() => void)[] = [];
    const server = await RecordingServer.start(
      () =>
        new Promise<GivenAnswer>((resolve) => {
          waiting.push(resolve);
          for (const arrived of arrivals.splice(0)) arrived();
        }),
    );
    closing.push(() => server.stop());
    return new HeldServer(server, waiting, arrivals);
  }

  async received(count: number): Promise<void> {
    while (this.server.seen.length < count) await new Promise<void>((resolve) => this.#arrivals.push(resolve));
  }

  answer(index: number, n: number): void {
    this.#waiting[index]?.({ body: `{"n":${n}}` });
  }
}

async function load(address: string, options: Readonly<Record<string, unknown>> = {}, clock?: ManualClock) {
  const record = serviceRecord({ protocol: 'rest', address, options }, proto);
  const rig = await ServiceRig.load(record, clock === undefined ? {} : { clock });
  closing.push(() => rig.close());
  return rig;
}

/** A server that answers after it has closed so many connections without one. */
async function unreliable(failures: number): Promise<RecordingServer> {
  let left = failures;
  const server = await RecordingServer.start((_request: SeenRequest, response) => {
    if (left-- > 0) {
      response.destroy();
      return undefined;
    }
    return { body: '{"n":1}' };
  });
  closing.push(() => server.stop());
  return server;
}

/** Lets what is pending over real connections happen until a timer is set. */
async function timerSet(clock: ManualClock): Promise<void> {
  while (clock.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve));
}

test('a lost connection is tried again, after pauses that grow', async () => {
  const server = await unreliable(3);
  const clock = new ManualClock();
  const rig = await load(server.url, { retryCount: 4, timeout: '1h' }, clock);
  const answer = rig.call('Do', 5n);
  for (const [attempts, pauseMs] of [
    [1, 100],
    [2, 200],
    [3, 400],
  ] as const) {
    while (clock.nextTimerMs > clock.now() + 1000) await new Promise((resolve) => setImmediate(resolve));
    expect(server.seen).toHaveLength(attempts);
    clock.advance(pauseMs - 1);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
  }
  expect(await answer).toEqual({ n: 1n });
  expect(rig.metrics('Do')).toMatchObject({ calls: 1, succeeded: 1, attempts: 4, retries: 3, failed: 0 });
});

test('retryInterval alone is a steady pause; the number of attempts is an end', async () => {
  const server = await unreliable(100);
  const rig = await load(server.url, { retryCount: 3, retryInterval: '1ms' });
  await expect(rig.call('Do', 5n)).rejects.toThrow('POST ');
  expect(server.seen).toHaveLength(3);
});

test('an answer is an answer: a bad status is not tried again', async () => {
  const server = await RecordingServer.start(() => ({ status: 500, body: 'no' }));
  closing.push(() => server.stop());
  const rig = await load(server.url, { retryCount: 5, retryInterval: '1ms' });
  await expect(rig.call('Do', 5n)).rejects.toThrow('return code: 500 and error message no');
  expect(server.seen).toHaveLength(1);
});

test('no answer in time is an error after five seconds', async () => {
  const held = await HeldServer.start();
  const clock = new ManualClock();
  const rig = await load(held.server.url, {}, clock);
  const answer = expect(rig.call('Do', 5n)).rejects.toThrow('no answer within 5000 ms');
  await held.received(1);
  clock.advance(4999);
  expect(rig.metrics('Do').inFlight).toBe(1);
  clock.advance(1);
  await answer;
  expect(rig.metrics('Do')).toMatchObject({ inFlight: 0, timeouts: 1, failed: 1 });
});

test('identical calls in flight share one answer, others do not', async () => {
  const held = await HeldServer.start();
  const rig = await load(held.server.url);
  const calls = [rig.call('Do', 1n), rig.call('Do', 1n), rig.call('Do', 2n), rig.call('Do', { n: 1 })];
  await held.received(2);
  held.answer(0, 10);
  held.answer(1, 20);
  expect(await Promise.all(calls)).toEqual([{ n: 10n }, { n: 10n }, { n: 20n }, { n: 10n }]);
  expect(held.server.seen).toHaveLength(2);
  expect(rig.metrics('Do')).toMatchObject({ calls: 4, shared: 2, attempts: 2, succeeded: 4 });
  const again = rig.call('Do', 1n);
  await held.received(3);
  held.answer(2, 30);
  expect(await again).toEqual({ n: 30n });
});

test('shareCalls: false sends every call', async () => {
  const server = await unreliable(0);
  const rig = await load(server.url, { shareCalls: false });
  await Promise.all([rig.call('Do', 1n), rig.call('Do', 1n)]);
  expect(server.seen).toHaveLength(2);
});

test('calls that name a method other than GET are never shared unasked', async () => {
  const server = await unreliable(0);
  const record = serviceRecord({ protocol: 'rest', address: server.url }, null);
  const rig = await ServiceRig.load(record);
  closing.push(() => rig.close());
  await Promise.all(['post', 'post', 'get', 'get'].map((method) => rig.call('calls', method, '/x')));
  expect(server.seen.map(({ method }) => method).sort()).toEqual(['GET', 'POST', 'POST']);
});

test('answers are kept for the time of the cache, the latest of them', async () => {
  let count = 0;
  const server = await RecordingServer.start(() => ({ body: `{"n":${++count}}` }));
  closing.push(() => server.stop());
  const clock = new ManualClock();
  const rig = await load(server.url, { cacheTtl: '1s', cacheSize: 2 }, clock);
  expect(await rig.call('Do', 1n)).toEqual({ n: 1n });
  clock.advance(999);
  expect(await rig.call('Do', 1n)).toEqual({ n: 1n });
  clock.advance(1);
  expect(await rig.call('Do', 1n)).toEqual({ n: 2n });
  await rig.call('Do', 2n);
  await rig.call('Do', 3n);
  expect(await rig.call('Do', 1n)).toEqual({ n: 5n });
  expect(await rig.call('Do', 3n)).toEqual({ n: 4n });
  expect(rig.metrics('Do')).toMatchObject({ calls: 7, cached: 2, attempts: 5 });
});

test('failures are not kept', async () => {
  const server = await unreliable(1);
  const rig = await load(server.url, { cacheTtl: '1h' });
  await expect(rig.call('Do', 1n)).rejects.toThrow();
  expect(await rig.call('Do', 1n)).toEqual({ n: 1n });
});

test('the breaker opens after failures in a row, lets one call look, and closes with its success', async () => {
  const server = await unreliable(4);
  const clock = new ManualClock();
  const rig = await load(server.url, { breakerFailures: 3, breakerPause: '10s' }, clock);
  for (let i = 0; i < 3; i++) await expect(rig.call('Do', BigInt(i))).rejects.toThrow('POST ');
  await expect(rig.call('Do', 3n)).rejects.toThrow('interface calls is resting after failures: POST ');
  expect(server.seen).toHaveLength(3);
  clock.advance(10_000);
  const both = await Promise.allSettled([rig.call('Do', 4n), rig.call('Do', 5n)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(server.seen).toHaveLength(4);
  await expect(rig.call('Do', 6n)).rejects.toThrow('resting');
  clock.advance(10_000);
  expect(await rig.call('Do', 7n)).toEqual({ n: 1n });
  expect(await rig.call('Do', 8n)).toEqual({ n: 1n });
  expect(rig.metrics('Do')).toMatchObject({ refused: 3, attempts: 6 });
});

test('bad answers do not open the breaker', async () => {
  const server = await RecordingServer.start(() => ({ status: 404, body: 'no' }));
  closing.push(() => server.stop());
  const rig = await load(server.url, { breakerFailures: 2 });
  for (let i = 0; i < 5; i++) await expect(rig.call('Do', BigInt(i))).rejects.toThrow('return code: 404');
  expect(server.seen).toHaveLength(5);
});

test('no more calls are out than concurrency allows, and the others follow in order', async () => {
  const held = await HeldServer.start();
  const rig = await load(held.server.url, { concurrency: 2 });
  const calls = [0, 1, 2, 3].map((n) => rig.call('Do', BigInt(n + 1)));
  await held.received(2);
  expect(rig.metrics('Do').inFlight).toBe(2);
  held.answer(1, 2);
  await held.received(3);
  expect(JSON.parse(held.server.last.body)).toEqual({ n: 3 });
  held.answer(0, 1);
  await held.received(4);
  held.answer(2, 3);
  held.answer(3, 4);
  expect(await Promise.all(calls)).toEqual([{ n: 1n }, { n: 2n }, { n: 3n }, { n: 4n }]);
});

test('rules that run call the new service after an update, and what is in flight is answered by the old one', async () => {
  const old = await HeldServer.start();
  const fresh = await unreliable(0);
  const rig = await load(old.server.url);
  const callSite = rig.open('Do');
  const pending = callSite.eval(5n) as Promise<unknown>;
  await old.received(1);
  const declared = rig.declaration('Do');
  const wider = proto.replace('int32 n = 1;', 'int32 n = 1; string unit = 2;');
  await rig.provider.put(serviceRecord({ protocol: 'rest', address: fresh.url }, wider));
  expect(await callSite.eval({ n: 6, unit: 'K' })).toEqual({ n: 1n });
  expect(fresh.last.body).toBe('{"n":6,"unit":"K"}');
  old.answer(0, 9);
  expect(await pending).toEqual({ n: 9n });
  expect(old.server.seen).toHaveLength(1);
  expect(rig.declaration('Do')).toBe(declared);
});

test('an update that cannot be used changes nothing', async () => {
  const server = await unreliable(0);
  const rig = await load(server.url);
  await expect(
    rig.provider.put(serviceRecord({ protocol: 'rest', address: 'http://localhost:1' }, 'no proto')),
  ).rejects.toThrow('Fail to parse');
  expect(await rig.call('Do', 1n)).toEqual({ n: 1n });
});

test('a dropped service is found by nobody, while rules that run go on; made again, they follow', async () => {
  const server = await unreliable(0);
  const rig = await load(server.url);
  const callSite = rig.open('Do');
  await rig.provider.drop({ kind: 'service', name: 'sample' });
  expect(rig.provider.function?.('Do')).toBeUndefined();
  expect([...(rig.provider.functionNames?.() ?? [])]).toEqual([]);
  expect(rig.provider.metrics()).toEqual([]);
  expect(await callSite.eval(1n)).toEqual({ n: 1n });
  const next = await unreliable(0);
  await rig.provider.put(serviceRecord({ protocol: 'rest', address: next.url }, proto));
  expect(await callSite.eval(1n)).toEqual({ n: 1n });
  expect(next.seen).toHaveLength(1);
});

test('with its run a call site gives up what nobody else waits for', async () => {
  const held = await HeldServer.start();
  const rig = await load(held.server.url);
  const [one, other] = [rig.open('Do'), rig.open('Do')];
  const shared = [one.eval(1n), other.eval(1n)] as Promise<unknown>[];
  const alone = expect(one.eval(2n)).rejects.toThrow('the call was cancelled, its rule has stopped');
  await held.received(2);
  await one.close?.();
  await alone;
  held.answer(0, 10);
  expect(await Promise.all(shared)).toEqual([{ n: 10n }, { n: 10n }]);
  expect(rig.metrics('Do')).toMatchObject({ inFlight: 0, failed: 0, succeeded: 2 });
});

test('a pause before a retry ends with the run', async () => {
  const server = await unreliable(9);
  const clock = new ManualClock();
  const rig = await load(
    server.url,
    { retryCount: 3, retryInterval: '1h', retryMaxInterval: '1h', timeout: '2h' },
    clock,
  );
  const callSite = rig.open('Do');
  const answer = expect(callSite.eval(1n)).rejects.toThrow('cancelled');
  await timerSet(clock);
  while (clock.nextTimerMs > 3_600_000) await new Promise((resolve) => setImmediate(resolve));
  await callSite.close?.();
  await answer;
  expect(clock.pendingTimers).toBe(0);
});

test('closing gives up everything in flight', async () => {
  const held = await HeldServer.start();
  const rig = await load(held.server.url);
  const answer = expect(rig.call('Do', 1n)).rejects.toThrow('cancelled');
  await held.received(1);
  await rig.close();
  await answer;
});
