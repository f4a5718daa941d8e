/** Arguments that have to be lists. */
import { rowError } from '@kuiper/base';
import { stringOf } from '../value-text.ts';
import { SizedInt, typeName } from '../values.ts';

/** The elements of a list; undefined when the value is none. */
export function elementsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Uint8Array) return Array.from(value, (byte) => new SizedInt('uint8', BigInt(byte)));
  return undefined;
}

/** The elements of a list; anything else fails with `Cannot <what> type <type>`. */
export function requiredElements(value: unknown, what: string): readonly unknown[] {
  return elementsOf(value) ?? rowError(`Cannot ${what} type ${kindInText(value)}`);
}

/** The name of a type in texts about lists: its family. */
export function kindInText(value: unknown): string {
  return value === null || value === undefined ? '<nil>' : typeName(value).replace(/^map\[.*/, 'map');
}

/** The texts of a list's elements, without those that are nil; anything else counts as a list of one, nil as none. */
export function texts(list: unknown): string[] {
  if (list === null || list === undefined) return [];
  const elements = elementsOf(list) ?? [list];
  return elements.filter((element) => element !== null && element !== undefined).map(stringOf);
}
