/**
 * Calls a scalar function with tagged values: what the compiled program does ahead of time for known kinds, done for
 * one call. Used by `array_map` and by the examples.
 *
 * An argument is adapted in its representation only: a value of another kind than declared passes as it is, and the
 * body judges it, because the error texts are the functions' own.
 */
import { asFloat, normInt, textForm } from '@kuiper/base';
import type { Argument, ArgumentKind, FunctionContext, OnNull, ScalarFunction } from '@kuiper/sdk';
import { isMapValue, isNil } from './map-value.ts';

/** A tagged value in the representation of a declared argument; nil stays nil. */
export function adaptArgument(value: unknown, kind: ArgumentKind): unknown {
  if (isNil(value)) return null;
  if (kind === 'float') return asFloat(value, 'any', 'sameKind') ?? value;
  if (kind === 'int' || kind === 'number') return typeof value === 'bigint' ? normInt(value) : value;
  if (kind === 'text') return textForm(value, 'any');
  return value;
}

/** The declaration of argument `index`; the last one stands for all that follow. */
export function argumentAt(args: readonly Argument[], index: number): Argument | undefined {
  return args[index] ?? args.at(-1);
}

/** Null, an empty list and an empty object count as null in the check before the body (functions §1.4). */
export function isNullLike(value: unknown): boolean {
  if (isNil(value)) return true;
  if (typeof value !== 'object') return false;
  return Array.isArray(value) ? value.length === 0 : isMapValue(value) && Object.keys(value).length === 0;
}

/** The result when the check before the body applies; undefined when the body runs. */
export function resultForNull(onNull: OnNull, values: readonly unknown[]): null | false | 0 | undefined {
  if (onNull === 'call' || !values.some(isNullLike)) return undefined;
  return onNull === 'null' ? null : onNull === 'false' ? false : 0;
}

/** Runs the body, without the check before it. @returns in the representation of the declared result */
export function runBody(fn: ScalarFunction, context: FunctionContext, values: readonly unknown[]): unknown {
  const args = values.map((value, i) => adaptArgument(value, argumentAt(fn.args, i)?.kind ?? 'any'));
  return fn.context === true ? fn.eval(context, ...args) : fn.eval(...args);
}
