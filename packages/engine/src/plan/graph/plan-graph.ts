/**
 * Plans a graph rule. From each sink backwards, nodes become steps: on single rows one step per node; between a window
 * (or a lookup join) and the next sink, script, switch or pick all nodes are one statement, in which functions are aliases,
 * filters WHERE or, on groups, HAVING, and a pick the select list. What follows them on lists is the next statement, for
 * which each list is a window.
 *
 * In event time the nodes between a watermark and its window belong to that statement too, because only there rows
 * travel with watermarks. Source: behaviour spec, runtime §16.
 */
import { anyMap } from '@kuiper/base';
import type { CatalogSource } from '../../analyze/catalog.ts';
import { functionCheck } from '../../analyze/function-check.ts';
import type { AnalyzeOptions } from '../../analyze/query.ts';
import type { RulePlan, SourcePlan } from '../plan-node.ts';
import { type GraphDefinition, type GraphInput, type GraphNodeDef, readGraph } from './graph-definition.ts';
import type { GraphContext } from './graph-context.ts';
import { graphErrors } from './graph-errors.ts';
import { flowOf, type GraphFlow } from './graph-flow.ts';
import type { GraphFeed, GraphNetwork, GraphSink, GraphStatement, GraphStep } from './graph-network.ts';
import { type GraphOperator, readOperator } from './graph-operators.ts';
import { graphTopology } from './graph-topology.ts';
import { type ChainLink, planChain, type StatementFeed } from './plan-chain.ts';

/** @throws a located error of the node that is wrong */
export function planGraph(graph: unknown, context: GraphContext): RulePlan {
  return new GraphPlanner(readGraph(graph), context).plan();
}

interface GraphSource {
  readonly definition: CatalogSource;
  /** Index among the sources of the rule. */
  readonly index: number;
}

interface Chain {
  readonly links: readonly ChainLink[];
  /** Of the first node. */
  readonly inputs: readonly GraphInput[];
  /** They are lists, which stand for windows. */
  readonly takesLists: boolean;
}

class GraphPlanner {
  readonly #nodes: GraphDefinition;
  readonly #byName: ReadonlyMap<string, GraphNodeDef>;
  readonly #context: GraphContext;
  readonly #sources = new Map<string, GraphSource>();
  readonly #operators = new Map<string, GraphOperator>();
  readonly #flows = new Map<string, GraphFlow>();
  readonly #steps: GraphStep[] = [];
  readonly #stepOf = new Map<string, number>();
  readonly #sourcePlans: SourcePlan[] = [];

  constructor(nodes: GraphDefinition, context: GraphContext) {
    this.#nodes = nodes;
    this.#byName = new Map(nodes.map((node) => [node.name, node]));
    this.#context = context;
  }

