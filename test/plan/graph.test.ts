/** Graph rules: what they are refused for, and the steps and names that a good one becomes. */
import { KuiperError } from '@kuiper/base';
import type { GraphStep } from '@kuiper/engine';
import { describe, expect, test } from 'vitest';
import { type Edges, type Nodes, planNodes } from './graph-builder.ts';
import type { OptionChanges } from './test-catalog.ts';

const through = (nodes: Nodes): Edges => {
  const names = ['i', ...Object.keys(nodes), 'o'];
  return Object.fromEntries(names.slice(0, -1).map((name, k) => [name, [names[k + 1] as string]]));
};

const window2: readonly [string, Record<string, unknown>] = ['window', { type: 'countwindow', size: 2 }];

const refusals: readonly { readonly nodes: Nodes; readonly edges?: Edges; readonly text: string }[] = [
  { nodes: { x: ['window'] }, text: 'parse window conf x with map[] error: window size 0 is invalid' },
  {
    nodes: { x: ['window', { type: 'tumblingwindow', unit: 'ss', size: 5, interval: 3 }] },
    text: 'parse window conf x with map[interval:3 size:5 type:tumblingwindow unit:ss] error: tumbling window interval must equal to size',
  },
  {
    nodes: { x: ['window', { type: 'hoppingwindow', unit: 'ss', size: 5, interval: 6 }] },
    text: 'parse window conf x with map[interval:6 size:5 type:hoppingwindow unit:ss] error: hopping window interval must be less than size',
  },
  {
    nodes: { x: ['window', { type: 'tumblingwindow', unit: 'week', size: 5 }] },
    text: 'parse window conf x with map[size:5 type:tumblingwindow unit:week] error: Invalid unit week',
  },
  {
    nodes: { x: ['window', { type: 'rollingwindow', unit: 'ss', size: 5 }] },
    text: 'parse window conf x with map[size:5 type:rollingwindow unit:ss] error: unknown window type rollingwindow',
  },
  {
    nodes: { x: ['window', { type: 'tumblingwindow', unit: 'ss', size: '5' }] },
    text: "parse window conf x with map[size:5 type:tumblingwindow unit:ss] error: 1 error(s) decoding:\n\n* 'size' expected type 'int', got unconvertible type 'string', value: '5'",
  },
  {
    nodes: { x: ['groupby', { dimensions: ['a'] }] },
    text: 'node i output does not match node x input: input type mismatch, expect collection, got row',
  },
  {
    nodes: { w: window2, x: ['groupby'] },
    text: 'parse groupby x with map[] error: groupby must have at least one dimension',
  },
  {
    nodes: { w: window2, x: ['groupby', { dimensions: ['a +'] }] },
    text: 'parse groupby x with map[dimensions:[a +]] error: invalid join statement error: found "EOF", expected expression.',
  },
  { nodes: { w: window2, x: ['orderby'] }, text: 'parse orderby x with map[] error: order by statement is empty' },
  {
    nodes: { w: window2, x: window2 },
    text: 'node w output does not match node x input: input type mismatch, expect row, got collection',
  },
  { nodes: { w: window2, x: ['join'] }, text: 'parse join x with map[] error: join source  is not a stream' },
  {
    nodes: { w: window2, x: ['join', { from: 'i', joins: [{ name: 'k', type: 'odd', on: 'i.a = k.a' }] }] },
    text: 'parse join x with map[from:i joins:[map[name:k on:i.a = k.a type:odd]]] error: found "JOIN", expected EOF.',
  },
  {
    nodes: { w: window2, a: ['groupby', { dimensions: ['a'] }], b: ['groupby', { dimensions: ['b'] }] },
    text: 'node a output does not match node b input: collection type mismatch, expect non-grouped collection, got grouped collection',
  },
  { nodes: { x: ['switch'] }, text: 'parse switch x with map[] error: switch node must have at least one case' },
  { nodes: { x: ['script'] }, text: 'parse script x with map[] error: script node must have script' },
  {
    nodes: { x: ['script', { script: '1' }] },
    text: 'parse script x with map[script:1] error: cannot find function "exec" in script',
  },
  { nodes: { x: ['watermark'] }, text: 'parse watermark x with map[] error: watermark must have at least one emitter' },
  { nodes: { x: ['ratelimit'] }, text: 'unknown operator type ratelimit' },
  { nodes: {}, edges: { i: ['nowhere'] }, text: 'node nowhere is not defined' },
  { nodes: { x: ['filter', { expr: 'a' }] }, edges: { i: ['x'] }, text: 'no edge defined for operator node x' },
  {
    nodes: { x: ['filter', { expr: 'a' }] },
    edges: { i: ['o'], x: ['o'] },
    text: 'operator x of type filter has no input',
  },
  {
    nodes: { x: ['filter', { expr: 'a' }] },
    edges: { i: ['x'], m: ['x'], x: ['o'] },
    text: 'operator x of type filter does not allow multiple inputs',
  },
  {
    nodes: { a: ['filter', { expr: 'a' }], b: ['window', { type: 'countwindow', size: 2 }] },
    edges: { i: ['b'], a: ['b'], b: ['a', 'o'] },
    text: 'node b is part of a circle',
  },
];

