/** Graph rules at work: rows in, what reaches each sink out, and the counters of the nodes. */
import { type Logger, ManualClock, type Row, rowError } from '@kuiper/base';
import { compileGraph, compilePlan, counter, nodeCounters, type RunEnvironment } from '@kuiper/engine';
import { describe, expect, test } from 'vitest';
import { type Edges, type Nodes, planNodes } from './graph-builder.ts';

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as unknown as Logger;

interface GraphRun {
  /** By sink: rows as they are, lists as lists, error texts. */
  readonly sinks: Record<string, unknown[]>;
  readonly errors: Record<string, string[]>;
  /** Rows in and out of each node. */
  readonly passed: Record<string, readonly [number, number]>;
}

type Input = readonly [source: string, row: Row];

function run(nodes: Nodes, edges: Edges, inputs: readonly Input[], mode: 'compiled' | 'interpreted'): GraphRun {
  const plan = planNodes(nodes, edges);
  const counters = new Float64Array(plan.operators.length * nodeCounters);
  const sinks: Record<string, unknown[]> = {};
  const errors: Record<string, string[]> = {};
  const env: RunEnvironment = {
    ruleId: 'r',
    clock: new ManualClock(1_700_000_000_000),
    logger: quiet,
    timeZone: 'UTC',
    counters,
    sendError: true,
    output: { emitRow: () => {}, emitRows: () => {}, emitError: () => {} },
    onError: (operator, text) => {
      (errors[plan.operators[operator] ?? ''] ??= []).push(text);
    },
    onDrop: () => {},
    functionContext: () => ({}) as never,
    lookup: () => ({
      lookup: (_fields, _keys, [id]) => (id === 1 ? [{ id: 1, name: 'one' }] : []),
      close: () => {},
    }),
    sinkOutput: (name) => {
      const seen: unknown[] = [];
      sinks[name] = seen;
      return {
        emitRow: (row) => seen.push(visible(row)),
        emitRows: (rows) => seen.push(rows.map(visible)),
        emitError: (text) => seen.push(text),
      };
    },
    script: (node) => {
      const step = plan.graph?.steps.find((one) => one.kind === 'script' && one.name === node);
      const source = step?.kind === 'script' ? step.script : '';
      const exec = new Function(`${source}; return exec;`)() as (...args: unknown[]) => unknown;
      return {
        exec: (...args) => {
          try {
            return exec(...structuredClone(args));
          } catch (error) {
            return rowError((error as Error).message);
          }
        },
        close: () => {},
      };
    },
  };
  const instance = compileGraph(plan, (statement) => compilePlan(statement, mode)).instantiate(env);
  instance.start();
  inputs.forEach(([source, row], index) => {
    const at = plan.sources.findIndex((candidate) => candidate.stream === source);
    instance.inputs[at]?.row(row, 1_700_000_000_000 + index, { meta: () => ({ topic: 'x' }) }, 0);
  });
  instance.stop();
  const passed = Object.fromEntries(
    plan.operators.map((name, i): [string, readonly [number, number]] => [
      name,
      [counters[i * nodeCounters + counter.in] ?? 0, counters[i * nodeCounters + counter.out] ?? 0],
    ]),
  );
  return { sinks, errors, passed };
}

function visible(row: Row): unknown {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
  );
}

const rowsOf = (...values: readonly Row[]): readonly Input[] => values.map((row) => ['i', row] as const);

