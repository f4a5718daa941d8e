/** Rows that stand in several windows. */
import { copyOutcomes } from './awaited.ts';
import { aliasesOf, type Item } from './item.ts';

/**
 * The same row as a unit of its own: it remembers what was computed before the window, and what is computed of it in one
 * window is not that of another.
 */
export function forkItem(item: Item): Item {
  const fork = { ...item };
  Object.assign(aliasesOf(fork), aliasesOf(item));
  copyOutcomes(item, fork);
  return fork;
}