describe('graphs that are refused', () => {
  test.each(refusals)('$text', ({ nodes, edges, text }) => {
    let thrown: unknown;
    try {
      planNodes(nodes, edges ?? through(nodes));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(KuiperError);
    expect((thrown as KuiperError).message).toBe(text);
  });
});

function stepText(step: GraphStep): string {
  return step.kind === 'statement' ? step.plan.operators.join(' ') : `${step.kind} ${step.name}`;
}

const planned: readonly {
  readonly name: string;
  readonly nodes: Nodes;
  readonly edges?: Edges;
  readonly options?: OptionChanges;
  readonly operators: string;
  readonly steps: readonly string[];
  readonly topology: Readonly<Record<string, readonly string[]>>;
}[] = [
  {
    name: 'functions on rows are steps of their own',
    nodes: { fn: ['Function', { expr: 'abs(a) AS b' }], fn2: ['function', { expr: 'length(s)' }] },
    operators: 'fn fn2',
    steps: ['fn', 'fn2'],
    topology: { source_i: ['op_fn'], op_fn: ['op_fn2'] },
  },
  {
    name: 'nodes between a window and a sink are one statement',
    nodes: {
      w: ['window', { type: 'countwindow', size: 3 }],
      first: ['filter', { expr: 'a > 0 AND a < 9' }],
      second: ['filter', { expr: 'b > 0' }],
      gr: ['groupby', { dimensions: ['g'] }],
      ag: ['aggfunc', { expr: 'sum(a) AS t' }],
      hv: ['filter', { expr: 't > 3' }],
      pk: ['pick', { fields: ['g', 't'], isAgg: true }],
    },
    operators: 'w first second gr ag hv pk',
    steps: ['w first second gr hv pk'],
    topology: {
      source_i: ['op_w'],
      op_w: ['op_first'],
      op_first: ['op_second'],
      op_second: ['op_gr'],
      op_gr: ['op_ag'],
      op_ag: ['op_hv'],
      op_hv: ['op_pk'],
    },
  },
  {
    name: 'without a pick all columns come out',
    nodes: { w: window2, o1: ['orderby', { sorts: [{ field: 'a', desc: true }, { field: 'b' }] }] },
    operators: 'w o1',
    steps: ['w o1 $project'],
    topology: { source_i: ['op_w'], op_w: ['op_o1'] },
  },
  {
    name: 'two sources meet in a window and are joined',
    nodes: {
      w: ['window', { type: 'tumblingwindow', unit: 'ss', size: 5 }],
      j: ['join', { from: 'i', joins: [{ name: 'm', type: 'inner', on: 'i.id = m.id' }] }],
    },
    edges: { i: ['w'], m: ['w'], w: ['j'], j: ['o'] },
    operators: '2_decoder w j',
    steps: ['2_decoder w j $project'],
    topology: { source_i: ['op_w'], source_m: ['op_2_decoder'], op_2_decoder: ['op_w'], op_w: ['op_j'] },
  },
  {
    name: 'a lookup join is shown under the name of its table',
    nodes: { j: ['join', { from: 's', joins: [{ name: 't', type: 'inner', on: 's.id = t.id' }] }] },
    edges: { s: ['j'], t: ['j'], j: ['o'] },
    operators: 't',
    steps: ['t $project'],
    topology: { source_s: ['op_t'] },
  },
  {
    name: 'in event time the way from the watermark to the window is one statement',
    nodes: {
      wm: ['watermark', { emitters: ['timed'] }],
      f: ['filter', { expr: 'a > 1' }],
      w: ['window', { type: 'hoppingwindow', unit: 'ms', size: 100, interval: 50 }],
    },
    edges: { timed: ['wm'], wm: ['f'], f: ['w'], w: ['o'] },
    options: { isEventTime: true },
    operators: '2_preprocessor wm f w',
    steps: ['2_preprocessor wm f w $project'],
    topology: { source_timed: ['op_2_preprocessor'], op_2_preprocessor: ['op_wm'], op_wm: ['op_f'], op_f: ['op_w'] },
  },
  {
    name: 'a switch sends rows to its ports, a script takes what a window gives',
    nodes: {
      sw: ['switch', { cases: ['a > 3', 'a < 2'] }],
      w: window2,
      sc: ['script', { script: 'function exec(m) { return m }', isAgg: true }],
    },
    edges: { i: ['sw'], sw: [['o1'], ['w']], w: ['sc'], sc: ['o2'] },
    operators: 'sw w sc',
    steps: ['switch sw', 'w $project', 'script sc'],
    topology: { source_i: ['op_sw'], op_sw: ['op_w'], op_w: ['op_sc'] },
  },
];

describe('graphs that run', () => {
  test.each(planned)('$name', ({ nodes, edges, options, operators, steps, topology }) => {
    const made = planNodes(nodes, edges ?? through(nodes), options);
    expect(made.operators.join(' ')).toBe(operators);
    expect(made.graph?.steps.map(stepText)).toEqual(steps);
    expect(made.graph?.topology.edges).toEqual(topology);
  });
});
