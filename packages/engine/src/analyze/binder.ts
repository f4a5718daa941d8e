/**
 * Binds expressions: a name becomes a column of a source or an alias, a call becomes a node of its class or a reference
 * to a numbered slot, and every node gets its kind and its printed form.
 *
 * One binder serves one statement. Select items are bound first, in alias order; an alias is visible once
 * {@link Binder.addAlias} has seen it. Source: behaviour spec, sql §6, §14.3.
 */
import { type ErrorContext, floatText, type Kind, nearestName, type RowType, type Span } from '@kuiper/base';
import type { Binary, Call, CaseWhen, ColumnRef, Expr, MetaKey, Slice, Wildcard } from '@kuiper/sql';
import type { AggregateCall, AliasPlan, AnalyticCall } from '../plan/plan-node.ts';
import { bindCall } from './bind-call.ts';
import { analyzeErrors } from './errors.ts';
import {
  binaryKind,
  caseKind,
  indexKind,
  mergedRowType,
  pathKind,
  sharedColumnKind,
  sliceKind,
  wildcardKind,
} from './expr-kind.ts';
import type { FunctionCatalog } from './catalog.ts';
import { isOverGroup } from './group-lists.ts';
import { aliasText, type ExprText, exprText, joinTexts } from './expr-text.ts';
import type { DedupCall, WindowFunctionCall } from './query.ts';
import type { ResolvedSource } from './resolve-sources.ts';
import type { MetaExpr, TypedExpr, WildcardExpr } from './typed-expr.ts';
import { UsageRecorder } from './usage.ts';
import { forEachTypedChild, someTyped } from './walk-typed.ts';

export type Clause =
  | 'select'
  | 'on'
  | 'where'
  | 'groupBy'
  | 'windowFilter'
  | 'windowTrigger'
  | 'windowCondition'
  | 'having'
  | 'orderBy';

/** Where an expression stands. */
export interface Place {
  readonly clause: Clause;
  /** The alias being defined: inside its own expression the name means the column. */
  readonly selfAlias: string | null;
  /** When `last_hit_…` calls count. */
  readonly counts: 'evaluation' | 'condition';
  /** Only aliases of a smaller index are known. */
  readonly aliasesBelow?: number;
}

interface BoundAlias extends AliasPlan {
  readonly source: Expr;
  readonly aggregate: boolean;
  /** Levels of its tree, the aliases in it written out. */
  readonly height: number;
}

export interface BinderInput {
  readonly sources: readonly ResolvedSource[];
  readonly functions: FunctionCatalog;
  /** Numbers of the calls, in the order of the text, arguments first. */
  readonly callIds: ReadonlyMap<Call, number>;
  /** The statement has GROUP BY or JOIN: `last_hit_…` is refused outside a window's WHEN. */
  readonly grouped: boolean;
  readonly looseNames: boolean;
}

export class Binder {
  readonly sources: readonly ResolvedSource[];
  readonly functions: FunctionCatalog;
  readonly callIds: ReadonlyMap<Call, number>;
  readonly grouped: boolean;
  /** All sources declare their columns. */
  readonly schemaMode: boolean;
  readonly usages: readonly UsageRecorder[];
  readonly aliases: BoundAlias[] = [];
  readonly analytics: AnalyticCall[] = [];
  readonly hoistedCalls: AnalyticCall[] = [];
  readonly windowConditionCalls: AnalyticCall[] = [];
  readonly aggregates: AggregateCall[] = [];
  readonly aggregatesInWhere: number[] = [];
  readonly windowCalls: WindowFunctionCall[] = [];
  dedup: DedupCall | null = null;
  /** Slots of aggregates that may be shared, by canonical text. */
  readonly sharedAggregates: Map<string, number> = new Map();
  readonly #aliasIndex = new Map<string, number>();
  /** What stands in WHERE for an alias with an aggregate. */
  readonly #whereAliases = new Map<number, number>();
  /** Schemaless statements over several sources: the ways in which each name has been bound. */
  readonly #seen = new Map<string, Set<number | null>>();

  constructor(input: BinderInput) {
    this.sources = input.sources;
    this.functions = input.functions;
    this.callIds = input.callIds;
    this.grouped = input.grouped;
    this.schemaMode = !input.looseNames && input.sources.every((source) => !source.schemaless);
    this.usages = input.sources.map(() => new UsageRecorder());
  }

