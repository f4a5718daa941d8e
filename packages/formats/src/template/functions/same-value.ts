/** Deep equality of values and their types. */
import { DateTime } from '@kuiper/base';
import { isMap, keysOf, memberOf, OpaqueValue, SizedInt, typeName } from '../values.ts';

export function sameValue(a: unknown, b: unknown): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (typeName(a) !== typeName(b)) return false;
  if (a instanceof SizedInt) return b instanceof SizedInt && a.$int === b.$int;
  if (Array.isArray(a) || a instanceof Uint8Array) {
    const other = b as readonly unknown[];
    return a.length === other.length && Array.from(a).every((element, i) => sameValue(element, other[i]));
  }
  if (a instanceof DateTime) return b instanceof DateTime && a.compare(b) === 0 && a.zone === b.zone;
  if (!isMap(a) || !isMap(b)) return a instanceof OpaqueValue && b instanceof OpaqueValue && a.$text === b.$text;
  const keys = keysOf(a);
  return keys.length === keysOf(b).length && keys.every((key) => key in b && sameValue(a[key], memberOf(b, key)));
}