  plan(): RulePlan {
    for (const node of this.#nodes) if (node.type === 'source') this.#readSource(node);
    for (const node of this.#nodes) if (node.type === 'operator') this.#readOperator(node);
    for (const node of this.#nodes) if (node.type === 'operator') this.#checkFlow(node);
    const sinkNodes = this.#nodes.filter((node) => node.type === 'sink');
    const feeds = sinkNodes.map((sink) => sink.inputs.map((input) => this.#feed(input)));
    const { topology, after, operators } = graphTopology(this.#nodes, {
      sources: this.#sourcePlans,
      sourceOf: (name) => this.#sources.get(name)?.index ?? -1,
      shownName: (node) => this.#shownName(node),
    });
    const sinks = sinkNodes.map(
      (sink, i): GraphSink => ({
        name: sink.name,
        type: sink.nodeType,
        props: sink.props,
        feeds: feeds[i] ?? [],
        after: after(sink),
      }),
    );
    return this.#finish({ steps: this.#steps, sinks, topology }, operators);
  }

  #finish(graph: GraphNetwork, operators: readonly string[]): RulePlan {
    const statements = this.#steps.filter((step) => step.kind === 'statement').map((step) => step.plan);
    const source = this.#sourcePlans.find(({ role }) => role !== 'lookup');
    if (source === undefined) throw graphErrors.GRAPH('graph has no source');
    return {
      root: { kind: 'dataSource', name: source.nodeName, inputs: [], source },
      sources: this.#sourcePlans,
      aliases: [],
      analytics: [],
      aggregates: [],
      operators,
      outputType: anyMap,
      outputFields: [],
      stateful: this.#steps.some((step) => (step.kind === 'statement' ? step.plan.stateful : step.kind === 'script')),
      cacheKey: JSON.stringify([graph.topology, statements.map((plan) => plan.cacheKey), this.#scripts()]),
      graph,
    };
  }

  #scripts(): readonly unknown[] {
    return this.#steps.map((step) => (step.kind === 'script' ? step : step.kind === 'switch' ? step.name : ''));
  }

  #readSource(node: GraphNodeDef): void {
    const { sourceName, sourceType } = node.props;
    const isReference = typeof sourceName === 'string' && sourceName !== '';
    const name = isReference ? sourceName : node.name;
    const definition = this.#context.catalog.source(name);
    if (definition === undefined) {
      throw graphErrors.GRAPH(`fail to get stream ${name}, please check if stream is created`);
    }
    if (isReference) checkReference(node, definition, sourceType === 'table' ? 'table' : 'stream');
    const index = this.#sourcePlans.length;
    this.#sourcePlans.push(graphSource(definition, index, this.#context.options));
    this.#sources.set(node.name, { definition, index });
    const item = definition.kind === 'stream' ? 'row' : 'table';
    this.#flows.set(node.name, { item, grouped: false, merged: false, emitter: definition.name });
  }

  #readOperator(node: GraphNodeDef): void {
    const operator = readOperator(node, {
      functions: functionCheck(this.#context.catalog.functions),
      isStream: (name) =>
        [...this.#sources.values()].some(({ definition }) => definition.name === name && definition.kind !== 'lookup'),
      checkScript: (script) => this.#context.checkScript(script),
    });
    this.#operators.set(node.name, operator);
  }

  #checkFlow(node: GraphNodeDef): void {
    const operator = this.#operators.get(node.name) as GraphOperator;
    this.#flows.set(node.name, flowOf(node, operator, this.#flows));
    if (operator.kind !== 'join') return;
    const streams = node.inputs.filter((input) => this.#flow(input).item !== 'table');
    if (streams.length > 1) throw graphErrors.GRAPH(`join node ${node.name} does not allow multiple stream inputs`);
    const [input] = streams;
    const isLookup = operator.joins.every((join) => this.#lookup(join.name) !== undefined);
    if (input !== undefined && !isLookup && this.#flow(input).item === 'row') {
      throw graphErrors.NODE_INPUT(input.node, node.name, 'input type mismatch, expect collection, got row');
    }
  }

  #flow(input: GraphInput): GraphFlow {
    return this.#flows.get(input.node) as GraphFlow;
  }

  #lookup(name: string): CatalogSource | undefined {
    for (const { definition } of this.#sources.values()) {
      if (definition.name === name && definition.kind === 'lookup') return definition;
    }
    return undefined;
  }

  /** A lookup join is shown under the name of its table. */
  #shownName(node: GraphNodeDef): string {
    const operator = this.#operators.get(node.name);
    if (operator?.kind !== 'join') return node.name;
    const [first] = operator.joins;
    return first !== undefined && this.#lookup(first.name) !== undefined ? first.name : node.name;
  }

  #feed(input: GraphInput): GraphFeed {
    const node = this.#byName.get(input.node) as GraphNodeDef;
    const source = this.#sources.get(node.name);
    if (source !== undefined) return { kind: 'source', source: source.index };
    let step = this.#stepOf.get(node.name);
    if (step === undefined) {
      const made = this.#step(node);
      step = this.#steps.push(made) - 1;
      this.#stepOf.set(node.name, step);
    }
    return { kind: 'step', step, port: input.port };
  }

  #step(node: GraphNodeDef): GraphStep {
    const operator = this.#operators.get(node.name) as GraphOperator;
    const [input] = node.inputs;
    if (operator.kind === 'script' && input !== undefined) {
      const takes = this.#flow(input).item === 'row' ? 'row' : 'collection';
      const { script, aggregate } = operator;
      return { kind: 'script', name: node.name, script, feed: this.#feed(input), takes, aggregate };
    }
    if (operator.kind === 'switch' && input !== undefined) return this.#switch(node, operator, input);
    return this.#statement(this.#chain(node));
  }

  #switch(node: GraphNodeDef, operator: Extract<GraphOperator, { kind: 'switch' }>, input: GraphInput): GraphStep {
    const { item, grouped } = this.#flow(input);
    if (grouped) throw graphErrors.GRAPH(`switch node ${node.name} cannot take groups`);
    const takesLists = item === 'collection';
    const feed = this.#feed(input);
    const cases = operator.cases.map((condition) => {
      const operator: GraphOperator = { kind: takesLists ? 'having' : 'filter', condition };
      const { plan } = this.#planChain([{ name: node.name, operator }], [this.#statementFeed(input, feed)], takesLists);
      const filter = plan.root.inputs[0];
      if (filter?.kind !== 'filter' && filter?.kind !== 'having') throw new Error('a case without a filter');
      return { condition: filter.condition, plan };
    });
    return { kind: 'switch', name: node.name, feed, takesLists, cases, stopAtFirstMatch: operator.stopAtFirstMatch };
  }

