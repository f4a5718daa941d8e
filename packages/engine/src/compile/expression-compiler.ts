/** Code of expressions: representations, locals, constants. The code of each kind of node is in `expression-….ts`. */
import { isTagged, type Kind, normInt, tagValue, untagValue } from '@kuiper/base';
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
import { constantValue, isConstant } from '../interpret/constant.ts';
import type { FunctionBody } from './function-body.ts';
import { type Operand, operand, sameRepresentation } from './operand.ts';

/** Where the names in an expression take their values from: a row, a joined row, a group. */
export interface Scope {
  column(e: ColumnExpr, c: ExpressionCompiler): Operand;
  alias(e: AliasExpr, c: ExpressionCompiler): Operand;
  meta(e: MetaExpr, c: ExpressionCompiler): Operand;
  analytic(e: AnalyticExpr, c: ExpressionCompiler): Operand;
  aggregate(e: AggregateExpr, c: ExpressionCompiler): Operand;
  windowFunction(e: WindowFunctionExpr, c: ExpressionCompiler): Operand;
  implicit(e: ImplicitExpr, c: ExpressionCompiler): Operand;
  wildcard(e: WildcardExpr, c: ExpressionCompiler): Operand;
  /** The result of an asynchronous call, which has been waited for. */
  awaited(e: CallExpr, c: ExpressionCompiler): Operand;
  /** Code of the {@link FunctionContext} of a call. */
  context(e: CallExpr, c: ExpressionCompiler): string;
  /** Code of the {@link InstanceHolder} of a call. */
  instance(e: CallExpr, c: ExpressionCompiler): string;
  /** In an aggregate projection a failing scalar function gives null (functions §1.3). */
  readonly swallowsCallErrors: boolean;
}

function tagInt(value: unknown): unknown {
  return typeof value === 'number' ? BigInt(value) : value;
}

function untagInt(value: unknown): unknown {
  return typeof value === 'bigint' ? normInt(value) : value;
}

export class ExpressionCompiler {
  readonly body: FunctionBody;
  readonly scope: Scope;

  private readonly compileNode: (e: TypedExpr, c: ExpressionCompiler) => Operand;

  /** @param compileNode makes the code of one node, in any representation; see `createCompiler` */
  constructor(body: FunctionBody, scope: Scope, compileNode: (e: TypedExpr, c: ExpressionCompiler) => Operand) {
    this.body = body;
    this.scope = scope;
    this.compileNode = compileNode;
  }

  /** The value in the representation of `e.type`. */
  compile(e: TypedExpr): Operand {
    if (e.kind !== 'literal' && isConstant(e)) {
      const value = constantValue(e);
      if (value !== undefined) return this.constant(value, e.type);
    }
    return this.as(this.compileNode(e, this), e.type);
  }

  constant(value: unknown, type: Kind): Operand {
    const nil = value === null || value === undefined;
    const code = nil ? 'null' : typeof value === 'boolean' ? String(value) : this.body.bindings.bind(value);
    return operand(code, type, { simple: true, nullable: nil, literal: { value: nil ? null : value } });
  }

  library(name: string, value: unknown): string {
    return this.body.bindings.library(name, value);
  }

  /** The operand in another representation. */
  as(o: Operand, type: Kind): Operand {
    if (o.type === type || sameRepresentation(o.type, type)) return o.type === type ? o : { ...o, type };
    if (o.literal !== null) return this.constant(untagValue(tagValue(o.literal.value, o.type), type), type);
    const { nullable } = o;
    if (isTagged(type)) {
      if (o.type === 'int') return operand(`${this.library('tagInt', tagInt)}(${o.code})`, type, { nullable });
      return operand(`${this.library('tagValue', tagValue)}(${o.code}, ${this.kind(o.type)})`, type, { nullable });
    }
    if (isTagged(o.type)) {
      if (type === 'int') return operand(`${this.library('untagInt', untagInt)}(${o.code})`, type, { nullable });
      return operand(`${this.library('untagValue', untagValue)}(${o.code}, ${this.kind(type)})`, type, { nullable });
    }
    return this.as(this.as(o, 'any'), type);
  }

  /** Tagged, as `operations.ts` takes it. */
  tagged(o: Operand): string {
    return this.as(o, 'any').code;
  }

  /** A kind as a bound constant. */
  kind(kind: Kind): string {
    return this.body.bindings.bind(kind);
  }

  /**
   * Evaluates `o` now, if it is not a mere name: returns the code that does so and an operand that repeats the value.
   * The first must run before the second is used.
   */
  keep(o: Operand): { readonly first: string; readonly again: Operand } {
    if (o.simple) return { first: o.code, again: o };
    const name = this.body.temp();
    return { first: `${name} = ${o.code}`, again: operand(name, o.type, { simple: true, nullable: o.nullable }) };
  }

  /** Code inside may not run. */
  maybe<T>(make: () => T): T {
    return this.body.conditionally(make);
  }
}

/** `(a, b, last)`: evaluates in order; names and constants alone are dropped. */
export function sequence(...parts: readonly string[]): string {
  const last = parts.at(-1) as string;
  const before = parts.slice(0, -1).filter((part) => !/^[A-Za-z]\w*$/.test(part));
  return before.length === 0 ? last : `(${before.join(', ')}, ${last})`;
}

/** Tests for null and undefined of those operands that may be. Empty when none may. */
export function nilTest(...operands: readonly Operand[]): string {
  return operands
    .filter((o) => o.nullable)
    .map((o) => `${o.code} == null`)
    .join(' || ');
}
