/** Graph rules in few words, run by a real host: sources `i` and `m`, the operators of a test, sinks by edge. */
import { parseStatement } from '@kuiper/sql';
import type { RuleOptions, RuleSpec, SourceSpec } from '@kuiper/host';
import { plainOptions } from '../support/rule-specs.ts';

export type Nodes = Readonly<Record<string, readonly [nodeType: string, props?: Readonly<Record<string, unknown>>]>>;
export type Edges = Readonly<Record<string, readonly (string | readonly string[])[]>>;

export interface GraphParts {
  readonly id?: string;
  readonly nodes?: Nodes;
  /** Instead of the scripted `i` and `m`, by node name. */
  readonly sources?: Nodes;
  readonly edges: Edges;
  readonly options?: Partial<RuleOptions>;
  /** CREATE statements of the streams and tables that source nodes refer to. */
  readonly streams?: readonly (readonly [create: string, props?: Readonly<Record<string, unknown>>])[];
}

/** Sinks are the nodes that edges lead to and nothing else defines; each writes to the drain of its name. */
export function graphSpec({
  id = 'r',
  nodes = {},
  sources = {},
  edges,
  options = {},
  streams = [],
}: GraphParts): RuleSpec {
  const all: Record<string, unknown> = {};
  const named = new Set([...Object.keys(edges), ...Object.values(edges).flat(2)]);
  for (const name of named) {
    const source =
      sources[name] ?? (name === 'i' || name === 'm' ? (['scripted', { datasource: name }] as const) : null);
    const operator = nodes[name];
    if (source !== null) all[name] = { type: 'source', nodeType: source[0], props: source[1] ?? {} };
    else if (operator !== undefined) all[name] = { type: 'operator', nodeType: operator[0], props: operator[1] ?? {} };
    else all[name] = { type: 'sink', nodeType: 'scripted', props: { name } };
  }
  const starts = Object.keys(edges).filter((name) => (all[name] as { type: string }).type === 'source');
  return {
    id,
    sql: null,
    graph: { nodes: all, topo: { sources: starts, edges } },
    temp: false,
    options: { ...plainOptions, ...options },
    actions: [],
    sources: streams.map(([create, props = {}]) => sourceSpec(create, props)),
  };
}

export function sourceSpec(create: string, props: Readonly<Record<string, unknown>> = {}): SourceSpec {
  const statement = parseStatement(create);
  if (statement.kind !== 'create') throw new Error(`not a CREATE statement: ${create}`);
  const { name, target, columns, options } = statement;
  return { name, kind: target, columns, options, props };
}
