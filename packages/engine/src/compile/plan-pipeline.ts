/**
 * Cuts a plan into functions and operators: rows run through one function each up to the first window, join or output;
 * what comes out of a window runs through stages over collections.
 */
import { assertNever } from '@kuiper/base';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import type {
  AnalyticCall,
  DedupTriggerNode,
  FilterNode,
  HavingNode,
  JoinAlignNode,
  JoinNode,
  LookupNode,
  OrderNode,
  PlanNode,
  ProjectNode,
  ProjectSetNode,
  RulePlan,
  WindowFunctionNode,
  WindowNode,
} from '../plan/plan-node.ts';
import { compileErrors } from './errors.ts';
import { asyncCalls, isUnrepeatable, usesAggregates, usesRange } from './expression-traits.ts';
import type { FlowPlan, GroupPlan, InputPlan, JoinStepPlan, KeyPlan, Pipeline, TargetPlan } from './pipeline.ts';
import { LanePlanner, type RowLane, withStage } from './plan-lanes.ts';
import { groupOnArrival, groupPrefix, UnitPlanner } from './plan-units.ts';
import { orderPrefix, type RowStage, wherePrefix } from './row-stages.ts';
import { type FunctionMaker, rowShape, type UnitShape } from './units.ts';

type Feed =
  | { readonly kind: 'rows'; readonly lanes: readonly RowLane[] }
  | {
      readonly kind: 'units';
      readonly flow: FlowPlan;
      readonly shape: UnitShape;
      readonly window: WindowTarget | null;
    };

type WindowTarget = Extract<TargetPlan, { kind: 'window' }>;
type UnitFeed = Extract<Feed, { kind: 'units' }>;

const havingPrefix = 'run Having error: ';
const joinPrefix = 'run Join error: ';

export function planPipeline(plan: RulePlan, maker: FunctionMaker): Pipeline {
  return new PipelinePlanner(plan, maker).run();
}

class PipelinePlanner {
  private readonly plan: RulePlan;
  private readonly maker: FunctionMaker;
  private readonly functions: UnitPlanner;
  private readonly rows: LanePlanner;
  private readonly aggregateProjection: boolean;

  constructor(plan: RulePlan, maker: FunctionMaker) {
    this.plan = plan;
    this.maker = maker;
    this.functions = new UnitPlanner(plan, maker);
    this.rows = new LanePlanner(plan, maker, this.functions);
    this.aggregateProjection = findProject(plan.root)?.aggregate === true;
  }

  run(): Pipeline {
    const end = this.visit(this.plan.root);
    if (end.kind === 'rows') throw compileErrors.PLAN_SHAPE('it has no output');
    const { inputs, targets } = this.rows;
    const remembersAliases = this.plan.aliases.some((alias) => isUnrepeatable(alias.expr, this.plan));
    for (const target of targets) {
      if (target.kind !== 'window') continue;
      const remembers = remembersAliases || target.flow.stages.some((stage) => stage.kind === 'await');
      target.flow.forksRows = remembers && overlaps(target.node);
      groupOnArrival(target, this.plan);
    }
    return { inputs, targets };
  }

  private operator(name: string): number {
    return this.plan.operators.indexOf(name);
  }