  /** Makes an alias visible to what is bound later. @returns its index */
  addAlias(name: string, expr: TypedExpr, source: Expr): number {
    const index = this.aliases.length;
    this.aliases.push({ name, expr, source, aggregate: this.hasAggregate(expr), height: this.#height(expr) });
    this.#aliasIndex.set(name, index);
    return index;
  }

  alias(name: string): BoundAlias | undefined {
    const index = this.#aliasIndex.get(name);
    return index === undefined ? undefined : this.aliases[index];
  }

  /** Contains an aggregate, or reads the state of a HAVING. */
  hasAggregate(expr: TypedExpr): boolean {
    return someTyped(expr, (inner) =>
      inner.kind === 'alias' ? this.aliases[inner.alias]?.aggregate === true : isAggregateNode(inner),
    );
  }

  /** Index of the source that a qualifier names, by alias or stream name; -1 when it is none. */
  sourceIndex(qualifier: string): number {
    const byAlias = this.sources.findIndex((source) => source.alias === qualifier);
    return byAlias >= 0 ? byAlias : this.sources.findIndex((source) => source.definition.name === qualifier);
  }

  rowTypes(): readonly RowType[] {
    return this.sources.map((source) => source.definition.rowType);
  }

  bindAll(exprs: readonly Expr[], place: Place): TypedExpr[] {
    return exprs.map((expr) => this.bind(expr, place));
  }

  bind(expr: Expr, place: Place): TypedExpr {
    const { span } = expr;
    switch (expr.kind) {
      case 'int':
        return { kind: 'literal', type: 'int', value: expr.value, span, text: String(expr.value) };
      case 'float':
        return { kind: 'literal', type: 'float', value: expr.value, span, text: floatText(expr.value) };
      case 'string':
        return { kind: 'literal', type: 'string', value: expr.value, span, text: expr.value };
      case 'bool':
        return { kind: 'literal', type: 'bool', value: expr.value, span, text: String(expr.value) };
      case 'timeUnit':
        return { kind: 'literal', type: 'string', value: expr.unit, span, text: expr.unit.toUpperCase() };
      case 'column':
        return this.#bindColumn(expr, place);
      case 'metaKey':
        return this.#bindMeta(expr, []);
      case 'wildcard':
        return this.bindWildcard(expr, place, true);
      case 'binary':
        return this.#bindBinary(expr, place);
      case 'between': {
        const value = this.bind(expr.value, place);
        const low = this.bind(expr.low, place);
        const high = this.bind(expr.high, place);
        const text = predicateText(value, expr.negated, 'BETWEEN', exprText`betweenExpr:{ ${low.text}, ${high.text} }`);
        return { kind: 'between', type: 'bool', value, low, high, negated: expr.negated, span, text };
      }
      case 'inList': {
        const value = this.bind(expr.value, place);
        const among = this.bindAll(expr.items, place);
        const list = exprText`valueSetExpr:{ literalExprs:[${joinTexts(among.map((item) => item.text))}] }`;
        const text = predicateText(value, expr.negated, 'IN', list);
        return { kind: 'in', type: 'bool', value, among, negated: expr.negated, span, text };
      }
      case 'inExpr': {
        const value = this.bind(expr.value, place);
        const among = this.bind(expr.source, place);
        const text = predicateText(value, expr.negated, 'IN', among.text);
        return { kind: 'in', type: 'bool', value, among, negated: expr.negated, span, text };
      }
      case 'like': {
        const value = this.bind(expr.value, place);
        const pattern = this.bind(expr.pattern, place);
        const text = predicateText(value, expr.negated, 'LIKE', likeText(expr.pattern, pattern));
        return { kind: 'like', type: 'bool', value, pattern, negated: expr.negated, span, text };
      }
      case 'case':
        return this.#bindCase(expr, place);
      case 'index': {
        const list = this.bind(expr.object, place);
        const index = this.bind(expr.index, place);
        const text = exprText`binaryExpr:{ ${list.text}[${index.text}] }`;
        return { kind: 'index', type: indexKind(list.type), list, index, span, text };
      }
      case 'slice':
        return this.#bindSlice(expr, place);
      case 'path':
        return this.#bindPath(expr.object, expr.name, span, place);
      case 'invalidPath': {
        const object = this.bind(expr.object, place);
        const key = this.bind(expr.key, place);
        const error = 'the right expression is not a field reference node';
        return {
          kind: 'fail',
          type: 'any',
          object,
          error,
          span,
          text: exprText`binaryExpr:{ ${object.text} -> ${key.text} }`,
        };
      }
      case 'call':
        return bindCall(this, expr, place);
      case 'paren': {
        const inner = this.bind(expr.expr, place);
        return { ...inner, text: exprText`parenExpr:{ ${inner.text} }` };
      }
    }
  }

  #bindBinary(expr: Binary, place: Place): TypedExpr {
    const left = this.bind(expr.left, place);
    const right = this.bind(expr.right, place);
    const text = exprText`binaryExpr:{ ${left.text} ${expr.op} ${right.text} }`;
    const type = binaryKind(expr.op, left, right);
    return { kind: 'binary', type, op: expr.op, left, right, span: expr.span, text };
  }

  #bindCase(expr: CaseWhen, place: Place): TypedExpr {
    const subject = expr.subject === null ? null : this.bind(expr.subject, place);
    const whens = expr.branches.map((branch) => ({
      when: this.bind(branch.when, place),
      then: this.bind(branch.result, place),
    }));
    const otherwise = expr.otherwise === null ? null : this.bind(expr.otherwise, place);
    const type = caseKind(
      whens.map((branch) => branch.then),
      otherwise,
    );
    const value = subject === null ? '' : exprText`value:{ ${subject.text} }, `;
    const branches = joinTexts(whens.map((branch) => exprText`{ whenClause:{ ${branch.when.text} } }`));
    const text = exprText`caseExprValue:{ ${value}whenClauses:[${branches}] }`;
    return { kind: 'case', type, subject, whens, otherwise, span: expr.span, text };
  }

