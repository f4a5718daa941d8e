/**
 * The plain interpreter of typed expressions: the oracle of the compiler. Works on tagged values throughout, so kinds
 * only say how a value enters and leaves. Source: behaviour spec, sql §7.
 */
import {
  asFloat,
  assertNever,
  errorText,
  isTagged,
  normInt,
  rowError,
  tagValue,
  textForm,
  untagValue,
} from '@kuiper/base';
import type { ArgumentKind } from '@kuiper/sdk';
import type { BinaryExpr, CallExpr, CaseExpr, InExpr, TypedExpr } from '../analyze/typed-expr.ts';
import { element, member, slice } from '../compile/access.ts';
import { isExtension, isNilLike, isReported } from '../compile/call-rules.ts';
import {
  arithmetic,
  between,
  bitwise,
  checkLeft,
  compare,
  inList,
  inValue,
  like,
  likeOperand,
  logical,
} from '../compile/operations.ts';
import type { Frame } from './frame.ts';

/** @returns in the representation of `e.type` */
export function interpret(e: TypedExpr, frame: Frame): unknown {
  switch (e.kind) {
    case 'literal':
      return e.value;
    case 'column':
      return frame.column(e);
    case 'alias':
      return frame.alias(e);
    case 'meta':
      return frame.meta(e);
    case 'analytic':
      return frame.analytic(e);
    case 'aggregate':
      return frame.aggregate(e);
    case 'windowFunction':
      return frame.windowFunction(e);
    case 'implicit':
      return frame.implicit(e);
    case 'wildcard':
      return frame.wildcard(e);
    case 'call':
      return call(e, frame);
    default:
      return untagValue(operate(e, frame), e.type);
  }
}

/** The value of an expression, tagged. */
export function interpretTagged(e: TypedExpr, frame: Frame): unknown {
  return tagValue(interpret(e, frame), e.type);
}

type Operator = Exclude<
  TypedExpr,
  {
    kind:
      | 'literal'
      | 'column'
      | 'alias'
      | 'meta'
      | 'analytic'
      | 'aggregate'
      | 'windowFunction'
      | 'implicit'
      | 'wildcard'
      | 'call';
  }
>;

function operate(e: Operator, frame: Frame): unknown {
  switch (e.kind) {
    case 'binary':
      return binary(e, frame);
    case 'between': {
      const value = interpretTagged(e.value, frame);
      const low = interpretTagged(e.low, frame);
      return between(value, low, interpretTagged(e.high, frame), e.negated);
    }
    case 'in':
      return among(e, frame);
    case 'like': {
      const value = interpretTagged(e.value, frame);
      likeOperand(value, e.negated);
      return like(value, interpretTagged(e.pattern, frame), e.negated);
    }
    case 'case':
      return choose(e, frame);
    case 'index':
      return element(interpretTagged(e.list, frame), interpretTagged(e.index, frame), 'any');
    case 'slice': {
      const list = interpretTagged(e.list, frame);
      const start = e.start === null ? null : interpretTagged(e.start, frame);
      const end = e.end === null ? null : interpretTagged(e.end, frame);
      return slice(list, start, 'any', end, 'any', { start: e.start !== null, end: e.end !== null });
    }
    case 'path':
      return member(interpretTagged(e.object, frame), e.name);
    case 'fail': {
      if (e.object !== null && (interpret(e.object, frame) ?? null) === null) return null;
      return rowError(e.error);
    }
    default:
      return assertNever(e);
  }
}

function binary(e: BinaryExpr, frame: Frame): unknown {
  const left = interpretTagged(e.left, frame);
  if (e.op === 'AND' && left === false) return false;
  if (e.op === 'OR' && left === true) return true;
  checkLeft(left, e.op);
  const right = interpretTagged(e.right, frame);
  switch (e.op) {
    case 'AND':
    case 'OR':
      return logical(e.op, left, right);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(e.op, left, right);
    case '&':
    case '|':
    case '^':
      return bitwise(e.op, left, right);
    default:
      return compare(e.op, left, right);
  }
}

function among(e: InExpr, frame: Frame): boolean {
  const value = interpretTagged(e.value, frame);
  checkLeft(value, e.negated ? 'NOT IN' : 'IN');
  if (!Array.isArray(e.among)) return inValue(value, interpretTagged(e.among as TypedExpr, frame), e.negated);
  const list = e.among.map((item: TypedExpr) => interpretTagged(item, frame));
  return value === null || value === undefined ? false : inList(value, list, e.negated);
}

function choose(e: CaseExpr, frame: Frame): unknown {
  const subject = e.subject === null ? undefined : interpretTagged(e.subject, frame);
  for (const branch of e.whens) {
    let holds: boolean;
    try {
      const when = interpretTagged(branch.when, frame);
      holds = e.subject === null ? when === true : compare('=', subject, when);
    } catch (error) {
      rowError(`evaluate case expression error: ${errorText(error)}`);
    }
    if (holds) return interpretTagged(branch.then, frame);
  }
  return e.otherwise === null ? null : interpretTagged(e.otherwise, frame);
}

function call(e: CallExpr, frame: Frame): unknown {
  return e.fn.async === true ? frame.awaited(e) : callNow(e, frame, frame.swallowsCallErrors && !isExtension(e.fn));
}

/** The call itself; of an asynchronous function it gives a promise. */
export function callNow(e: CallExpr, frame: Frame, swallows: boolean): unknown {
  const { fn } = e;
  const values = e.args.map((arg) => interpretTagged(arg, frame));
  if (fn.onNull !== 'call' && values.some(isNilLike)) {
    if (fn.onNull === 'zero') return isTagged(e.type) && e.type !== 'float' ? 0n : 0;
    return fn.onNull === 'false' ? false : undefined;
  }
  const args = values.map((value, i) => adaptTagged(value, (fn.args[i] ?? fn.args.at(-1))?.kind ?? 'any'));
  const callee = fn.instantiate === undefined ? fn : frame.instance(e);
  if (fn.context === true && callee === fn) args.unshift(frame.context(e));
  try {
    return callee.eval(...args);
  } catch (error) {
    if (isReported(error)) throw error;
    if (swallows) return null;
    throw callError(fn.name, error);
  }
}

/** The text a failing function is reported with. */
export function callError(name: string, error: unknown): unknown {
  if (isReported(error)) return error;
  try {
    return rowError(`call func ${name} error: ${errorText(error)}`);
  } catch (named) {
    return named;
  }
}

/** An argument as its declaration asks for it; a value of another kind passes as it is, nil as null. */
export function interpretArgument(e: TypedExpr, kind: ArgumentKind, frame: Frame): unknown {
  return adaptTagged(interpretTagged(e, frame), kind);
}

function adaptTagged(value: unknown, kind: ArgumentKind): unknown {
  if (value === null || value === undefined) return null;
  switch (kind) {
    case 'float':
      return asFloat(value, 'any', 'sameKind') ?? value;
    case 'int':
    case 'number':
      return typeof value === 'bigint' ? normInt(value) : value;
    case 'text':
      return textForm(value, 'any');
    default:
      return value;
  }
}
