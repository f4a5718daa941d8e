/** Sources of the script nodes of a graph, each once: they are interpreted before the graph is planned. */
import { PropReader } from '../plan/graph/prop-reader.ts';

/** @param graph parsed JSON, right or wrong: what is wrong is told by planning */
export function graphScripts(graph: unknown): readonly string[] {
  const found = new Set<string>();
  for (const node of Object.values(record(record(graph).nodes))) {
    const { nodeType, props } = record(node);
    if (String(nodeType).toLowerCase() !== 'script') continue;
    const script = new PropReader(record(props)).peek('script');
    if (typeof script === 'string' && script !== '') found.add(script);
  }
  return [...found];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
