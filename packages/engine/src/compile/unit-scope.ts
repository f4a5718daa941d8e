/**
 * Names in generated code: columns of one or several rows, aliases, analytic slots, aggregates, time and metadata.
 *
 * A column is read once per function, into a local, before the stage that first needs it. An alias is computed where
 * it is first needed and at most once.
 */
import { columnKind, isMapKind, type Kind, type RowType, setMember, type CodeWriter } from '@kuiper/base';
import type {
  AggregateExpr,
  AliasExpr,
  AnalyticExpr,
  CallExpr,
  ColumnExpr,
  ImplicitExpr,
  MetaExpr,
  TypedExpr,
  WildcardExpr,
  WindowFunctionExpr,
} from '../analyze/typed-expr.ts';
import type { AggregateCall, AliasPlan, RulePlan } from '../plan/plan-node.ts';
import { isExtension } from './call-rules.ts';
import { isInheritedName, isPlainName } from './property-name.ts';
import type { ExpressionCompiler, Scope } from './expression-compiler.ts';
import { awaitedValue } from './awaited.ts';
import { compileErrors } from './errors.ts';
import { isUnrepeatable } from './expression-traits.ts';
import { aliasesOf } from './item.ts';
import { type Operand, operand } from './operand.ts';
import { convertRow, copyExcept, layOver, sameColumns } from './row-merge.ts';
import { countThenHit, metaValue, timeThenHit } from './runtime.ts';

/** How code reaches the row of one source. */
export interface RowAccess {
  readonly source: number;
  /** Code of the row; a name. */
  readonly row: string;
  /** Test that the row is there; null when it always is. */
  readonly present: string | null;
  /** Code of its time, metadata and analytic slots. */
  readonly time: string;
  readonly meta: string;
  readonly slots: string;
}

export interface UnitScopeOptions {
  readonly plan: RulePlan;
  /** In the order in which unqualified names look. */
  readonly rows: readonly RowAccess[];
  /** Code of the group that aggregates come from; null where there are none. */
  readonly group: string | null;
  /** Position of an aggregate slot within the group. */
  readonly aggregatePosition: (slot: number) => number;
  /** Code of the window's range; null outside windows, where `window_start()` and the like are nil. */
  readonly range: string | null;
  /** Code of the number that a window function gave to the row. */
  readonly numbers: string | null;
  readonly aggregate: boolean;
  /** Slots of analytic calls that are locals of this function instead of members of the item. */
  readonly localSlots: ReadonlySet<number>;
  /** Code of the unit that keeps values from stage to stage; null while there is but a decoded row. */
  readonly unit: string | null;
  /** Declares something once per run and returns its name: function contexts, hit counters. */
  readonly perRun: (name: string, code: string) => string;
}

export class UnitScope implements Scope {
  readonly swallowsCallErrors: boolean;
  private readonly options: UnitScopeOptions;
  private readonly reads = new Map<string, Operand>();
  /** Reads wanted since the last {@link takeReads}. */
  private pending: [string, string][] = [];
  private readonly functions = new Set<string>();

  constructor(options: UnitScopeOptions) {
    this.options = options;
    this.swallowsCallErrors = options.aggregate;
  }

  /** Writes the reads that code made since the last call relies on. */
  writeReads(writer: CodeWriter): void {
    for (const [name, code] of this.pending) writer.line(`const ${name} = ${code};`);
    this.pending = [];
  }

  private read(key: string, code: string, type: Kind): Operand {
    const known = this.reads.get(key);
    if (known !== undefined) return known;
    const name = `c${this.reads.size}`;
    this.pending.push([name, code]);
    const read = operand(name, type, { simple: true });
    this.reads.set(key, read);
    return read;
  }

  private typeOf(source: number): RowType {
    return (this.options.plan.sources[source] as { type: RowType }).type;
  }

  column(e: ColumnExpr, c: ExpressionCompiler): Operand {
    const rows = e.source === null ? this.options.rows : this.options.rows.filter((row) => row.source === e.source);
    const [only] = rows;
    if (only === undefined) return operand('undefined', e.type, { simple: true });
    if (rows.length === 1) return this.columnOf(only, e.name, c);
    const key = `${rows.map((row) => row.source).join(',')}:${e.name}`;
    const known = this.reads.get(key);
    if (known !== undefined) return known;
    let code = 'undefined';
    for (const row of [...rows].reverse()) {
      const value = this.columnOf(row, e.name, c);
      code = `${value.code} !== undefined ? ${c.as(value, e.type).code} : ${code}`;
    }
    return this.read(key, code, e.type);
  }

