/** Runs that end, fail, are stopped half way and started in a hurry: nothing stays open, nothing is left waiting. */
import { silentLogger } from '@kuiper/base';
import { SharedCounters } from '@kuiper/engine';
import { defaultEngineSettings, MemoryKv, type SourceSpec } from '@kuiper/host';
import { createEngine } from '@kuiper/host/create-engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ruleSpec, type SpecParts } from '../support/rule-specs.ts';
import { ScriptedHost, turn } from './scripted.ts';

const stream = ['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}] as const;
const other = ['CREATE STREAM other () WITH (TYPE="scripted", DATASOURCE="second", FORMAT="json")', {}] as const;

function rule({ id = 'r', ...more }: Partial<SpecParts> = {}): Parameters<ScriptedHost['start']>[0] {
  return ruleSpec({
    id,
    sql: 'SELECT a FROM demo',
    streams: [stream],
    actions: [['scripted', { name: id, sendSingle: true }]],
    ...more,
  });
}

let run: ScriptedHost;
const rejections: unknown[] = [];
const noteRejection = (reason: unknown): void => void rejections.push(reason);

beforeEach(async () => {
  rejections.length = 0;
  process.on('unhandledRejection', noteRejection);
  run = await ScriptedHost.create();
});
afterEach(async () => {
  await run.close();
  await turn();
  process.off('unhandledRejection', noteRejection);
  expect(rejections).toEqual([]);
});

function isReleased(name: string): boolean {
  return (run.opens.get(name) ?? []).every(({ closed }) => closed === 1);
}

describe('the end of a source', () => {
  it('ends the rule when all results are written and the sink has flushed', async () => {
    await run.start(rule());
    const held = run.drain('r').hold();
    run.feed('in').send({ a: 1 });
    run.feed('in').context.end('all read');
    await run.settle();
    expect(run.ends).toEqual([]);
    held.succeed();
    await run.settle();
    expect(run.ends).toEqual([{ ruleId: 'r', kind: 'done', message: 'done: all read' }]);
    expect(run.drain('r')).toMatchObject({ ended: 1, closed: 1 });
    expect(run.feed('in').committedTo).toEqual([0]);
    expect(isReleased('in')).toBe(true);
  });

  it('flushes an unfinished batch first', async () => {
    await run.start(rule({ actions: [['scripted', { name: 'r', sendSingle: true, batchSize: 10 }]] }));
    run.feed('in').send({ a: 1 }, { a: 2 });
    run.feed('in').context.end();
    await run.settle();
    expect(run.drain('r').rows).toEqual([{ a: 1 }, { a: 2 }]);
    expect(run.ends).toEqual([{ ruleId: 'r', kind: 'done', message: 'done' }]);
  });

  it('of one of two streams does not end the rule, and that of a table never does', async () => {
    const table = [
      'CREATE TABLE side (b BIGINT) WITH (TYPE="scripted", DATASOURCE="table", FORMAT="json", KIND="scan")',
      {},
    ] as const;
    const sql = 'SELECT demo.a FROM demo INNER JOIN other ON demo.a = other.a GROUP BY TUMBLINGWINDOW(ss, 10)';
    await run.start(rule({ sql, streams: [stream, other] }));
    await run.start(
      rule({
        id: 't',
        sql: 'SELECT demo.a, side.b FROM demo INNER JOIN side ON demo.a = side.b',
        streams: [stream, table],
      }),
    );
    run.feed('table').send({ b: 1 });
    run.feed('table').context.end();
    run.opens.get('in')?.[0]?.context.end();
    run.opens.get('in')?.[0]?.context.end();
    await run.settle();
    expect(run.ends).toEqual([]);
    run.feed('in').send({ a: 1 });
    await run.settle();
    expect(run.drain('t').rows).toEqual([{ a: 1, b: 1 }]);
    run.feed('second').context.end();
    await run.settle();
    expect(run.ends).toEqual([{ ruleId: 'r', kind: 'done', message: 'done' }]);
  });
});

describe('a source or sink that gives up', () => {
  it.each([
    ['a source that aborts', () => run.feed('in').context.abort(new Error('no such topic')), 'no such topic'],
    ['a sink that aborts', () => run.drain('r').context?.abort(new Error('no such table')), 'no such table'],
  ])('%s ends the rule with its text and frees everything', async (_name, act, message) => {
    await run.start(rule());
    act();
    act();
    await run.settle();
    expect(run.ends).toEqual([{ ruleId: 'r', kind: 'error', message }]);
    expect(isReleased('in')).toBe(true);
    expect(run.drain('r').closed).toBe(1);
  });

  it('while it is opened ends the rule', async () => {
    run.opening.set('in', () => Promise.reject(new Error('no broker')));
    await run.start(rule());
    expect(run.ends).toEqual([{ ruleId: 'r', kind: 'error', message: 'no broker' }]);
    run.opening.delete('in');
    run.drain('r').opens = () => Promise.reject(new Error('no disk'));
    await run.start(rule());
    expect(run.ends.at(-1)).toEqual({ ruleId: 'r', kind: 'error', message: 'no disk' });
    run.drain('r').opens = () => {
      throw new Error('bad name');
    };
    await run.host.deploy(rule());
    await expect(run.during(run.host.start('r'))).rejects.toThrow('bad name');
    run.drain('r').opens = () => undefined;
    await run.start(rule());
    run.feed('in').send({ a: 1 });
    await turn();
    expect(run.drain('r').rows).toEqual([{ a: 1 }]);
  });

  it('by throwing in a callback costs a counted error, not the rule', async () => {
    await run.start(rule({ options: { sendError: false } }));
    const feed = run.feed('in');
    feed.committed = () => {
      throw new Error('cannot acknowledge');
    };
    feed.send({ a: 1 });
    await turn();
    expect(run.metric('r', 'source_demo')).toMatchObject({ exceptions: 1, lastException: 'cannot acknowledge' });
    feed.send({ a: 2 });
    await turn();
    expect(run.drain('r').rows).toEqual([{ a: 1 }, { a: 2 }]);
  });
});

describe('a sink that never opens', () => {
  it('lets the rule be stopped, and is closed when it opens after all', async () => {
    let opened = (): void => {};
    run.drain('r').opens = () =>
      new Promise((resolve) => {
        opened = resolve;
      });
    await run.start(rule());
    run.feed('in').send({ a: 1 });
    await run.settle();
    expect(run.feed('in').committedTo).toEqual([]);
    await run.stop('r');
    opened();
    await turn();
    expect(run.drain('r')).toMatchObject({ opened: 1, closed: 1, written: [] });
    expect(run.metric('r', 'sink_scripted_0').dropped).toEqual({ stopped: 1 });
  });
});

describe('stopping', () => {
  it('while the source is being opened closes it as soon as it is open', async () => {
    let open = (): void => {};
    run.opening.set('in', () => new Promise((resolve) => (open = resolve)));
    await run.start(rule());
    await run.stop('r');
    open();
    await turn();
    expect(isReleased('in')).toBe(true);
    expect(run.ends).toEqual([]);
  });

  it('while the rule starts leaves nothing open', async () => {
    const spec = rule({ sql: 'SELECT lag(a) AS b FROM demo', options: { qos: 1 } });
    await run.host.deploy(spec);
    for (let turns = 0; turns < 12; turns++) {
      const starting = run.host.start('r');
      for (let i = 0; i < turns; i++) await Promise.resolve();
      if (turns % 3 === 0) await turn();
      const stopping = run.host.stop('r');
      await run.during(Promise.all([starting, stopping]));
    }
    await run.settle();
    expect(isReleased('in')).toBe(true);
    expect(run.drain('r').opened).toBe(run.drain('r').closed);
    expect(run.host.engine.thread.metrics('r')).not.toBeNull();
  });

  it('twice, at once or one after the other, is stopping', async () => {
    await run.start(rule());
    await run.during(Promise.all([run.host.stop('r'), run.host.stop('r')]));
    await run.stop('r');
    expect(run.feed('in').closed).toBe(1);
    expect(run.drain('r').closed).toBe(1);
  });

  it('keeps the numbers of the last run readable, whoever starts next', async () => {
    await run.start(rule());
    run.feed('in').send({ a: 1 }, { a: 2 });
    await turn();
    await run.stop('r');
    await run.start(rule({ id: 'next' }));
    run.feed('in').send(...Array.from({ length: 50 }, (_, a) => ({ a })));
    await turn();
    expect(run.metric('r', 'source_demo').recordsIn).toBe(2);
    expect(run.metric('r', 'sink_scripted_0').recordsIn).toBe(2);
    expect(run.metric('next', 'source_demo').recordsIn).toBe(50);
  });

  it('does not let a late write count for somebody else', async () => {
    await run.start(rule());
    const held = run.drain('r').hold();
    run.feed('in').send({ a: 1 });
    await run.stop('r');
    await run.during(run.host.remove('r'));
    await run.start(rule({ id: 'next' }));
    held.succeed();
    await turn();
    expect(run.metric('next', 'sink_scripted_0').recordsIn).toBe(0);
    expect(run.metric('next', 'source_demo').recordsIn).toBe(0);
  });
});

describe('a storm of restarts', () => {
  it('ends with one run of the last kind', async () => {
    for (let i = 0; i < 20; i++) {
      await run.host.deploy(rule({ sql: `SELECT a, ${i} AS version FROM demo` }));
      void run.host.start('r');
      if (i % 3 === 0) await turn();
      if (i % 7 === 0) void run.host.stop('r');
    }
    await run.during(run.host.start('r'));
    await run.settle();
    const open = (run.opens.get('in') ?? []).filter(({ closed }) => closed === 0);
    expect(open).toHaveLength(1);
    open[0]?.send({ a: 1 });
    await turn();
    expect(run.drain('r').rows).toEqual([{ a: 1, version: 19 }]);
    expect(run.drain('r').opened - run.drain('r').closed).toBe(1);
  });

  it('gives all counters back', async () => {
    let slabs = 0;
    const counters = new SharedCounters(() => {
      slabs++;
    });
    const { thread, close } = await createEngine({
      settings: { ...defaultEngineSettings, dataServer: { host: '127.0.0.1', port: 0 } },
      kv: new MemoryKv(),
      logger: silentLogger,
      counters,
      onEnd: () => {},
    });
    const ticking = ['CREATE STREAM demo () WITH (TYPE="simulator")', { data: [{ a: 1 }], interval: '1h' }] as const;
    for (let i = 0; i < 1500; i++) {
      const id = `r${i % 10}`;
      const spec = rule({ id, streams: [ticking], actions: [['nop', {}]] });
      thread.deploy(i % 4 === 0 ? { ...spec, sources: spec.sources.map(makeShared) } : spec);
      await thread.start(id);
      if (i % 3 === 0) await thread.stop(id);
      if (i % 5 === 0) await thread.remove(id, false);
    }
    await close();
    expect(slabs).toBe(1);
  });
});

function makeShared(source: SourceSpec): SourceSpec {
  return { ...source, options: { ...source.options, shared: true } };
}

describe('foreign code that throws', () => {
  it('costs the row, counted with its text', async () => {
    await run.close();
    run = await ScriptedHost.create({
      functions: [
        {
          class: 'scalar',
          name: 'fragile',
          group: 'test',
          args: [{ name: 'a', kind: 'any' }],
          returns: 'any',
          onNull: 'call',
          summary: 'Throws for 3.',
          examples: [],
          eval: (a: unknown) => {
            if (a === 3) throw new TypeError('cannot read x of undefined');
            return a;
          },
        },
      ],
    });
    await run.start(rule({ sql: 'SELECT fragile(a) AS a FROM demo', options: { sendError: false } }));
    run.feed('in').send({ a: 1 }, { a: 3 }, { a: 5 });
    await turn();
    expect(run.drain('r').rows).toEqual([{ a: 1 }, { a: 5 }]);
    expect(run.feed('in').committedTo).toEqual([2]);
    const failing = run.host.metrics('r')?.filter(({ exceptions }) => exceptions > 0);
    expect(failing?.map(({ exceptions, lastException }) => [exceptions, lastException])).toEqual([
      [1, expect.stringContaining('cannot read x of undefined')],
    ]);
  });
});
