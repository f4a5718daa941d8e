/** One generated function for everything that happens to a row up to the output or the first window. */
import type { CodeWriter } from '@kuiper/base';
import type { AliasPlan, AnalyticCall, ProjectNode, RulePlan } from '../plan/plan-node.ts';
import { createCompiler } from './expression.ts';
import type { ExpressionCompiler } from './expression-compiler.ts';
import { adaptArgument, argumentKind } from './expression-call.ts';
import { isUnrepeatable } from './expression-traits.ts';
import type { FunctionBody } from './function-body.ts';
import { aliasesOf } from './item.ts';
import type { ModuleCode } from './module-code.ts';
import { counter, nodeCounters } from './program.ts';
import { writeProjection } from './projection.ts';
import { type AnalyticStage, type FilterStage, type RowFunctionSpec, wherePrefix } from './row-stages.ts';
import { passes } from './runtime.ts';
import { UnitScope, unsetAlias } from './unit-scope.ts';

interface Parts {
  readonly spec: RowFunctionSpec;
  readonly module: ModuleCode;
  readonly body: FunctionBody;
  readonly c: ExpressionCompiler;
  readonly scope: UnitScope;
  readonly writer: CodeWriter;
}

/** @returns the number of the function in the module */
export function addRowFunction(spec: RowFunctionSpec, plan: RulePlan, module: ModuleCode): number {
  module.perRun('counters', 'rt.counters');
  const isRow = spec.input === 'row';
  return module.add(isRow ? 'r0, time, metas, index' : 'item', (body, writer) => {
    body.local('w', '0');
    const perRun = (name: string, code: string): string => module.perRun(name, code);
    const computedHere = spec.stages.flatMap((stage) =>
      stage.kind === 'analytic' ? stage.calls.map((call) => call.slot) : [],
    );
    const scope = new UnitScope({
      plan,
      rows: [
        {
          source: spec.source,
          row: 'r0',
          present: null,
          time: 'time',
          meta: isRow ? 'metas.meta(index)' : 'item.meta',
          slots: isRow ? 'null' : 'item.slots',
        },
      ],
      group: null,
      aggregatePosition: () => 0,
      range: null,
      numbers: 'numbers',
      aggregate: false,
      localSlots: new Set(computedHere),
      unit: isRow ? null : 'item',
      perRun,
    });
    const c = createCompiler(body, scope);
    const parts: Parts = { spec, module, body, c, scope, writer };
    if (!isRow) {
      writer.line('const r0 = item.row;');
      writer.line('const time = item.time;');
    }
    writeFunction(parts, plan);
  });
}

function writeFunction(parts: Parts, plan: RulePlan): void {
  const { spec, body, writer, module } = parts;
  const { end } = spec;
  // an alias of a window function may stand in any condition on a single row
  const numbers = windowNumbers(plan);
  if (numbers !== null) module.perRun('numbers', body.bindings.bind(numbers));
  const tried = (): void => {
    for (const stage of spec.stages) {
      if (stage.kind === 'analytic') writeAnalytic(parts, stage);
      else writeFilter(parts, stage);
    }
    if (end.kind === 'output') {
      enter(parts, end.projection.projectOperator);
      writeProjection({ ...parts, spec: end.projection, perRun: (name, code) => module.perRun(name, code) });
    }
  };
  if (spec.stages.length > 0 || end.kind === 'output') {
    writer.block('try', tried);
    // `f` and `q` exist only where calls and CASE are
    writer.block('catch (error)', () => {
      body.local('f', '0');
      body.local('q', '0');
      writer.line('rt.fail(w, f, q, error);');
      writer.line('return;');
    });
  }
  if (end.kind === 'item') writeItem(parts, end.target, plan);
  else writeOutput(parts, end.projection);
}

function enter({ writer }: Parts, operator: number): void {
  writer.line(`counters[${operator * nodeCounters + counter.in}]++;`);
  writer.line(`counters[${operator * nodeCounters + counter.processed}]++;`);
}

function leave({ writer }: Parts, operator: number): void {
  writer.line(`counters[${operator * nodeCounters + counter.out}]++;`);
}

function writeFilter(parts: Parts, stage: FilterStage): void {
  const { c, scope, writer, body, module } = parts;
  enter(parts, stage.operator);
  writer.line(`w = ${body.places.place(stage.operator, wherePrefix)};`);
  const condition = c.compile(stage.condition);
  scope.writeReads(writer);
  if (condition.type === 'bool') {
    writer.line(condition.nullable ? `if (${condition.code} !== true) return;` : `if (!${condition.code}) return;`);
  } else {
    writer.line(`if (!${c.library('passes', passes)}(${condition.code}, ${c.kind(condition.type)})) return;`);
  }
  for (const id of stage.hits) writer.line(`${module.perRun(`h${id}`, `rt.hits.get(${id})`)}.hit(time);`);
  leave(parts, stage.operator);
}

