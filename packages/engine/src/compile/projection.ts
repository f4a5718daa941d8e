/** The select list as code: one object literal where names are known, a copy of the row where `*` takes part. */
import { isMapKind, type MapKind, type Row, setMember, type CodeWriter } from '@kuiper/base';
import type { ExprText } from '../analyze/expr-text.ts';
import type { TypedExpr, WildcardExpr } from '../analyze/typed-expr.ts';
import type { ColumnsCall, ProjectNode, ProjectSetNode, RulePlan } from '../plan/plan-node.ts';
import { isReported } from './call-rules.ts';
import { isPlainName } from './property-name.ts';
import type { ExpressionCompiler } from './expression-compiler.ts';
import { adaptArgument, argumentKind } from './expression-call.ts';
import type { Operand } from './operand.ts';
import { type Evaluated, outputKind, type SelectList, selectList, setCallPrefix } from './output-columns.ts';
import { convertRow, copyExcept, layOver, layUnder, sameColumns } from './row-merge.ts';
import { checkElements, setRows } from './set-rows.ts';
import type { UnitScope } from './unit-scope.ts';

export interface ProjectionSpec {
  readonly plan: RulePlan;
  readonly project: ProjectNode;
  readonly projectOperator: number;
  readonly set: ProjectSetNode | null;
  readonly setOperator: number;
}

interface Parts {
  readonly spec: ProjectionSpec;
  readonly c: ExpressionCompiler;
  readonly scope: UnitScope;
  readonly writer: CodeWriter;
  readonly perRun: (name: string, code: string) => string;
}

/** Writes the statements; the local `o` then holds the row, or with a set-returning call the list of rows. */
export function writeProjection(parts: Parts): void {
  const { spec, c, writer } = parts;
  const list = selectList(spec.project, spec.plan);
  c.body.local('o');
  const values = new Map<Evaluated, Operand>();
  for (const item of list.evaluated) values.set(item, evaluate(parts, item));
  const aliasesApart = spec.set !== null;
  const isSimple =
    list.wildcards.length === 0 && list.evaluated.every((item) => item.columns === null || item.columns.gather);
  if (isSimple)
    writer.line(`o = ${literal(parts, list, values, (item) => !(aliasesApart && item.kind === 'alias'), true)};`);
  else writeDynamic(parts, list, values, aliasesApart);
  if (spec.project.sendMeta) writeMeta(parts);
  if (spec.set !== null) writeSet(parts, spec.set, list, values);
}

function place(parts: Parts, operator: number, prefix: ExprText): void {
  parts.writer.line(`w = ${parts.c.body.places.place(operator, prefix)};`);
}

/** Evaluates one item into a local. */
function evaluate(parts: Parts, item: Evaluated): Operand {
  const { c, writer, spec } = parts;
  const made = item.columns === null ? c.compile(item.expr) : columnsCall(parts, item.columns);
  const value = item.columns === null ? c.as(made, outputKind(spec.plan, item.name)) : made;
  if (value.literal !== null) return value;
  place(parts, spec.projectOperator, item.errorPrefix);
  const name = c.body.temp();
  parts.scope.writeReads(writer);
  writer.line(`${name} = ${value.code};`);
  return { ...value, code: name, simple: true };
}

/** `changed_cols`: the changed columns as a map. */
function columnsCall(parts: Parts, call: ColumnsCall): Operand {
  const { c, perRun } = parts;
  const state = perRun(
    `cols_${call.stateName.replace(/\W/g, '_')}`,
    `rt.columnStates.get(${c.body.bindings.bind(call.stateName)})`,
  );
  const options = call.options.map((e) => c.tagged(c.compile(e))).join(', ');
  const fixed = call.values.every((value) => value.expr.kind !== 'wildcard');
  const next = c.body.bindings.bind(call.fn.next);
  const result = c.body.temp();
  let names: string;
  let values: string;
  const before: string[] = [];
  if (fixed) {
    names = c.body.bindings.bind(call.values.map((value) => value.name));
    values = `[${call.values.map((value) => c.tagged(c.compile(value.expr))).join(', ')}]`;
  } else {
    const row = c.body.temp();
    before.push(`${row} = {}`);
    for (const value of call.values) {
      const o = c.compile(value.expr);
      if (value.expr.kind === 'wildcard') before.push(`${c.library('layOver', layOver)}(${row}, ${c.tagged(o)})`);
      else
        before.push(
          `${c.library('setMember', setMember)}(${row}, ${c.body.bindings.bind(value.name)}, ${c.tagged(o)} ?? null)`,
        );
    }
    names = `Object.keys(${row})`;
    values = `Object.values(${row})`;
  }
  c.body.local('f', '0');
  const callee = c.body.places.callee(call.fn.name);
  const optionList = c.body.temp();
  const valueList = c.body.temp();
  before.push(`${optionList} = [${options}]`, `${valueList} = ${values}`);
  const gathered = call.gather ? `${c.library('nullWhenEmpty', nullWhenEmpty)}(${result})` : result;
  return {
    code: `(${[...before, `f = ${callee}`, `${result} = ${next}(${state}.of(null), ${optionList}, ${names}, ${valueList})`, 'f = 0', gathered].join(', ')})`,
    simple: false,
    nullable: call.gather,
    type: 'any',
    literal: null,
  };
}

