/** Selecting members of JSON values, with the error texts of the behaviour spec, functions §15. */
import { goTypeName, rowError, valueText } from '@kuiper/base';
import { isMapValue } from '../map-value.ts';

/** The member of an object or the element of a list. Throws a row error when there is none. */
export function selectMember(value: unknown, key: unknown): unknown {
  if (isMapValue(value)) {
    const name = valueText(key, 'any');
    return Object.hasOwn(value, name) ? value[name] : rowError(`unknown key ${name}`);
  }
  if (Array.isArray(value)) {
    const index = listIndex(key);
    return index >= 0 && index < value.length ? value[index] : rowError(`index ${index} out of bounds`);
  }
  const type = goTypeName(value, 'any');
  return rowError(`unsupported value type ${type} for select, expected map[string]interface{} or []interface{}`);
}

function listIndex(key: unknown): number {
  const number = typeof key === 'string' && /^[+-]?\d+$/.test(key) ? Number(key) : key;
  if (typeof number === 'number') return Math.trunc(number);
  if (typeof number === 'bigint') return Number(number);
  const found = `${valueText(key, 'any')} (${goTypeName(key, 'any')})`;
  return rowError(`could not select value, invalid key: expected number but got ${found}`);
}

/** The elements of a list or the values of an object; none for other values. */
export function members(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isMapValue(value) ? Object.values(value) : [];
}

/** The value itself and everything in it, outer before inner. */
export function descendants(value: unknown, into: unknown[] = []): unknown[] {
  into.push(value);
  for (const member of members(value)) descendants(member, into);
  return into;
}

/** Elements from..to by step; negative positions count from the end, positions outside are cut. */
export function sliceList(value: unknown, from: number | null, to: number | null, step: number): unknown[] {
  if (!Array.isArray(value)) return [];
  const { length } = value;
  const clamp = (at: number): number => Math.min(Math.max(at < 0 ? length + at : at, 0), length);
  const result: unknown[] = [];
  if (step > 0) {
    const end = to === null ? length : clamp(to);
    for (let at = from === null ? 0 : clamp(from); at < end; at += step) result.push(value[at]);
  } else if (step < 0) {
    const end = to === null ? -1 : clamp(to);
    for (let at = Math.min(from === null ? length - 1 : clamp(from), length - 1); at > end; at += step)
      result.push(value[at]);
  }
  return result;
}
