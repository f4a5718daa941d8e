/** What `range` goes through. Source: behaviour spec, io §7.1. */
import { sortedKeys, valueText } from './value-text.ts';
import type { Site } from './site.ts';
import { intValue, integerOf, isMap, type PlainMap, SizedInt } from './values.ts';

/** The values of one loop, by position. */
export interface RangeItems {
  readonly count: number;
  /** Nil is null. */
  value(position: number): unknown;
  /** An index, a key, or nothing for integers. */
  key(position: number): unknown;
}

class ListItems implements RangeItems {
  readonly count: number;
  readonly #list: readonly unknown[];

  constructor(list: readonly unknown[]) {
    this.count = list.length;
    this.#list = list;
  }

  value(position: number): unknown {
    return this.#list[position] ?? null;
  }

  key(position: number): unknown {
    return intValue(position);
  }
}

class MapItems implements RangeItems {
  readonly count: number;
  readonly #map: PlainMap;
  readonly #keys: readonly string[];

  constructor(map: PlainMap) {
    this.#map = map;
    this.#keys = sortedKeys(map);
    this.count = this.#keys.length;
  }

  value(position: number): unknown {
    return this.#map[this.#keys[position] as string];
  }

  key(position: number): unknown {
    return this.#keys[position];
  }
}

class IntItems implements RangeItems {
  readonly count: number;
  readonly #type: string | null;

  constructor(count: number, type: string | null) {
    this.count = count;
    this.#type = type;
  }

  value(position: number): unknown {
    return this.#type === null ? BigInt(position) : new SizedInt(this.#type, BigInt(position));
  }

  key(): unknown {
    return undefined;
  }
}

const nothing: RangeItems = new ListItems([]);

/** @param variables how many the loop declares */
export function rangeItems(value: unknown, variables: number, site: Site): RangeItems {
  if (Array.isArray(value)) return new ListItems(value);
  if (value === undefined || value === null) return nothing;
  if (value instanceof Uint8Array)
    return new ListItems(Array.from(value, (byte) => new SizedInt('uint8', BigInt(byte))));
  if (isMap(value)) return new MapItems(value);
  const count = integerOf(value);
  if (count === undefined) return site.fail(`range can't iterate over ${valueText(value)}`);
  if (variables > 1) site.fail(`can't use ${valueText(value)} to iterate over more than one variable`);
  return new IntItems(Math.max(0, Number(count)), value instanceof SizedInt ? value.$type : null);
}