  /** The raw value of a column: undefined when missing, null when present and null. */
  private columnOf(row: RowAccess, name: string, c: ExpressionCompiler): Operand {
    const member = isPlainName(name) ? `.${name}` : `[${c.body.bindings.bind(name)}]`;
    let code = `${row.row}${member}`;
    if (isInheritedName(name))
      code = `${c.library('hasOwn', hasOwn)}(${row.row}, ${c.body.bindings.bind(name)}) ? ${code} : undefined`;
    if (row.present !== null) code = `${row.present} ? ${code} : undefined`;
    return this.read(`${row.source}:${name}`, code, columnKind(this.typeOf(row.source), name));
  }

  alias(e: AliasExpr, c: ExpressionCompiler): Operand {
    const { expr } = this.options.plan.aliases[e.alias] as AliasPlan;
    const name = `x${e.alias}`;
    const { body } = c;
    const type = expr.type;
    if (body.isComputed(e.alias)) return operand(name, type, { simple: true });
    const unset = c.library('unset', unsetAlias);
    const { unit } = this.options;
    if (unit !== null && isUnrepeatable(expr, this.options.plan)) {
      // the value has to be the same in every stage that this unit goes through
      const kept = c.body.local(name, unset);
      const all = c.library('aliasesOf', aliasesOf);
      const first = `${all}(${unit})[${e.alias}] ??= { value: ${c.maybe(() => c.compile(expr)).code} }`;
      const code = `(${kept} === ${unset} ? (${kept} = (${first}).value) : ${kept})`;
      body.markComputed(e.alias);
      return operand(code, type);
    }
    if (body.countUse(e.alias) > WRITTEN_OUT) return operand(`${this.aliasFunction(e.alias, expr, c)}()`, type);
    const value = c.compile(expr);
    if (value.literal !== null) return value;
    // behind a condition that has been left, only the running code knows whether it was computed
    const code = body.mayBeComputed(e.alias)
      ? `(${name} === ${unset} ? (${name} = ${value.code}) : ${name})`
      : `(${name} = ${value.code})`;
    body.local(name, unset);
    body.markComputed(e.alias);
    return operand(code, type, { nullable: value.nullable });
  }

  /** An alias used behind many conditions becomes a local function, or aliases of aliases would double the code. */
  private aliasFunction(alias: number, expr: TypedExpr, c: ExpressionCompiler): string {
    const name = `alias${alias}`;
    if (this.functions.has(name)) return name;
    this.functions.add(name);
    const unset = c.library('unset', unsetAlias);
    const local = c.body.local(`x${alias}`, unset);
    const value = c.body.apart(() => c.compile(expr));
    this.pending.push([name, `() => (${local} === ${unset} ? (${local} = ${value.code}) : ${local})`]);
    return name;
  }

  meta(e: MetaExpr, c: ExpressionCompiler): Operand {
    const rows = e.source === null ? this.options.rows : this.options.rows.filter((row) => row.source === e.source);
    if (rows.length === 0) return operand('null', 'any', { simple: true });
    const one = (row: RowAccess): string => {
      const code =
        e.path === null
          ? `(${row.meta} ?? {})`
          : `${c.library('metaValue', metaValue)}(${row.meta}, ${c.body.bindings.bind(e.path)})`;
      return row.present === null ? code : `(${row.present} ? ${code} : null)`;
    };
    return operand(rows.length === 1 ? one(rows[0] as RowAccess) : `(${rows.map(one).join(' ?? ')})`, 'any');
  }

  analytic(e: AnalyticExpr, _c: ExpressionCompiler): Operand {
    const type = (this.options.plan.analytics[e.slot] as { type: Kind }).type;
    if (this.options.localSlots.has(e.slot)) return operand(`a${e.slot}`, type, { simple: true });
    const one = (row: RowAccess): string => `${row.slots}[${e.slot}]`;
    const [first] = this.options.rows;
    if (this.options.rows.length === 1 && first?.present === null) return operand(one(first), type);
    // results belong to an event: in a joined row, those of the first side that is there
    const code = this.options.rows.map((row) => (row.present === null ? one(row) : `${row.present} ? ${one(row)}`));
    return operand(`(${[...code, 'null'].join(' : ')})`, type);
  }

  aggregate(e: AggregateExpr, c: ExpressionCompiler): Operand {
    const call = this.options.plan.aggregates[e.slot] as AggregateCall;
    if (this.options.group === null) return operand('null', 'any', { simple: true });
    const result = c.body.temp();
    c.body.local('f', '0');
    const read = `${result} = ${this.options.group}.result(${this.options.aggregatePosition(e.slot)})`;
    return operand(`(f = ${c.body.places.callee(call.name)}, ${read}, f = 0, ${result})`, call.impl.returns);
  }

