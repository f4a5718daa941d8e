/** What checkpoints hold, what they free, and what becomes of state that no longer fits. Source: DESIGN §9. */
import type { FunctionContext, FunctionDeclaration } from '@kuiper/sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { ruleSpec, type SpecParts } from '../support/rule-specs.ts';
import type { CrashingDisk } from './crashing-disk.ts';
import { ScriptedHost, turn } from './scripted.ts';

const stream = ['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}] as const;
const shared = [
  'CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json", SHARED="true")',
  {},
] as const;
const count4 = 'SELECT collect(a) AS all FROM demo GROUP BY COUNTWINDOW(4)';

function rule(
  sql: string,
  { id = 'r', options, ...more }: Partial<SpecParts> = {},
): Parameters<ScriptedHost['start']>[0] {
  return ruleSpec({
    id,
    sql,
    streams: [stream],
    actions: [['scripted', { name: id, sendSingle: true }]],
    ...more,
    options: { qos: 1, checkpointIntervalMs: 60_000, sendError: false, ...options },
  });
}

let run: ScriptedHost;
afterEach(() => run.close());

/** The power goes, and a new host starts over what is on the disk. */
async function crash(old: ScriptedHost, keeps = false): Promise<ScriptedHost> {
  await old.settle();
  return ScriptedHost.create({ disk: old.disk.crash(() => keeps), drains: old.drains });
}

describe('the input log', () => {
  it('takes a read before it is acknowledged', async () => {
    run = await ScriptedHost.create();
    await run.start(rule(count4));
    run.feed('in').send({ a: 1 });
    expect(run.feed('in').committedTo).toEqual([]);
    await run.settle();
    expect(run.feed('in').committedTo).toEqual([0]);
  });

  it('is trimmed by checkpoints', async () => {
    run = await ScriptedHost.create();
    await run.start(rule(count4));
    for (let i = 0; i < 100; i++) run.feed('in').send({ a: i, filling: 'x'.repeat(100_000) });
    await run.settle(20);
    const bytes = (): Promise<number> => logBytes(run.disk, '/data/rule_r/input-demo');
    expect(await bytes()).toBeGreaterThan(10_000_000);
    run.clock.advance(60_000);
    await run.settle(20);
    expect(await bytes()).toBeLessThan(1000);
  });

  it('is replayed by every rule of a shared stream from its own checkpoint', async () => {
    run = await ScriptedHost.create();
    await run.start(rule(count4, { id: 'one', streams: [shared] }));
    run.feed('in').send({ a: 1 }, { a: 2 });
    await run.settle();
    // One of them comes later, and has its first checkpoint at once.
    await run.start(rule(count4, { id: 'two', streams: [shared] }));
    run.feed('in').send({ a: 3 });
    await run.settle();
    await run.during(run.host.checkpoint('one'));
    run.feed('in').send({ a: 4 }, { a: 5 });
    run = await crash(run);
    await run.start(rule(count4, { id: 'two', streams: [shared] }));
    await run.start(rule(count4, { id: 'one', streams: [shared] }));
    run.feed('in').send({ a: 6 });
    await run.settle();
    expect(run.drain('two').rows.at(-1)).toEqual({ all: [3, 4, 5, 6] });
    expect(run.drain('one').rows.at(-1)).toEqual({ all: [1, 2, 3, 4] });
  });

  it('begins when the first rule that needs it joins a shared stream', async () => {
    run = await ScriptedHost.create();
    await run.start(rule('SELECT a FROM demo', { id: 'plain', streams: [shared], options: { qos: 0 } }));
    await run.start(rule(count4, { streams: [shared] }));
    run.feed('in').send({ a: 1 }, { a: 2 }, { a: 3 });
    await run.settle();
    expect(run.feed('in').committedUpTo).toBe(2);
    run = await crash(run);
    await run.start(rule(count4, { streams: [shared] }));
    run.feed('in').send({ a: 4 });
    await run.settle();
    expect(run.drain('r').rows).toEqual([{ all: [1, 2, 3, 4] }]);
  });

  it('keeps what comes to others between a stop and the end of the host', async () => {
    run = await ScriptedHost.create();
    for (const id of ['one', 'two']) await run.start(rule(count4, { id, streams: [shared] }));
    run.feed('in').send({ a: 1 });
    await run.settle();
    const feed = run.feed('in');
    const closing = run.close();
    for (let a = 2; a < 9; a++) {
      feed.send({ a });
      await turn();
    }
    await closing;
    // What came while it closed was not acknowledged, so it comes again.
    expect(feed.committedUpTo).toBe(0);
    run = await ScriptedHost.create({ disk: run.disk, drains: run.drains });
    for (const id of ['one', 'two']) await run.start(rule(count4, { id, streams: [shared] }));
    run.feed('in').send({ a: 2 }, { a: 3 }, { a: 4 });
    await run.settle();
    expect(run.drain('one').rows).toEqual([{ all: [1, 2, 3, 4] }]);
    expect(run.drain('two').rows).toEqual([{ all: [1, 2, 3, 4] }]);
  });
});

async function logBytes({ files }: CrashingDisk, directory: string): Promise<number> {
  const names = await files.list(directory);
  return names.reduce((sum, name) => sum + (files.content(`${directory}/${name}`)?.length ?? 0), 0);
}

describe('a checkpoint', () => {
  it('holds outputs that wait for the sink, in order and with their dynamic properties', async () => {
    run = await ScriptedHost.create();
    const spec = rule('SELECT a, lag(a) AS before FROM demo', {
      actions: [['scripted', { name: 'r', sendSingle: true, topic: 'to/{{.a}}' }]],
    });
    await run.start(spec);
    run.drain('r').hold();
    run.feed('in').send({ a: 1 });
    run.feed('in').send({ a: 2 }, { a: 3 });
    await run.settle();
    await run.during(run.host.checkpoint('r'));
    run = await crash(run);
    run.drain('r').release();
    await run.start(spec);
    run.feed('in').send({ a: 4 });
    await run.settle();
    expect(run.drain('r').rows.map(({ a }) => a)).toEqual([1, 2, 3, 4]);
    expect(run.drain('r').rows.at(-1)).toEqual({ a: 4, before: 3 });
    expect(run.drain('r').props).toEqual([1, 2, 3, 4].map((n) => ({ topic: `to/${n}` })));
  });

  it('holds what waits in an unfinished batch', async () => {
    run = await ScriptedHost.create();
    const spec = rule('SELECT a, lag(a) AS before FROM demo', {
      actions: [['scripted', { name: 'r', sendSingle: true, batchSize: 3 }]],
    });
    await run.start(spec);
    run.feed('in').send({ a: 1 }, { a: 2 });
    await run.settle();
    await run.during(run.host.checkpoint('r'));
    run = await crash(run);
    await run.start(spec);
    run.feed('in').send({ a: 3 }, { a: 4 }, { a: 5 });
    await run.settle();
    expect(run.drain('r').rows.map(({ a }) => a)).toEqual([1, 2, 3, 4, 5]);
  });

  it('frees a source that replays from its position, and not sooner', async () => {
    run = await ScriptedHost.create();
    const replaying = ['CREATE STREAM demo () WITH (TYPE="replaying", DATASOURCE="in", FORMAT="json")', {}] as const;
    const spec = rule(count4, { streams: [replaying] });
    await run.start(spec);
    run.feed('in').send({ a: 1 }, { a: 2 });
    await run.settle();
    expect(run.feed('in').committedTo).toEqual([]);
    await run.during(run.host.checkpoint('r'));
    expect(run.feed('in').committedTo).toEqual([1]);
    run.feed('in').send({ a: 3 });
    run = await crash(run);
    await run.start(spec);
    expect(run.feed('in').context.resumeFrom).toEqual({ next: 2 });
    run.feed('in').send({ a: 3 }, { a: 4 });
    await run.settle();
    expect(run.drain('r').rows).toEqual([{ all: [1, 2, 3, 4] }]);
  });

  it('resumes where the state stands, though its outputs wait', async () => {
    run = await ScriptedHost.create();
    const replaying = ['CREATE STREAM demo () WITH (TYPE="replaying", DATASOURCE="in", FORMAT="json")', {}] as const;
    const spec = rule('SELECT a, acc_count(a) AS n FROM demo', { streams: [replaying] });
    await run.start(spec);
    run.drain('r').hold();
    run.feed('in').send({ a: 1 }, { a: 2 });
    await run.during(run.host.checkpoint('r'));
    run = await crash(run);
    run.drain('r').release();
    await run.start(spec);
    expect(run.feed('in').context.resumeFrom).toEqual({ next: 2 });
    run.feed('in').send({ a: 3 });
    await run.settle();
    expect(run.drain('r').rows).toEqual([1, 2, 3].map((a) => ({ a, n: a })));
  });

  it('that could not be finished leaves nothing behind for the next', async () => {
    run = await ScriptedHost.create();
    const keyed = rule('SELECT k, lag(a) OVER (PARTITION BY k) AS before FROM demo');
    await run.start(keyed);
    run.feed('in').send({ k: 'x', a: 1 });
    await run.settle();
    await run.during(run.host.checkpoint('r'));
    run.feed('in').send({ k: 'y', a: 2 });
    await run.settle();
    // The last write of a checkpoint, the one that counts, does not reach the disk.
    const { kv } = run.disk;
    const write = kv.batch.bind(kv);
    kv.batch = (ops, options) =>
      options?.sync === true ? Promise.reject(new Error('disk gone')) : write(ops, options);
    await expect(run.during(run.host.checkpoint('r'))).rejects.toThrow('disk gone');
    expect(run.logged.join('\n')).toContain('checkpoint failed, the last one stays: disk gone');
    run = await crash(run, true);
    await run.start(keyed);
    run.feed('in').send({ k: 'x', a: 5 }, { k: 'y', a: 6 });
    await run.settle();
    expect(run.drain('r').rows.slice(-2)).toEqual([
      { k: 'x', before: 1 },
      { k: 'y', before: 2 },
    ]);
  });
});

it('starts state empty that no longer fits, counted and visible', async () => {
  run = await ScriptedHost.create();
  await run.start(rule('SELECT sum(a) AS total FROM demo GROUP BY COUNTWINDOW(2)'));
  run.feed('in').send({ a: 1 });
  await run.settle();
  await run.stop('r');
  await run.start(rule('SELECT collect(b) AS all FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)'));
  const dropped = run.host.metrics('r')?.filter(({ dropped: reasons }) => Object.keys(reasons).length > 0);
  expect(dropped?.map(({ name, dropped: reasons }) => [name, reasons])).toEqual([
    ['op_3_window', { 'state misfit': 1 }],
  ]);
  expect(run.logged.filter((line) => line.includes('does not fit'))).toHaveLength(1);
});

it('keeps the state of a rule that is stopped and started, and forgets that of one that is removed', async () => {
  run = await ScriptedHost.create();
  await run.start(rule(count4));
  run.feed('in').send({ a: 1 }, { a: 2 });
  await run.settle();
  await run.stop('r');
  await run.start(rule(count4));
  run.feed('in').send({ a: 3 }, { a: 4 }, { a: 5 });
  await run.settle();
  expect(run.drain('r').rows).toEqual([{ all: [1, 2, 3, 4] }]);
  await run.during(run.host.remove('r'));
  await run.start(rule(count4));
  run.feed('in').send({ a: 6 }, { a: 7 }, { a: 8 }, { a: 9 });
  await run.settle();
  expect(run.drain('r').rows.at(-1)).toEqual({ all: [6, 7, 8, 9] });
});

it('leaves nothing of a removed rule on the disk', async () => {
  run = await ScriptedHost.create();
  await run.start(rule(count4));
  run.feed('in').send({ a: 1 });
  await run.settle();
  await run.during(run.host.checkpoint('r'));
  await run.during(run.host.remove('r'));
  expect(await run.disk.files.list('/data')).toEqual([]);
  expect(await run.disk.kv.table('checkpoint/r').keys()).toEqual([]);
});

it('keeps what functions put into their state, each call its own, even when they change it in place', async () => {
  const functions: FunctionDeclaration[] = [
    {
      class: 'scalar',
      name: 'visits',
      group: 'test',
      args: [{ name: 'a', kind: 'any' }],
      returns: 'any',
      onNull: 'call',
      context: true,
      volatile: true,
      summary: 'How often it was called, and with what.',
      examples: [],
      eval: (context: FunctionContext, a: unknown) => {
        const seen = (context.getState('seen') as unknown[] | undefined) ?? [];
        seen.push(a);
        context.putState('seen', seen);
        return [context.incrCounter('calls', 1), ...seen];
      },
    },
  ];
  run = await ScriptedHost.create({ functions });
  const spec = rule('SELECT visits(a) AS one, visits(b) AS other FROM demo');
  await run.start(spec);
  run.feed('in').send({ a: 1, b: 10 }, { a: 2, b: 20 });
  await run.settle();
  const taken = run.host.checkpoint('r');
  // The moment has passed, though nothing is on the disk yet.
  run.feed('in').send({ a: 3, b: 30 });
  await run.during(taken);
  await run.settle();
  run = await ScriptedHost.create({ disk: run.disk.crash(() => false), drains: run.drains, functions });
  await run.start(spec);
  run.feed('in').send({ a: 4, b: 40 });
  await run.settle();
  expect(run.drain('r').rows.at(-1)).toEqual({ one: [4, 1, 2, 3, 4], other: [4, 10, 20, 30, 40] });
});
