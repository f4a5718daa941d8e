/** The functions of a program as generated code. */
import type { CodeWriter } from '@kuiper/base';
import type { CallExpr, TypedExpr } from '../analyze/typed-expr.ts';
import type { AggregateCall, RulePlan } from '../plan/plan-node.ts';
import { createCompiler } from './expression.ts';
import { compileCallNow } from './expression-call.ts';
import type { ExpressionCompiler } from './expression-compiler.ts';
import type { FunctionBody, PlaceTable } from './function-body.ts';
import { type AnyFunction, ModuleCode } from './module-code.ts';
import type { Operand } from './operand.ts';
import { type ProjectionSpec, writeProjection } from './projection.ts';
import { addRowFunction } from './row-function.ts';
import type { RowFunctionSpec } from './row-stages.ts';
import { passes, passesStrictly, type Runtime } from './runtime.ts';
import { type RowAccess, UnitScope } from './unit-scope.ts';
import type { FunctionMaker, UnitShape, ValueSpec } from './units.ts';

export class CompiledFunctions implements FunctionMaker {
  private readonly plan: RulePlan;
  private readonly module: ModuleCode;
  private readonly positions: (slot: number) => number;

  constructor(plan: RulePlan, places: PlaceTable, aggregatePositions: (slot: number) => number) {
    this.plan = plan;
    this.module = new ModuleCode(places);
    this.positions = aggregatePositions;
  }

  row(spec: RowFunctionSpec): number {
    return addRowFunction(spec, this.plan, this.module);
  }

  value(spec: ValueSpec): number {
    return this.overUnit(spec.shape, 'u, g, range, numbers', ({ c, body, writer, finish }) => {
      body.local('w', String(body.places.place(spec.operator, spec.errorPrefix)));
      const value = c.compile(spec.expr);
      finish();
      writer.line(`return ${returned(spec, value, c)};`);
    });
  }

  aggregate(call: AggregateCall, shape: UnitShape, step: 'add' | 'remove'): number {
    return this.overUnit(shape, 'state, u, range', ({ c, body, writer, finish }) => {
      body.local('w', String(body.places.place(0, '')));
      const impl = body.bindings.bind(call.impl);
      const args = call.args.map((arg) => (countsRows(call, arg) ? 'true' : c.compile(arg).code));
      finish();
      writer.line(`${impl}.${step}(${['state', ...args].join(', ')});`);
    });
  }

  projection(spec: ProjectionSpec, shape: UnitShape): number {
    return this.overUnit(shape, 'u, g, range, numbers', ({ c, scope, body, writer, finish }) => {
      body.local('w', '0');
      finish();
      writeProjection({ spec, c, scope, writer, perRun: (name, code) => this.module.perRun(name, code) });
      writer.line('return o;');
    });
  }

  call(call: CallExpr, shape: UnitShape, operator: number): number {
    return this.overUnit(shape, 'u, g, range, numbers', ({ c, body, writer, finish }) => {
      body.local('w', String(body.places.place(operator, '')));
      const value = compileCallNow(call, c, false);
      finish();
      writer.line(`return ${value.code};`);
    });
  }

  get code(): string {
    return this.module.text;
  }

  link(): (rt: Runtime) => AnyFunction[] {
    return this.module.link();
  }

  private overUnit(shape: UnitShape, parameters: string, build: (parts: UnitParts) => void): number {
    return this.module.add(parameters, (body, writer) => {
      const rows = writeRows(shape, writer);
      const scope = new UnitScope({
        plan: this.plan,
        rows,
        group: parameters.includes('g,') ? 'g' : null,
        aggregatePosition: this.positions,
        range: shape.windowed ? 'range' : null,
        numbers: parameters.includes('numbers') ? 'numbers' : null,
        aggregate: shape.aggregate,
        localSlots: new Set(),
        unit: 'u',
        perRun: (name, code) => this.module.perRun(name, code),
      });
      const c = createCompiler(body, scope);
      writer.block('try', () => build({ c, scope, body, writer, finish: () => scope.writeReads(writer) }));
      writer.block('catch (error)', () => {
        body.local('f', '0');
        body.local('q', '0');
        writer.line('throw rt.describe(w, f, q, error);');
      });
    });
  }
}

interface UnitParts {
  readonly c: ExpressionCompiler;
  readonly scope: UnitScope;
  readonly body: FunctionBody;
  readonly writer: CodeWriter;
  /** Writes the column reads; after the expressions are compiled, before their code. */
  readonly finish: () => void;
}

function returned(spec: ValueSpec, value: Operand, c: ExpressionCompiler): string {
  const { type } = value;
  switch (spec.as) {
    case 'value':
      return value.code;
    case 'condition':
      if (type === 'bool') return value.nullable ? `${value.code} === true` : value.code;
      return `${c.library('passes', passes)}(${value.code}, ${c.kind(type)})`;
    case 'strict':
    case 'join': {
      if (type === 'bool' && !value.nullable) return value.code;
      const what = c.body.bindings.bind(spec.as === 'join' ? 'join condition' : 'condition');
      return `${c.library('passesStrictly', passesStrictly)}(${value.code}, ${c.kind(type)}, ${what})`;
    }
  }
}

/** Writes locals for the rows of a unit and tells how to reach them. */
function writeRows(shape: UnitShape, writer: CodeWriter): RowAccess[] {
  const unit = shape.group === null ? 'u' : 'i';
  if (shape.group !== null) writer.line(`const i = u.${shape.group};`);
  if (shape.row === 'joined') {
    return shape.sources.map((source) => {
      writer.line(`const i${source} = ${unit}[${source}];`);
      writer.line(`const r${source} = i${source} === null ? null : i${source}.row;`);
      return access(source, `i${source}`, `r${source}`, `i${source} !== null`);
    });
  }
  writer.line(`const r = ${unit}.row;`);
  return shape.sources.map((source) =>
    access(source, unit, 'r', shape.sources.length === 1 ? null : `${unit}.source === ${source}`),
  );
}

function access(source: number, item: string, row: string, present: string | null): RowAccess {
  return { source, row, present, time: `${item}.time`, meta: `${item}.meta`, slots: `${item}.slots` };
}

/** `count(*)` asks only whether its argument is there: the row need not be made. */
export function countsRows(call: AggregateCall, arg: TypedExpr): boolean {
  return arg.kind === 'wildcard' && call.fn.name === 'count';
}
