/**
 * A disk that is full, fails or lags: one clear error, messages stay unacknowledged or wait, and everything goes on
 * when there is room again. Source: DESIGN §9.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { ruleSpec, type SpecParts } from '../support/rule-specs.ts';
import { ScriptedHost, turn } from './scripted.ts';

const stream = ['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}] as const;
const count4 = 'SELECT collect(a) AS all FROM demo GROUP BY COUNTWINDOW(4)';

function stateful(more: Partial<SpecParts> = {}): Parameters<ScriptedHost['start']>[0] {
  return ruleSpec({
    id: 'r',
    sql: count4,
    streams: [stream],
    actions: [['scripted', { name: more.id ?? 'r', sendSingle: true }]],
    ...more,
    options: { qos: 1, checkpointIntervalMs: 60_000, sendError: false, ...more.options },
  });
}

let run: ScriptedHost;
afterEach(async () => {
  run.disk.files.limit(Number.POSITIVE_INFINITY);
  await run.close();
});

const numbers = (from: number, to: number): { a: number }[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ a: from + i }));

/** Whether the source has been told that it may go on. */
function watch(full: Promise<void> | undefined): { isFull: boolean } {
  const watched = { isFull: full !== undefined };
  void full?.then(() => {
    watched.isFull = false;
  });
  return watched;
}

describe('the input log', () => {
  it('leaves messages unacknowledged while the disk is full, and goes on', async () => {
    run = await ScriptedHost.create();
    await run.start(stateful());
    run.feed('in').send({ a: 1 });
    await run.settle();
    run.disk.files.limit(0);
    run.feed('in').send({ a: 2 });
    run.feed('in').send({ a: 3 });
    await run.settle();
    for (let i = 0; i < 5; i++) {
      run.clock.advance(1000);
      await run.settle();
    }
    expect(run.feed('in').committedUpTo).toBe(0);
    const errors = run.logged.filter((line) => line.startsWith('error'));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/source demo: input log: .*disk is full/);
    expect(run.metric('r', 'source_demo')).toMatchObject({ exceptions: 1 });
    run.disk.files.limit(1e9);
    run.clock.advance(1000);
    await run.settle();
    expect(run.feed('in').committedUpTo).toBe(2);
    run = await ScriptedHost.create({ disk: run.disk.crash(() => false), drains: run.drains });
    await run.start(stateful());
    run.feed('in').send({ a: 4 });
    await run.settle();
    expect(run.drain('r').rows).toEqual([{ all: [1, 2, 3, 4] }]);
  });

  it('that lags behind makes the source wait and loses nothing', { timeout: 60_000 }, async () => {
    run = await ScriptedHost.create();
    await run.start(
      stateful({ sql: 'SELECT count(*) AS n, min(a) AS low, max(a) AS high FROM demo GROUP BY COUNTWINDOW(40)' }),
    );
    let release = (): void => {};
    run.disk.files.beforeSync = () => new Promise((resolve) => (release = resolve));
    const filling = 'x'.repeat(1_000_000);
    let watched = { isFull: false };
    // Some 16 MB may wait for the disk.
    for (let a = 0; a < 39; a++) {
      watched = watch(run.feed('in').send({ a, filling }));
      await turn();
    }
    expect(watched.isFull).toBe(true);
    expect(run.metric('r', 'source_demo').exceptions).toBe(0);
    run.disk.files.beforeSync = async () => {};
    for (let i = 0; i < 10; i++) {
      release();
      await run.settle();
    }
    expect(watched.isFull).toBe(false);
    expect(run.feed('in').committedUpTo).toBe(38);
    run = await ScriptedHost.create({ disk: run.disk.crash(() => false), drains: run.drains });
    await run.start(
      stateful({ sql: 'SELECT count(*) AS n, min(a) AS low, max(a) AS high FROM demo GROUP BY COUNTWINDOW(40)' }),
    );
    run.feed('in').send({ a: 39 });
    await run.settle();
    expect(run.drain('r').rows).toEqual([{ n: 40, low: 0, high: 39 }]);
  });

  it('does not let a rule start that could not catch up, and says why', async () => {
    const shared = [
      'CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json", SHARED="true")',
      {},
    ] as const;
    run = await ScriptedHost.create();
    await run.start(stateful({ id: 'a', streams: [shared] }));
    await run.start(stateful({ streams: [shared] }));
    run.feed('in').send({ a: 1 });
    await run.settle();
    await run.stop('r');
    run.disk.files.limit(0);
    run.feed('in').send({ a: 2 });
    await run.settle();
    await expect(run.during(run.host.start('r'))).rejects.toThrow(/disk is full/);
    run.feed('in').send({ a: 3 });
    run.disk.files.limit(1e9);
    await run.start(stateful({ streams: [shared] }));
    run.feed('in').send({ a: 4 });
    run.clock.advance(1000);
    await run.settle();
    expect(run.drain('r').rows).toEqual([{ all: [1, 2, 3, 4] }]);
    expect(run.feed('in').committedUpTo).toBe(3);
  });
});