  private visit(node: PlanNode): Feed {
    switch (node.kind) {
      case 'dataSource':
        return { kind: 'rows', lanes: [this.rows.source(node.source.index)] };
      case 'watermark':
        return {
          kind: 'rows',
          lanes: this.rows.releasedBy(this.lanes(node), {
            kind: 'watermark',
            node,
            operator: this.operator(node.name),
            next: [],
          }),
        };
      case 'analytic': {
        const operator = this.operator(node.name);
        const stage: RowStage = { kind: 'analytic', operator, calls: node.calls };
        const lanes = this.rows.waiting(this.lanes(node), analyticExprs(node.calls), operator);
        return { kind: 'rows', lanes: lanes.map((lane) => withStage(lane, stage)) };
      }
      case 'filter':
        return this.filter(node);
      case 'window':
        return this.window(node);
      case 'joinAlign':
        return this.joinAlign(node);
      case 'join':
        return this.join(node);
      case 'lookup':
        return this.lookup(node);
      case 'aggregateInWhere': {
        const feed = this.units(this.input(node));
        this.waitingUnits(feed, this.aggregateArgs(node.slots), 0);
        const group = this.functions.group([], node.slots, feed.shape, -1);
        feed.flow.stages.push({ kind: 'aggregateInWhere', operator: this.operator(node.name), group });
        return feed;
      }
      case 'aggregate': {
        const feed = this.units(this.input(node));
        const operator = this.operator(node.name);
        this.waitingUnits(feed, [...node.dimensions, ...this.aggregateArgs(this.functions.mainSlots())], operator);
        return this.grouped(
          feed,
          this.functions.group(node.dimensions, this.functions.mainSlots(), feed.shape, operator),
          operator,
          'first',
        );
      }
      case 'having':
        return this.having(node);
      case 'windowFunction':
        return this.windowFunction(node);
      case 'order':
        return this.order(node);
      case 'dedupTrigger':
        return this.dedupTrigger(node);
      case 'project':
        return this.project(node, null);
      case 'projectSet':
        return this.projectSet(node);
      default:
        return assertNever(node);
    }
  }

  private input(node: PlanNode): Feed {
    const [input] = node.inputs;
    if (input === undefined || node.inputs.length !== 1) return { kind: 'rows', lanes: this.lanes(node) };
    return this.visit(input);
  }

  /** The rows that enter a node, all of its inputs side by side. */
  private lanes(node: PlanNode): readonly RowLane[] {
    return node.inputs.flatMap((input) => {
      const feed = this.visit(input);
      if (feed.kind === 'rows') return feed.lanes;
      throw compileErrors.PLAN_SHAPE(`${node.name} cannot take collections`);
    });
  }

  /** Places where nothing can be waited for. */
  private refuseAsync(exprs: readonly TypedExpr[]): void {
    const call = asyncCalls(exprs, this.plan)[0]?.[0];
    if (call !== undefined) throw compileErrors.ASYNC_FUNCTION(call.fn.name);
  }

  /** Collections whose next stage needs the results of asynchronous calls over their units wait for them first. */
  private waitingUnits(
    feed: UnitFeed,
    exprs: readonly TypedExpr[],
    operator: number,
    of: 'units' | 'where' | 'summary' = 'units',
    shape: UnitShape = feed.shape,
  ): void {
    const levels = this.functions.calls(exprs, shape, operator);
    if (levels.length > 0) feed.flow.stages.push({ kind: 'await', of, levels });
  }

  private filter(node: FilterNode): Feed {
    const feed = this.input(node);
    const operator = this.operator(node.name);
    const { condition, hits } = node;
    if (feed.kind === 'rows') {
      const stage: RowStage = { kind: 'filter', operator, condition, hits };
      return {
        kind: 'rows',
        lanes: this.rows.waiting(feed.lanes, [condition], operator).map((lane) => withStage(lane, stage)),
      };
    }
    this.waitingUnits(feed, [condition], operator, usesAggregates(condition, this.plan) ? 'where' : 'units');
    const made = this.maker.value({
      shape: feed.shape,
      expr: condition,
      operator,
      errorPrefix: wherePrefix,
      as: 'condition',
    });
    feed.flow.stages.push({
      kind: 'filter',
      operator,
      condition: made,
      usesRange: usesRange(condition, this.plan),
      usesAggregates: usesAggregates(condition, this.plan),
    });
    return feed;
  }

