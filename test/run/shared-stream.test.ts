/** Rules that come and go on one shared stream while batches flow. Source: behaviour spec, runtime §12; DESIGN §7. */
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { ruleSpec, type SpecParts } from '../support/rule-specs.ts';
import { ScriptedHost, turn } from './scripted.ts';

const shared = [
  'CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json", SHARED="true")',
  {},
] as const;

function rule(id: string, sql: string, more: Partial<SpecParts> = {}): Parameters<ScriptedHost['start']>[0] {
  return ruleSpec({
    id,
    sql,
    streams: [shared],
    actions: [['scripted', { name: id, sendSingle: true }]],
    ...more,
    options: { sendError: false, ...more.options },
  });
}

let run: ScriptedHost;
afterEach(() => run.close());

it('opens with the first rule, closes with the last, and opens anew', async () => {
  run = await ScriptedHost.create();
  await Promise.all(['a', 'b', 'c'].map((id) => run.start(rule(id, `SELECT ${id} FROM demo`))));
  expect(run.opens.get('in')).toHaveLength(1);
  await run.stop('a');
  await run.stop('b');
  expect(run.feed('in').closed).toBe(0);
  await run.stop('c');
  expect(run.feed('in').closed).toBe(1);
  await run.start(rule('a', 'SELECT a FROM demo'));
  expect(run.opens.get('in')).toHaveLength(2);
});

it('decodes the union of the columns in use', async () => {
  run = await ScriptedHost.create();
  await run.start(rule('a', 'SELECT a FROM demo'));
  expect(await run.host.sharedColumns('demo')).toEqual(['a']);
  await run.start(rule('b', 'SELECT b FROM demo WHERE c > 1'));
  expect([...((await run.host.sharedColumns('demo')) ?? [])].toSorted()).toEqual(['a', 'b', 'c']);
  run.feed('in').send({ a: 1, b: 2, c: 3, d: 4 });
  await run.start(rule('all', 'SELECT * FROM demo'));
  expect(await run.host.sharedColumns('demo')).toBeNull();
  run.feed('in').send({ a: 5, b: 6, c: 7, d: 8 });
  await run.stop('all');
  await run.stop('b');
  expect(await run.host.sharedColumns('demo')).toEqual(['a']);
  await turn();
  expect(run.drain('a').rows).toEqual([{ a: 1 }, { a: 5 }]);
  expect(run.drain('b').rows).toEqual([{ b: 2 }, { b: 6 }]);
  expect(run.drain('all').rows).toEqual([{ a: 5, b: 6, c: 7, d: 8 }]);
  await run.stop('a');
  expect(await run.host.sharedColumns('demo')).toBeUndefined();
});

it('is opened anew after its first opener has failed', async () => {
  run = await ScriptedHost.create();
  run.opening.set('in', () => Promise.reject(new Error('no broker')));
  await run.start(rule('a', 'SELECT a FROM demo'));
  expect(run.ends).toEqual([{ ruleId: 'a', kind: 'error', message: 'no broker' }]);
  run.opening.delete('in');
  await run.start(rule('b', 'SELECT a FROM demo'));
  run.feed('in').send({ a: 1 });
  await turn();
  expect(run.drain('b').rows).toEqual([{ a: 1 }]);
});

it.each([
  ['aborts', () => run.feed('in').context.abort(new Error('gone')), 'error', 'gone'],
  ['ends', () => run.feed('in').context.end(), 'done', 'done'],
])('that %s ends all its rules, and the next one opens it anew', async (_name, act, kind, message) => {
  run = await ScriptedHost.create();
  // One of them cannot end at once: its sink does not answer.
  for (const id of ['a', 'b']) await run.start(rule(id, 'SELECT a FROM demo', { options: { qos: 1 } }));
  run.drain('b').hold();
  run.feed('in').send({ a: 1 });
  act();
  await run.start(rule('c', 'SELECT a FROM demo'));
  expect(run.opens.get('in')).toHaveLength(2);
  run.feed('in').send({ a: 2 });
  await turn();
  expect(run.drain('c').rows).toEqual([{ a: 2 }]);
  expect(run.ends[0]).toEqual({ ruleId: 'a', kind, message });
});