function nullWhenEmpty(columns: Row): Row | null {
  for (const _ in columns) return columns;
  return null;
}

/** The value of an item as the output row holds it: undefined where it is left out. */
function shown(item: Evaluated, value: Operand, sendNil: boolean): string {
  if (!value.nullable) return value.code;
  const nil = item.kind === 'alias' && sendNil ? 'null' : 'undefined';
  if (value.literal !== null) return nil;
  return item.showsNull && !sendNil ? value.code : `${value.code} ?? ${nil}`;
}

/** An object literal of the visible items that `takes` accepts, and the plain columns. */
function literal(
  parts: Parts,
  list: SelectList,
  values: ReadonlyMap<Evaluated, Operand>,
  takes: (item: Evaluated) => boolean,
  withColumns: boolean,
): string {
  const { c, spec } = parts;
  const members = new Map<string, string>();
  const add = (name: string, code: string): void => {
    const under = members.get(name);
    members.set(name, under === undefined ? code : `(${code}) ?? (${under})`);
  };
  if (withColumns) {
    for (const { name, expr } of list.columns) {
      const value = c.as(c.compile(expr), outputKind(spec.plan, name));
      add(name, spec.project.sendNil && value.nullable ? `${value.code} ?? null` : value.code);
    }
    parts.scope.writeReads(parts.writer);
  }
  for (const item of list.evaluated) {
    if (item.visible && takes(item)) add(item.name, shown(item, values.get(item) as Operand, spec.project.sendNil));
  }
  const key = (name: string): string => (isPlainName(name) ? name : `[${c.body.bindings.bind(name)}]`);
  return `{ ${[...members].map(([name, code]) => `${key(name)}: ${code}`).join(', ')} }`;
}

function writeDynamic(
  parts: Parts,
  list: SelectList,
  values: ReadonlyMap<Evaluated, Operand>,
  aliasesApart: boolean,
): void {
  const { c, spec, writer } = parts;
  const { sendNil, sendMeta } = spec.project;
  const applied = list.evaluated.filter((item) => item.visible && !(aliasesApart && item.kind === 'alias'));
  const untouched = applied.length === 0 && list.columns.length === 0 && !sendMeta;
  writeWildcards(parts, list, untouched);
  const set = c.library('setMember', setMember);
  for (const { name, expr } of list.columns) {
    const value = c.as(c.compile(expr), outputKind(spec.plan, name));
    parts.scope.writeReads(writer);
    const name_ = c.body.bindings.bind(name);
    writer.line(`if (${value.code} !== undefined) ${set}(o, ${name_}, ${value.code});`);
  }
  for (const item of applied) {
    const value = values.get(item) as Operand;
    if (item.columns !== null && !item.columns.gather) {
      writer.line(`${c.library('layOver', layOver)}(o, ${value.code});`);
      continue;
    }
    const name = c.body.bindings.bind(item.name);
    const assign = (code: string): string =>
      isPlainName(item.name) ? `o.${item.name} = ${code};` : `${set}(o, ${name}, ${code});`;
    if (!value.nullable) writer.line(assign(value.code));
    else if (item.kind === 'alias' && sendNil) writer.line(assign(`${value.code} ?? null`));
    else if (item.showsNull) writer.line(`if (${value.code} !== undefined) ${assign(value.code)}`);
    else writer.line(`if (${value.code} != null) ${assign(value.code)}`);
  }
}

