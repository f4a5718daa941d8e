/** Graphs in few words: sources `i`, `m`, `s`, `timed`, `checked`, the lookup table `t` and sinks `o…` stand where edges name them. */
import { planGraph, type RulePlan } from '@kuiper/engine';
import { catalogOf, type OptionChanges, optionsWith } from './test-catalog.ts';

const catalog = catalogOf([
  'CREATE STREAM s () WITH (TYPE="memory", DATASOURCE="s")',
  'CREATE STREAM timed () WITH (TYPE="memory", DATASOURCE="s", TIMESTAMP="ts")',
  'CREATE STREAM checked (a BIGINT) WITH (TYPE="memory", DATASOURCE="s", STRICT_VALIDATION="true")',
  'CREATE STREAM i () WITH (TYPE="memory", DATASOURCE="i")',
  'CREATE STREAM m () WITH (TYPE="httppush", DATASOURCE="/m")',
  'CREATE TABLE t () WITH (TYPE="memory", DATASOURCE="t", KIND="lookup", KEY="id")',
]);

export type Nodes = Readonly<Record<string, readonly [type: string, props?: Readonly<Record<string, unknown>>]>>;

export interface Edges {
  readonly [from: string]: readonly (string | readonly string[])[];
}

export function planNodes(nodes: Nodes, edges: Edges, changes: OptionChanges = {}): RulePlan {
  const all: Record<string, unknown> = {};
  const used = new Set([...Object.keys(edges), ...Object.values(edges).flat(2)]);
  if (used.has('i')) all.i = { type: 'source', nodeType: 'memory', props: {} };
  if (used.has('m')) all.m = { type: 'source', nodeType: 'httppush', props: {} };
  for (const name of ['s', 'timed', 'checked']) {
    if (used.has(name))
      all[name] = { type: 'source', nodeType: 'memory', props: { sourceType: 'stream', sourceName: name } };
  }
  if (used.has('t')) all.t = { type: 'source', nodeType: 'memory', props: { sourceType: 'table', sourceName: 't' } };
  for (const name of ['o', 'o1', 'o2']) if (used.has(name)) all[name] = { type: 'sink', nodeType: 'nop', props: {} };
  for (const [name, [nodeType, props]] of Object.entries(nodes))
    all[name] = { type: 'operator', nodeType, props: props ?? {} };
  const sources = Object.keys(edges).filter((name) => ['i', 'm', 's', 't', 'timed', 'checked'].includes(name));
  const context = {
    catalog,
    options: optionsWith(changes),
    checkScript: (script: string) => (script.includes('exec') ? null : 'cannot find function "exec" in script'),
  };
  return planGraph({ nodes: all, topo: { sources, edges } }, context);
}