  /** The nodes of the statement that ends at `node`, first to last, and the inputs of the first. */
  #chain(node: GraphNodeDef): Chain {
    const links: ChainLink[] = [];
    let current = node;
    for (;;) {
      const operator = this.#operators.get(current.name) as GraphOperator;
      links.unshift({ name: current.name, operator });
      const inputs = current.inputs.filter((input) => this.#flow(input).item !== 'table');
      const [input] = inputs;
      const before = input === undefined ? undefined : this.#byName.get(input.node);
      if (input === undefined || before === undefined) return { links, inputs, takesLists: false };
      const goesOn = this.#flow(input).item === 'collection' || (links.some(isWindow) && this.#reachesWatermark(input));
      if (!goesOn || inputs.length > 1) return { links, inputs, takesLists: false };
      if (endsStatement(this.#operators.get(before.name))) return { links, inputs, takesLists: true };
      current = before;
    }
  }

  /** In event time: a watermark with nothing but functions and filters in between. */
  #reachesWatermark(input: GraphInput): boolean {
    if (!this.#context.options.isEventTime) return false;
    const operator = this.#operators.get(input.node);
    if (operator?.kind === 'watermark') return true;
    if (operator?.kind !== 'function' && operator?.kind !== 'filter') return false;
    const [next] = this.#byName.get(input.node)?.inputs ?? [];
    return next !== undefined && this.#reachesWatermark(next);
  }

  #statement({ links, inputs, takesLists }: Chain): GraphStep {
    const feeds = inputs.map((input) => this.#statementFeed(input, this.#feed(input)));
    return this.#planChain(links, [...feeds, ...this.#tables(links)], takesLists);
  }

  #tables(links: readonly ChainLink[]): readonly StatementFeed[] {
    const names = links.flatMap(({ operator }) =>
      operator.kind === 'join' ? operator.joins.map((join) => join.name) : [],
    );
    return [...this.#sources.values()]
      .filter(({ definition }) => definition.kind !== 'stream' && names.includes(definition.name))
      .map(({ definition, index }) => ({ definition, feed: { kind: 'source', source: index } }));
  }

  #planChain(links: readonly ChainLink[], feeds: readonly StatementFeed[], takesLists: boolean): GraphStatement {
    return planChain(links, feeds, this.#context, takesLists);
  }

  /** The rows of a step are described like a stream of the name that expressions know them by. */
  #statementFeed(input: GraphInput, feed: GraphFeed): StatementFeed {
    const source = this.#sources.get(input.node);
    if (source !== undefined) return { definition: source.definition, feed };
    const step = feed.kind === 'step' ? this.#steps[feed.step] : undefined;
    const rowType =
      step?.kind === 'statement'
        ? step.plan.outputType
        : step?.kind === 'switch'
          ? this.#typeBefore(step.feed)
          : anyMap;
    const name = this.#flow(input).emitter ?? input.node;
    const { timestamp = '', timestampFormat = '' } = this.#firstSource(input)?.definition.options ?? {};
    const definition: CatalogSource = {
      name,
      kind: 'stream',
      columns: [],
      options: { timestamp, timestampFormat },
      rowType,
      split: [],
      nodeName: name,
      prunes: false,
    };
    return { definition, feed };
  }

  #typeBefore(feed: GraphFeed): CatalogSource['rowType'] {
    if (feed.kind === 'source') return this.#sourcePlans[feed.source]?.type ?? anyMap;
    const step = this.#steps[feed.step];
    if (step?.kind === 'statement') return step.plan.outputType;
    return step?.kind === 'switch' ? this.#typeBefore(step.feed) : anyMap;
  }

