/** Rows of a set-returning function. Source: behaviour spec, sql §13.2, functions §7. */
import { isMapValue, type Row, rowError, setMember } from '@kuiper/base';
import { layOver } from './row-merge.ts';

/**
 * One row per element: the members of an object lie over columns and expressions and under aliases, any other element
 * is stored under `name`.
 */
export function setRows(elements: readonly unknown[], base: Row, aliases: Row, name: string): Row[] {
  return elements.map((element) => {
    const row = layOver({}, base);
    if (isMapValue(element)) layOver(row, element);
    else setMember(row, name, element);
    return layOver(row, aliases);
  });
}

/** Nothing to make rows of is an error, not zero rows. */
export function checkElements(elements: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(elements)) return rowError(`the argument for the ${name} function should be array`);
  if (elements.length === 0) return rowError(`can't find the result from the ${name} function`);
  return elements;
}