  private window(node: WindowNode): Feed {
    const { window } = node;
    let lanes = this.lanes(node);
    if (node.filter !== null && node.filterName !== null) {
      const operator = this.operator(node.filterName);
      const stage: RowStage = { kind: 'filter', operator, condition: node.filter, hits: [] };
      lanes = this.rows.waiting(lanes, [node.filter], operator).map((lane) => withStage(lane, stage));
    }
    const operator = this.operator(node.name);
    const conditions = [window.trigger, window.begin, window.emit].filter((e) => e !== null);
    lanes = this.rows.waiting(lanes, [...conditions, ...window.partitionBy, ...analyticExprs(window.calls)], operator);
    if (window.calls.length > 0)
      lanes = lanes.map((lane) => withStage(lane, { kind: 'analytic', operator: null, calls: window.calls }));
    const shape = rowShape(
      'item',
      lanes.map((lane) => lane.source),
      true,
    );
    const condition = (expr: TypedExpr | null): number | null =>
      expr === null
        ? null
        : this.maker.value({ shape: { ...shape, windowed: false }, expr, operator, errorPrefix: '', as: 'value' });
    const target: WindowTarget = {
      kind: 'window',
      node,
      operator,
      trigger: condition(window.trigger),
      begin: condition(window.begin),
      emit: condition(window.emit),
      partitionBy: this.functions.keys(window.partitionBy, shape, operator, groupPrefix),
      content: null,
      flow: { stages: [], isJoined: false, single: false },
    };
    this.rows.endAt(lanes, target);
    const feed: UnitFeed = { kind: 'units', flow: target.flow, shape, window: target };
    if (!node.incremental || !this.aggregateProjection) return feed;
    this.waitingUnits(feed, [...node.dimensions, ...this.aggregateArgs(this.functions.mainSlots())], operator);
    return this.grouped(
      feed,
      this.functions.group(node.dimensions, this.functions.mainSlots(), shape, operator),
      null,
      'last',
    );
  }

  /** Rows without a window become collections of one. */
  private units(feed: Feed): UnitFeed {
    if (feed.kind === 'units') return feed;
    const flow: FlowPlan = { stages: [], isJoined: false, single: true };
    this.rows.endAt(feed.lanes, { kind: 'event', flow });
    const sources = feed.lanes.map((lane) => lane.source);
    return { kind: 'units', flow, shape: rowShape('item', sources, false), window: null };
  }

  private joinAlign(node: JoinAlignNode): Feed {
    const isTable = (input: PlanNode): boolean => input.kind === 'dataSource' && input.source.role === 'scan';
    const lanes: RowLane[] = [];
    let feed: Feed | null = null;
    for (const input of node.inputs) {
      const made = this.visit(input);
      if (made.kind === 'units') feed = made;
      else if (isTable(input)) {
        for (const lane of made.lanes) {
          const source = this.plan.sources[lane.source] as NonNullable<InputPlan>['source'];
          this.rows.endAt([lane], { kind: 'table', source, name: `${node.name}_${source.index}` });
        }
      } else lanes.push(...made.lanes);
    }
    const units = this.units(feed ?? { kind: 'rows', lanes });
    units.flow.stages.push({ kind: 'align', operator: this.operator(node.name) });
    return units;
  }

  private join(node: JoinNode): Feed {
    const feed = this.units(this.input(node));
    const operator = this.operator(node.name);
    const windowed = feed.shape.windowed;
    let order: number[] = [node.from];
    this.refuseAsync(node.steps.flatMap((step) => step.on ?? []));
    const steps = node.steps.map((step): JoinStepPlan => {
      const left = rowShape('joined', order, windowed);
      const right = rowShape('item', [step.source], windowed);
      order = step.type === 'right' ? [step.source, ...order] : [...order, step.source];
      const both = rowShape('joined', order, windowed);
      const condition = (expr: TypedExpr | null): number | null =>
        expr === null ? null : this.maker.value({ shape: both, expr, operator, errorPrefix: joinPrefix, as: 'join' });
      const key = (expr: TypedExpr, shape: UnitShape): KeyPlan => this.functions.key(expr, shape, operator, joinPrefix);
      return {
        on: condition(step.on),
        residual: condition(step.residual),
        equalities: step.equalities.map((equality) => ({
          left: key(equality.left, left),
          right: key(equality.right, right),
        })),
      };
    });
    const tables = this.plan.sources.filter((source) => source.role === 'scan').map((source) => source.index);
    feed.flow.stages.push({ kind: 'join', operator, node, steps, tables });
    feed.flow.isJoined = true;
    feed.flow.single = false;
    return { ...feed, shape: rowShape('joined', order, windowed) };
  }

