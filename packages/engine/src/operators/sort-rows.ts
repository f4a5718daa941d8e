import { compareStrings, compareTagged, DateTime, goTypeName, type Kind, rowError } from '@kuiper/base';
import type { SortKeyProgram } from './types.ts';

type Comparable = number | bigint | string | boolean | DateTime;

/**
 * Rows ordered by keys, the first key first; rows with equal keys stay as they are. Nil comes last in both directions,
 * false before true, numbers of both kinds mix.
 *
 * Throws `incompatible types for comparison: <T> and <T>` when a key's values cannot be compared, the type seen first
 * coming first. Source: behaviour spec, sql §9 with D21.
 * @returns a new list
 */
export function sortRows<R>(rows: readonly R[], keys: readonly SortKeyProgram<R>[]): R[] {
  return sortedPositions(rows, keys).map((i) => rows[i] as R);
}

/** Positions of the rows in sorted order. */
export function sortedPositions<R>(rows: readonly R[], keys: readonly SortKeyProgram<R>[]): number[] {
  const positions = rows.map((_, i) => i);
  const columns = keys.map((key) => sortColumn(rows, key));
  positions.sort((a, b) => {
    for (const { values, compare, sign } of columns) {
      const x = values[a];
      const y = values[b];
      if (x === null || y === null) {
        if (x === y) continue;
        return x === null ? 1 : -1;
      }
      const order = compare(x as Comparable, y as Comparable);
      if (order !== 0) return order * sign;
    }
    return 0;
  });
  return positions;
}

interface SortColumn {
  readonly values: readonly (Comparable | null)[];
  readonly sign: 1 | -1;
  compare(a: Comparable, b: Comparable): number;
}

/** One column of keys. A row list of one is not compared, so its key may be anything. */
function sortColumn<R>(rows: readonly R[], key: SortKeyProgram<R>): SortColumn {
  const values = rows.map((row) => key.value(row) ?? null);
  let first: unknown = null;
  for (const value of values) {
    if (value === null) continue;
    if (first === null) first = value;
    else if (comparison(first) === null || comparison(first) !== comparison(value)) mismatch(first, value, key.kind);
  }
  return {
    values: values as (Comparable | null)[],
    sign: key.descending ? -1 : 1,
    compare: comparison(first) ?? (() => 0),
  };
}

function mismatch(first: unknown, second: unknown, kind: Kind): never {
  rowError(`incompatible types for comparison: ${goTypeName(first, kind)} and ${goTypeName(second, kind)}`);
}

/** How values like this one are compared; null: they are not. */
function comparison(value: unknown): ((a: Comparable, b: Comparable) => number) | null {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return compareNumbers;
    case 'string':
      return compareTexts;
    case 'boolean':
      return compareBooleans;
    default:
      return value instanceof DateTime ? compareInstants : null;
  }
}

/** NaN comes before all numbers, so that the order is total. */
function compareNumbers(a: Comparable, b: Comparable): number {
  const order = compareTagged(a as number | bigint, b as number | bigint);
  return Number.isNaN(order) ? Number(Number.isNaN(b)) - Number(Number.isNaN(a)) : order;
}

function compareTexts(a: Comparable, b: Comparable): number {
  return compareStrings(a as string, b as string);
}

function compareBooleans(a: Comparable, b: Comparable): number {
  return Number(a) - Number(b);
}

function compareInstants(a: Comparable, b: Comparable): number {
  return (a as DateTime).compare(b as DateTime);
}
