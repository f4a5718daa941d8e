/** Values of the engine as plugins see them, and back. Source: `plugin.ts` of the sdk. */
import { DateTime, INT64_MAX, INT64_MIN, makeRowError, setMember } from '@kuiper/base';

const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number;

/** An int as a number where that is exact, a moment as `Date`; lists and maps are copied when something in them changes. */
export function plainValue(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return value <= MAX_SAFE_INTEGER && value >= MIN_SAFE_INTEGER ? Number(value) : value;
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : plainObject(value);
    default:
      return value;
  }
}

function plainObject(value: object): unknown {
  if (value instanceof DateTime) return new Date(value.ms);
  if (value instanceof Uint8Array) return value;
  return Array.isArray(value) ? mapList(value, plainValue) : mapMembers(value, plainValue);
}

/**
 * What a plugin gives as a tagged value. Throws a row error for what no value of the engine can be.
 * @param wholeNumbers what a whole number is: an int where a function computed it, a float in a row as from JSON
 */
export function taggedValue(value: unknown, zone: string, wholeNumbers: 'int' | 'float'): unknown {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw makeRowError(`result is ${Number.isNaN(value) ? 'NaN' : 'Inf'}`);
      return wholeNumbers === 'int' && Number.isSafeInteger(value) ? BigInt(value) : value;
    case 'bigint':
      if (value < INT64_MIN || value > INT64_MAX) throw makeRowError(`result ${value} does not fit 64 bits`);
      return value;
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : taggedObject(value, zone, wholeNumbers);
    case 'function':
    case 'symbol':
      throw makeRowError(`result is a ${typeof value}`);
    default:
      return value;
  }
}

function taggedObject(value: object, zone: string, wholeNumbers: 'int' | 'float'): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : new DateTime(value.getTime(), zone);
  if (value instanceof Uint8Array || value instanceof DateTime) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  const tag = (member: unknown): unknown => taggedValue(member, zone, wholeNumbers);
  return Array.isArray(value) ? mapList(value, tag) : mapMembers(value, tag);
}

/** The same list when nothing in it changes. */
function mapList(list: readonly unknown[], map: (value: unknown) => unknown): readonly unknown[] {
  let copy: unknown[] | null = null;
  for (let i = 0; i < list.length; i++) {
    const mapped = map(list[i]);
    if (mapped === list[i] && copy === null) continue;
    copy ??= list.slice(0, i);
    copy.push(mapped);
  }
  return copy ?? list;
}

function mapMembers(members: object, map: (value: unknown) => unknown): object {
  let copy: Record<string, unknown> | null = null;
  for (const key of Object.keys(members)) {
    const value = (members as Record<string, unknown>)[key];
    const mapped = map(value);
    if (mapped === value) continue;
    copy ??= { ...members };
    setMember(copy, key, mapped);
  }
  return copy ?? members;
}
