/**
 * Accumulator of aggregates that need all numbers at the end: spread, median, percentiles. Keeps the values that are
 * not null, as their slots hold them.
 */
import { asFloat, type Kind, rowError, valueText } from '@kuiper/base';

export interface ValueList {
  values: unknown[];
}

export function addValue(list: ValueList, value: unknown): void {
  if (value !== null && value !== undefined) list.values.push(value);
}

/** The values as floats. Throws `requires float64 slice but found …` when one is no number. */
export function floatsOf(list: { readonly values: readonly unknown[] }, kind: Kind): number[] {
  return list.values.map((value) => {
    const float = typeof value === 'number' ? value : asFloat(value, kind, 'sameKind');
    return float ?? rowError(`requires float64 slice but found ${sliceText(list.values, kind)}`);
  });
}

export function sliceText(values: readonly unknown[], kind: Kind): string {
  return `[]interface {}(${valueText(values, { k: 'list', of: kind })})`;
}
