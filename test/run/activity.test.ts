/** Whatever foreign code runs, and whichever way it was reached: the thread's mark names the rule it runs for. */
import type { SourceSpec } from '@kuiper/host';
import { defineLookup, type FunctionContext, scalar, SinkWriteError, t } from '@kuiper/sdk';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ruleSpec, type SpecParts } from '../support/rule-specs.ts';
import { type Feed, ScriptedHost, turn } from './scripted.ts';

const current = new Int32Array(1);
const owners = [''];
let seen: string[] = [];
let run: ScriptedHost;

const note = (what: string): void => void seen.push(`${what}: ${owners[current[0] as number]}`);

const traits = { group: 'test', returns: 'any', onNull: 'call', volatile: true, summary: '', examples: [] } as const;
const noting = scalar({
  ...traits,
  name: 'noting',
  args: [t.any('x')],
  eval: (x: unknown) => {
    note('call');
    return x;
  },
});
const later = scalar({
  ...traits,
  name: 'later',
  args: [t.any('x')],
  async: true,
  eval: (x: unknown) => turn().then(() => x),
});
const made = scalar({
  ...traits,
  name: 'made',
  args: [t.any('x')],
  context: true,
  instantiate: async (context: FunctionContext) => {
    note(`make ${context.funcId}`);
    await turn();
    return { eval: (x: unknown) => x, close: () => note('unmake') };
  },
  eval: () => null,
});
const names = defineLookup({
  type: 'names',
  about: { en: 'Answers later.', zh: '测试用查询表。' },
  props: {},
  open: () => ({
    lookup: async (_fields, _keys, [value]) => {
      note('ask');
      await turn();
      return [{ a: value, n: 'n' }];
    },
    close() {},
  }),
});

