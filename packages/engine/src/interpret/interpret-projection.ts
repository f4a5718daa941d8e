/** The select list, interpreted: the oracle of the generated projection. Source: behaviour spec, sql §8. */
import { errorText, type Row, type RowType, setMember, tagValue } from '@kuiper/base';
import type { ExprText } from '../analyze/expr-text.ts';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { type Evaluated, outputKind, type SelectList, setCallPrefix } from '../compile/output-columns.ts';
import { elementsOf, isTextList, type ProjectionSpec, textList } from '../compile/projection.ts';
import { convertRow, convertValue, copyExcept, layOver, layUnder } from '../compile/row-merge.ts';
import { checkElements, setRows } from '../compile/set-rows.ts';
import type { ColumnsCall, SourcePlan } from '../plan/plan-node.ts';
import { callError, interpret, interpretArgument, interpretTagged } from './interpret.ts';
import { noColumns, type RowFrame } from './row-frame.ts';

/** An error with its operator and complete text. */
export class PlacedError extends Error {
  readonly operator: number;

  constructor(operator: number, prefix: ExprText, error: unknown) {
    super(`${prefix}${errorText(error)}`);
    this.operator = operator;
  }
}

export function placed<T>(operator: number, prefix: ExprText, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof PlacedError ? error : new PlacedError(operator, prefix, error);
  }
}

/** @returns the row, or with a set-returning call its rows */
export function interpretProjection(spec: ProjectionSpec, list: SelectList, frame: RowFrame): Row | Row[] {
  const { plan, project, set, projectOperator } = spec;
  const values = list.evaluated.map((item) =>
    placed(projectOperator, item.errorPrefix, () => {
      if (item.columns !== null) return changedColumns(item.columns, frame);
      return convertValue(interpret(item.expr, frame), item.expr.type, outputKind(plan, item.name));
    }),
  );
  const row: Row = {};
  for (const { expr, errorPrefix } of list.wildcards)
    placed(projectOperator, errorPrefix, () => addWildcard(row, expr, spec, frame));
  for (const { name, expr } of list.columns) {
    const value = convertValue(interpret(expr, frame), expr.type, outputKind(plan, name));
    if (value !== undefined) setMember(row, name, value);
    else if (project.sendNil && list.wildcards.length === 0) setMember(row, name, null);
  }
  const add = (target: Row, kind: Evaluated['kind']): Row => {
    list.evaluated.forEach((item, i) => {
      if (item.kind === kind && item.visible) addItem(target, item, values[i], project.sendNil);
    });
    return target;
  };
  add(row, 'expression');
  if (set === null) add(row, 'alias');
  const [first] = frame.setup.rows;
  if (project.sendMeta && first !== undefined) row.__meta = first.meta() ?? {};
  if (set === null) return row;
  const elements = placed(projectOperator, setCallPrefix(set), () => {
    const args = set.args.map((arg, i) =>
      interpretArgument(arg, (set.fn.args[i] ?? set.fn.args.at(-1))?.kind ?? 'any', frame),
    );
    try {
      return elementsOf(set.args.some(isTextList) ? textList : set.fn.eval, args);
    } catch (error) {
      throw callError(set.fn.name, error);
    }
  });
  const found = placed(spec.setOperator, '', () => checkElements(elements, set.field));
  return setRows(found, row, add({}, 'alias'), set.field);
}

function addItem(row: Row, item: Evaluated, value: unknown, sendNil: boolean): void {
  if (item.columns !== null && !item.columns.gather) layOver(row, value as Row);
  else if (value !== null && value !== undefined) setMember(row, item.name, value);
  else if ((item.kind === 'alias' && sendNil) || (item.showsNull && value === null)) setMember(row, item.name, null);
}

function addWildcard(
  row: Row,
  e: SelectList['wildcards'][number]['expr'],
  spec: ProjectionSpec,
  frame: RowFrame,
): void {
  const { plan } = spec;
  const except = new Set(e.except);
  for (const { row: from, source } of frame.rowsOf(e.source)) {
    // the row of a window without rows comes from no source, and is empty
    const type = (plan.sources[source] as SourcePlan | undefined)?.type ?? noColumns;
    layUnder(row, copyExcept(convertRow(from, type, plan.outputType as RowType), except));
  }
  for (const { name, expr } of e.replace) {
    const value = convertValue(interpret(expr, frame), expr.type, outputKind(plan, name));
    if (value !== null && value !== undefined) setMember(row, name, value);
  }
}

function changedColumns(call: ColumnsCall, frame: RowFrame): Row | null {
  const options = call.options.map((e) => interpretTagged(e, frame));
  const row: Row = {};
  const add = (name: string, e: TypedExpr): void => {
    if (e.kind === 'wildcard') layOver(row, (tagValue(interpret(e, frame), e.type) ?? {}) as Row);
    else setMember(row, name, interpretTagged(e, frame) ?? null);
  };
  const fixed = call.values.every((value) => value.expr.kind !== 'wildcard');
  if (!fixed) for (const { name, expr } of call.values) add(name, expr);
  const names = fixed ? call.values.map((value) => value.name) : Object.keys(row);
  const values = fixed ? call.values.map((value) => interpretTagged(value.expr, frame)) : Object.values(row);
  const state = frame.setup.rt.columnStates.get(call.stateName)?.of(null);
  let changed: Row;
  try {
    changed = call.fn.next(state, options, names, values);
  } catch (error) {
    throw callError(call.fn.name, error);
  }
  return call.gather && Object.keys(changed).length === 0 ? null : changed;
}
