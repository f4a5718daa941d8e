/**
 * The plan as users read it: a line for each node, inputs below and indented. Source: behaviour spec, runtime §19.
 */
import { assertNever, compareStrings } from '@kuiper/base';
import type { ImplicitExpr, TypedExpr } from '../analyze/typed-expr.ts';
import { type ExprText, exprText, joinTexts } from '../analyze/expr-text.ts';
import { walkTyped } from '../analyze/walk-typed.ts';
import type { JoinType, PlanNode, RulePlan, SourcePlan, WindowNode } from './plan-node.ts';

export interface ExplainOptions {
  /** Columns that a running shared stream decodes for all its rules; null when it decodes all. */
  readonly sharedColumns?: (stream: string) => readonly string[] | null | undefined;
}

export function explainPlan(plan: RulePlan, options: ExplainOptions = {}): string {
  const lines: string[] = [];
  const visit = (node: PlanNode, id: number, depth: number): void => {
    const { op, info } = describe(node, plan, options);
    const indent = depth === 0 ? '' : '\t'.repeat(2 * depth - 1);
    lines.push(`${indent}{"op":${JSON.stringify(`${op}_${id}`)},"info":${JSON.stringify(info)}}`);
    node.inputs.forEach((input, k) => {
      visit(input, id + 1 + k, depth + 1);
    });
  };
  visit(plan.root, 0, 0);
  return lines.join('\n');
}

interface Description {
  readonly op: string;
  readonly info: string;
}

function describe(node: PlanNode, plan: RulePlan, options: ExplainOptions): Description {
  switch (node.kind) {
    case 'dataSource':
      return { op: 'DataSourcePlan', info: sourceInfo(node.source, options) };
    case 'watermark': {
      const emitters = node.sources.map((index) => plan.sources[index]?.stream).join(', ');
      return { op: 'WatermarkPlan', info: `Emitters:[ ${emitters} ], SendWatermark:${node.sendWatermark}` };
    }
    case 'analytic': {
      const texts = (inSelect: boolean): string => textOf(node.calls.filter((call) => call.inSelect === inSelect));
      const others = texts(false);
      const fields = texts(true);
      const info = `${others === '' ? '' : `Funcs:[ ${others} ], `}${fields === '' ? '' : `FieldFuncs:[ ${fields} ]`}`;
      return { op: 'AnalyticFuncsPlan', info };
    }
    case 'window':
      return node.incremental ? incrementalWindow(node, plan) : window(node);
    case 'joinAlign': {
      const emitters = node.tables.map((index) => plan.sources[index]?.stream).join(', ');
      return { op: 'JoinAlignPlan', info: `Emitters:[ ${emitters} ]` };
    }
    case 'join': {
      const joins = node.steps.map((step) => exprText`{ joinType:${joinTypeName(step.type)}, ${step.on?.text ?? ''} }`);
      return { op: 'JoinPlan', info: `Joins:[ ${joinTexts(joins)} ]` };
    }
    case 'lookup': {
      const condition = node.condition === null ? '' : `Condition:{ ${node.condition.text} }, `;
      const join = `Join:{ joinType:${joinTypeName(node.type)}, expr:${node.on.text} }`;
      return { op: 'LookupPlan', info: `${condition}${join}` };
    }
    case 'aggregateInWhere': {
      const calls = node.slots.map((slot, i) => exprText`$$agg_ref_${String(i)}:${plan.aggregates[slot]?.text ?? ''}`);
      return { op: 'AggFunc', info: `aggFuncs:[${joinTexts(calls)}]` };
    }
    case 'filter':
      return { op: 'FilterPlan', info: conditionInfo(node.condition, plan) };
    case 'aggregate':
      return { op: 'AggregatePlan', info: `Dimension:{ ${textOf(node.dimensions)} }` };
    case 'having':
      return { op: 'HavingPlan', info: conditionInfo(node.condition, plan) };
    case 'windowFunction':
      return { op: 'WindowFuncPlan', info: `windowFuncField:{name:${node.field}, expr:${node.text}}` };
    case 'order': {
      const keys = node.keys.map(
        (key) =>
          exprText`sortField:{ name:${key.name}, ascending:${String(!key.descending)}, fieldExpr:{ ${key.expr.text} } }`,
      );
      return { op: 'OrderPlan', info: `SortFields:[ ${joinTexts(keys)} ]` };
    }
    case 'dedupTrigger':
      return { op: 'DedupTriggerPlan', info: `Trigger:{ ${node.text} }` };
    case 'project': {
      const limit = node.limit === null ? '' : `, Limit:${node.limit}`;
      return { op: 'ProjectPlan', info: `Fields:[ ${node.fieldsText} ]${limit}` };
    }
    case 'projectSet': {
      const limit = node.limit === null ? 'EnableLimit:false' : `EnableLimit:true, Limit:${node.limit}`;
      return { op: 'ProjectSetPlan', info: `SrfMap:{${node.field}:${node.fn.name}}, ${limit}` };
    }
    default:
      return assertNever(node);
  }
}

