/**
 * The plan of a graph rule: steps that hand rows and lists of rows to one another. A statement step is planned and
 * compiled like a rule of its own; nodes that group, join or filter what a window holds are one step together.
 */
import type { TypedExpr } from '../../analyze/typed-expr.ts';
import type { RulePlan } from '../plan-node.ts';

/** Where rows come from: a source of the rule by index, or a step. `port` is the case of a switch, else 0. */
export type GraphFeed =
  | { readonly kind: 'source'; readonly source: number }
  | { readonly kind: 'step'; readonly step: number; readonly port: number };

export type GraphStep = GraphStatement | GraphSwitch | GraphScript;

export interface GraphStatement {
  readonly kind: 'statement';
  /** Operators whose name starts with `$` stand for no node of the graph. */
  readonly plan: RulePlan;
  /** One per source of `plan`. A lookup table is asked, not fed: its feed says which source of the rule it is. */
  readonly feeds: readonly GraphFeed[];
  /** Nodes without an operator of their own: they pass what `after` gives. */
  readonly passing: readonly { readonly name: string; readonly after: string }[];
  /** Rows come as lists: each is a window of its own. */
  readonly takesLists: boolean;
  /** Errors of the projection are shown without the place in a select list. */
  readonly bareErrors: boolean;
}

/** Sends each row, or each list as a whole, to the port of each case that holds, or only to the first. */
export interface GraphSwitch {
  readonly kind: 'switch';
  readonly name: string;
  readonly feed: GraphFeed;
  /** On lists a case may aggregate; plain columns are those of the first row. */
  readonly takesLists: boolean;
  /** A statement per case, `SELECT * … WHERE case`, over the row of `feed`; `… HAVING case` over its list. */
  readonly cases: readonly { readonly condition: TypedExpr; readonly plan: RulePlan }[];
  readonly stopAtFirstMatch: boolean;
}

export interface GraphScript {
  readonly kind: 'script';
  readonly name: string;
  readonly script: string;
  readonly feed: GraphFeed;
  /** What the script takes: a row, or the rows of a window. */
  readonly takes: 'row' | 'collection';
  /** A collection gives one row. */
  readonly aggregate: boolean;
}

export interface GraphSink {
  readonly name: string;
  readonly type: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly feeds: readonly GraphFeed[];
  /** Nodes in front of it, as topology names them. */
  readonly after: readonly string[];
}

export interface GraphNetwork {
  /** A step stands after those it takes rows from. */
  readonly steps: readonly GraphStep[];
  readonly sinks: readonly GraphSink[];
  readonly topology: {
    readonly sources: readonly string[];
    /** Without the chains of the sinks. */
    readonly edges: Readonly<Record<string, readonly string[]>>;
  };
}
