/** Access to members, elements and ranges of tagged values. Source: behaviour spec, sql §7.3. */
import { asInt, DateTime, type Kind, rowError, valueText } from '@kuiper/base';
import { checkLeft, invalidOperation } from './operations.ts';

/** `object->name`: null for a missing member, a nil object or a scalar; a list fails. */
export function member(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null) return null;
  if (Array.isArray(object) || object instanceof Uint8Array)
    return rowError(`the result ${valueText(object, 'any')} is not a type of map[string]interface{}`);
  if (object instanceof DateTime || !Object.hasOwn(object, name)) return null;
  return (object as Record<string, unknown>)[name] ?? null;
}

/** A position in a list; `tagged` or an int slot. */
function position(value: unknown, kind: Kind): number {
  const index = value === null || value === undefined ? undefined : asInt(value, kind, 'sameKind');
  if (index === undefined) return rowError('invalid evaluation result - <nil>');
  return Number(index);
}

/** `list[index]`; of bytes the byte as an int. @param kind of the slot that `index` comes from */
export function element(list: unknown, index: unknown, kind: Kind): unknown {
  if (list === null || list === undefined) return null;
  // a map fails before the position is looked at
  if (!isSequence(list)) checkLeft(list, '[]');
  const at = position(index, kind);
  if (Array.isArray(list)) return elementAt(list, at);
  return list instanceof Uint8Array ? BigInt(elementAt(list, at) as number) : notAList(list, at);
}

function isSequence(value: unknown): value is readonly unknown[] | Uint8Array {
  return Array.isArray(value) || value instanceof Uint8Array;
}

function notAList(value: unknown, at: number): never {
  return invalidOperation(value, '[]', BigInt(at));
}

function elementAt(list: readonly unknown[] | Uint8Array, at: number): unknown {
  const index = at < 0 ? at + list.length : at;
  if (index < 0 || index >= list.length) return rowError(`out of index: ${at} of ${list.length}`);
  return list[index] ?? null;
}

/**
 * `list[start:end]`, half open, negative positions from the end. Equal positions give the element, not a list.
 * @param start undefined when left out
 */
export function slice(
  list: unknown,
  start: unknown,
  startKind: Kind,
  end: unknown,
  endKind: Kind,
  has: { readonly start: boolean; readonly end: boolean },
): unknown {
  if (list === null || list === undefined) return null;
  if (!isSequence(list)) checkLeft(list, '[]');
  const from = has.start ? position(start, startKind) : 0;
  const to = has.end ? position(end, endKind) : Number.NaN;
  if (!isSequence(list)) return notAList(list, from);
  if (from === to) return element(list, from, 'int');
  const length = list.length;
  const first = from < 0 ? from + length : from;
  if (first < 0) return rowError(`out of index: ${from} of ${length}`);
  if (first >= length) return rowError(`start value is out of index: ${from} of ${length}`);
  if (!has.end) return list.slice(first);
  if (to >= 0 && first > to) return rowError(`start cannot be greater than end. start:${first}  end:${to}`);
  const last = to < 0 ? to + length : to;
  if (last > length) return rowError(`end value is out of index: ${to} of ${length}`);
  if (last < first) return rowError(`out of index: ${to} of ${length}`);
  return list.slice(first, last);
}
