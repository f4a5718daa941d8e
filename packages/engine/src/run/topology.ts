/** The graph of a rule's nodes as status, metrics and `GET /rules/{id}/topo` name them. Source: runtime §5.5. */
import type { PlanNode, RulePlan, SourcePlan } from '../plan/plan-node.ts';
import type { SinkPlan } from './sink-plan.ts';

export interface Topology {
  readonly sources: readonly string[];
  readonly edges: Readonly<Record<string, readonly string[]>>;
}

export function ruleTopology(plan: RulePlan, sinks: readonly SinkPlan[]): Topology {
  const { graph } = plan;
  const sources: string[] = [...(graph?.topology.sources ?? [])];
  const edges: Record<string, string[]> = {};
  for (const [from, targets] of Object.entries(graph?.topology.edges ?? {})) edges[from] = [...targets];
  const connect = (from: string, to: string): string => {
    const targets = edges[from];
    if (targets === undefined) edges[from] = [to];
    else if (!targets.includes(to)) targets.push(to);
    return to;
  };
  const visit = (node: PlanNode): string[] => {
    if (node.kind === 'dataSource') return [visitSource(node.source, sources, connect)];
    let outputs = node.inputs.flatMap(visit);
    const pass = (name: string): void => {
      for (const output of outputs) connect(output, `op_${name}`);
      outputs = [`op_${name}`];
    };
    if (node.kind === 'window' && node.filterName !== null) pass(node.filterName);
    pass(node.name);
    return outputs;
  };
  const roots = graph === undefined ? visit(plan.root) : [];
  for (const sink of sinks) {
    let ends = graph?.sinks.find(({ name }) => name === sink.name)?.after ?? roots;
    const pass = (name: string): void => {
      for (const end of ends) connect(end, name);
      ends = [name];
    };
    for (const name of sink.chain) pass(`op_${name}`);
    pass(`sink_${sink.name}`);
    if (sink.resendName !== null) {
      pass(`op_${sink.name}_cache`);
      pass(`sink_${sink.resendName}`);
    }
  }
  return { sources, edges };
}

function visitSource(source: SourcePlan, sources: string[], connect: (from: string, to: string) => string): string {
  let end = `source_${source.nodeName}`;
  sources.push(end);
  for (const name of source.splitNodes) end = connect(end, splitOperatorName(source, name));
  return end;
}

/** Operators inside a shared stream carry its name; the preprocessor of event time belongs to them as well. */
export function splitOperatorName(source: SourcePlan, name: string): string {
  return source.shared ? `op_${source.stream}_${name}` : `op_${name}`;
}
