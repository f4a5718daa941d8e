/** Each operator of a graph at work in a real host: rows in through a source, results out through sinks. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ScriptedHost } from '../run/scripted.ts';
import { type Edges, graphSpec, type Nodes } from './graph-host.ts';

let run: ScriptedHost;

beforeEach(async () => {
  run = await ScriptedHost.create();
});
afterEach(() => run.close());

/** One message of a source, or ms that go by. */
type Step = readonly [source: 'i' | 'm', row: unknown] | number;

interface Case {
  readonly name: string;
  readonly nodes: Nodes;
  readonly edges: Edges;
  readonly steps: readonly Step[];
  /** What each sink was written, message by message. */
  readonly sinks: Readonly<Record<string, readonly unknown[]>>;
  /** Records in and out, and exceptions, by node. */
  readonly metrics?: Readonly<Record<string, readonly [recordsIn: number, recordsOut: number, exceptions: number]>>;
}

const rows = (...values: readonly unknown[]): readonly Step[] => values.map((value) => ['i', value]);

const cases: readonly Case[] = [
  {
    name: 'a source may feed a sink directly',
    nodes: {},
    edges: { i: ['o'] },
    steps: rows({ a: 1 }, { b: 'x' }),
    sinks: { o: [[{ a: 1 }], [{ b: 'x' }]] },
  },
  {
    name: 'function nodes add fields; their failures are told without the place in a list',
    nodes: { fn: ['Function', { expr: 'abs(a) AS b' }], fn2: ['function', { expr: 'length(s)' }] },
    edges: { i: ['fn'], fn: ['fn2'], fn2: ['o'] },
    steps: rows({ a: -1.5, s: 'ab' }, { a: 2, s: '' }, { a: 'x' }),
    sinks: {
      o: [
        [{ a: -1.5, b: 1.5, length: 2, s: 'ab' }],
        [{ a: 2, b: 2, length: 0, s: '' }],
        'call func abs error: only float64 & int type are supported',
      ],
    },
    metrics: { op_fn: [3, 2, 1], op_fn2: [2, 2, 0], sink_o: [3, 3, 0] },
  },
  {
    name: 'a filter lets rows pass',
    nodes: { f: ['filter', { expr: 'a > 1 AND s LIKE "x%"' }] },
    edges: { i: ['f'], f: ['o'] },
    steps: rows({ a: 1, s: 'xy' }, { a: 2, s: 'xy' }, { a: 3, s: 'y' }),
    sinks: { o: [[{ a: 2, s: 'xy' }]] },
    metrics: { op_f: [3, 1, 0] },
  },
  {
    name: 'a pick is a select list',
    nodes: { p: ['pick', { fields: ['a * 2 AS d', 's', 'meta(topic) AS t'] }] },
    edges: { i: ['p'], p: ['o'] },
    steps: rows({ a: 2, s: 'x', z: 1 }),
    sinks: { o: [[{ d: 4, s: 'x', t: 'scripted' }]] },
  },
  {
    name: 'groups of a window are counted, filtered and picked',
    nodes: {
      w: ['window', { type: 'countwindow', size: 3 }],
      gr: ['groupby', { dimensions: ['g'] }],
      ag: ['aggfunc', { expr: 'sum(a) AS t' }],
      hv: ['filter', { expr: 't > 3' }],
      pk: ['pick', { fields: ['g', 't', 'count(*) AS n'], isAgg: true }],
    },
    edges: { i: ['w'], w: ['gr'], gr: ['ag'], ag: ['hv'], hv: ['pk'], pk: ['o'] },
    steps: rows({ a: 1, g: 'x' }, { a: 5, g: 'y' }, { a: 4, g: 'x' }, { a: 1, g: 'x' }, { a: 1, g: 'y' }, { a: 1 }),
    sinks: {
      o: [
        [
          { g: 'x', t: 5, n: 2 },
          { g: 'y', t: 5, n: 1 },
        ],
      ],
    },
    metrics: { op_w: [6, 2, 0], op_gr: [2, 2, 0], op_pk: [1, 1, 0] },
  },
  {
    name: 'a tumbling window goes by the clock',
    nodes: { w: ['window', { type: 'tumblingwindow', unit: 'ss', size: 2 }] },
    edges: { i: ['w'], w: ['o'] },
    steps: [...rows({ a: 1 }, { a: 2 }), 2100, ...rows({ a: 3 }), 2000],
    sinks: { o: [[{ a: 1 }, { a: 2 }], [{ a: 3 }]] },
  },
  {
    name: 'a sliding window looks back from each row',
    nodes: { w: ['window', { type: 'slidingwindow', unit: 'ms', size: 50 }] },
    edges: { i: ['w'], w: ['o'] },
    steps: [...rows({ a: 1 }), 20, ...rows({ a: 2 }), 100, ...rows({ a: 3 })],
    sinks: { o: [[{ a: 1 }], [{ a: 1 }, { a: 2 }], [{ a: 3 }]] },
  },
  {
    name: 'rows of a window are sorted, by several keys',
    nodes: {
      w: ['window', { type: 'CountWindow', size: 4 }],
      by: ['orderby', { sorts: [{ field: 'a', desc: true }, { field: 'k' }] }],
    },
    edges: { i: ['w'], w: ['by'], by: ['o'] },
    steps: rows({ a: 2, k: 1 }, { a: 9, k: 2 }, { a: 2, k: 0 }, { a: 5, k: 3 }),
    sinks: {
      o: [
        [
          { a: 9, k: 2 },
          { a: 5, k: 3 },
          { a: 2, k: 0 },
          { a: 2, k: 1 },
        ],
      ],
    },
  },
  {
    name: 'two sources meet in a window and are joined',
    nodes: {
      w: ['window', { type: 'countwindow', size: 4 }],
      j: ['join', { from: 'i', joins: [{ name: 'm', type: 'left', on: 'i.id = m.id' }] }],
      pk: ['pick', { fields: ['i.a AS a', 'm.b AS b'] }],
    },
    edges: { i: ['w'], m: ['w'], w: ['j'], j: ['pk'], pk: ['o'] },
    steps: [
      ['i', { id: 1, a: 10 }],
      ['m', { id: 1, b: 20 }],
      ['m', { id: 3, b: 30 }],
      ['i', { id: 2, a: 40 }],
    ],
    sinks: { o: [[{ a: 10, b: 20 }, { a: 40 }]] },
  },
  {
    name: 'a switch serves every case that holds',
    nodes: { sw: ['switch', { cases: ['a > 3', 'a > 6', 'a < 2'], stopAtFirstMatch: false }] },
    edges: { i: ['sw'], sw: [['o1'], ['o2'], ['o3']] },
    steps: rows({ a: 1 }, { a: 5 }, { a: 8 }, { b: 1 }, { a: 20 }),
    sinks: { o1: [[{ a: 5 }], [{ a: 8 }], [{ a: 20 }]], o2: [[{ a: 8 }], [{ a: 20 }]], o3: [[{ a: 1 }]] },
    metrics: { op_sw: [5, 0, 0], sink_o1: [3, 3, 0], sink_o2: [2, 2, 0], sink_o3: [1, 1, 0] },
  },
  {
    name: 'a case that is neither true nor false fails the row',
    nodes: { sw: ['switch', { cases: ['s', 'a > 1'] }] },
    edges: { i: ['sw'], sw: [['o1'], ['o2']] },
    steps: rows({ a: 2, s: 'x' }, { a: 2 }),
    sinks: { o1: ['invalid condition that returns non-bool value string(x)'], o2: [[{ a: 2, s: 'x' }], [{ a: 2 }]] },
    metrics: { op_sw: [2, 0, 1] },
  },
  {
    name: 'a switch may stop at the first case; its outputs go on to operators',
    nodes: {
      sw: ['switch', { cases: ['a > 3', 'a > 6', 'a < 2'], stopAtFirstMatch: true }],
      f: ['function', { expr: 'a * 10 AS ten' }],
    },
    edges: { i: ['sw'], sw: [['o1'], ['o2'], ['f']], f: ['o3'] },
    steps: rows({ a: 1 }, { a: 5 }, { a: 8 }),
    sinks: { o1: [[{ a: 5 }], [{ a: 8 }]], o2: [], o3: [[{ a: 1, ten: 10 }]] },
  },
  {
    name: 'what follows a pick on lists works on what it picked',
    nodes: {
      w: ['window', { type: 'countwindow', size: 3 }],
      p: ['pick', { fields: ['a * 2 AS d', 'k'] }],
      f: ['filter', { expr: 'd > 2' }],
      s: ['orderby', { sorts: [{ field: 'd', desc: true }] }],
      g: ['groupby', { dimensions: ['k'] }],
      q: ['pick', { fields: ['k', 'sum(d) AS total'], isAgg: true }],
    },
    edges: { i: ['w'], w: ['p'], p: ['f'], f: ['s'], s: ['o', 'g'], g: ['q'], q: ['sums'] },
    steps: rows(
      { a: 1, k: 'x' },
      { a: 2, k: 'x' },
      { a: 3, k: 'y' },
      { a: 0, k: 'x' },
      { a: 1, k: 'x' },
      { a: 1, k: 'y' },
    ),
    sinks: {
      o: [
        [
          { d: 6, k: 'y' },
          { d: 4, k: 'x' },
        ],
      ],
      sums: [
        [
          { k: 'y', total: 6 },
          { k: 'x', total: 4 },
        ],
      ],
    },
    metrics: { op_p: [2, 2, 0], op_f: [2, 1, 0], op_q: [1, 1, 0] },
  },
  {
    name: 'what follows a script on lists works on what it made',
    nodes: {
      w: ['window', { type: 'countwindow', size: 2 }],
      x: ['script', { script: 'const exec = (rows) => rows.map((row) => ({ b: row.a * 10 }));' }],
      p: ['pick', { fields: ['sum(b) AS total'], isAgg: true }],
    },
    edges: { i: ['w'], w: ['x'], x: ['p'], p: ['o'] },
    steps: rows({ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }),
    sinks: { o: [[{ total: 30 }], [{ total: 70 }]] },
  },
  {
    name: 'a switch sends lists as a whole; its cases may aggregate',
    nodes: {
      w: ['window', { type: 'countwindow', size: 2 }],
      w2: ['switch', { cases: ['sum(a) > 4', 'a = 1', 'nosuch > 1'] }],
      p: ['pick', { fields: ['a'] }],
    },
    edges: { i: ['w'], w: ['w2'], w2: [['big'], ['p'], ['never']], p: ['first'] },
    steps: rows({ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }, { a: 1 }, { a: 5 }),
    sinks: {
      big: [
        [{ a: 3 }, { a: 4 }],
        [{ a: 1 }, { a: 5 }],
      ],
      first: [
        [{ a: 1 }, { a: 2 }],
        [{ a: 1 }, { a: 5 }],
      ],
    },
  },
  {
    name: 'a case that is neither true nor false fails the list',
    nodes: {
      w: ['window', { type: 'countwindow', size: 2 }],
      s: ['switch', { cases: ['sum(a)', 'true'], stopAtFirstMatch: true }],
    },
    edges: { i: ['w'], w: ['s'], s: [['never'], ['o']] },
    steps: rows({ a: 1 }, { a: 2 }),
    sinks: {
      o: [[{ a: 1 }, { a: 2 }]],
      never: ['invalid operation float64(3) AND bool(true)'],
    },
  },
  {
    name: 'one node feeds several; sinks stand at different places',
    nodes: { f: ['filter', { expr: 'a > 1' }], p: ['pick', { fields: ['a + 1 AS n'] }] },
    edges: { i: ['f', 'all'], f: ['some', 'p'], p: ['picked'] },
    steps: rows({ a: 1 }, { a: 2 }),
    sinks: { all: [[{ a: 1 }], [{ a: 2 }]], some: [[{ a: 2 }]], picked: [[{ n: 3 }]] },
    metrics: { sink_all: [2, 2, 0], sink_some: [1, 1, 0], sink_picked: [1, 1, 0] },
  },
  {
    name: 'a script keeps its state between rows and sees metadata',
    nodes: {
      sc: [
        'script',
        { script: 'var n = 0; function exec(msg, meta) { n++; msg.n = n; msg.from = meta.topic; return msg; }' },
      ],
      f: ['function', { expr: 'n / 2 AS half' }],
      p: ['function', { expr: 'a / 2 AS part' }],
    },
    edges: { i: ['sc'], sc: ['f'], f: ['p'], p: ['o'] },
    steps: rows({ a: 1 }, { a: 3 }, { a: 2.5 }),
    sinks: {
      o: [
        [{ a: 1, n: 1, from: 'scripted', half: 0, part: 0.5 }],
        [{ a: 3, n: 2, from: 'scripted', half: 1, part: 1.5 }],
        [{ a: 2.5, n: 3, from: 'scripted', half: 1, part: 1.25 }],
      ],
    },
    metrics: { op_sc: [3, 3, 0] },
  },
  {
    name: 'a script makes one row of a window',
    nodes: {
      w: ['window', { type: 'countwindow', size: 2 }],
      sc: [
        'Script',
        { script: 'const exec = (rows) => ({ total: rows[0].a + rows[1].a, rows: rows.length });', isAgg: true },
      ],
    },
    edges: { i: ['w'], w: ['sc'], sc: ['o'] },
    steps: rows({ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }),
    sinks: { o: [[{ total: 3, rows: 2 }], [{ total: 7, rows: 2 }]] },
    metrics: { op_w: [4, 2, 0], op_sc: [2, 2, 0] },
  },
  {
    name: 'a script makes rows of a window',
    nodes: {
      w: ['window', { type: 'countwindow', size: 3 }],
      sc: ['script', { script: 'function exec(rows) { return rows.filter((row) => row.a > 1).reverse(); }' }],
    },
    edges: { i: ['w'], w: ['sc'], sc: ['o'] },
    steps: rows({ a: 1 }, { a: 2 }, { a: 3 }),
    sinks: { o: [[{ a: 3 }, { a: 2 }]] },
  },
  {
    name: 'results of the wrong shape are errors of the row',
    nodes: {
      five: ['script', { script: 'function exec() { return 5; }' }],
      w: ['window', { type: 'countwindow', size: 1 }],
      list: ['script', { script: 'function exec(rows) { return rows; }', isAgg: true }],
      map: ['script', { script: 'function exec(rows) { return rows[0]; }' }],
    },
    edges: { i: ['five', 'w'], five: ['o1'], w: ['list', 'map'], list: ['o2'], map: ['o3'] },
    steps: rows({ a: 1.5 }),
    sinks: {
      o1: ['script exec result is not a map: 5'],
      o2: ['script node is aggregate but exec result is not aggreagated: [map[a:1.5]]'],
      o3: ['script node is not aggregate but exec result is aggregated: map[a:1.5]'],
    },
    metrics: { op_five: [1, 0, 1], op_list: [1, 0, 1], op_map: [1, 0, 1] },
  },
  {
    name: 'what a script throws is an error of the row; the next row runs',
    nodes: { sc: ['script', { script: 'function exec(m) { if (m.a > 1) throw new Error("too hot"); return m; }' }] },
    edges: { i: ['sc'], sc: ['o'] },
    steps: rows({ a: 2 }, { a: 1 }),
    sinks: { o: ['too hot', [{ a: 1 }]] },
    metrics: { op_sc: [2, 1, 1] },
  },
  {
    name: 'an endless loop costs its row a second, not the rule',
    nodes: { sc: ['script', { script: 'function exec(m) { while (m.a === 2); return m; }' }] },
    edges: { i: ['sc'], sc: ['o'] },
    steps: rows({ a: 1 }, { a: 2 }, { a: 3 }),
    sinks: { o: [[{ a: 1 }], 'script did not end within 1000 ms', [{ a: 3 }]] },
  },
  {
    name: 'a memory hog runs into its limit, not into that of the process',
    nodes: {
      sc: [
        'script',
        { script: 'function exec(m) { const all = []; while (m.a === 2) all.push(new Uint8Array(1e5)); return m; }' },
      ],
    },
    edges: { i: ['sc'], sc: ['o'] },
    steps: rows({ a: 1 }, { a: 2 }, { a: 3 }),
    sinks: { o: [[{ a: 1 }], 'script needs more than 32 MB of memory', [{ a: 3 }]] },
  },
];

describe('graph rules', () => {
  test.each(cases)('$name', async ({ nodes, edges, steps, sinks, metrics }) => {
    await run.start(graphSpec({ nodes, edges }));
    for (const step of steps) {
      if (typeof step === 'number') run.clock.advance(step);
      else await run.feed(step[0]).send(step[1]);
    }
    await run.settle();
    const written = Object.keys(sinks).map((name) => [name, run.drain(name).written.map(parsed)]);
    expect(Object.fromEntries(written)).toEqual(sinks);
    for (const [node, expected] of Object.entries(metrics ?? {})) {
      const { recordsIn, recordsOut, exceptions } = run.metric('r', node);
      expect([node, recordsIn, recordsOut, exceptions]).toEqual([node, ...expected]);
    }
  });
});

/** Error texts are no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
