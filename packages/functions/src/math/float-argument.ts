import { toFloat } from '@kuiper/base';

/** A `float` argument that arrived as another kind is converted or refused here. */
export function float(value: unknown): number {
  return typeof value === 'number' ? value : toFloat(value, 'any', 'sameKind');
}

export function orNull(value: number): number | null {
  return value === value ? value : null;
}
