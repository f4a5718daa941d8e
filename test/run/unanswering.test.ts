/** Foreign code that throws, rejects or never answers costs its rule only, and stopping does not wait for it for ever. */
import { type FunctionContext, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';
import { type Feed, ScriptedHost, turn } from './scripted.ts';

const forever = (): Promise<never> => new Promise(() => {});

type Traits = Partial<Parameters<typeof scalar>[0]> & Pick<Parameters<typeof scalar>[0], 'eval'>;

function foreign(name: string, traits: Traits): FunctionDeclaration {
  return scalar({
    name,
    version: '1',
    group: 'test',
    args: [t.any('x')],
    returns: 'any',
    onNull: 'call',
    volatile: true,
    summary: '',
    examples: [],
    ...traits,
  });
}

let ended: string[] = [];

const functions: readonly FunctionDeclaration[] = [
  foreign('silent', { async: true, eval: forever }),
  foreign('picky', {
    async: true,
    eval: (x: unknown) => (Number(x) === 1 ? Promise.reject(new Error('not one')) : Promise.resolve(x)),
  }),
  foreign('throwing', {
    eval: () => {
      throw new Error('always');
    },
  }),
  foreign('unborn', { instantiate: forever, eval: forever }),
  foreign('stillborn', { instantiate: () => Promise.reject(new Error('no such model')), eval: forever }),
  foreign('undead', { instantiate: () => ({ eval: (x: unknown) => x, close: forever }), eval: forever }),
  foreign('loud', {
    instantiate: () => ({
      eval: (x: unknown) => x,
      close: () => {
        throw new Error('cannot close');
      },
    }),
    eval: forever,
  }),
  foreign('sleepy', {
    async: true,
    context: true,
    eval: async (context: FunctionContext, x: unknown) => {
      await context.sleep(Number(x));
      ended.push('woke');
      return x;
    },
  }),
];

type Spec = Parameters<ScriptedHost['start']>[0];

const rule = (sql: string, id = 'r', qos: 0 | 1 = 0): Spec =>
  ruleSpec({
    id,
    sql,
    streams: [[`CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="${id}", FORMAT="json")`, {}]],
    actions: [['scripted', { name: id, sendSingle: true }]],
    options: { qos, checkpointIntervalMs: 3_600_000, sendError: true },
  });

let run: ScriptedHost;
afterEach(() => run.close());

/** Lets time go by until the promise settles. @returns how long that took, by the clock */
async function within<T>(promise: Promise<T>): Promise<number> {
  const from = run.clock.now();
  let isSettled = false;
  promise
    .finally(() => {
      isSettled = true;
    })
    .catch(() => {});
  for (let i = 0; i < 400 && !isSettled; i++) {
    for (let k = 0; k < 4; k++) await turn();
    if (!isSettled) run.clock.advance(500);
  }
  if (!isSettled) throw new Error('it does not settle');
  await promise;
  return run.clock.now() - from;
}

async function expectOthersRun(): Promise<void> {
  await run.start(rule('SELECT a FROM demo', 'good'));
  run.feed('good').send({ a: 1 });
  await run.settle();
  expect(run.drain('good').rows).toEqual([{ a: 1 }]);
}

describe('stopping a rule', () => {
  const cases: readonly {
    readonly name: string;
    readonly sql: string;
    readonly qos?: 0 | 1;
    readonly patienceMs: number;
    readonly prepare?: (feed: Feed) => void;
  }[] = [
    { name: 'whose function never answers', sql: 'SELECT silent(a) AS x FROM demo', patienceMs: 6_000 },
    {
      name: 'whose function never answers while its state is checkpointed',
      sql: 'SELECT silent(a) AS x, lag(a) AS l FROM demo',
      qos: 1,
      patienceMs: 6_000,
    },
    { name: 'whose function does not close', sql: 'SELECT undead(a) AS x FROM demo', patienceMs: 11_000 },
    { name: 'whose function fails to close', sql: 'SELECT loud(a) AS x FROM demo', patienceMs: 500 },
    {
      name: 'whose source does not close',
      sql: 'SELECT a FROM demo',
      patienceMs: 11_000,
      prepare: (feed) => {
        feed.close = forever as never;
      },
    },
    { name: 'whose function sleeps', sql: 'SELECT sleepy(3600000) AS x FROM demo', patienceMs: 500 },
  ];
  for (const { name, sql, qos = 0, patienceMs, prepare } of cases) {
    it(`${name} takes a bounded time, and it can start again`, async () => {
      run = await ScriptedHost.create({ functions });
      await run.start(rule(sql, 'r', qos));
      prepare?.(run.feed('r'));
      for (let a = 0; a < 100; a++) run.feed('r').send({ a });
      await run.settle();
      await expectOthersRun();
      expect(await within(run.host.stop('r'))).toBeLessThanOrEqual(patienceMs);
      await run.start(rule(sql, 'r', qos));
      expect(run.opens.get('r')).toHaveLength(2);
      await within(run.host.remove('r'));
    });
  }

  it('that is still waiting for its function gives up the start', async () => {
    run = await ScriptedHost.create({ functions });
    await run.host.deploy(rule('SELECT unborn(a) AS x FROM demo'));
    const starting = run.host.start('r');
    await run.settle();
    await expectOthersRun();
    expect(await within(run.host.stop('r'))).toBeLessThanOrEqual(500);
    await within(starting);
  });

  it('lets rows come out that wait for answers, and counts those whose answers take too long', async () => {
    run = await ScriptedHost.create({ functions });
    await run.start(rule('SELECT sleepy(1000) AS x FROM demo'));
    for (let a = 0; a < 3; a++) run.feed('r').send({ a });
    await within(run.host.stop('r'));
    expect(run.drain('r').rows).toEqual([{ x: 1000 }, { x: 1000 }, { x: 1000 }]);
    await run.start(rule('SELECT silent(a) AS x FROM demo', 'lost'));
    for (let a = 0; a < 3; a++) run.feed('lost').send({ a });
    await within(run.host.stop('lost'));
    const dropped = run.host.metrics('lost')?.flatMap(({ dropped: reasons }) => Object.entries(reasons));
    expect(dropped).toEqual([['stopped', 3]]);
  });

  it('wakes those who sleep on its clock', async () => {
    ended = [];
    run = await ScriptedHost.create({ functions });
    await run.start(rule('SELECT sleepy(1000) AS x FROM demo'));
    run.feed('r').send({ a: 1 });
    run.clock.advance(1000);
    await run.settle();
    expect([run.drain('r').rows, ended]).toEqual([[{ x: 1000 }], ['woke']]);
    run.feed('r').send({ a: 1 });
    await within(run.host.stop('r'));
    await turn();
    expect(ended).toEqual(['woke', 'woke']);
  });
});

describe('a function that', () => {
  it('cannot be started ends the start with its text', async () => {
    run = await ScriptedHost.create({ functions });
    await run.host.deploy(rule('SELECT stillborn(a) AS x FROM demo'));
    await expect(run.host.start('r')).rejects.toThrow('no such model');
    await expectOthersRun();
  });

  it('rejects costs the row', async () => {
    run = await ScriptedHost.create({ functions });
    await run.start(rule('SELECT picky(a) AS x FROM demo'));
    run.feed('r').send({ a: 0 }, { a: 1 }, { a: 2 });
    await run.settle();
    const [first, error, last] = run.drain('r').written;
    expect([first, last]).toEqual(['{"x":0}', '{"x":2}']);
    expect(error).toContain('call func picky error: not one');
  });

  it('throws costs the row', async () => {
    run = await ScriptedHost.create({ functions });
    await run.start(rule('SELECT throwing(a) AS x FROM demo'));
    run.feed('r').send({ a: 0 }, { a: 1 });
    await run.settle();
    expect(run.drain('r').written).toHaveLength(2);
    expect(run.drain('r').written[1]).toContain('call func throwing error: always');
  });

  it('never answers makes checkpoints fail after a while, and holds nothing back', async () => {
    run = await ScriptedHost.create({ functions });
    await run.start(rule('SELECT silent(a) AS x, lag(a) AS l FROM demo', 'r', 1));
    run.feed('r').send({ a: 0 });
    await expect(within(run.host.checkpoint('r'))).rejects.toThrow('a function or lookup table does not answer');
    expect(run.feed('r').send({ a: 1 })).toBe(undefined);
  });
});
