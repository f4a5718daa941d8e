/** Rows that wait for a lookup are neither safe nor forgotten, and not without bound. Source: DESIGN §3, §9. */
import type { Row } from '@kuiper/base';
import type { SourceSpec } from '@kuiper/host';
import { defineLookup } from '@kuiper/sdk';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ruleSpec, type SpecParts } from '../support/rule-specs.ts';
import { ScriptedHost, turn } from './scripted.ts';

const stream = ['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}] as const;
const table = ['CREATE TABLE names () WITH (TYPE="asked", DATASOURCE="n", KIND="lookup", KEY="a")', {}] as const;

/** Calls that wait for their answer. */
let asked: { readonly value: unknown; answer(rows: readonly Row[]): void; fail(error: Error): void }[] = [];
let run: ScriptedHost;

const askedLookup = defineLookup({
  type: 'asked',
  about: { en: 'Answers when a test says so.', zh: '测试用查询表。' },
  props: {},
  open: () => ({
    lookup: (_fields, _keys, [value]) =>
      new Promise((resolve, reject) => asked.push({ value, answer: resolve, fail: reject })),
    close() {},
  }),
});

function rule(more: Partial<SpecParts> = {}): Parameters<ScriptedHost['start']>[0] {
  return ruleSpec({
    id: 'r',
    sql: 'SELECT demo.a, names.n FROM demo INNER JOIN names ON demo.a = names.a',
    streams: [stream, table],
    actions: [['scripted', { name: 'r', sendSingle: true }]],
    ...more,
    options: { sendError: false, concurrency: 10, ...more.options },
  });
}

beforeEach(async () => {
  asked = [];
  run = await ScriptedHost.create({ lookups: [askedLookup] });
  await run.host.openTable(rule().sources[1] as SourceSpec);
});
afterEach(() => run.close());

it('acknowledges a batch when its answers have come and its results are written', async () => {
  await run.start(rule());
  const held = run.drain('r').hold();
  run.feed('in').send({ a: 1 }, { a: 2 });
  run.feed('in').send({ a: 3 });
  await turn();
  expect(run.feed('in').committedTo).toEqual([]);
  for (const { value, answer } of asked.toReversed()) answer([{ a: value, n: `n${String(value)}` }]);
  await turn();
  expect(run.feed('in').committedTo).toEqual([]);
  for (let i = 0; i < 3; i++) {
    held.succeed();
    await turn();
  }
  expect(run.feed('in').committedUpTo).toBe(2);
  expect(run.drain('r').rows).toEqual([1, 2, 3].map((a) => ({ a, n: `n${a}` })));
});

it('acknowledges what found no match or failed, counted', async () => {
  await run.start(rule());
  run.feed('in').send({ a: 1 }, { a: 2 });
  await turn();
  asked[0]?.answer([]);
  asked[1]?.fail(new Error('table gone'));
  await turn();
  expect(run.feed('in').committedUpTo).toBe(1);
  const failing = run.host.metrics('r')?.filter(({ exceptions }) => exceptions > 0);
  expect(failing?.map(({ exceptions, lastException }) => [exceptions, lastException])).toEqual([
    [1, expect.stringContaining('table gone')],
  ]);
});

it('makes the source wait when too much waits for answers', async () => {
  await run.start(rule());
  let full: Promise<void> | undefined;
  let sent = 0;
  while (full === undefined && sent < 10_000) full = run.feed('in').send({ a: sent++ });
  expect(sent).toBeLessThan(1000);
  let isFull = true;
  void full?.then(() => {
    isFull = false;
  });
  while (run.drain('r').written.length < sent) {
    for (const { value, answer } of asked.splice(0)) answer([{ a: value, n: 'x' }]);
    await turn();
  }
  expect(isFull).toBe(false);
  expect(run.feed('in').committedUpTo).toBe(sent - 1);
});

it('puts rows that wait for an answer into no checkpoint: they come out first', async () => {
  const sql = 'SELECT collect(names.n) AS all FROM demo INNER JOIN names ON demo.a = names.a GROUP BY COUNTWINDOW(3)';
  const spec = rule({ sql, options: { qos: 1 } });
  const answerAll = async (): Promise<void> => {
    await turn();
    for (const { value, answer } of asked.splice(0)) answer([{ a: value, n: value }]);
    await run.settle();
  };
  await run.start(spec);
  run.drain('r').hold();
  run.feed('in').send({ a: 1 }, { a: 2 }, { a: 3 });
  await run.settle();
  const taken = run.host.checkpoint('r');
  // Meanwhile the source is asked to wait, or the moment without waiting rows would never come.
  expect(run.feed('in').send({ a: 4 })).toBeInstanceOf(Promise);
  await answerAll();
  await run.during(taken);
  run = await ScriptedHost.create({ disk: run.disk.crash(() => false), drains: run.drains, lookups: [askedLookup] });
  run.drain('r').release();
  await run.host.openTable(spec.sources[1] as SourceSpec);
  await run.start(spec);
  run.feed('in').send({ a: 5 }, { a: 6 });
  await answerAll();
  expect(run.drain('r').rows).toEqual([{ all: [1, 2, 3] }, { all: [4, 5, 6] }]);
});

it('can be stopped while answers are outstanding, and does not acknowledge them', async () => {
  await run.start(rule());
  const feed = run.feed('in');
  feed.send({ a: 1 });
  await turn();
  await run.stop('r');
  asked[0]?.answer([{ a: 1, n: 1 }]);
  await turn();
  expect(feed.committedTo).toEqual([]);
  expect(run.drain('r').written).toEqual([]);
});
