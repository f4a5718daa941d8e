/**
 * The program of a graph rule: its statements are compiled like rules, and hand rows to one another. Everything that a
 * row causes has happened when its call returns, as in any program; only lookups and timers answer later.
 */
import { anyMap, type Row, type RowType } from '@kuiper/base';
import { callSites } from '../compile/call-sites.ts';
import { compileErrors } from '../compile/errors.ts';
import type { MetaProvider, Program, ProgramInput, ProgramInstance, RunEnvironment } from '../compile/program.ts';
import type { GraphFeed, GraphNetwork, GraphStep } from '../plan/graph/graph-network.ts';
import type { RulePlan } from '../plan/plan-node.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { all, type Consumer, joinConsumers, type Moment, sinkConsumer } from './consumer.ts';
import { ScriptNode } from './script-node.ts';
import { StatementNode } from './statement-node.ts';
import { SwitchNode } from './switch-node.ts';

/** @param compile makes the program of a statement; programs of equal statements may be shared */
export function compileGraph(plan: RulePlan, compile: (plan: RulePlan) => Program): Program {
  const { graph } = plan;
  if (graph === undefined) throw new Error('not the plan of a graph');
  const programs = graph.steps.map((step): readonly Program[] => {
    if (step.kind === 'statement') return [compile(step.plan)];
    if (step.kind !== 'switch') return [];
    for (const one of step.cases) refuseAsync(one.plan);
    return step.cases.map((one) => compile(one.plan));
  });
  const flat = programs.flat();
  return {
    plan,
    mode: flat.some((program) => program.mode === 'interpreted') ? 'interpreted' : 'compiled',
    code: flat.map((program) => program.code).join('\n'),
    instantiate: (env) => new GraphInstance(plan, graph, programs, env),
  };
}

/** Which case takes a row has to be known at once. */
function refuseAsync(plan: RulePlan): void {
  for (const { call } of callSites(plan).values()) {
    if (call.fn.async === true) throw compileErrors.ASYNC_SWITCH(call.fn.name);
  }
}

type GraphNode = StatementNode | SwitchNode | ScriptNode;

const noMetas: MetaProvider = { meta: () => null };

class GraphInstance implements ProgramInstance {
  readonly inputs: readonly (ProgramInput | null)[];
  readonly state: readonly StateSlot[];
  readonly #steps: readonly GraphStep[];
  readonly #nodes: (GraphNode | undefined)[];
  readonly #moment: Moment;
  readonly #env: RunEnvironment;

  constructor(plan: RulePlan, graph: GraphNetwork, programs: readonly (readonly Program[])[], env: RunEnvironment) {
    this.#steps = graph.steps;
    this.#env = env;
    this.#moment = { timestampMs: 0, metas: noMetas, index: 0, isOpen: false };
    this.#nodes = graph.steps.map(() => undefined);
    // from the sinks up: a node is made when all that take from it are there
    for (let at = graph.steps.length - 1; at >= 0; at--) {
      this.#nodes[at] = this.#makeNode(plan, graph, at, programs[at] ?? []);
    }
    this.inputs = plan.sources.map((source, index) =>
      source.role === 'lookup'
        ? null
        : this.#input(this.#consumers(graph, { kind: 'source', source: index }, source.type)),
    );
    this.state = this.#nodes.flatMap((node) => node?.state ?? []);
  }

  open(): Promise<void> | undefined {
    return all(this.#nodes.map((node) => node?.open()));
  }

  start(): void {
    for (const node of this.#nodes) node?.start();
  }

  /** The sources of a rule give rows. */
  endList(): void {}

  tableRows(source: number): readonly Row[] {
    for (let at = 0; at < this.#steps.length; at++) {
      const step = this.#steps[at];
      const node = this.#nodes[at];
      if (step?.kind !== 'statement' || !(node instanceof StatementNode)) continue;
      const input = step.feeds.findIndex((feed) => feed.kind === 'source' && feed.source === source);
      if (input >= 0) return node.tableRows(input);
    }
    return [];
  }

  drain(): Promise<void> | undefined {
    const waiting = this.#nodes.map((node) => node?.drain()).filter((promise) => promise !== undefined);
    if (waiting.length === 0) return undefined;
    // what comes out of one step may keep the next one busy
    return Promise.all(waiting).then(() => this.drain());
  }

  stop(): Promise<void> | undefined {
    return all(this.#nodes.map((node) => node?.stop()));
  }

  #makeNode(plan: RulePlan, graph: GraphNetwork, at: number, programs: readonly Program[]): GraphNode {
    const step = graph.steps[at] as GraphStep;
    const out = (port: number, type: RowType): Consumer =>
      this.#consumers(graph, { kind: 'step', step: at, port }, type);
    const base = { env: this.#env, operators: plan.operators, moment: this.#moment };
    switch (step.kind) {
      case 'statement': {
        const [program] = programs;
        if (program === undefined) throw new Error('a statement without its program');
        return new StatementNode({ ...base, step, program, out: out(0, step.plan.outputType) });
      }
      case 'switch': {
        const type = step.cases[0]?.plan.outputType ?? anyMap;
        return new SwitchNode({ ...base, step, programs, outs: step.cases.map((_, port) => out(port, type)) });
      }
      case 'script':
        return new ScriptNode({ ...base, step, out: out(0, anyMap) });
    }
  }

  /** All that take from a feed: steps in their order, then sinks. */
  #consumers(graph: GraphNetwork, feed: GraphFeed, type: RowType): Consumer {
    const consumers: Consumer[] = [];
    graph.steps.forEach((step, at) => {
      const node = this.#nodes[at];
      if (node === undefined) return;
      if (step.kind !== 'statement') {
        if (isSameFeed(step.feed, feed)) consumers.push((node as SwitchNode | ScriptNode).consumer(type));
        return;
      }
      step.feeds.forEach((own, input) => {
        if (isSameFeed(own, feed)) consumers.push((node as StatementNode).consumer(input));
      });
    });
    for (const sink of graph.sinks) {
      if (!sink.feeds.some((own) => isSameFeed(own, feed))) continue;
      consumers.push(sinkConsumer(this.#env.sinkOutput?.(sink.name) ?? this.#env.output, type));
    }
    return joinConsumers(consumers);
  }

  #input(consumer: Consumer): ProgramInput {
    const moment = this.#moment;
    return {
      row: (row, timestampMs, metas, index) => {
        moment.timestampMs = timestampMs;
        moment.metas = metas;
        moment.index = index;
        moment.isOpen = true;
        try {
          consumer.row(row);
        } finally {
          moment.isOpen = false;
          moment.metas = noMetas;
        }
      },
      error: (text) => consumer.error(text),
    };
  }
}

function isSameFeed(a: GraphFeed, b: GraphFeed): boolean {
  if (a.kind === 'source') return b.kind === 'source' && a.source === b.source;
  return b.kind === 'step' && a.step === b.step && a.port === b.port;
}