function writeAnalytic(parts: Parts, stage: AnalyticStage): void {
  if (stage.operator !== null) enter(parts, stage.operator);
  for (const call of stage.calls) writeAnalyticCall(parts, call, stage.operator ?? 0);
  if (stage.operator !== null) leave(parts, stage.operator);
}

/** The partition's state, then WHEN, then the arguments; errors of the arguments stand alone, those of the call name it. */
function writeAnalyticCall(parts: Parts, call: AnalyticCall, operator: number): void {
  const { c, scope, writer, body, module } = parts;
  body.local('f', '0');
  const name = body.local(`a${call.slot}`);
  writer.line(`w = ${body.places.place(operator, '')};`);
  const args = call.args.map((arg, i) => c.keep(adaptArgument(c.compile(arg), argumentKind(call.fn.args, i), c)));
  const keys = call.partitionBy.map((e) => c.keep(c.compile(e)));
  const when = call.when === null ? null : c.compile(call.when);
  scope.writeReads(writer);
  for (const { first, again } of [...args, ...keys]) if (first !== again.code) writer.line(`${first};`);
  const valid = when === null ? 'true' : `${when.code} !== false`;
  const state = module.perRun(`s${call.slot}`, `rt.analytics[${call.slot}]`);
  const codes = keys.map(({ again }) => again.code);
  const key = codes.length === 0 ? 'null' : codes.length === 1 ? (codes[0] as string) : `[${codes.join(', ')}]`;
  const valid_ = body.temp();
  writer.line(`${valid_} = ${valid};`);
  writer.line(`f = ${body.places.callee(call.name)};`);
  const next = body.bindings.bind(call.fn.next);
  const list = args.map(({ again }) => `, ${again.code}`).join('');
  writer.line(`${name} = ${next}(${state}.of(${key}), ${valid_}${list});`);
  writer.line('f = 0;');
}

function slotList(parts: Parts): string {
  const { spec } = parts;
  if (spec.slots === 0) return 'null';
  const here = new Set(
    spec.stages.flatMap((stage) => (stage.kind === 'analytic' ? stage.calls.map((call) => call.slot) : [])),
  );
  const slots = Array.from({ length: spec.slots }, (_, i) =>
    here.has(i) ? `a${i}` : spec.input === 'item' ? `item.slots[${i}]` : 'undefined',
  );
  return `[${slots.join(', ')}]`;
}

function writeItem(parts: Parts, target: number, plan: RulePlan): void {
  const { spec, writer, module, body, c } = parts;
  const put = module.perRun(`put${target}`, `rt.targets[${target}]`);
  const unchanged = spec.input === 'item' && spec.stages.every((stage) => stage.kind === 'filter');
  const meta = !spec.keepsMeta ? 'null' : spec.input === 'item' ? 'item.meta' : 'metas.meta(index)';
  const item = `{ source: ${spec.source}, row: r0, time, meta: ${meta}, slots: ${slotList(parts)} }`;
  const aliases = body.touchedAliases.filter((alias) => isUnrepeatable((plan.aliases[alias] as AliasPlan).expr, plan));
  if (aliases.length === 0) {
    writer.line(`${put}(${unchanged ? 'item' : item}, time);`);
    return;
  }
  writer.line(`const made = ${unchanged ? 'item' : item};`);
  for (const alias of aliases) {
    const keep = `${c.library('aliasesOf', aliasesOf)}(made)[${alias}] = { value: x${alias} };`;
    writer.line(`if (x${alias} !== ${c.library('unset', unsetAlias)}) ${keep}`);
  }
  writer.line(`${put}(made, time);`);
}

function writeOutput(
  parts: Parts,
  projection: {
    readonly project: ProjectNode;
    readonly projectOperator: number;
    readonly set: { readonly limit: number | null } | null;
    readonly setOperator: number;
  },
): void {
  const { writer, module } = parts;
  module.perRun('output', 'rt.env.output');
  leave(parts, projection.projectOperator);
  if (projection.set === null) {
    if (projection.project.limit !== 0) writer.line('output.emitRow(o);');
    return;
  }
  enter(parts, projection.setOperator);
  const { limit } = projection.set;
  const count = limit === null || limit < 0 ? 'o.length' : `Math.min(o.length, ${limit})`;
  writer.block(`for (let i = 0, n = ${count}; i < n; i++)`, () => {
    leave(parts, projection.setOperator);
    writer.line('output.emitRow(o[i]);');
  });
}

/** A single row is the first of one in every window function. */
export function windowNumbers(plan: RulePlan): unknown[] | null {
  const numbers: unknown[] = [];
  const visit = (node: RulePlan['root']): void => {
    if (node.kind === 'windowFunction') numbers[node.slot] = node.fn.eval(0, 1);
    for (const input of node.inputs) visit(input);
  };
  visit(plan.root);
  return numbers.length === 0 ? null : numbers;
}
