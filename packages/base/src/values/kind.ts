/**
 * Kinds: what the analyzer knows about a value before any row is seen.
 *
 * Representation of a value by the kind of its slot (DESIGN §4):
 *
 * | kind of the slot | JavaScript value |
 * |---|---|
 * | `int`      | a `number` holding a safe integer, or a `bigint` beyond ±(2^53−1); never a float |
 * | `float`    | a `number` |
 * | `any`      | tagged: a float is a `number`, an int is a `bigint`, whatever its size |
 * | `string`   | `string` |
 * | `bool`     | `boolean` |
 * | `bytes`    | `Uint8Array` |
 * | `datetime` | {@link DateTime} |
 * | list, map  | array or plain object, its elements represented by the element kinds |
 *
 * Any slot may also hold `null` (nil) or `undefined` (a missing column); both are nil to every operator.
 * A value parsed from schemaless JSON is tagged already: its numbers are floats.
 */
export type ScalarKind = 'null' | 'bool' | 'int' | 'float' | 'string' | 'bytes' | 'datetime' | 'any';

export interface ListKind {
  readonly k: 'list';
  readonly of: Kind;
}

/** A map with known members; `rest` is the kind of all others, or null when there are none. */
export interface MapKind {
  readonly k: 'map';
  readonly fields: Readonly<Record<string, Kind>>;
  readonly rest: Kind | null;
}

export type Kind = ScalarKind | ListKind | MapKind;

/** A map about which nothing is known but that its values are tagged. */
export const anyMap: MapKind = { k: 'map', fields: {}, rest: 'any' };
/** A list about which nothing is known but that its values are tagged. */
export const anyList: ListKind = { k: 'list', of: 'any' };

/** Decoded data. Keys such as `__proto__` are own properties like any other. Never mutated once decoded. */
export type Row = Record<string, unknown>;

/** The columns of a row: known ones by name; `rest` for all others (null: there are no others). */
export type RowType = MapKind;

export function isListKind(kind: Kind): kind is ListKind {
  return typeof kind === 'object' && kind.k === 'list';
}

export function isMapKind(kind: Kind): kind is MapKind {
  return typeof kind === 'object' && kind.k === 'map';
}

/** True when a value of this kind is represented the same way in a slot of kind `any`. */
export function isTagged(kind: Kind): boolean {
  if (typeof kind === 'string') return kind !== 'int';
  if (kind.k === 'list') return isTagged(kind.of);
  return (kind.rest === null || isTagged(kind.rest)) && Object.values(kind.fields).every(isTagged);
}

export function sameKind(a: Kind, b: Kind): boolean {
  if (a === b) return true;
  if (typeof a === 'string' || typeof b === 'string') return false;
  if (a.k === 'list') return b.k === 'list' && sameKind(a.of, b.of);
  if (b.k !== 'map') return false;
  const keys = Object.keys(a.fields);
  if (keys.length !== Object.keys(b.fields).length) return false;
  if (a.rest === null ? b.rest !== null : b.rest === null || !sameKind(a.rest, b.rest)) return false;
  return keys.every((key) => {
    const other = Object.hasOwn(b.fields, key) ? b.fields[key] : undefined;
    return other !== undefined && sameKind(a.fields[key] as Kind, other);
  });
}

/** The kind of a slot that can hold values of both: equal kinds stay, everything else is tagged. */
export function joinKinds(a: Kind, b: Kind): Kind {
  if (sameKind(a, b)) return a;
  if (a === 'null') return b;
  if (b === 'null') return a;
  return 'any';
}

/** The kind of column `name` in rows of this type; `null` when rows cannot have it. */
export function columnKind(type: RowType, name: string): Kind {
  return Object.hasOwn(type.fields, name) ? (type.fields[name] as Kind) : (type.rest ?? 'null');
}