  windowFunction(e: WindowFunctionExpr, _c: ExpressionCompiler): Operand {
    return this.options.numbers === null
      ? operand('null', e.type, { simple: true })
      : // before they are numbered rows have no number: an alias of `row_number` in WHERE is null there
        operand(`${this.options.numbers}?.[${e.slot}]`, e.type, { nullable: true });
  }

  implicit(e: ImplicitExpr, c: ExpressionCompiler): Operand {
    const { range } = this.options;
    const known = (code: string): Operand => operand(code, 'int', { nullable: false });
    switch (e.value) {
      case 'window_start':
        return range === null ? operand('null', 'int', { simple: true }) : known(`${range}.start`);
      case 'window_end':
        return range === null ? operand('null', 'int', { simple: true }) : known(`${range}.end`);
      case 'window_trigger':
        return range === null ? operand('null', 'int', { simple: true }) : known(`${range}.trigger`);
      case 'event_time': {
        if (this.options.aggregate && range !== null) return known(`${range}.trigger`);
        const row = this.options.rows.find((access) => access.present === null) ?? this.options.rows[0];
        if (row === undefined) return operand('null', 'int', { simple: true });
        return row.present === null ? known(row.time) : operand(`(${row.present} ? ${row.time} : null)`, 'int');
      }
      default: {
        const hits = this.options.perRun(`h${e.id}`, `rt.hits.get(${e.id})`);
        const isCount = e.value.endsWith('count');
        if (e.counts !== 'evaluation') return known(isCount ? `${hits}.count` : `${hits}.timeMs`);
        const time = this.implicit({ ...e, value: 'event_time' }, c).code;
        const [name, read] = isCount ? ['countThenHit', countThenHit] : ['timeThenHit', timeThenHit];
        return known(`${c.library(name as string, read)}(${hits}, ${time})`);
      }
    }
  }

  /** `*` as an argument: on equal names the last side wins. */
  wildcard(e: WildcardExpr, c: ExpressionCompiler): Operand {
    const rows = e.source === null ? this.options.rows : this.options.rows.filter((row) => row.source === e.source);
    const type: RowType = isMapKind(e.type) ? e.type : { k: 'map', fields: {}, rest: 'any' };
    const [only] = rows;
    if (only === undefined) return operand('null', type, { simple: true });
    const plain = e.except.length === 0 && e.replace.length === 0;
    if (plain && rows.length === 1 && only.present === null && sameColumns(this.typeOf(only.source), type))
      return operand(only.row, type, { simple: true, nullable: false });
    const target = c.body.temp();
    const parts = [`${target} = {}`];
    for (const row of rows) {
      const from = this.typeOf(row.source);
      const value = sameColumns(from, type)
        ? row.row
        : `${c.library('convertRow', convertRow)}(${row.row}, ${c.kind(from)}, ${c.kind(type)})`;
      const lay = `${c.library('layOver', layOver)}(${target}, ${value})`;
      parts.push(row.present === null ? lay : `${row.present} && ${lay}`);
    }
    if (e.except.length > 0)
      parts.push(
        `${target} = ${c.library('copyExcept', copyExcept)}(${target}, ${c.body.bindings.bind(new Set(e.except))})`,
      );
    for (const { name, expr } of e.replace) {
      const value = c.as(c.compile(expr), columnKind(type, name));
      parts.push(`${c.library('setMember', setMember)}(${target}, ${c.body.bindings.bind(name)}, ${value.code})`);
    }
    return operand(`(${parts.join(', ')}, ${target})`, type, { nullable: false });
  }

  awaited(e: CallExpr, c: ExpressionCompiler): Operand {
    const { unit } = this.options;
    if (unit === null) throw compileErrors.ASYNC_FUNCTION(e.fn.name);
    const swallows = this.swallowsCallErrors && !isExtension(e.fn);
    return operand(`${c.library('awaitedValue', awaitedValue)}(${unit}, ${e.id}, ${swallows})`, e.type);
  }

  context(e: CallExpr, _c: ExpressionCompiler): string {
    return this.options.perRun(`ctx${e.id}`, `rt.context(${e.id})`);
  }

  instance(e: CallExpr, _c: ExpressionCompiler): string {
    return this.options.perRun(`in${e.id}`, `rt.instance(${e.id})`);
  }

  get rows(): readonly RowAccess[] {
    return this.options.rows;
  }
}

/** Times the definition of an alias is written out in one function. */
const WRITTEN_OUT = 3;

/** Stands in the local of an alias that has not been computed. */
export const unsetAlias: unique symbol = Symbol('unset');

const hasOwn = (row: object, name: string): boolean => Object.hasOwn(row, name);
