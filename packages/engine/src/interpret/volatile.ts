import type { ScalarFunction } from '@kuiper/sdk';

/** Calls of it are not folded: they depend on time, chance, state or an outside system. */
export function isVolatile(fn: ScalarFunction): boolean {
  return fn.volatile === true || fn.context === true || fn.async === true || fn.instantiate !== undefined;
}
