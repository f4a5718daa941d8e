/** Rules around a function's body, shared by generated and interpreted code. Source: behaviour spec, functions §1.3, §1.4. */
import { DateTime } from '@kuiper/base';
import type { ScalarFunction } from '@kuiper/sdk';

/** Null, an empty list and an empty object count as null in the check before the body. */
export function isNilLike(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Uint8Array || value instanceof DateTime) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}

/** Some functions raise errors that are shown as they are, and that an aggregate projection reports (`ln`, `sqrt`). */
export function isReported(thrown: unknown): boolean {
  return (thrown as { asIs?: boolean } | null)?.asIs === true;
}

/**
 * True for what comes from outside: its errors are errors everywhere. Those of built-in functions give null in an
 * aggregate projection (functions §1.3), which the reference extends to extensions by mistake (extension §1).
 */
export function isExtension(fn: ScalarFunction): boolean {
  return fn.version !== undefined || fn.instantiate !== undefined || fn.overGroup === true;
}

type Body = (...args: unknown[]) => unknown;

/** Calls a function in an aggregate projection: what fails gives null. */
export function swallowCallErrors(body: Body, ...args: unknown[]): unknown {
  try {
    return body(...args);
  } catch (error) {
    if (isReported(error)) throw error;
    return null;
  }
}