  private lookup(node: LookupNode): Feed {
    const feed = this.units(this.input(node));
    const operator = this.operator(node.name);
    this.refuseAsync(node.values);
    const before = rowShape('joined', feed.shape.sources, feed.shape.windowed);
    const values = this.functions.keys(node.values, before, operator, joinPrefix);
    feed.flow.stages.push({ kind: 'lookup', operator, node, values });
    feed.flow.isJoined = true;
    feed.flow.single = false;
    return { ...feed, shape: rowShape('joined', [...feed.shape.sources, node.table], feed.shape.windowed) };
  }

  private grouped(feed: UnitFeed, group: GroupPlan, operator: number | null, take: 'first' | 'last'): UnitFeed {
    feed.flow.stages.push({ kind: 'group', operator, group });
    return { ...feed, shape: { ...feed.shape, group: take, aggregate: true } };
  }

  /** Where the select list aggregates and nothing has grouped yet, all rows are one group. */
  private ready(feed: Feed, aggregates: boolean): UnitFeed {
    const units = this.units(feed);
    if (units.shape.group !== null || !(this.aggregateProjection || aggregates)) return units;
    this.waitingUnits(units, this.aggregateArgs(this.functions.mainSlots()), 0);
    const group = this.functions.group([], this.functions.mainSlots(), units.shape, -1);
    if (this.aggregateProjection) return this.grouped(units, group, null, 'first');
    if (!units.flow.stages.some((stage) => stage.kind === 'summary'))
      units.flow.stages.push({ kind: 'summary', group });
    return units;
  }

  private aggregateArgs(slots: readonly number[]): TypedExpr[] {
    return slots.flatMap((slot) => this.plan.aggregates[slot]?.args ?? []);
  }

  private having(node: HavingNode): Feed {
    const input = this.input(node);
    const operator = this.operator(node.name);
    const feed = this.ready(input, true);
    if (feed.flow.single) {
      feed.flow.stages.push({ kind: 'refuse', operator, text: `${havingPrefix}invalid input` });
      return feed;
    }
    const ofSummary = feed.shape.group === null;
    const shape: UnitShape = { ...feed.shape, group: feed.shape.group ?? 'first', aggregate: true };
    this.waitingUnits(feed, [node.condition], operator, ofSummary ? 'summary' : 'units', shape);
    const condition = this.maker.value({
      shape,
      expr: node.condition,
      operator,
      errorPrefix: havingPrefix,
      as: 'strict',
    });
    feed.flow.stages.push({ kind: 'having', operator, condition, ofSummary, hits: node.hits });
    return feed;
  }

  private windowFunction(node: WindowFunctionNode): Feed {
    const input = this.input(node);
    if (input.kind === 'rows' && !this.aggregateProjection) {
      // a single row is the first of one: the number is a constant of the row function
      const stages = this.passing(node.name);
      return { kind: 'rows', lanes: input.lanes.map((lane) => withStage(lane, stages)) };
    }
    const exprs = [...node.partitionBy, ...node.orderBy.map((key) => key.expr)];
    const feed = this.ready(
      input,
      exprs.some((e) => usesAggregates(e, this.plan)),
    );
    const operator = this.operator(node.name);
    this.waitingUnits(feed, exprs, operator);
    feed.flow.stages.push({
      kind: 'number',
      operator,
      slot: node.slot,
      partitionBy: this.functions.keys(node.partitionBy, feed.shape, operator, ''),
      orderBy: this.functions.sortKeys(node.orderBy, feed.shape, operator, ''),
      value: node.fn.eval,
    });
    return feed;
  }