  #bindSlice(expr: Slice, place: Place): TypedExpr {
    if (expr.start?.kind === 'int' && expr.end?.kind === 'int') {
      if (expr.start.value >= 0 && expr.end.value >= 0 && expr.start.value >= expr.end.value) {
        throw analyzeErrors.SLICE_BOUNDS({ span: expr.span });
      }
    }
    const list = this.bind(expr.object, place);
    const start = expr.start === null ? null : this.bind(expr.start, place);
    const end = expr.end === null ? null : this.bind(expr.end, place);
    const bounds = exprText`start:{ ${start?.text ?? '0'} }, end:{ ${end?.text ?? openEnd} }`;
    const text = exprText`binaryExpr:{ ${list.text}[ColonExpr:{ ${bounds} }] }`;
    return { kind: 'slice', type: sliceKind(list.type, start, end), list, start, end, span: expr.span, text };
  }

  #bindPath(object: Expr, name: string, span: Span, place: Place): TypedExpr {
    const metaKeys = metaPath(object);
    if (metaKeys !== null) return this.#bindMeta(metaKeys.root, [...metaKeys.rest, name]);
    return this.#path(this.bind(object, place), name, span);
  }

  #path(object: TypedExpr, name: string, span: Span): TypedExpr {
    const text = exprText`binaryExpr:{ ${object.text} -> jsonFieldName:${name} }`;
    return { kind: 'path', type: pathKind(object.type, name), object, name, span, text };
  }

  #bindMeta(key: MetaKey, rest: readonly string[]): MetaExpr {
    const { qualifier, name, span } = key;
    const named = qualifier === null ? -1 : this.sourceIndex(qualifier);
    const source = named >= 0 ? named : this.sources.length === 1 ? 0 : null;
    const path = qualifier !== null && named < 0 ? [qualifier, name, ...rest] : [name, ...rest];
    this.#recordMeta(source, path);
    const stream = named >= 0 ? qualifier : '$$default';
    let text = `metaRef:{ streamName:${stream}, fieldName:${qualifier !== null && named < 0 ? qualifier : name} }`;
    const shown = qualifier !== null && named < 0 ? [name, ...rest] : rest;
    for (const part of shown) text = `binaryExpr:{ ${text} -> jsonFieldName:${part} }`;
    return { kind: 'meta', type: 'any', source, path, span, text };
  }

  /** `meta(*)`. */
  bindAllMeta(span: Span): MetaExpr {
    const source = this.sources.length === 1 ? 0 : null;
    this.#recordMeta(source, null);
    return { kind: 'meta', type: 'any', source, path: null, span, text: '*' };
  }

  #recordMeta(source: number | null, path: readonly string[] | null): void {
    this.usages.forEach((usage, index) => {
      if (source === null || source === index) usage.meta(path);
    });
  }

  /** @param needsRow false where the rows are only counted */
  bindWildcard(expr: Wildcard, place: Place, needsRow: boolean): WildcardExpr {
    const source = expr.qualifier === null ? null : this.sourceIndex(expr.qualifier);
    if (source !== null && source < 0) throw analyzeErrors.UNKNOWN_FIELD(`${expr.qualifier}.*`, { span: expr.span });
    const replace = expr.replace.map((replacement) => ({
      name: replacement.name ?? '',
      expr: this.bind(replacement.expr, place),
    }));
    const excluded = [...expr.except, ...replace.map((replacement) => replacement.name)];
    const types = this.rowTypes();
    this.usages.forEach((usage, index) => {
      if (source === null || source === index) usage.wildcard(needsRow, excluded);
    });
    const row = source === null ? mergedRowType(types) : (types[source] as RowType);
    const type = wildcardKind(row, expr.except, replace);
    const text = expr.qualifier === null ? '*' : `${expr.qualifier}.*`;
    return { kind: 'wildcard', type, source, except: expr.except, replace, span: expr.span, text };
  }

  #bindColumn(ref: ColumnRef, place: Place): TypedExpr {
    const { qualifier, name, span } = ref;
    if (qualifier === null) return this.#bindName(name, span, place);
    const source = this.sourceIndex(qualifier);
    if (source < 0) return this.#path(this.#bindName(qualifier, span, place), name, span);
    this.#checkDeclared(source, name, this.sources.length === 1 ? name : `${qualifier}.${name}`, span);
    this.#sawAs(name, source);
    return this.#column(source, name, span);
  }

  #bindName(name: string, span: Span, place: Place): TypedExpr {
    const alias = name === place.selfAlias ? undefined : this.#aliasIndex.get(name);
    if (alias !== undefined && alias < (place.aliasesBelow ?? Number.POSITIVE_INFINITY))
      return this.#bindAlias(alias, span, place);
    if (this.sources.length === 1) {
      this.#checkDeclared(0, name, name, span);
      return this.#column(0, name, span);
    }
    const source = this.schemaMode ? this.#declaringSource(name, span) : this.#seenSource(name, span);
    return this.#column(source, name, span);
  }

  #height(expr: TypedExpr): number {
    let below = expr.kind === 'alias' ? (this.aliases[expr.alias]?.height ?? 0) : 0;
    forEachTypedChild(expr, (child) => {
      below = Math.max(below, this.#height(child));
    });
    return below + 1;
  }

  #bindAlias(index: number, span: Span, place: Place): TypedExpr {
    const { name, expr, aggregate, height } = this.aliases[index] as BoundAlias;
    // the select list computes aliases one by one; elsewhere an alias is computed with all that it stands on
    if (height > maxHeight && place.clause !== 'select') throw analyzeErrors.TOO_DEEP({ span });
    const text = aliasText(name, expr.text);
    // an aggregate in WHERE has a value of its own, computed over the rows before the filter
    const alias = place.clause === 'where' && aggregate ? this.#aliasInWhere(index, place) : index;
    return { kind: 'alias', type: expr.type, alias, name, span, text };
  }

  /** Bound once, under the names that the alias itself saw. */
  #aliasInWhere(index: number, place: Place): number {
    const known = this.#whereAliases.get(index);
    if (known !== undefined) return known;
    const { name, source } = this.aliases[index] as BoundAlias;
    const expr = this.bind(source, { ...place, selfAlias: name, aliasesBelow: index });
    const copy = this.aliases.push({ name, expr, source, aggregate: true, height: this.#height(expr) }) - 1;
    this.#whereAliases.set(index, copy);
    return copy;
  }

  #column(source: number | null, name: string, span: Span): TypedExpr {
    if (source === null) {
      for (const usage of this.usages) usage.column(name);
      const type = sharedColumnKind(this.rowTypes(), name);
      return { kind: 'column', type, source, name, span, text: `$$default.${name}` };
    }
    const { definition } = this.sources[source] as ResolvedSource;
    this.usages[source]?.column(name);
    const type: Kind = sharedColumnKind([definition.rowType], name);
    return { kind: 'column', type, source, name, span, text: `${definition.name}.${name}` };
  }

  /** Columns match in any case to be accepted at all, but only the declared spelling exists in the rows. */
  #checkDeclared(source: number, name: string, shown: string, span: Span): void {
    if (!this.schemaMode) return;
    const { definition } = this.sources[source] as ResolvedSource;
    if (definition.columns.some((column) => column.name === name)) return;
    const lower = name.toLowerCase();
    const declared = definition.columns.find((column) => column.name.toLowerCase() === lower);
    if (declared !== undefined) {
      throw analyzeErrors.FIELD_CASE(name, definition.name, { span, hint: declared.name });
    }
    throw analyzeErrors.UNKNOWN_FIELD(shown, this.#nearColumn([this.sources[source] as ResolvedSource], name, span));
  }

  /** The place of an unknown column, with the known column or alias that may have been meant. */
  #nearColumn(sources: readonly ResolvedSource[], name: string, span: Span): ErrorContext {
    const known = sources.flatMap(({ definition }) => definition.columns.map((column) => column.name));
    const hint = nearestName(name, [...known, ...this.#aliasIndex.keys()]);
    return hint === null ? { span } : { span, hint };
  }

  #declaringSource(name: string, span: Span): number {
    const lower = name.toLowerCase();
    const declaring = this.sources.filter((source) =>
      source.definition.columns.some((column) => column.name.toLowerCase() === lower),
    );
    const [only] = declaring;
    if (only === undefined) throw analyzeErrors.UNKNOWN_FIELD(name, this.#nearColumn(this.sources, name, span));
    if (declaring.length > 1) throw analyzeErrors.AMBIGUOUS_FIELD(name, { span });
    this.#checkDeclared(only.index, name, name, span);
    return only.index;
  }

  /** Without schemas an unqualified name follows the one way in which it was written before. */
  #seenSource(name: string, span: Span): number | null {
    const seen = this.#seen.get(name);
    if (seen === undefined) {
      this.#sawAs(name, null);
      return null;
    }
    if (seen.size > 1) throw analyzeErrors.AMBIGUOUS_FIELD(name, { span });
    const [source] = seen;
    return source as number | null;
  }

  #sawAs(name: string, source: number | null): void {
    const seen = this.#seen.get(name);
    if (seen === undefined) this.#seen.set(name, new Set([source]));
    else seen.add(source);
  }
}

