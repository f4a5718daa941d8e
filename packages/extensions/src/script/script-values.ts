/** Values on their way into a script and back. Source: behaviour spec, functions §20.1. */
import { DateTime, INT64_MAX, INT64_MIN, makeRowError, setMember } from '@kuiper/base';
import { deepestValue, type Special, type SpecialKind } from './script-bridge.ts';

export interface ScriptArguments {
  readonly json: string;
  /** JSON of the values that JSON cannot hold; null when there are none. */
  readonly specials: string | null;
}

/**
 * The arguments of a call as text. Ints become numbers, moments `Date`, bytes `Uint8Array`.
 * @param args tagged
 * Throws a row error for values nested deeper than an interpreter can take.
 */
export function writeArguments(args: readonly unknown[]): ScriptArguments {
  const specials: Special[] = [];
  const json = JSON.stringify(plain(args, [], specials));
  return { json, specials: specials.length === 0 ? null : JSON.stringify(specials) };
}

/** The same value when JSON holds all of it, else a copy with null in place of what goes beside it. */
function plain(value: unknown, path: (string | number)[], specials: Special[]): unknown {
  const put = (kind: SpecialKind, data: unknown): null => {
    specials.push([[...path], kind, data]);
    return null;
  };
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    return put(Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf', null);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof DateTime) return put('date', value.ms);
  if (value instanceof Uint8Array) return put('bytes', [...value]);
  if (path.length >= deepestValue) throw makeRowError('the value is nested too deeply for a script');
  return Array.isArray(value) ? plainList(value, path, specials) : plainMap(value, path, specials);
}

function plainList(list: readonly unknown[], path: (string | number)[], specials: Special[]): readonly unknown[] {
  let copy: unknown[] | null = null;
  for (let i = 0; i < list.length; i++) {
    path.push(i);
    const made = plain(list[i], path, specials);
    path.pop();
    if (made !== list[i]) copy ??= [...list];
    if (copy !== null) copy[i] = made;
  }
  return copy ?? list;
}

function plainMap(map: object, path: (string | number)[], specials: Special[]): object {
  let copy: Record<string, unknown> | null = null;
  for (const [key, member] of Object.entries(map)) {
    path.push(key);
    const made = plain(member, path, specials);
    path.pop();
    if (made === member) continue;
    copy ??= Object.fromEntries(Object.entries(map));
    setMember(copy, key, made);
  }
  return copy ?? map;
}

/**
 * A result of the bridge as a tagged value. A whole number is an int, as all whole numbers in scripts; but what came in as a
 * float under the same name stays one, or a row that only passes through would change its kinds.
 * @param like what the result may be a changed copy of
 */
export function readResult(result: number | string, zone: string, like: unknown): unknown {
  if (typeof result === 'number') return tagged(result, undefined);
  if (!result.startsWith('~!')) return tagged(JSON.parse(result.slice(1)), typeof like === 'number' ? undefined : like);
  const [value, specials] = JSON.parse(result.slice(2)) as [unknown, readonly Special[]];
  const root = { value: tagged(value, typeof like === 'number' ? undefined : like) };
  for (const [path, kind, data] of specials) {
    let target = root as unknown as Record<string | number, unknown>;
    const steps = ['value', ...path];
    for (const step of steps.slice(0, -1)) target = target[step] as Record<string | number, unknown>;
    setMember(target, String(steps[steps.length - 1]), special(kind, data, zone));
  }
  return root.value;
}

function special(kind: SpecialKind, data: unknown, zone: string): unknown {
  if (kind === 'bytes') return Uint8Array.from(data as number[]);
  if (kind === 'date') return typeof data === 'number' ? new DateTime(data, zone) : null;
  const int = BigInt(data as string);
  if (int < INT64_MIN || int > INT64_MAX) throw makeRowError(`result ${int} does not fit 64 bits`);
  return int;
}

function tagged(value: unknown, like: unknown): unknown {
  if (typeof value === 'number') {
    return typeof like !== 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const likes = Array.isArray(like) ? like : [];
    return value.map((element, i) => tagged(element, i < likes.length ? likes[i] : likes[0]));
  }
  const likes = isMap(like) ? like : {};
  const map = value as Record<string, unknown>;
  for (const key of Object.keys(map)) {
    const made = tagged(map[key], Object.hasOwn(likes, key) ? likes[key] : undefined);
    if (made !== map[key]) setMember(map, key, made);
  }
  return map;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
