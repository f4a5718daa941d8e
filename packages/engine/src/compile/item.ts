/**
 * Items: what travels through windows, joins and tables. Plain data of one shape, so they can be part of a checkpoint.
 * The decoded row is kept by reference; it holds the referenced columns only, or all when `*` is used.
 */
import type { Row } from '@kuiper/base';
import type { Meta } from '@kuiper/sdk';

export interface Item {
  /** Index into the plan's sources. */
  readonly source: number;
  readonly row: Row;
  /** Event time or arrival. */
  readonly time: number;
  /** Null when the rule asks for no metadata. */
  readonly meta: Meta | null;
  /** Results of the analytic calls by slot; null when there are none. */
  readonly slots: readonly unknown[] | null;
}

/** A joined row: items by source index. A row that has not been joined is a list of one source. */
export type Joined = readonly (Item | null)[];

/** What stands for the first row of a group without rows. */
export const emptyItem: Item = { source: -1, row: {}, time: 0, meta: null, slots: [] };

const keptAliases = new WeakMap<object, Record<number, { readonly value: unknown } | undefined>>();

/**
 * Values of aliases that a second evaluation would change (`newuuid() AS id`), by the unit they were computed on: a row
 * or a group keeps them through all of its stages.
 */
export function aliasesOf(unit: object): Record<number, { readonly value: unknown } | undefined> {
  let aliases = keptAliases.get(unit);
  if (aliases === undefined) {
    aliases = {};
    keptAliases.set(unit, aliases);
  }
  return aliases;
}
