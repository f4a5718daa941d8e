/**
 * A graph as users write it, checked for its wiring: every edge leads somewhere, every operator has input and output,
 * nothing runs in a circle. Source: behaviour spec, runtime §16.1, §16.4.
 */
import { graphErrors } from './graph-errors.ts';

export interface GraphNodeDef {
  readonly name: string;
  readonly type: 'source' | 'operator' | 'sink';
  /** Operators: lower case. */
  readonly nodeType: string;
  readonly props: Readonly<Record<string, unknown>>;
  /** Nodes and ports whose output this node takes, in the order of the edges. */
  readonly inputs: readonly GraphInput[];
}

/** @remarks `port` is the case of a switch, 0 for all others */
export interface GraphInput {
  readonly node: string;
  readonly port: number;
}

/** Nodes in an order in which inputs come first. */
export type GraphDefinition = readonly GraphNodeDef[];

export const operatorTypes: readonly string[] = [
  'function',
  'aggfunc',
  'filter',
  'pick',
  'watermark',
  'window',
  'join',
  'groupby',
  'orderby',
  'switch',
  'script',
];

const severalInputs: readonly string[] = ['watermark', 'window', 'join'];

interface RawNode {
  readonly type?: unknown;
  readonly nodeType?: unknown;
  readonly props?: unknown;
}

/** @param graph parsed JSON: `{nodes, topo: {sources, edges}}` */
export function readGraph(graph: unknown): GraphDefinition {
  const { nodes, topo } = asRecord(graph);
  const raw = asRecord(nodes) as Record<string, RawNode>;
  const { sources, edges } = asRecord(topo);
  const names = Object.keys(raw);
  const targets = readEdges(asRecord(edges), raw);
  checkSources(Array.isArray(sources) ? sources.map(String) : [], raw, targets);
  const inputs = new Map<string, GraphInput[]>(names.map((name) => [name, []]));
  for (const [from, ports] of targets) {
    ports.forEach((port, index) => {
      for (const to of port) inputs.get(to)?.push({ node: from, port: index });
    });
  }
  const defs = new Map(names.map((name) => [name, defineNode(name, raw[name] as RawNode, inputs.get(name) ?? [])]));
  for (const def of defs.values()) checkWiring(def, targets);
  return inOrder(defs);
}

function asRecord(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Edges by node: one list of targets for each port. */
function readEdges(
  edges: Record<string, unknown>,
  nodes: Record<string, RawNode>,
): ReadonlyMap<string, readonly (readonly string[])[]> {
  const result = new Map<string, readonly (readonly string[])[]>();
  for (const [from, value] of Object.entries(edges)) {
    if (!Object.hasOwn(nodes, from)) throw graphErrors.GRAPH(`node ${from} is not defined`);
    const list = Array.isArray(value) ? value : [];
    const ports = list.some(Array.isArray) ? list.map((port) => (Array.isArray(port) ? port : [port])) : [list];
    for (const to of ports.flat()) {
      if (!Object.hasOwn(nodes, String(to))) throw graphErrors.GRAPH(`node ${String(to)} is not defined`);
    }
    result.set(
      from,
      ports.map((port) => port.map(String)),
    );
  }
  return result;
}

function checkSources(
  sources: readonly string[],
  nodes: Record<string, RawNode>,
  targets: ReadonlyMap<string, unknown>,
): void {
  for (const name of sources) {
    if (!Object.hasOwn(nodes, name)) throw graphErrors.GRAPH(`source node ${name} not defined`);
    if (!targets.has(name)) throw graphErrors.GRAPH(`no edge defined for source node ${name}`);
  }
}

function defineNode(name: string, raw: RawNode, inputs: readonly GraphInput[]): GraphNodeDef {
  const type = String(raw.type ?? '');
  if (type !== 'source' && type !== 'operator' && type !== 'sink') {
    throw graphErrors.GRAPH(`unknown node type ${type}`);
  }
  const nodeType = String(raw.nodeType ?? '');
  const lower = type === 'operator' ? nodeType.toLowerCase() : nodeType;
  if (type === 'operator' && !operatorTypes.includes(lower))
    throw graphErrors.GRAPH(`unknown operator type ${nodeType}`);
  return { name, type, nodeType: lower, props: asRecord(raw.props), inputs };
}

function checkWiring(def: GraphNodeDef, targets: ReadonlyMap<string, readonly (readonly string[])[]>): void {
  const { name, type, nodeType, inputs } = def;
  const hasEdge = (targets.get(name) ?? []).some((port) => port.length > 0);
  if (type === 'sink' && hasEdge) throw graphErrors.GRAPH(`sink ${name} has edge`);
  if (type !== 'operator') return;
  if (!hasEdge) throw graphErrors.GRAPH(`no edge defined for operator node ${name}`);
  if (inputs.length === 0) throw graphErrors.GRAPH(`operator ${name} of type ${nodeType} has no input`);
  if (inputs.length > 1 && !severalInputs.includes(nodeType)) {
    throw graphErrors.GRAPH(`operator ${name} of type ${nodeType} does not allow multiple inputs`);
  }
}

function inOrder(defs: ReadonlyMap<string, GraphNodeDef>): GraphDefinition {
  const ordered: GraphNodeDef[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string): void => {
    if (state.get(name) === 'done') return;
    if (state.get(name) === 'open') throw graphErrors.GRAPH(`node ${name} is part of a circle`);
    state.set(name, 'open');
    const def = defs.get(name) as GraphNodeDef;
    for (const input of def.inputs) visit(input.node);
    state.set(name, 'done');
    ordered.push(def);
  };
  for (const name of defs.keys()) visit(name);
  return ordered;
}