describe('a checkpoint', () => {
  it('that fails is told, and the one before stays until there is room', async () => {
    run = await ScriptedHost.create();
    await run.start(stateful());
    run.feed('in').send({ a: 1 });
    await run.settle();
    run.disk.kv.failure = new Error('disk is full, 0 bytes free');
    run.clock.advance(60_000);
    await run.settle();
    expect(run.logged).toContain('error: checkpoint failed, the last one stays: disk is full, 0 bytes free');
    run.feed('in').send({ a: 2 });
    await run.settle();
    expect(run.feed('in').committedUpTo).toBe(1);
    const { disk } = run;
    run = await ScriptedHost.create({ disk: disk.crash(() => false), drains: run.drains });
    await run.start(stateful());
    run.feed('in').send({ a: 3 }, { a: 4 });
    await run.settle();
    expect(run.drain('r').rows).toEqual([{ all: [1, 2, 3, 4] }]);
    await run.during(run.host.checkpoint('r'));
  });
});

describe('the cache of a sink', () => {
  const cached = (streams: SpecParts['streams']): Parameters<ScriptedHost['start']>[0] =>
    ruleSpec({
      id: 'r',
      sql: 'SELECT a FROM demo',
      streams,
      actions: [
        ['scripted', { name: 'r', sendSingle: true, enableCache: true, memoryCacheThreshold: 10, bufferPageSize: 5 }],
      ],
    });

  it('makes the source wait while the disk is full, and loses nothing', async () => {
    run = await ScriptedHost.create();
    await run.start(cached([stream]));
    const held = run.drain('r').hold();
    run.feed('in').send({ a: 0 });
    run.disk.files.limit(0);
    run.feed('in').send(...numbers(1, 30));
    await run.settle();
    const watched = watch(run.feed('in').send(...numbers(31, 40)));
    await run.settle();
    // The log's own buffer takes what comes until it is full; nothing is acknowledged.
    expect(run.feed('in').committedUpTo).toBe(-1);
    expect(run.metric('r', 'sink_scripted_0').exceptions).toBe(1);
    expect(run.metric('r', 'sink_scripted_0').lastException).toMatch(/sink cache: .*disk is full/);
    run.disk.files.limit(1e9);
    for (let i = 0; i < 3; i++) {
      run.clock.advance(1000);
      await run.settle();
    }
    expect(watched.isFull).toBe(false);
    expect(run.feed('in').committedUpTo).toBe(40);
    for (let i = 0; i < 20; i++) {
      held.succeed();
      run.clock.advance(10_000);
      await run.settle(2);
    }
    expect(run.drain('r').rows).toEqual(numbers(0, 40));
    expect(run.metric('r', 'sink_scripted_0').dropped).toEqual({});
  });

  it('that cannot even be opened keeps what comes in memory, and drops the oldest where nobody can wait', async () => {
    const shared = [
      'CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json", SHARED="true")',
      {},
    ] as const;
    run = await ScriptedHost.create();
    await run.start(cached([shared]));
    const held = run.drain('r').hold();
    run.feed('in').send({ a: 0 });
    run.disk.files.makeDirectory = () => Promise.reject(new Error('read-only file system'));
    run.feed('in').send(...numbers(1, 10_000));
    await run.settle();
    expect(run.metric('r', 'sink_scripted_0').lastException).toMatch(/sink cache: .*read-only file system/);
    // Of all, 8192 may wait for a disk that does not work, and the one being written.
    expect(run.metric('r', 'sink_scripted_0').dropped).toEqual({ 'cache error': 10_001 - 8192 });
    held.succeed();
    await run.settle();
    expect(run.drain('r').rows[0]).toEqual({ a: 0 });
  });
});