  private order(node: OrderNode): Feed {
    const input = this.input(node);
    if (input.kind === 'rows' && !this.aggregateProjection) {
      return { kind: 'rows', lanes: input.lanes.map((lane) => withStage(lane, this.passing(node.name))) };
    }
    const exprs = node.keys.map((key) => key.expr);
    const feed = this.ready(
      input,
      exprs.some((e) => usesAggregates(e, this.plan)),
    );
    const operator = this.operator(node.name);
    this.waitingUnits(feed, exprs, operator);
    feed.flow.stages.push({
      kind: 'order',
      operator,
      keys: this.functions.sortKeys(node.keys, feed.shape, operator, orderPrefix),
    });
    return feed;
  }

  private dedupTrigger(node: DedupTriggerNode): Feed {
    const input = this.input(node);
    const operator = this.operator(node.name);
    if (input.kind === 'units' || this.aggregateProjection) {
      const feed = this.units(input);
      feed.flow.stages.push({ kind: 'refuse', operator, text: 'run dedup trigger error: invalid input, expect a row' });
      return feed;
    }
    const times = [node.start, node.end, node.now];
    const lanes = this.rows.waiting(input.lanes, times, operator);
    const shape = rowShape(
      'item',
      lanes.map((lane) => lane.source),
      false,
    );
    const [start, end, now] = this.functions.keys(times, shape, operator, '').map((key) => key.value);
    const target = { kind: 'dedup', node, operator, start, end, now, next: [] } as Extract<
      TargetPlan,
      { kind: 'dedup' }
    >;
    return { kind: 'rows', lanes: this.rows.releasedBy(lanes, target) };
  }

  /** A node that a single row only passes. */
  private passing(name: string): RowStage {
    return { kind: 'analytic', operator: this.operator(name), calls: [] };
  }

  private project(node: ProjectNode, set: ProjectSetNode | null): Feed {
    const input = this.input(node);
    const projectOperator = this.operator(node.name);
    const setOperator = set === null ? -1 : this.operator(set.name);
    const projection = { plan: this.plan, project: node, projectOperator, set, setOperator };
    const flow: FlowPlan = { stages: [], isJoined: false, single: true };
    const exprs = node.fields.flatMap((field) => [
      field.expr,
      ...(field.columns === null ? [] : [...field.columns.options, ...field.columns.values.map((value) => value.expr)]),
    ]);
    const all = [...exprs, ...(set?.args ?? [])];
    if (input.kind === 'rows' && !node.aggregate) {
      for (const lane of this.rows.waiting(input.lanes, all, projectOperator))
        this.rows.end(lane, { kind: 'output', projection });
      return { kind: 'units', flow, shape: rowShape('item', [], false), window: null };
    }
    const feed = this.ready(
      input,
      all.some((e) => usesAggregates(e, this.plan)),
    );
    this.waitingUnits(feed, all, projectOperator);
    feed.flow.stages.push({
      kind: 'project',
      operator: projectOperator,
      projection: this.maker.projection(projection, feed.shape),
      limit: node.limit,
      set: set === null ? null : { operator: setOperator, limit: set.limit },
    });
    return feed;
  }

  private projectSet(node: ProjectSetNode): Feed {
    const [input] = node.inputs;
    if (input?.kind !== 'project') throw compileErrors.PLAN_SHAPE('a set-returning call stands above no project node');
    return this.project(input, node);
  }
}

/** Everything that analytic calls evaluate. */
function analyticExprs(calls: readonly AnalyticCall[]): TypedExpr[] {
  return calls.flatMap((call) => [...call.args, ...call.partitionBy, ...(call.when === null ? [] : [call.when])]);
}

/** Whether one row may stand in several windows. */
function overlaps({ window }: WindowNode): boolean {
  const { type, length, interval } = window;
  return type === 'hopping' || type === 'sliding' || (type === 'count' && interval > 0 && interval < length);
}

function findProject(node: PlanNode): ProjectNode | undefined {
  if (node.kind === 'project') return node;
  return node.inputs.map(findProject).find((found) => found !== undefined);
}