/** As one text, so that aliases written out are counted together. */
function textOf(list: readonly { readonly text: ExprText }[]): string {
  return String(joinTexts(list.map((item) => item.text)));
}

function joinTypeName(type: JoinType): string {
  return `${type.toUpperCase()}_JOIN`;
}

function sourceInfo(source: SourcePlan, options: ExplainOptions): string {
  const fields = source.shownColumns.length === 0 ? '' : `, StreamFields:[ ${source.shownColumns.join(', ')} ]`;
  const pairs = (source.renamed ?? []).map(([column, alias]) => `${column}:${alias}`).sort(compareStrings);
  const renamed = pairs.length === 0 ? '' : `, ColAliasMapping:[ ${pairs.join(', ')} ]`;
  const shared = source.shared ? sharedInfo(source, options) : '';
  return `StreamName: ${source.stream}${fields}${renamed}${shared}`;
}

function sharedInfo(source: SourcePlan, options: ExplainOptions): string {
  const columns = options.sharedColumns?.(source.stream);
  if (columns === undefined) return '';
  return columns === null ? ' wildcard:true' : ` ConverterSchema:[${[...columns].sort(compareStrings).join(',')}]`;
}

function window(node: WindowNode): Description {
  const { window: spec, filter } = node;
  const type = spec.type === 'state' ? '' : `${spec.type.toUpperCase()}_WINDOW`;
  const condition = filter === null ? '' : `, condition:${filter.text}`;
  const calls = spec.calls.length === 0 ? '' : `, stateFuncs:[ ${textOf(spec.calls)} ]`;
  return {
    op: 'WindowPlan',
    info: `{ length:${spec.rawLength}, windowType:${type}${condition}${calls}, limit: 0 }`,
  };
}

function incrementalWindow(node: WindowNode, plan: RulePlan): Description {
  const dimensions = node.dimensions.length === 0 ? '' : `, Dimension:[${textOf(node.dimensions)}]`;
  const filter = node.filter === null ? '' : `, filter:[${node.filter.text}]`;
  const calls = plan.aggregates.map((call, i) => exprText`${call.text}->inc_agg_col_${String(i + 1)}`);
  const type = `${node.window.type.toUpperCase()}_WINDOW`;
  return { op: 'IncAggWindowPlan', info: `wType:${type}${dimensions}${filter}, funcs:[${joinTexts(calls, ',')}]` };
}

function conditionInfo(condition: TypedExpr, plan: RulePlan): string {
  const calls: ImplicitExpr[] = [];
  walkTyped(
    condition,
    (expr) => {
      if (expr.kind === 'implicit' && expr.counts === 'condition') calls.push(expr);
    },
    plan.aliases,
  );
  const states = calls.length === 0 ? '' : `StateFuncs:[${textOf(calls)}]`;
  return `Condition:{ ${condition.text} }, ${states}`;
}
