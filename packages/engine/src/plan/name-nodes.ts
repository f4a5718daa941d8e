/**
 * Names of operators in status, metrics and topology. A running number counts the nodes from the sources up: one for
 * each source, one for each operator split off it, one for each node above. Source: behaviour spec, runtime §5.2.
 */
import type { PlanNode } from './plan-node.ts';

export interface NamedPlan {
  readonly root: PlanNode;
  /** Operators in the order of their numbers. */
  readonly operators: readonly string[];
}

const operatorNames: Readonly<Record<Exclude<PlanNode['kind'], 'dataSource' | 'lookup' | 'window'>, string>> = {
  watermark: 'watermark',
  analytic: 'analytic',
  joinAlign: 'join_aligner',
  join: 'join',
  aggregateInWhere: 'agg_func',
  filter: 'filter',
  aggregate: 'aggregate',
  having: 'having',
  windowFunction: 'windowFunc',
  order: 'order',
  dedupTrigger: 'dedup_trigger',
  project: 'project',
  projectSet: 'projectset',
};

/** @param tableNames by source index: a lookup node is named after its table */
export function nameNodes(root: PlanNode, tableNames: readonly string[]): NamedPlan {
  const operators: string[] = [];
  let count = 0;
  const add = (name: string): string => {
    operators.push(name);
    return name;
  };
  // nodes of a graph come with their names, and count the operators split off each source from its own 1
  const isGraph = root.name !== '';
  const visit = (node: PlanNode): PlanNode => {
    const inputs = node.inputs.map(visit);
    const n = ++count;
    switch (node.kind) {
      case 'dataSource': {
        if (isGraph) count = 1;
        const splitNodes = node.source.splitNodes.map((part) => add(`${++count}_${part}`));
        return { ...node, inputs, name: node.source.nodeName, source: { ...node.source, splitNodes } };
      }
      case 'lookup':
        return { ...node, inputs, name: add(tableNames[node.table] ?? '') };
      case 'window': {
        const filterName = node.filter === null ? null : add(node.filterName ?? `${n}_windowFilter`);
        const name = add(node.name || `${n}_${node.incremental ? 'inc_agg_window' : 'window'}`);
        return { ...node, inputs, filterName, name };
      }
      default:
        return { ...node, inputs, name: add(node.name || `${n}_${operatorNames[node.kind]}`) };
    }
  };
  return { root: visit(root), operators };
}