const demo = ['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}] as const;
const shared = [
  'CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json", SHARED="true")',
  {},
] as const;
const table = ['CREATE TABLE names () WITH (TYPE="names", DATASOURCE="n", KIND="lookup", KEY="a")', {}] as const;
const replaying = ['CREATE STREAM demo () WITH (TYPE="replaying", DATASOURCE="in", FORMAT="json")', {}] as const;

const rule = (sql: string, more: Partial<SpecParts> = {}): Parameters<ScriptedHost['start']>[0] =>
  ruleSpec({ id: 'r', sql, streams: [demo], actions: [['scripted', { name: 'out', sendSingle: true }]], ...more });

beforeEach(async () => {
  seen = [];
  owners.splice(1);
  const activity = { current, numberOf: (owner: string) => owners.push(owner) - 1 };
  run = await ScriptedHost.create({ functions: [noting, later, made], lookups: [names], activity });
  run.drain('out').behave = () => void note('write');
  await run.host.openTable(ruleSpec({ id: '', sql: 'SELECT a FROM names', streams: [table] }).sources[0] as SourceSpec);
});
afterEach(async () => {
  await run.close();
  expect(current[0]).toBe(0);
});

const feed = async (count = 1): Promise<void> => {
  for (let a = 1; a <= count; a++) run.feed('in').send({ a });
  await run.settle();
  expect(current[0]).toBe(0);
};

const cases: readonly {
  readonly name: string;
  readonly rule: ReturnType<typeof rule>;
  readonly play?: () => Promise<unknown>;
  readonly sees: readonly string[];
}[] = [
  { name: 'a row', rule: rule('SELECT noting(a) AS x FROM demo'), sees: ['call: r', 'write: r'] },
  {
    name: 'what follows an asynchronous call',
    rule: rule('SELECT noting(a) AS x, later(a) AS y FROM demo'),
    sees: ['call: r', 'write: r'],
  },
  {
    name: 'arguments of a second asynchronous call',
    rule: rule('SELECT later(noting(later(a))) AS y FROM demo'),
    sees: ['call: r', 'write: r'],
  },
  {
    name: 'calls that waited for their turn among many',
    rule: rule('SELECT later(noting(a)) AS y FROM demo', { actions: [['nop', {}]] }),
    play: () => feed(70),
    sees: Array.from({ length: 70 }, () => 'call: r'),
  },
  {
    name: 'what follows an asynchronous call over the rows of a window',
    rule: rule('SELECT noting(count(*)) AS x, later(count(*)) AS y FROM demo GROUP BY COUNTWINDOW(1)'),
    sees: ['call: r', 'write: r'],
  },
  {
    name: 'what follows the answer of a lookup table',
    rule: rule('SELECT noting(n) AS x FROM demo INNER JOIN names ON demo.a = names.a', { streams: [demo, table] }),
    sees: ['ask: r', 'call: r', 'write: r'],
  },
  {
    name: 'the end of a window',
    rule: rule('SELECT noting(count(*)) AS x FROM demo GROUP BY TUMBLINGWINDOW(ss, 1)'),
    play: async () => {
      await feed();
      run.clock.advance(1000);
      await turn();
    },
    sees: ['call: r', 'write: r'],
  },
  {
    name: 'the linger time of a batch',
    rule: rule('SELECT a FROM demo', {
      actions: [['scripted', { name: 'out', sendSingle: true, batchSize: 10, lingerInterval: 1000 }]],
    }),
    play: async () => {
      await feed();
      expect(seen).toEqual([]);
      run.clock.advance(1000);
      await turn();
    },
    sees: ['write: r'],
  },
  {
    name: 'a sink that is tried again and one that goes on',
    rule: rule('SELECT a FROM demo'),
    play: async () => {
      let failures = 1;
      run.drain('out').behave = () => {
        note('write');
        return failures-- > 0 ? Promise.reject(new SinkWriteError('busy', { recoverable: true })) : turn();
      };
      await feed(2);
      run.clock.advance(1000);
      await run.settle();
    },
    sees: ['write: r', 'write: r', 'write: r'],
  },
  {
    name: 'functions that are made and closed',
    rule: rule('SELECT made(a) AS x, made(a) AS y FROM demo', { actions: [['nop', {}]] }),
    play: () => run.stop('r'),
    sees: ['make 0: r', 'make 1: r', 'unmake: r', 'unmake: r'],
  },
  {
    name: 'what a source of its own is asked',
    rule: rule('SELECT a FROM demo', { streams: [replaying], options: { qos: 1 }, actions: [['nop', {}]] }),
    play: async () => {
      watch(run.feed('in'));
      await feed();
      await run.host.checkpoint('r');
      await run.stop('r');
    },
    sees: ['state: r', 'committed: r', 'state: r', 'state: r', 'close: r'],
  },
  {
    name: 'what a shared source is asked, which is its own',
    rule: rule('SELECT noting(a) AS x FROM demo', { streams: [shared], actions: [['nop', {}]] }),
    play: async () => {
      watch(run.feed('in'));
      await feed();
      await run.stop('r');
    },
    sees: ['call: r', 'committed: $$subtopo_demo', 'state: $$subtopo_demo', 'close: $$subtopo_demo'],
  },
];

function watch(source: Feed): void {
  source.committed = () => note('committed');
  source.stateAt = () => void note('state');
  source.close = () => note('close');
}

it.each(cases)('$name', async ({ rule: spec, play, sees }) => {
  await run.start(spec);
  await (play ?? feed)();
  expect(seen).toEqual(sees);
});

it('is the rule again that has written to a memory topic, when the rules on the topic have had their turn', async () => {
  await run.start(
    rule('SELECT noting(a) AS x FROM there', {
      id: 'reader',
      streams: [['CREATE STREAM there () WITH (TYPE="memory", DATASOURCE="t")', {}]],
      actions: [['nop', {}]],
    }),
  );
  await run.start(
    rule('SELECT a FROM demo', {
      actions: [
        ['memory', { topic: 't', sendSingle: true }],
        ['scripted', { name: 'out', sendSingle: true }],
      ],
    }),
  );
  await feed();
  expect(seen).toEqual(['call: reader', 'write: r']);
});
