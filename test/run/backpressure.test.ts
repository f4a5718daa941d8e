/** Slow sinks hold back their own source and nobody else's; what has no room goes to the disk. Source: DESIGN §3, §9. */
import { SinkWriteError } from '@kuiper/sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { ruleSpec, type SpecParts } from '../support/rule-specs.ts';
import { ScriptedHost, type ScriptedOptions, turn } from './scripted.ts';

const stream = ['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}] as const;
const shared = [
  'CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json", SHARED="true")',
  {},
] as const;

let run: ScriptedHost;
afterEach(() => run.close());

function rule(props: Readonly<Record<string, unknown>>, { id = 'r', ...more }: Partial<SpecParts> = {}) {
  return ruleSpec({
    id,
    sql: 'SELECT a FROM demo',
    streams: [stream],
    actions: [['scripted', { name: id, sendSingle: true, ...props }]],
    ...more,
  });
}

async function begin(options: ScriptedOptions, ...specs: readonly Parameters<ScriptedHost['start']>[0][]) {
  run = await ScriptedHost.create(options);
  for (const spec of specs) await run.start(spec);
}

const numbers = (from: number, to: number): { a: number }[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ a: from + i }));

it('asks a private source to wait while the queue is full, and drops nothing', async () => {
  await begin({}, rule({ bufferLength: 10 }));
  const held = run.drain('r').hold();
  const feed = run.feed('in');
  expect(feed.send({ a: 0 })).toBeUndefined();
  const full = feed.send(...numbers(1, 12));
  let isFull = true;
  void full?.then(() => {
    isFull = false;
  });
  await turn();
  expect(isFull).toBe(true);
  expect(run.metric('r', 'sink_scripted_0').bufferLength).toBe(13);
  held.succeed();
  await turn();
  expect(isFull).toBe(false);
  held.succeed();
  await turn();
  expect(run.drain('r').rows).toEqual(numbers(0, 12));
  expect(run.metric('r', 'sink_scripted_0')).toMatchObject({ dropped: {}, bufferLength: 0 });
  expect(await run.disk.files.list('/data').catch(() => [])).toEqual([]);
});

it('can be stopped while its source waits for room', async () => {
  await begin({}, rule({ bufferLength: 1 }));
  run.drain('r').hold();
  const feed = run.feed('in');
  feed.send({ a: 0 });
  const full = feed.send({ a: 1 }, { a: 2 }) as Promise<void>;
  // Like one that must finish what it does before it can be closed.
  const { context } = feed;
  feed.close = () => full as unknown as undefined;
  await run.stop('r');
  expect(context.name).toBe('demo');
  expect(feed.committedTo).toEqual([]);
});

describe('a slow rule on a shared stream', () => {
  it('goes to the disk without delaying the fast one, and keeps the order', async () => {
    await begin(
      {},
      rule({}, { id: 'fast', streams: [shared] }),
      rule({ bufferLength: 10 }, { id: 'slow', streams: [shared] }),
    );
    const held = run.drain('slow').hold();
    for (let a = 0; a < 500; a++) {
      expect(run.feed('in').send({ a })).toBeUndefined();
      if (a % 50 === 0) await run.settle(2);
    }
    await run.settle();
    expect(run.drain('fast').rows).toEqual(numbers(0, 499));
    expect(run.metric('slow', 'sink_scripted_0').bufferLength).toBe(500);
    // What the disk has is safe, and memory has nothing that is not on the disk.
    expect(run.feed('in').committedUpTo).toBe(499);
    for (let i = 0; i < 20; i++) {
      held.succeed();
      await run.settle(2);
    }
    expect(run.drain('slow').rows).toEqual(numbers(0, 499));
    expect(run.metric('slow', 'sink_scripted_0').dropped).toEqual({});
  });

  it('withholds acknowledgements for a second at most', async () => {
    const spec = rule({}, { streams: [shared] });
    await begin({}, spec);
    run.drain('r').behave = () => Promise.reject(new SinkWriteError('io error: down', { index: 0, recoverable: true }));
    run.feed('in').send({ a: 0 });
    run.feed('in').send({ a: 1 });
    await run.settle();
    expect(run.feed('in').committedTo).toEqual([]);
    run.clock.advance(1000);
    await run.settle();
    expect(run.feed('in').committedUpTo).toBe(1);
    // Acknowledged, so a crash must not lose it.
    run = await ScriptedHost.create({ disk: run.disk.crash(() => false), drains: run.drains });
    run.drain('r').release();
    await run.start(spec);
    run.feed('in').send({ a: 2 });
    await run.settle();
    expect(run.drain('r').rows).toEqual(numbers(0, 2));
  });

  it('loses its oldest page, counted, when the disk has its share', async () => {
    const cache = { bufferLength: 10, memoryCacheThreshold: 10, bufferPageSize: 10, maxDiskCache: 100 };
    await begin({}, rule(cache, { streams: [shared] }));
    const held = run.drain('r').hold();
    for (let a = 0; a < 300; a++) run.feed('in').send({ a });
    await run.settle();
    expect(run.metric('r', 'sink_scripted_0').dropped).toEqual({ 'cache full': 200 });
    for (let i = 0; i < 40; i++) {
      held.succeed();
      await run.settle(2);
    }
    expect(run.drain('r').rows).toEqual([{ a: 0 }, ...numbers(201, 299)]);
  });

  it('goes on after a restart with what the disk has, though it has no cache', async () => {
    const spec = rule({ bufferLength: 10 }, { streams: [shared] });
    await begin({}, spec);
    run.drain('r').hold();
    run.feed('in').send(...numbers(0, 20));
    for (let a = 21; a <= 60; a++) run.feed('in').send({ a });
    await run.settle();
    await run.stop('r');
    run.drain('r').release();
    await run.start(spec);
    await run.settle(10);
    const rows = run.drain('r').rows.map(({ a }) => a as number);
    expect(rows).toEqual(numbers(0, 60).map(({ a }) => a));
  });
});

