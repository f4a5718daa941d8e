/** What a graph rule shares with others: sources by name, tables, topology, checkpoints, ends; and what is refused. */
import type { OpenLookup } from '@kuiper/sdk';
import { defineLookup } from '@kuiper/sdk';
import { errorText, KuiperError } from '@kuiper/base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ScriptedHost } from '../run/scripted.ts';
import { ruleSpec } from '../support/rule-specs.ts';
import { type GraphParts, graphSpec, sourceSpec } from './graph-host.ts';

/** Lookups asked for so far, as `id`. */
const asked: unknown[] = [];

const lookup = defineLookup({
  type: 'counted',
  about: { en: 'A table that notes what it is asked.', zh: '测试用查询表。' },
  props: {},
  open: (): OpenLookup => ({
    lookup: (_fields, _keys, [id]) => {
      asked.push(Number(id));
      return id === 1n || id === 1 ? [{ id: 1, name: 'one' }] : [];
    },
    close: () => {},
  }),
});

let run: ScriptedHost;

beforeEach(async () => {
  asked.length = 0;
  run = await ScriptedHost.create({ lookups: [lookup] });
});
afterEach(() => run.close());

const table = 'CREATE TABLE t () WITH (TYPE="counted", DATASOURCE="t", KIND="lookup", KEY="id")';
const demo = 'CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")';
const sharedDemo = 'CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json", SHARED="true")';

function lookupJoin(props: Readonly<Record<string, unknown>>): GraphParts {
  return {
    sources: {
      s: ['scripted', { sourceType: 'stream', sourceName: 'demo' }],
      tab: ['counted', { sourceType: 'table', sourceName: 't' }],
    },
    nodes: { j: ['join', { from: 'demo', joins: [{ name: 't', type: 'left', on: 'demo.id = t.id' }] }] },
    edges: { s: ['j'], tab: ['j'], j: ['o'] },
    streams: [[demo], [table, props]],
  };
}

test('topology names nodes as they are written, sinks with their chains', async () => {
  const parts: GraphParts = {
    nodes: { w: ['window', { type: 'countwindow', size: 2 }], sw: ['switch', { cases: ['a > 1', 'a > 2'] }] },
    edges: { i: ['w', 'sw'], m: ['w'], w: ['o'], sw: [['p'], ['o', 'q']] },
  };
  const { topology, explain } = await run.host.plan(graphSpec(parts));
  expect(explain).toBeNull();
  expect(topology).toEqual({
    sources: ['source_i', 'source_m'],
    edges: {
      source_i: ['op_2_decoder'],
      source_m: ['op_2_decoder'],
      op_2_decoder: ['op_w', 'op_sw'],
      op_w: ['op_o_0_transform'],
      op_sw: ['op_o_0_transform', 'op_p_0_transform', 'op_q_0_transform'],
      ...sinkChain('o'),
      ...sinkChain('p'),
      ...sinkChain('q'),
    },
  });
});

function sinkChain(name: string): Record<string, string[]> {
  return { [`op_${name}_0_transform`]: [`op_${name}_1_encode`], [`op_${name}_1_encode`]: [`sink_${name}`] };
}

describe('lookup tables', () => {
  const cacheCases = [
    ['without a cache every row asks', {}, [1, 2, 1, 2, 1]],
    ['a cache keeps what was found', { lookup: { cache: true } }, [1, 2, 2]],
    ['missing keys are kept on request', { lookup: { cache: true, cacheMissingKey: true } }, [1, 2]],
    ['answers grow old', { lookup: { cache: true, cacheTtl: 50, cacheMissingKey: true } }, [1, 2, 1]],
  ] as const;

  test.each(cacheCases)('in a graph: %s', async (_, props, expected) => {
    await run.host.openTable(sourceSpec(table));
    await run.start(graphSpec(lookupJoin(props)));
    await askAll();
    expect(run.drain('o').written).toEqual(found);
    expect(asked).toEqual(expected);
  });

  test.each(cacheCases)('in a statement: %s', async (_, props, expected) => {
    await run.host.openTable(sourceSpec(table));
    const sql = 'SELECT demo.id AS id, t.name AS name FROM demo LEFT JOIN t ON demo.id = t.id';
    const actions = [['scripted', { name: 'o' }]] as const;
    await run.start(
      ruleSpec({
        id: 'r',
        sql,
        streams: [
          [demo, {}],
          [table, props],
        ],
        actions,
      }),
    );
    await askAll();
    expect(run.drain('o').written).toEqual(found);
    expect(asked).toEqual(expected);
  });

  const found = [
    '[{"id":1,"name":"one"}]',
    '[{"id":2}]',
    '[{"id":1,"name":"one"}]',
    '[{"id":2}]',
    '[{"id":1,"name":"one"}]',
  ];

  async function askAll(): Promise<void> {
    for (const id of [1, 2, 1, 2]) {
      await run.feed('in').send({ id });
      await run.settle(0);
    }
    run.clock.advance(100);
    await run.feed('in').send({ id: 1 });
    await run.settle(0);
  }

  test('a cache with settings that are none is refused', async () => {
    const problem = run.host.plan(graphSpec(lookupJoin({ lookup: { cache: 'often' } })));
    await expect(problem).rejects.toThrow("'cache' expected type 'bool'");
  });
});