/** As in the parser; generated code nests with the expression it stands for. */
const maxHeight = 2000;

/** The bound that an open slice shows at its end. */
const openEnd = '-2147483648';

export function isAggregateNode(expr: TypedExpr): boolean {
  if (expr.kind === 'call') return isOverGroup(expr.fn);
  return expr.kind === 'aggregate' || (expr.kind === 'implicit' && expr.value.startsWith('last_agg_'));
}

function predicateText(value: TypedExpr, negated: boolean, operator: string, right: ExprText): ExprText {
  return exprText`binaryExpr:{ ${value.text} ${negated ? 'NOT ' : ''}${operator} ${right} }`;
}

function likeText(source: Expr, pattern: TypedExpr): ExprText {
  if (source.kind !== 'string') return pattern.text;
  const body = source.value.replaceAll('\\', '\\\\').replaceAll('%', '.*').replaceAll('_', '.');
  return `likePattern:^${body}$`;
}

/** The key and the path of `k->x->y` inside `meta(…)`. */
function metaPath(expr: Expr): { readonly root: MetaKey; readonly rest: readonly string[] } | null {
  if (expr.kind === 'metaKey') return { root: expr, rest: [] };
  if (expr.kind !== 'path') return null;
  const inner = metaPath(expr.object);
  return inner === null ? null : { root: inner.root, rest: [...inner.rest, expr.name] };
}
