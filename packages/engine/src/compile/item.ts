/**
 * Items: what travels through windows, joins and tables. Plain data of one shape, so they can be part of a checkpoint.
 * The decoded row is kept by reference; it holds the referenced columns only, or all when `*` is used.
 */
import { detachValue, type Kind, type Row, type RowType } from '@kuiper/base';
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

/**
 * Makes an item own its memory, in place: texts are cut out of whole reads, which one kept row would keep alive. For
 * items that outlive their batch, before anyone else holds them.
 */
export function settleItem(item: Item): void {
  const settled = item as { row: Row; slots: readonly unknown[] | null };
  settled.row = detachValue(item.row) as Row;
  if (item.slots !== null) settled.slots = detachValue(item.slots) as readonly unknown[];
}

/** Rows of this type may hold texts. */
export function mayHoldText({ fields, rest }: RowType): boolean {
  const isText = (kind: Kind | null): boolean =>
    kind !== null && (typeof kind === 'object' || kind === 'string' || kind === 'any');
  return isText(rest) || Object.values(fields).some(isText);
}

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