test('a reference reads the stream under its own name, together with other rules', async () => {
  const spec = graphSpec({
    sources: { src: ['scripted', { sourceName: 'demo' }] },
    nodes: { p: ['pick', { fields: ['demo.a AS b'] }] },
    edges: { src: ['p'], p: ['o'] },
    streams: [[sharedDemo]],
  });
  await run.start(spec);
  await run.start(
    ruleSpec({
      id: 'q',
      sql: 'SELECT a FROM demo',
      streams: [[sharedDemo, {}]],
      actions: [['scripted', { name: 'q' }]],
    }),
  );
  expect(run.opens.get('in')).toHaveLength(1);
  await run.feed('in').send({ a: 1, c: 2 });
  await run.settle();
  expect([run.drain('o').written, run.drain('q').written]).toEqual([['[{"b":1}]'], ['[{"a":1}]']]);
});

test('explain shows what a running shared stream decodes', async () => {
  const columns =
    'CREATE STREAM demo (a BIGINT, b FLOAT) WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json", SHARED="true")';
  const spec = ruleSpec({ id: 'r', sql: 'SELECT a FROM demo WHERE b > 1', streams: [[columns, {}]] });
  expect((await run.host.plan(spec)).explain).toContain('StreamFields:[ a, b ]"');
  await run.start(spec);
  expect((await run.host.plan(spec)).explain).toContain('StreamFields:[ a, b ] ConverterSchema:[a,b]"');
});

test('event time goes by the column of an inline source', async () => {
  const spec = graphSpec({
    sources: { i: ['scripted', { datasource: 'i', timestamp: 'ts' }] },
    nodes: {
      wm: ['watermark', { emitters: ['i'] }],
      w: ['window', { type: 'tumblingwindow', unit: 'ss', size: 1 }],
    },
    edges: { i: ['wm'], wm: ['w'], w: ['o'] },
    options: { isEventTime: true, lateToleranceMs: 0 },
  });
  await run.start(spec);
  for (const ts of [1000, 1500, 2100, 3200]) await run.feed('i').send({ ts });
  await run.settle();
  expect(run.drain('o').written).toEqual(['[{"ts":1000},{"ts":1500}]', '[{"ts":2100}]']);
});

test('windows and scripts go on after a restart: windows from the checkpoint, scripts from the start', async () => {
  const spec = graphSpec({
    sources: { i: ['replaying', { datasource: 'i' }] },
    nodes: {
      w: ['window', { type: 'countwindow', size: 3 }],
      sc: [
        'script',
        { script: 'let n = 0; const exec = (rows) => ({ n: ++n, as: rows.map((r) => r.a) });', isAgg: true },
      ],
    },
    edges: { i: ['w'], w: ['sc'], sc: ['o'] },
    options: { qos: 1 },
  });
  await run.start(spec);
  for (const a of [1, 2, 3, 4]) await run.feed('i').send({ a });
  await run.settle();
  await run.stop('r');
  await run.during(run.host.start('r'));
  for (const a of [5, 6]) await run.feed('i').send({ a });
  await run.settle();
  expect(run.drain('o').written).toEqual(['{"as":[1,2,3],"n":1}', '{"as":[4,5,6],"n":1}'].map((text) => `[${text}]`));
});

test('a rule ends when all its sources have ended, and its sinks have everything', async () => {
  await run.start(graphSpec({ nodes: { f: ['filter', { expr: 'a > 1' }] }, edges: { i: ['f'], m: ['p'], f: ['o'] } }));
  await run.feed('i').send({ a: 2 });
  run.feed('i').context.end();
  await run.settle();
  expect(run.ends).toEqual([]);
  run.feed('m').context.end();
  await run.settle();
  expect(run.ends).toEqual([{ ruleId: 'r', kind: 'done', message: 'done' }]);
  expect(run.drain('o').written).toEqual(['[{"a":2}]']);
});

test('what one sink cannot encode is told to that sink alone', async () => {
  const spec = graphSpec({ edges: { i: ['o', 'p'] } });
  const { nodes, topo } = spec.graph as { nodes: Record<string, { props: object }>; topo: unknown };
  const failing = { ...nodes.p, props: { name: 'p', dataField: 'a' } };
  await run.start({ ...spec, graph: { nodes: { ...nodes, p: failing }, topo } });
  await run.feed('i').send({ a: 1 });
  await run.settle();
  expect(run.drain('o').written).toEqual(['[{"a":1}]']);
  expect(run.drain('p').written).toEqual(['invalid transform result type 1']);
});

