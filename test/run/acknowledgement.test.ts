/** A source hears that a position is safe when every effect up to it is, and not before. Source: DESIGN §9. */
import { SinkWriteError } from '@kuiper/sdk';
import { afterEach, expect, it } from 'vitest';
import { ruleSpec, type SpecParts } from '../support/rule-specs.ts';
import { ScriptedHost, turn } from './scripted.ts';

const stream = ['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}] as const;
const shared = [
  'CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json", SHARED="true")',
  {},
] as const;

let run: ScriptedHost;
afterEach(() => run.close());

async function begin(...rules: readonly Partial<SpecParts>[]): Promise<ScriptedHost> {
  run = await ScriptedHost.create();
  for (const [i, rule] of rules.entries()) {
    await run.start(
      ruleSpec({
        id: `r${i}`,
        sql: 'SELECT a FROM demo',
        streams: [stream],
        actions: [['scripted', { name: `out${i}` }]],
        ...rule,
      }),
    );
  }
  return run;
}

it('acknowledges a batch after the write of its last result', async () => {
  await begin({});
  const held = run.drain('out0').hold();
  run.feed('in').send({ a: 1 }, { a: 2 });
  run.feed('in').send({ a: 3 });
  await turn();
  expect(held.pending).toEqual([['[{"a":1}]', '[{"a":2}]']]);
  expect(run.feed('in').committedTo).toEqual([]);
  held.succeed();
  await turn();
  expect(run.feed('in').committedTo).toEqual([1]);
  held.succeed();
  await turn();
  expect(run.feed('in').committedTo).toEqual([1, 2]);
});

it('acknowledges at once what a filter drops and what cannot be decoded', async () => {
  await begin({ sql: 'SELECT a FROM demo WHERE a > 5', options: { sendError: false } });
  run.feed('in').send({ a: 1 });
  run.feed('in').sendTexts('{"a":');
  expect(run.feed('in').committedTo).toEqual([0, 1]);
  expect(run.metric('r0', 'op_2_decoder').exceptions).toBe(1);
});

it('waits for the slowest of several sinks', async () => {
  await begin({
    actions: [
      ['scripted', { name: 'fast' }],
      ['scripted', { name: 'slow' }],
    ],
  });
  const held = run.drain('slow').hold();
  run.feed('in').send({ a: 1 });
  await turn();
  expect(run.drain('fast').rows).toEqual([{ a: 1 }]);
  expect(run.feed('in').committedTo).toEqual([]);
  held.succeed();
  await turn();
  expect(run.feed('in').committedTo).toEqual([0]);
});

it('waits for the slowest of several rules on a shared stream, and not for one that has been stopped', async () => {
  await begin({ streams: [shared] }, { streams: [shared] });
  const held = run.drain('out1').hold();
  const feed = run.feed('in');
  feed.send({ a: 1 });
  await turn();
  expect(run.drain('out0').rows).toEqual([{ a: 1 }]);
  expect(feed.committedTo).toEqual([]);
  feed.send({ a: 2 });
  await run.stop('r1');
  expect(feed.committedUpTo).toBe(1);
  feed.send({ a: 3 });
  expect(feed.committedUpTo).toBe(2);
  expect(run.drain('out0').rows).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  held.succeed();
  await turn();
  // What the stopped rule could not deliver is not hidden.
  expect(run.metric('r1', 'sink_scripted_0')).toMatchObject({ recordsOut: 0, dropped: { stopped: 2 } });
});

it('retries a recoverable failure without acknowledging, and counts it once', async () => {
  await begin({});
  const held = run.drain('out0').hold();
  run.feed('in').send({ a: 1 });
  for (let i = 0; i < 5; i++) {
    held.fail(new SinkWriteError('io error: down', { index: 0, recoverable: true }));
    await turn();
    expect(run.feed('in').committedTo).toEqual([]);
    run.clock.advance(11_000);
  }
  held.succeed();
  await turn();
  expect(run.feed('in').committedTo).toEqual([0]);
  expect(run.drain('out0').rows).toEqual([{ a: 1 }]);
  expect(run.metric('r0', 'sink_scripted_0')).toMatchObject({
    exceptions: 1,
    lastException: 'io error: down',
    recordsOut: 1,
    dropped: {},
  });
});

it('counts and acknowledges what a sink refuses for good, and goes on with the next', async () => {
  await begin({});
  run.drain('out0').behave = (payloads) => {
    const index = payloads.findIndex((text) => text.includes('13'));
    if (index < 0) return undefined;
    throw new SinkWriteError('refused', { index, recoverable: false });
  };
  run.feed('in').send(...[12, 13, 14].map((a) => ({ a })));
  await turn();
  expect(run.feed('in').committedTo).toEqual([2]);
  expect(run.drain('out0').rows).toEqual([{ a: 14 }]);
  expect(run.metric('r0', 'sink_scripted_0')).toMatchObject({
    exceptions: 1,
    recordsOut: 2,
    dropped: { 'sink error': 1 },
  });
});

it('refuses thousands of items one by one without running out of stack', async () => {
  await begin({ actions: [['scripted', { name: 'out0', sendSingle: true }]] });
  run.drain('out0').behave = () => {
    throw new Error('never');
  };
  run.feed('in').send(...Array.from({ length: 3000 }, (_, a) => ({ a })));
  await turn();
  expect(run.feed('in').committedTo).toEqual([2999]);
  expect(run.metric('r0', 'sink_scripted_0').dropped).toEqual({ 'sink error': 3000 });
});

it('holds what waits in a batch until the batch is written', async () => {
  await begin({ actions: [['scripted', { name: 'out0', batchSize: 3, sendSingle: true }]] });
  run.feed('in').send({ a: 1 });
  run.feed('in').send({ a: 2 });
  expect(run.feed('in').committedTo).toEqual([]);
  const held = run.drain('out0').hold();
  run.feed('in').send({ a: 3 });
  await turn();
  expect(run.feed('in').committedTo).toEqual([]);
  held.succeed();
  await turn();
  expect(run.feed('in').committedUpTo).toBe(2);
  expect(run.drain('out0').rows).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
});

it('hears of messages that became safe while the source was being opened', async () => {
  run = await ScriptedHost.create();
  run.opening.set('in', async (feed) => {
    feed.send({ a: 1 });
    await turn();
    expect(feed.committedTo).toEqual([]);
  });
  await run.start(ruleSpec({ id: 'r0', sql: 'SELECT a FROM demo', streams: [stream], actions: [['scripted', {}]] }));
  const feed = run.feed('in');
  expect(feed.committedTo).toEqual([0]);
});

it('acknowledges nothing that comes while the rule is being stopped', async () => {
  const other = ['CREATE STREAM other () WITH (TYPE="scripted", DATASOURCE="second", FORMAT="json")', {}] as const;
  const sql = 'SELECT demo.a FROM demo INNER JOIN other ON demo.a = other.a GROUP BY TUMBLINGWINDOW(ss, 10)';
  await begin({ sql, streams: [stream, other] });
  const [one, two] = [run.feed('in'), run.feed('second')];
  const sending: (Promise<void> | undefined)[] = [];
  one.close = () => {
    one.closed++;
    sending.push(one.send({ a: 1 }), two.send({ a: 1 }));
  };
  await run.stop('r0');
  // A source that waits may go on when it is closed.
  await Promise.all(sending);
  expect([one.committedTo, two.committedTo]).toEqual([[], []]);
  expect([one.closed, two.closed]).toEqual([1, 1]);
});