/** Wildcards, first side first: `o` becomes a row that may be changed, or with `untouched` the row itself. */
function writeWildcards(parts: Parts, list: SelectList, untouched: boolean): void {
  const { c, spec, scope, writer } = parts;
  const [first] = list.wildcards;
  const target = spec.plan.outputType;
  if (list.wildcards.length === 1 && first !== undefined) {
    const rows = rowsOf(scope, first.expr);
    const [only] = rows;
    const plain = first.expr.except.length === 0 && first.expr.replace.length === 0;
    if (rows.length === 1 && only !== undefined && only.present === null && plain) {
      const from = spec.plan.sources[only.source]?.type as MapKind;
      if (sameColumns(from, target)) writer.line(untouched ? `o = ${only.row};` : `o = { ...${only.row} };`);
      else writer.line(`o = ${c.library('convertRow', convertRow)}(${only.row}, ${c.kind(from)}, ${c.kind(target)});`);
      return;
    }
  }
  writer.line('o = {};');
  for (const { expr, errorPrefix } of list.wildcards) {
    for (const row of rowsOf(scope, expr)) {
      const from = spec.plan.sources[row.source]?.type as MapKind;
      let value = row.row;
      if (!sameColumns(from, target))
        value = `${c.library('convertRow', convertRow)}(${value}, ${c.kind(from)}, ${c.kind(target)})`;
      if (expr.except.length > 0)
        value = `${c.library('copyExcept', copyExcept)}(${value}, ${c.body.bindings.bind(new Set(expr.except))})`;
      const lay = `${c.library('layUnder', layUnder)}(o, ${value});`;
      writer.line(row.present === null ? lay : `if (${row.present}) ${lay}`);
    }
    for (const { name, expr: replacement } of expr.replace) {
      const value = c.as(c.compile(replacement), outputKind(spec.plan, name));
      place(parts, spec.projectOperator, errorPrefix);
      scope.writeReads(writer);
      const kept = c.keep(value);
      const assign = `${c.library('setMember', setMember)}(o, ${c.body.bindings.bind(name)}, ${kept.again.code});`;
      if (!kept.again.simple || kept.first !== kept.again.code) writer.line(`${kept.first};`);
      writer.line(value.nullable ? `if (${kept.again.code} != null) ${assign}` : assign);
    }
  }
}

function rowsOf(scope: UnitScope, e: WildcardExpr): UnitScope['rows'] {
  return e.source === null ? scope.rows : scope.rows.filter((row) => row.source === e.source);
}

function writeMeta(parts: Parts): void {
  const [row] = parts.scope.rows;
  if (row !== undefined) parts.writer.line(`o.__meta = ${row.meta} ?? {};`);
}

function writeSet(parts: Parts, set: ProjectSetNode, list: SelectList, values: ReadonlyMap<Evaluated, Operand>): void {
  const { c, spec, scope, writer } = parts;
  c.body.local('f', '0');
  const args = set.args.map((arg, i) => adaptArgument(c.compile(arg), argumentKind(set.fn.args, i), c).code);
  place(parts, spec.projectOperator, setCallPrefix(set));
  scope.writeReads(writer);
  const elements = c.body.temp();
  const fn = c.body.bindings.bind(set.args.some(isTextList) ? textList : set.fn.eval);
  const arguments_ = c.body.temp();
  writer.line(`${arguments_} = [${args.join(', ')}];`);
  writer.line(`f = ${c.body.places.callee(set.fn.name)};`);
  writer.line(`${elements} = ${c.library('elementsOf', elementsOf)}(${fn}, ${arguments_});`);
  writer.line('f = 0;');
  place(parts, spec.setOperator, '');
  const name = c.body.bindings.bind(set.field);
  writer.line(`${elements} = ${c.library('checkElements', checkElements)}(${elements}, ${name});`);
  const aliases = literal(parts, list, values, (item) => item.kind === 'alias', false);
  writer.line(`o = ${c.library('setRows', setRows)}(${elements}, o, ${aliases}, ${name});`);
}

/** What is no list at all becomes null here: the set operator reports it under the name of the field. */
export function elementsOf(fn: (...args: unknown[]) => unknown, args: readonly unknown[]): unknown {
  try {
    return fn(...args);
  } catch (error) {
    if (isReported(error)) return null;
    throw error;
  }
}

/** `keys(…)` gives a list of texts, which is no list of values to the reference (functions §1.4). */
export function isTextList(e: TypedExpr): boolean {
  return e.kind === 'call' && typeof e.type === 'object' && !isMapKind(e.type) && e.type.of === 'string';
}

export const textList = (): unknown => null;