test('taps see what goes to the sinks', async () => {
  const seen: string[] = [];
  await run.start(graphSpec({ nodes: { f: ['function', { expr: 'abs(a) AS b' }] }, edges: { i: ['f'], f: ['o'] } }));
  run.host.tap('r', ({ kind, data }) => seen.push(`${kind} ${data}`));
  await run.feed('i').send({ a: -1 });
  await run.feed('i').send({ a: 'x' });
  expect(seen).toEqual(['rows [{"a":-1,"b":1}]', 'error call func abs error: only float64 & int type are supported']);
});

test('a script is interpreted anew for each run, and stopping while it is loaded leaves nothing open', async () => {
  const spec = graphSpec({
    nodes: { sc: ['script', { script: 'let n = 0; const exec = (m) => ({ n: ++n });' }] },
    edges: { i: ['sc'], sc: ['o'] },
  });
  await run.host.deploy(spec);
  const starting = run.host.start('r');
  await run.stop('r');
  await starting;
  expect(run.opens.get('i') ?? []).toEqual([]);
  await run.start(spec);
  await run.feed('i').send({});
  await run.start(spec);
  await run.feed('i').send({});
  await run.settle();
  expect(run.drain('o').written).toEqual(['[{"n":1}]', '[{"n":1}]']);
});

describe('refused at creation', () => {
  const script = (text: string): GraphParts => ({
    nodes: { x: ['script', { script: text }] },
    edges: { i: ['x'], x: ['o'] },
  });
  const through = (parts: Partial<GraphParts> = {}): GraphParts => ({
    nodes: { x: ['filter', { expr: 'a > 1' }] },
    edges: { i: ['x'], x: ['o'] },
    ...parts,
  });
  const cases: readonly (readonly [name: string, parts: GraphParts, text: string])[] = [
    [
      'a script that does not parse',
      script('function exec( {'),
      'parse script x with map[script:function exec( {] error: failed to interprete script: SyntaxError: invalid property name (line 1)',
    ],
    [
      'a script without exec',
      script('var a;'),
      'parse script x with map[script:var a;] error: cannot find function "exec" in script',
    ],
    ['no script', script(''), 'parse script x with map[script:] error: script node must have script'],
    ['slice tuples', through({ options: { useSliceTuple: true } }), 'graph mode does not support slice-tuple mode'],
    [
      'a stream that does not exist',
      through({ sources: { i: ['scripted', { sourceName: 'nosuch' }] } }),
      'fail to get stream nosuch, please check if stream is created',
    ],
    [
      'a stream of another type',
      through({ sources: { i: ['mqtt', { sourceName: 'demo' }] }, streams: [[demo]] }),
      'source type mqtt does not match the stream type scripted',
    ],
    ['a source type that does not exist', through({ sources: { i: ['nosuch', {}] } }), 'source type nosuch not found'],
    [
      'an inline source of the name of a stream that is used too',
      {
        sources: { demo: ['scripted', { datasource: 'x' }], s: ['scripted', { sourceName: 'demo' }] },
        edges: { demo: ['o'], s: ['p'] },
        streams: [[demo]],
      },
      'source node demo has the name of a stream that is used too',
    ],
    [
      'an option of the wrong kind',
      through({ sources: { i: ['scripted', { datasource: 5 }] } }),
      'source node i: property datasource must be a string',
    ],
    [
      'a temporary stream in a rule that is not',
      through({
        sources: { i: ['scripted', { sourceName: 'demo' }] },
        streams: [[demo.replace('FORMAT', 'TEMP="true", FORMAT')]],
      }),
      'temp stream demo can only be used by temp rules',
    ],
  ];

  test.each(cases)('%s', async (_, parts, text) => {
    await expect(run.host.deploy(graphSpec(parts)).catch(errorText)).resolves.toBe(text);
  });

  test('a sink of a type that does not exist', async () => {
    const spec = graphSpec({ edges: { i: ['o'] } });
    const { nodes, topo } = spec.graph as { nodes: Record<string, object>; topo: unknown };
    const graph = { nodes: { ...nodes, o: { type: 'sink', nodeType: 'nosuch', props: {} } }, topo };
    await expect(run.host.deploy({ ...spec, graph })).rejects.toThrow('sink nosuch is not defined');
  });

  test('slice tuples of a memory topic, after all that the statement itself is refused for', async () => {
    const memory = 'CREATE STREAM mem (a BIGINT) WITH (TYPE="memory", DATASOURCE="x", FORMAT="json")';
    const deploy = (sql: string): Promise<unknown> =>
      run.host
        .deploy(ruleSpec({ id: 'r', sql, streams: [[memory, {}]], options: { useSliceTuple: true } }))
        .catch((error: unknown) => (error instanceof KuiperError ? [error.code, error.message] : error));
    expect(await deploy('SELECT a FROM mem')).toEqual([2201, 'slice tuple mode does not support memory source']);
    const sorted = await deploy('SELECT a FROM mem GROUP BY COUNTWINDOW(2) ORDER BY a');
    expect(sorted).toEqual([1000, 'slice tuple mode do not support sort yet']);
  });
});
