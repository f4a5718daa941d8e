import type { ItemExpr, WindowSetup } from './types.ts';

/**
 * Whether a window's condition holds; null always does. A value other than true, nil and an error count as false; an
 * error is only reported. Source: behaviour spec, sql §11.3.
 */
export function holds<T>(condition: ItemExpr<T> | null, item: T, setup: WindowSetup<T>): boolean {
  if (condition === null) return true;
  try {
    return condition(item) === true;
  } catch (error) {
    setup.onConditionError(error);
    return false;
  }
}
