/**
 * Calls of scalar functions: the declaration's `eval` is a bound constant, called with arguments as it declares.
 * Source: behaviour spec, sql §7.8, functions §1.2–1.4; `FunctionContext` in the sdk.
 */
import { asFloat, type Kind, normInt, textForm } from '@kuiper/base';
import type { Argument, ArgumentKind } from '@kuiper/sdk';
import type { CallExpr } from '../analyze/typed-expr.ts';
import { isExtension, isNilLike, swallowCallErrors } from './call-rules.ts';
import { type ExpressionCompiler, sequence } from './expression-compiler.ts';
import { type Operand, operand } from './operand.ts';

/** The value of a call; that of an asynchronous one has been waited for. */
export function compileCall(e: CallExpr, c: ExpressionCompiler): Operand {
  return e.fn.async === true
    ? c.scope.awaited(e, c)
    : compileCallNow(e, c, c.scope.swallowsCallErrors && !isExtension(e.fn));
}

/** The call itself; of an asynchronous function it yields a promise. */
export function compileCallNow(e: CallExpr, c: ExpressionCompiler, swallows: boolean): Operand {
  const { fn } = e;
  const raw = e.args.map((arg) => c.compile(arg));
  // the check looks at the values themselves, not at their printed forms
  const kept = raw.map((arg) =>
    raw.length === 1 && fn.onNull === 'call' ? { first: 'null', again: arg } : c.keep(arg),
  );
  const test =
    fn.onNull === 'call'
      ? ''
      : nilLikeTest(
          kept.map(({ again }) => again),
          c,
        );
  const list = kept.map(({ again }, i) => adaptArgument(again, argumentKind(fn.args, i), c).code);
  if (fn.context === true && fn.instantiate === undefined) list.unshift(c.scope.context(e, c));
  // read at each call: an extension may go over to another version between two events
  const body = fn.instantiate === undefined ? c.body.bindings.bind(fn.eval) : `${c.scope.instance(e, c)}.present.eval`;
  let call: string;
  if (swallows) {
    call = `${c.library('swallowCallErrors', swallowCallErrors)}(${[body, ...list].join(', ')})`;
  } else {
    const result = c.body.temp();
    c.body.local('f', '0');
    const name = c.body.places.callee(fn.name);
    const simple = list.every((arg) => /^[A-Za-z]\w*$/.test(arg));
    const args = simple ? list : list.map(() => c.body.temp());
    // arguments are adapted before `f` says that the function is at work
    const adapt = simple ? [] : list.map((arg, i) => `${args[i]} = ${arg}`);
    call = `(${[...adapt, `f = ${name}`, `${result} = ${body}(${args.join(', ')})`, 'f = 0', result].join(', ')})`;
  }
  const nil = fn.onNull === 'false' ? 'false' : fn.onNull === 'zero' ? '0' : 'undefined';
  const code = test === '' ? call : `${test} ? ${zero(nil, e.type, c)} : ${call}`;
  return operand(`(${sequence(...kept.map(({ first }) => first), code)})`, e.type);
}

/** The `0` of functions that give zero for null, as the result's slot represents it. */
function zero(nil: string, type: Kind, c: ExpressionCompiler): string {
  return nil === '0' && type === 'any' ? c.body.bindings.bind(0n) : nil;
}

/** The declaration of argument `index`; the last one stands for all that follow. */
export function argumentKind(declared: readonly Argument[], index: number): ArgumentKind {
  return (declared[index] ?? declared.at(-1))?.kind ?? 'any';
}

/** Empty lists and objects count as null in the check before the body (functions §1.4). */
function nilLikeTest(args: readonly Operand[], c: ExpressionCompiler): string {
  const tests: string[] = [];
  for (const arg of args) {
    const scalar = typeof arg.type === 'string' && arg.type !== 'any' && arg.type !== 'datetime';
    if (!scalar) {
      tests.push(
        `(typeof ${arg.code} === 'object' || ${arg.code} === undefined) && ${c.library('isNilLike', isNilLike)}(${arg.code})`,
      );
    } else if (arg.nullable) tests.push(`${arg.code} == null`);
  }
  return tests.join(' || ');
}

function toFloatArgument(value: unknown): unknown {
  return typeof value === 'number' ? value : (asFloat(value, 'any', 'sameKind') ?? value ?? null);
}

function toNumberArgument(value: unknown): unknown {
  return typeof value === 'bigint' ? normInt(value) : (value ?? null);
}

function orNull(value: unknown): unknown {
  return value ?? null;
}

/**
 * An argument in the representation that its declaration asks for. A value of another kind than declared passes as it
 * is: the body judges it. Nil is passed as null.
 */
export function adaptArgument(o: Operand, kind: ArgumentKind, c: ExpressionCompiler): Operand {
  const { nullable } = o;
  switch (kind) {
    case 'float': {
      if (o.type === 'float') return withNull(o, c);
      if (o.literal !== null && o.type === 'int') return c.constant(Number(o.literal.value), 'float');
      return operand(
        `${c.library('toFloatArgument', toFloatArgument)}(${o.code})`,
        o.type === 'int' ? 'float' : 'any',
        { nullable },
      );
    }
    case 'int':
    case 'number': {
      if (o.type === 'int' || o.type === 'float') return withNull(o, c);
      if (o.type !== 'any') return withNull(c.as(o, 'any'), c);
      return operand(`${c.library('toNumberArgument', toNumberArgument)}(${o.code})`, 'any', { nullable });
    }
    case 'text': {
      if (o.type === 'string' && !nullable) return o;
      const kept = c.keep(o);
      const text = `${c.library('textForm', textForm)}(${kept.again.code}, ${c.kind(o.type)})`;
      const code = nullable ? `${kept.again.code} == null ? null : ${text}` : text;
      return operand(`(${sequence(kept.first, code)})`, 'string', { nullable });
    }
    default:
      return withNull(c.as(o, 'any'), c);
  }
}

/** A missing column reaches a function as null. */
function withNull(o: Operand, c: ExpressionCompiler): Operand {
  if (!o.nullable || o.literal !== null) return o;
  return operand(`${c.library('orNull', orNull)}(${o.code})`, o.type, { nullable: true });
}
