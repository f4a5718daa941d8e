/** Names and edges of a graph's nodes, as status and topology show them. Source: behaviour spec, runtime §5.5, §16.1. */
import type { SourcePlan } from '../plan-node.ts';
import type { GraphDefinition, GraphNodeDef } from './graph-definition.ts';
import type { GraphNetwork } from './graph-network.ts';

export interface TopologyInput {
  readonly sources: readonly SourcePlan[];
  /** Index of the source a node stands for; -1 for none. */
  sourceOf(name: string): number;
  shownName(node: GraphNodeDef): string;
}

export interface GraphTopology {
  readonly topology: GraphNetwork['topology'];
  readonly operators: readonly string[];
  /** Names of the nodes in front of a sink. */
  after(sink: GraphNodeDef): readonly string[];
}

export function graphTopology(nodes: GraphDefinition, input: TopologyInput): GraphTopology {
  const edges: Record<string, string[]> = {};
  const operators: string[] = [];
  const ends = new Map<string, string>();
  const connect = (from: string, to: string): void => {
    const targets = edges[from];
    if (targets === undefined) edges[from] = [to];
    else if (!targets.includes(to)) targets.push(to);
  };
  const after = (node: GraphNodeDef): readonly string[] =>
    node.inputs.map(({ node: name }) => ends.get(name)).filter((name) => name !== undefined);
  for (const node of nodes) {
    const source = node.type === 'source' ? input.sources[input.sourceOf(node.name)] : undefined;
    if (source?.role === 'lookup') continue;
    if (source !== undefined) {
      let end = `source_${source.nodeName}`;
      for (const name of source.splitNodes) {
        const shown = source.shared ? `op_${source.stream}_${name}` : `op_${name}`;
        connect(end, shown);
        if (!operators.includes(name)) operators.push(name);
        end = shown;
      }
      ends.set(node.name, end);
    } else if (node.type === 'operator') {
      const name = input.shownName(node);
      for (const end of after(node)) connect(end, `op_${name}`);
      ends.set(node.name, `op_${name}`);
      operators.push(name);
    }
  }
  const sources = input.sources.filter(({ role }) => role !== 'lookup').map((source) => `source_${source.nodeName}`);
  return { topology: { sources, edges }, operators, after };
}
