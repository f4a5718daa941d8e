/** One statement of a graph: its nodes become clauses, and the operators of its plan carry their names again. */
import type { Expr, Join, SelectItem, SelectStatement, Wildcard, Window } from '@kuiper/sql';
import { analyzeSelect } from '../../analyze/analyze-select.ts';
import type { Catalog, CatalogSource } from '../../analyze/catalog.ts';
import type { Query } from '../../analyze/query.ts';
import type { TypedExpr } from '../../analyze/typed-expr.ts';
import { finishPlan } from '../finish-plan.ts';
import { foldConstants } from '../fold-constants.ts';
import type { FilterNode, HavingNode, PlanNode } from '../plan-node.ts';
import { planQuery } from '../plan-query.ts';
import { graphErrors } from './graph-errors.ts';
import type { GraphFeed, GraphStatement } from './graph-network.ts';
import type { GraphJoin, GraphOperator } from './graph-operators.ts';
import type { GraphContext } from './graph-context.ts';

export interface ChainLink {
  readonly name: string;
  readonly operator: GraphOperator;
}

export interface StatementFeed {
  readonly definition: CatalogSource;
  readonly feed: GraphFeed;
}

const nowhere = { start: 0, end: 0 };
const allColumns: Wildcard = { kind: 'wildcard', qualifier: null, except: [], replace: [], span: nowhere };

/** The analyzer sees a window of one row where lists come. */
const placeholder: Window = {
  kind: 'window',
  type: 'count',
  count: 1,
  step: null,
  filter: null,
  over: null,
  span: nowhere,
};

/** The clauses that the nodes of a chain stand for, and the names of the nodes by clause. */
interface Clauses {
  readonly functions: SelectItem[];
  readonly windowFilters: { name: string; condition: Expr }[];
  readonly filters: { name: string; condition: Expr }[];
  readonly having: { name: string; condition: Expr }[];
  readonly dimensions: Expr[];
  orderBy: SelectStatement['orderBy'];
  pick: Extract<GraphOperator, { kind: 'pick' }> | null;
  window: Window | null;
  join: Extract<GraphOperator, { kind: 'join' }> | null;
  readonly names: Partial<Record<PlanNode['kind'], string>>;
  readonly passing: { name: string; after: string }[];
}

/** @param takesLists the rows come as lists, which stand for windows */
export function planChain(
  links: readonly ChainLink[],
  feeds: readonly StatementFeed[],
  context: GraphContext,
  takesLists: boolean,
): GraphStatement {
  const clauses = collectClauses(links);
  if (takesLists) clauses.window = placeholder;
  const ordered = orderFeeds(clauses.join, feeds);
  const statement = toStatement(clauses, ordered);
  const analyzed = analyzeSelect(statement, localCatalog(ordered, context.catalog), {
    ...context.options,
    isEventTime: context.options.isEventTime && (clauses.window !== null || clauses.names.watermark !== undefined),
    sendMetaToSink: false,
    sendNilField: false,
    looseNames: true,
  });
  const query: Query = {
    ...analyzed,
    joins: analyzed.joins.filter((join) => join.source <= (clauses.join?.joins.length ?? 0)),
    aggregate: analyzed.aggregate || clauses.pick?.aggregate === true,
    window:
      takesLists && analyzed.window !== null
        ? { ...analyzed.window, spec: { ...analyzed.window.spec, type: 'list' } }
        : analyzed.window,
  };
  const { root } = foldConstants(planQuery(query));
  const isFunction = links.length === 1 && links[0]?.operator.kind === 'function';
  const plan = finishPlan({ query, root: renamed(root, clauses) });
  return {
    kind: 'statement',
    plan,
    feeds: ordered.map(({ feed }) => feed),
    passing: clauses.passing,
    takesLists,
    bareErrors: isFunction,
  };
}

function collectClauses(links: readonly ChainLink[]): Clauses {
  const clauses: Clauses = {
    functions: [],
    windowFilters: [],
    filters: [],
    having: [],
    dimensions: [],
    orderBy: [],
    pick: null,
    window: null,
    join: null,
    names: {},
    passing: [],
  };
  let grouped = false;
  let last = '';
  const windowAt = links.findIndex((link) => link.operator.kind === 'window');
  links.forEach(({ name, operator }, i) => {
    switch (operator.kind) {
      case 'function':
      case 'aggfunc':
        clauses.functions.push(namedItem(operator.item));
        grouped ||= operator.kind === 'aggfunc';
        if (links.length > 1) clauses.passing.push({ name, after: last });
        else clauses.names.project = name;
        return;
      case 'having':
        clauses.having.push({ name, condition: decided(operator.condition) });
        break;
      case 'filter': {
        const list = i < windowAt ? clauses.windowFilters : grouped ? clauses.having : clauses.filters;
        list.push({ name, condition: { kind: 'paren', expr: operator.condition, span: operator.condition.span } });
        break;
      }
      case 'pick':
        clauses.pick = operator;
        clauses.names.project = name;
        break;
      case 'watermark':
        clauses.names.watermark = name;
        break;
      case 'window':
        clauses.window = operator.window;
        clauses.names.window = name;
        break;
      case 'join':
        clauses.join = operator;
        clauses.names.join = name;
        break;
      case 'groupby':
        clauses.dimensions.push(...operator.dimensions);
        clauses.names.aggregate = name;
        grouped = true;
        break;
      case 'orderby':
        // a later sort decides first; what it leaves equal keeps the earlier order
        clauses.orderBy = [...operator.keys, ...clauses.orderBy];
        if (clauses.names.order !== undefined) clauses.passing.push({ name: clauses.names.order, after: last });
        clauses.names.order = name;
        break;
      case 'switch':
      case 'script':
        throw graphErrors.GRAPH(`node ${name} cannot be part of a statement`);
    }
    last = name;
  });
  return clauses;
}