  #firstSource(input: GraphInput): GraphSource | undefined {
    const source = this.#sources.get(input.node);
    if (source !== undefined) return source;
    const [next] = this.#byName.get(input.node)?.inputs ?? [];
    return next === undefined ? undefined : this.#firstSource(next);
  }
}

/** What it gives is no part of the statement that follows. */
function endsStatement(operator: GraphOperator | undefined): boolean {
  return operator?.kind === 'script' || operator?.kind === 'switch' || operator?.kind === 'pick';
}

function isWindow(link: ChainLink): boolean {
  return link.operator.kind === 'window';
}

function checkReference(node: GraphNodeDef, definition: CatalogSource, wanted: 'stream' | 'table'): void {
  const isTable = definition.kind !== 'stream';
  if (wanted === 'table' && !isTable) throw graphErrors.GRAPH(`stream ${definition.name} is not a table`);
  if (wanted === 'stream' && isTable) throw graphErrors.GRAPH(`table ${definition.name} is not a stream`);
  const type = definition.options.type ?? (isTable ? 'file' : 'mqtt');
  if (node.nodeType !== type) {
    throw graphErrors.GRAPH(`source type ${node.nodeType} does not match the stream type ${type}`);
  }
}

/** What the run reads and decodes: everything, since any node may name any column. */
function graphSource(definition: CatalogSource, index: number, options: AnalyzeOptions): SourcePlan {
  const isStrict = definition.options.strictValidation === true && definition.columns.length > 0;
  const { timestamp: column = '', timestampFormat = '' } = definition.options;
  const checks = (options.isEventTime || isStrict) && definition.kind !== 'lookup';
  const split = checks ? [...definition.split, 'preprocessor'] : definition.split;
  return {
    index,
    stream: definition.name,
    alias: definition.name,
    nodeName: definition.nodeName,
    shared: definition.options.shared === true,
    role: definition.kind,
    schemaless: definition.columns.length === 0,
    columns: null,
    shownColumns: [],
    declared: definition.columns,
    decoded: definition.columns,
    type: definition.rowType,
    metaKeys: null,
    splitNodes: split.map((name, i) => `${i + 2}_${name}`),
    strict: isStrict,
    timestampFormat,
    timestamp: options.isEventTime && column !== '' ? { column, format: timestampFormat } : null,
    retainSize: definition.options.retainSize ?? 1,
  };
}