it('counts rows that the index keeps away as if the filter had seen them', async () => {
  run = await ScriptedHost.create();
  for (let i = 0; i < 20; i++) await run.start(rule(`r${i}`, `SELECT a FROM demo WHERE k = ${i}`));
  run.feed('in').send(...Array.from({ length: 100 }, (_, a) => ({ a, k: a % 10 })));
  await run.start(rule('late', 'SELECT a FROM demo WHERE k = 3'));
  run.feed('in').send(...Array.from({ length: 50 }, (_, a) => ({ a, k: a % 10 })));
  await turn();
  for (let i = 0; i < 20; i++) {
    const metrics = run.host.metrics(`r${i}`) ?? [];
    const filter = metrics.find(({ name }) => name.endsWith('_filter'));
    expect([filter?.recordsIn, filter?.recordsOut]).toEqual([150, i < 10 ? 15 : 0]);
    expect(metrics[0]?.recordsIn).toBe(150);
  }
  const late = run.host.metrics('late')?.find(({ name }) => name.endsWith('_filter'));
  expect([late?.recordsIn, late?.recordsOut]).toEqual([50, 5]);
});

it('is shared by connection among the rules of one stream, each stream decoding in its own way', async () => {
  const connected = (name: string, columns: string) =>
    [
      `CREATE STREAM ${name} ${columns} WITH (TYPE="connected", DATASOURCE="in", FORMAT="json")`,
      { connectionSelector: 'broker' },
    ] as const;
  const loose = connected('loose', '()');
  const typed = connected('typed', '(a STRING)');
  run = await ScriptedHost.create();
  await run.start(rule('one', 'SELECT a FROM loose', { streams: [loose] }));
  await run.start(rule('two', 'SELECT a, b FROM loose', { streams: [loose] }));
  await run.start(rule('three', 'SELECT * FROM typed', { streams: [typed] }));
  expect(run.opens.get('in')).toHaveLength(2);
  for (const feed of run.opens.get('in') ?? []) feed.send({ a: 1, b: 2 });
  await turn();
  expect(run.drain('one').rows).toEqual([{ a: 1 }]);
  expect(run.drain('two').rows).toEqual([{ a: 1, b: 2 }]);
  expect(run.drain('three').rows).toEqual([{ a: '1' }]);
});

it('of one connection is not paused by a slow rule', async () => {
  const stream = [
    'CREATE STREAM loose () WITH (TYPE="connected", DATASOURCE="in", FORMAT="json")',
    { connectionSelector: 'broker' },
  ] as const;
  run = await ScriptedHost.create();
  const slow = { name: 'slow', sendSingle: true, bufferLength: 2 };
  await run.start(rule('slow', 'SELECT a FROM loose', { streams: [stream], actions: [['scripted', slow]] }));
  await run.start(rule('fast', 'SELECT a FROM loose', { streams: [stream] }));
  run.drain('slow').hold();
  for (let a = 0; a < 20; a++) expect(run.feed('in').send({ a })).toBeUndefined();
  await run.settle();
  expect(run.drain('fast').rows).toHaveLength(20);
  expect(run.feed('in').committedUpTo).toBe(19);
});

it('gives every rule exactly the rows that came while it was there', async () => {
  type Step = { readonly start: number } | { readonly stop: number } | { readonly rows: number };
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 2, arbitrary: fc.nat(4).map((start) => ({ start })) },
    { weight: 2, arbitrary: fc.nat(4).map((stop) => ({ stop })) },
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 5 }).map((rows) => ({ rows })) },
  );
  const sqls = [
    'SELECT a FROM demo',
    'SELECT * FROM demo',
    'SELECT a FROM demo WHERE k = 1',
    'SELECT a FROM demo WHERE k > 0',
    'SELECT a FROM demo WHERE k = 1 OR a > 2',
  ];
  const wanted = [
    () => true,
    () => true,
    (_a: number, k: number) => k === 1,
    (_a: number, k: number) => k > 0,
    (a: number, k: number) => k === 1 || a > 2,
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      run = await ScriptedHost.create();
      const running = new Set<number>();
      const expected = sqls.map((): number[] => []);
      let next = 0;
      for (const one of steps) {
        if ('start' in one) {
          if (running.has(one.start)) continue;
          running.add(one.start);
          await run.start(rule(`r${one.start}`, sqls[one.start] as string));
        } else if ('stop' in one) {
          running.delete(one.stop);
          await run.stop(`r${one.stop}`);
        } else if (running.size > 0) {
          const rows = Array.from({ length: one.rows }, () => ({ a: next, k: next++ % 3 }));
          run.feed('in').send(...rows);
          for (const i of running) {
            for (const { a, k } of rows) if (wanted[i]?.(a, k) === true) expected[i]?.push(a);
          }
        }
      }
      await turn();
      const seen = sqls.map((_, i) => run.drain(`r${i}`).rows.map(({ a }) => a));
      await run.close();
      expect(seen).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});