describe('a cache', () => {
  const cache = { enableCache: true, memoryCacheThreshold: 10, bufferPageSize: 5, resendInterval: 100 };

  it('survives a restart with everything in order and with its dynamic properties', async () => {
    const spec = rule({ ...cache, topic: 'to/{{.a}}' });
    await begin({}, spec);
    run.drain('r').hold();
    for (let a = 0; a < 40; a++) {
      run.feed('in').send({ a });
      if (a % 7 === 0) await run.settle(2);
    }
    await run.settle();
    await run.close();
    run.drain('r').release();
    run = await ScriptedHost.create({ disk: run.disk, drains: run.drains });
    await run.start(spec);
    run.feed('in').send({ a: 40 });
    await run.settle(20);
    expect(run.drain('r').rows).toEqual(numbers(0, 40));
    expect(run.drain('r').props).toEqual(numbers(0, 40).map(({ a }) => ({ topic: `to/${a}` })));
  });

  it('does not send again what an orderly stop has seen delivered', async () => {
    const spec = rule(cache);
    await begin({}, spec);
    const held = run.drain('r').hold();
    for (let a = 0; a < 100; a++) run.feed('in').send({ a });
    await run.settle();
    // The first write, what memory held, and some pages.
    for (let i = 0; i < 8; i++) {
      held.succeed();
      await run.settle(2);
    }
    const delivered = run.drain('r').rows.length;
    expect(delivered).toBeGreaterThan(20);
    expect(delivered).toBeLessThan(80);
    await run.stop('r');
    run.drain('r').release();
    await run.start(spec);
    await run.settle(30);
    expect(run.drain('r').rows).toEqual(numbers(0, 99));
    expect(run.metric('r', 'sink_scripted_0').dropped).toEqual({});
  });

  it('comes back after a crash with what was acknowledged', async () => {
    const spec = rule(cache);
    await begin({}, spec);
    run.drain('r').behave = () => Promise.reject(new SinkWriteError('io error: down', { index: 0, recoverable: true }));
    for (let a = 0; a < 60; a++) run.feed('in').send({ a });
    await run.settle();
    const acknowledged = run.feed('in').committedUpTo;
    run = await ScriptedHost.create({ disk: run.disk.crash(() => false), drains: run.drains });
    run.drain('r').release();
    await run.start(spec);
    // The rest comes again.
    run.feed('in').send(...numbers(acknowledged + 1, 59));
    await run.settle(20);
    expect(new Set(run.drain('r').rows.map(({ a }) => a))).toEqual(new Set(numbers(0, 59).map(({ a }) => a)));
  });

  it('is deleted at a stop when that is asked for', async () => {
    await begin({}, rule({ ...cache, cleanCacheAtStop: true }));
    run.drain('r').hold();
    for (let a = 0; a < 40; a++) run.feed('in').send({ a });
    await run.settle();
    await run.stop('r');
    expect(await run.disk.files.list('/data/rule_r')).toEqual([]);
    expect(run.metric('r', 'sink_scripted_0').dropped).toEqual({ stopped: 40 });
  });
});

it('does not delay a source that cannot wait', async () => {
  await begin({ backpressure: 'none' }, rule({ bufferLength: 10 }));
  const held = run.drain('r').hold();
  for (let a = 0; a < 100; a++) expect(run.feed('in').send({ a })).toBeUndefined();
  await run.settle();
  for (let i = 0; i < 10; i++) {
    held.succeed();
    await run.settle(2);
  }
  expect(run.drain('r').rows).toEqual(numbers(0, 99));
});
