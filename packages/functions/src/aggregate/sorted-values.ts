/**
 * Values that enter at the end and leave at the front, and the numbers among them in order of size: for aggregates that
 * pick by rank. A value costs a binary search and a move within one array; values that nobody asked about between two
 * results are sorted together. Plain data, as accumulators are.
 */
import { countBelow } from '@kuiper/base';

export interface SortedValues {
  /** In order of arrival; those before `start` have left. */
  values: unknown[];
  start: number;
  /** Values held that `sorted` leaves out: nulls, texts, large integers, NaN and -0. */
  odd: number;
  /** The numbers held among the values before `sortedTo`. */
  sorted: number[];
  sortedTo: number;
}

export function newSortedValues(): SortedValues {
  return { values: [], start: 0, odd: 0, sorted: [], sortedTo: 0 };
}

export function addLast(list: SortedValues, value: unknown): void {
  list.values.push(value);
  if (!isPlain(value)) list.odd++;
}

export function addAll(list: SortedValues, other: SortedValues): void {
  for (let i = other.start; i < other.values.length; i++) addLast(list, other.values[i]);
}

/** From so many values on that have left, the array is cut when they are half of it. */
const mostGone = 1024;

export function removeFirst(list: SortedValues): void {
  const value = list.values[list.start];
  if (!isPlain(value)) list.odd--;
  else if (list.start < list.sortedTo) list.sorted.splice(countBelow(list.sorted, value), 1);
  list.start++;
  if (list.start < mostGone || list.start * 2 < list.values.length) return;
  list.values.splice(0, list.start);
  list.sortedTo = Math.max(0, list.sortedTo - list.start);
  list.start = 0;
}

/** The values held, in order of arrival. */
export function heldValues(list: SortedValues): readonly unknown[] {
  return list.start === 0 ? list.values : list.values.slice(list.start);
}

/** The numbers held, smallest first, or null when a value is none or sorts by other rules. Owned by the list. */
export function sortedNumbers(list: SortedValues): readonly number[] | null {
  if (list.odd > 0) return null;
  const fresh = list.values.slice(Math.max(list.sortedTo, list.start)) as number[];
  list.sortedTo = list.values.length;
  if (fresh.length * 32 <= list.sorted.length) {
    for (const value of fresh) list.sorted.splice(countBelow(list.sorted, value), 0, value);
  } else if (fresh.length > 0) {
    list.sorted = Array.from(Float64Array.from(list.sorted.concat(fresh)).sort());
  }
  return list.sorted;
}

function isPlain(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(value) && !Object.is(value, -0);
}
