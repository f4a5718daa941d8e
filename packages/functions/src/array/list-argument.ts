import { rowError } from '@kuiper/base';

const ordinals = ['first', 'second', 'third'];

/** The list, or the row error `<position> argument should be array of interface{}`. */
export function listAt(position: 0 | 1, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return rowError(`${ordinals[position]} argument should be array of interface{}`);
}

/** The integer of a tagged argument; a float is refused, also a whole one. */
export function integerAt(position: 0 | 1 | 2, value: unknown): bigint {
  return typeof value === 'bigint' ? value : rowError(`${ordinals[position]} argument should be int`);
}

export function stringAt(position: 0 | 1 | 2, value: unknown): string {
  return typeof value === 'string' ? value : rowError(`${ordinals[position]} argument should be string`);
}