const cases: readonly {
  readonly name: string;
  readonly nodes: Nodes;
  readonly edges: Edges;
  readonly inputs: readonly Input[];
  readonly sinks: Record<string, unknown[]>;
  readonly passed?: Record<string, readonly [number, number]>;
  readonly errors?: Record<string, string[]>;
}[] = [
  {
    name: 'functions add fields, and their errors stand alone',
    nodes: { fn: ['Function', { expr: 'abs(a) AS b' }], fn2: ['function', { expr: 'length(s)' }] },
    edges: { i: ['fn'], fn: ['fn2'], fn2: ['o'] },
    inputs: rowsOf({ a: -1.5, s: 'ab' }, { a: 2, s: '' }, { a: 'x' }),
    sinks: {
      o: [
        { a: -1.5, b: 1.5, length: 2, s: 'ab' },
        { a: 2, b: 2, length: 0, s: '' },
        'call func abs error: only float64 & int type are supported',
      ],
    },
    passed: { fn: [3, 2], fn2: [2, 2] },
    errors: { fn: ['call func abs error: only float64 & int type are supported'] },
  },
  {
    name: 'groups of a window are filtered and picked',
    nodes: {
      w: ['window', { type: 'countwindow', size: 3 }],
      gr: ['groupby', { dimensions: ['g'] }],
      ag: ['aggfunc', { expr: 'sum(a) AS t' }],
      hv: ['filter', { expr: 't > 3' }],
      pk: ['pick', { fields: ['g', 't'], isAgg: true }],
    },
    edges: { i: ['w'], w: ['gr'], gr: ['ag'], ag: ['hv'], hv: ['pk'], pk: ['o'] },
    inputs: rowsOf(
      { a: 1, g: 'x' },
      { a: 5, g: 'y' },
      { a: 3 },
      { a: 4, g: 'x' },
      { a: null, g: 'y' },
      { a: 2, g: 'y' },
    ),
    sinks: { o: [[{ g: 'y', t: 5 }], [{ g: 'x', t: 4 }]] },
    passed: { w: [6, 2], gr: [2, 2], ag: [2, 2], hv: [2, 2], pk: [2, 2] },
  },
  {
    name: 'an order inside a window keeps all columns',
    nodes: {
      w: ['window', { type: 'CountWindow', size: 3 }],
      by: ['orderby', { sorts: [{ field: 'a', desc: true }] }],
    },
    edges: { i: ['w'], w: ['by'], by: ['o'] },
    inputs: rowsOf({ a: 2, k: 1 }, { a: 9, k: 2 }, { a: 5, k: 3 }),
    sinks: {
      o: [
        [
          { a: 9, k: 2 },
          { a: 5, k: 3 },
          { a: 2, k: 1 },
        ],
      ],
    },
    passed: { w: [3, 1], by: [1, 1] },
  },
  {
    name: 'a script keeps its state between rows',
    nodes: { sc: ['script', { script: 'var n = 0; function exec(msg) { n = n + 1; msg.n = n; return msg; }' }] },
    edges: { i: ['sc'], sc: ['o'] },
    inputs: rowsOf({ a: 1 }, { a: 2.5 }),
    sinks: {
      o: [
        { a: 1, n: 1 },
        { a: 2.5, n: 2 },
      ],
    },
    passed: { sc: [2, 2] },
  },
  {
    name: 'a script over a window gives one row',
    nodes: {
      w: ['window', { type: 'countwindow', size: 2 }],
      sc: [
        'script',
        { script: 'function exec(m) { return { total: m[0].a + m[1].a, rows: m.length }; }', isAgg: true },
      ],
    },
    edges: { i: ['w'], w: ['sc'], sc: ['o'] },
    inputs: rowsOf({ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }),
    sinks: {
      o: [
        { rows: 2, total: 3 },
        { rows: 2, total: 7 },
      ],
    },
    passed: { w: [4, 2], sc: [2, 2] },
  },
  {
    name: 'a script must return an object',
    nodes: { sc: ['script', { script: 'function exec() { return 5; }' }] },
    edges: { i: ['sc'], sc: ['o'] },
    inputs: rowsOf({ a: 1 }),
    sinks: { o: ['script exec result is not a map: 5'] },
    passed: { sc: [1, 0] },
    errors: { sc: ['script exec result is not a map: 5'] },
  },
  {
    name: 'a switch serves every case that holds',
    nodes: { sw: ['switch', { cases: ['a > 3', 'a > 6', 'a < 2'], stopAtFirstMatch: false }] },
    edges: { i: ['sw'], sw: [['o'], ['o1'], ['o2']] },
    inputs: rowsOf({ a: 1 }, { a: 5 }, { a: 8 }, { b: 1 }, { a: 20 }),
    sinks: { o: [{ a: 5 }, { a: 8 }, { a: 20 }], o1: [{ a: 8 }, { a: 20 }], o2: [{ a: 1 }] },
    passed: { sw: [5, 0] },
  },
  {
    name: 'a switch may stop at the first case',
    nodes: { sw: ['switch', { cases: ['a > 3', 'a > 6', 'a < 2'], stopAtFirstMatch: true }] },
    edges: { i: ['sw'], sw: [['o'], ['o1'], ['o2']] },
    inputs: rowsOf({ a: 1 }, { a: 5 }, { a: 8 }),
    sinks: { o: [{ a: 5 }, { a: 8 }], o1: [], o2: [{ a: 1 }] },
  },
  {
    name: 'two sources meet in a window and are joined',
    nodes: {
      w: ['window', { type: 'countwindow', size: 4 }],
      j: ['join', { from: 'i', joins: [{ name: 'm', type: 'left', on: 'i.id = m.id' }] }],
      pk: ['pick', { fields: ['i.a AS a', 'm.b AS b'] }],
    },
    edges: { i: ['w'], m: ['w'], w: ['j'], j: ['pk'], pk: ['o'] },
    inputs: [
      ['i', { id: 1, a: 10 }],
      ['m', { id: 1, b: 20 }],
      ['m', { id: 3, b: 30 }],
      ['i', { id: 2, a: 40 }],
    ],
    sinks: { o: [[{ a: 10, b: 20 }, { a: 40 }]] },
    passed: { '2_decoder': [0, 0], w: [4, 1], j: [1, 1], pk: [1, 1] },
  },
  {
    name: 'a row looks its partner up',
    nodes: { j: ['join', { from: 's', joins: [{ name: 't', type: 'inner', on: 's.id = t.id' }] }] },
    edges: { s: ['j'], t: ['j'], j: ['o'] },
    inputs: [
      ['s', { id: 1, a: 10 }],
      ['s', { id: 2, a: 20 }],
    ],
    sinks: { o: [[{ a: 10, id: 1, name: 'one' }]] },
  },
  {
    name: 'strict validation keeps the declared columns',
    nodes: { f: ['filter', { expr: 'a > 1' }] },
    edges: { checked: ['f'], f: ['o'] },
    inputs: [['checked', { a: 2, b: 3 }]],
    sinks: { o: [{ a: 2 }] },
  },
  {
    name: 'one node may feed several',
    nodes: { f: ['filter', { expr: 'a > 1' }], p: ['pick', { fields: ['a * 2 AS d', 'meta(topic) AS t'] }] },
    edges: { i: ['f'], f: ['o', 'p'], p: ['o1'] },
    inputs: rowsOf({ a: 1 }, { a: 2 }),
    sinks: { o: [{ a: 2 }], o1: [{ d: 4, t: 'x' }] },
    passed: { f: [2, 1], p: [1, 1] },
  },
];

describe.each(['compiled', 'interpreted'] as const)('%s graphs', (mode) => {
  test.each(cases)('$name', ({ nodes, edges, inputs, sinks, passed, errors }) => {
    const result = run(nodes, edges, inputs, mode);
    expect(result.sinks).toEqual(sinks);
    if (passed !== undefined) expect(result.passed).toEqual(passed);
    expect(result.errors).toEqual(errors ?? {});
  });
});