/** Later nodes know what a function adds by its alias or by its own name. */
function namedItem(item: SelectItem): SelectItem {
  if (item.alias !== null || item.expr.kind !== 'call') return item;
  return { ...item, alias: item.expr.name.toLowerCase() };
}

/** The FROM source first, then the joined ones in their order, then others that feed the window. */
function orderFeeds(
  join: Extract<GraphOperator, { kind: 'join' }> | null,
  feeds: readonly StatementFeed[],
): readonly StatementFeed[] {
  if (join === null) return feeds;
  const find = (name: string): StatementFeed => {
    const found = feeds.find((feed) => feed.definition.name === name);
    if (found === undefined) throw graphErrors.GRAPH(`join source ${name} is not a stream`);
    return found;
  };
  const named = [find(join.from), ...join.joins.map(({ name }) => find(name))];
  return [...named, ...feeds.filter((feed) => !named.includes(feed))];
}

function toStatement(clauses: Clauses, feeds: readonly StatementFeed[]): SelectStatement {
  const { functions, pick, window, dimensions, join } = clauses;
  const hidden = functions.map((item) => ({ ...item, invisible: true }));
  const star: SelectItem = { expr: allColumns, alias: null, invisible: false, span: nowhere };
  const named: readonly GraphJoin[] = join?.joins ?? [];
  const sourceRef = (feed: StatementFeed): Join['source'] => ({
    name: feed.definition.name,
    alias: null,
    span: nowhere,
  });
  const windowFilter = conjunction(clauses.windowFilters.map((filter) => filter.condition));
  const [from, ...others] = feeds;
  if (from === undefined) throw graphErrors.GRAPH('statement without input');
  return {
    kind: 'select',
    items: pick === null ? [star, ...functions] : [...hidden, ...pick.items],
    from: sourceRef(from),
    joins: others.map(
      (feed, i): Join => ({
        type: named[i]?.type ?? 'cross',
        source: sourceRef(feed),
        on: named[i]?.on ?? null,
        span: nowhere,
      }),
    ),
    where: conjunction(clauses.filters.map((filter) => filter.condition)),
    groupBy: window === null ? dimensions : [{ ...window, filter: windowFilter }, ...dimensions],
    having: conjunction(clauses.having.map((filter) => filter.condition)),
    orderBy: clauses.orderBy,
    limit: null,
    span: nowhere,
  };
}

/** Null counts as false; HAVING would fail on it. */
function decided(condition: Expr): Expr {
  const { span } = condition;
  const whole: Expr = { kind: 'paren', expr: condition, span };
  return {
    kind: 'paren',
    expr: { kind: 'binary', op: 'AND', left: whole, right: { kind: 'bool', value: true, span }, span },
    span,
  };
}

function conjunction(terms: readonly Expr[]): Expr | null {
  let all: Expr | null = null;
  for (const right of terms)
    all = all === null ? right : { kind: 'binary', op: 'AND', left: all, right, span: nowhere };
  return all;
}

function localCatalog(feeds: readonly StatementFeed[], catalog: Catalog): Catalog {
  const sources = new Map(feeds.map(({ definition }) => [definition.name, definition]));
  return { functions: catalog.functions, source: (name) => sources.get(name) };
}

/** Names of nodes on the operators that stand for them; operators without a node get names with `$`. */
function renamed(node: PlanNode, clauses: Clauses): PlanNode {
  const inputs = node.inputs.map((input) => renamed(input, clauses));
  switch (node.kind) {
    case 'dataSource':
    case 'lookup':
      return { ...node, inputs };
    case 'window': {
      const filterName = clauses.windowFilters.map((filter) => filter.name)[0] ?? null;
      return { ...node, inputs, name: clauses.names.window ?? '$window', filterName };
    }
    case 'filter':
      return inputs[0]?.kind === 'lookup'
        ? { ...node, inputs, name: '$lookup_filter' }
        : stacked(node, inputs, clauses.filters);
    case 'having':
      return stacked(node, inputs, clauses.having);
    default:
      return { ...node, inputs, name: clauses.names[node.kind] ?? `$${node.kind}` };
  }
}

/** One node per filter of the graph, the first one lowest. */
function stacked(
  node: FilterNode | HavingNode,
  inputs: readonly PlanNode[],
  filters: readonly { readonly name: string }[],
): PlanNode {
  let terms: readonly TypedExpr[] = [];
  let rest = node.condition;
  for (let i = filters.length - 1; i > 0 && rest.kind === 'binary'; i--) {
    terms = [rest.right, ...terms];
    rest = rest.left;
  }
  terms = [rest, ...terms];
  let below = inputs;
  let made: PlanNode = node;
  terms.forEach((condition, i) => {
    made = { ...node, inputs: below, condition, name: filters[i]?.name ?? '$filter' };
    below = [made];
  });
  return made;
}
