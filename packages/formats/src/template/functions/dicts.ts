/** Functions of maps. Source: behaviour spec, io §7.5. */
import { rowError, setMember } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import { sortedKeys, stringOf } from '../value-text.ts';
import { isMap, keysOf, memberOf, type PlainMap, strings, typeName } from '../values.ts';
import { isEmpty } from './emptiness.ts';

/** Names of the functions that change a map they are given; what they are given must be the template's own. */
export const changingFunctions: ReadonlySet<string> = new Set([
  'set',
  'unset',
  'merge',
  'mergeOverwrite',
  'mustMerge',
  'mustMergeOverwrite',
]);

/** A copy of maps and lists, however deep. */
export function deepCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepCopy);
  if (!isMap(value)) return value;
  const copy: PlainMap = {};
  for (const key of keysOf(value)) setMember(copy, key, deepCopy(value[key]));
  return copy;
}

function dict(pairs: readonly unknown[]): PlainMap {
  const map: PlainMap = {};
  for (let i = 0; i < pairs.length; i += 2)
    setMember(map, stringOf(pairs[i]), i + 1 < pairs.length ? pairs[i + 1] : '');
  return map;
}

function set(map: PlainMap, key: string, value: unknown): PlainMap {
  setMember(map, key, value);
  return map;
}

function unset(map: PlainMap, key: string): PlainMap {
  delete map[key];
  return map;
}

function hasKey(map: PlainMap, key: string): boolean {
  return memberOf(map, key) !== undefined;
}

function pick(map: PlainMap, keys: readonly string[]): PlainMap {
  const picked: PlainMap = {};
  for (const key of keys) if (hasKey(map, key)) setMember(picked, key, map[key]);
  return picked;
}

function omit(map: PlainMap, keys: readonly string[]): PlainMap {
  const unwanted = new Set(keys);
  const kept: PlainMap = {};
  for (const key of keysOf(map)) if (!unwanted.has(key)) setMember(kept, key, map[key]);
  return kept;
}

function pluck(key: string, maps: readonly PlainMap[]): unknown[] {
  return maps.filter((map) => hasKey(map, key)).map((map) => map[key]);
}

/** Members of the sources go into `target` where it has none, or only an empty one; maps are merged in turn. */
function merge(target: PlainMap, sources: readonly PlainMap[], overwrite: boolean): PlainMap {
  for (const source of sources) {
    for (const key of keysOf(source)) {
      const present = memberOf(target, key);
      const value = source[key];
      if (isMap(present) && isMap(value)) merge(present, [value], overwrite);
      else if (overwrite || isEmpty(present)) setMember(target, key, value);
    }
  }
  return target;
}

/** `dig "a" "b" default map`: the member at a path. */
function dig(args: readonly unknown[]): unknown {
  if (args.length < 3) rowError('dig needs at least three arguments');
  const map = args[args.length - 1];
  const otherwise = args[args.length - 2];
  let found: unknown = map;
  if (!isMap(map)) return mismatch(map, 'map[string]interface {}');
  for (const key of args.slice(0, -2)) {
    if (typeof key !== 'string') return mismatch(key, 'string');
    if (!isMap(found)) return mismatch(found, 'map[string]interface {}');
    if (!hasKey(found, key)) return otherwise;
    found = found[key];
  }
  return found;
}

function mismatch(value: unknown, wanted: string): never {
  const is = value === null || value === undefined ? 'nil' : typeName(value);
  return rowError(`interface conversion: interface {} is ${is}, not ${wanted}`);
}

const merging = declare('map ...map', (target: PlainMap, sources: readonly PlainMap[]) =>
  merge(target, sources, false),
);
const overwriting = declare('map ...map', (target: PlainMap, sources: readonly PlainMap[]) =>
  merge(target, sources, true),
);
const copying = declare('any', (value: unknown) =>
  value === null ? rowError('reflect: call of reflect.Value.Type on zero Value') : deepCopy(value),
);

export const dictFunctions: FunctionTable = {
  dict: declare('...any', dict),
  get: declare('map string', (map: PlainMap, key: string) => memberOf(map, key) ?? (hasKey(map, key) ? null : '')),
  set: declare('map string any', set),
  unset: declare('map string', unset),
  hasKey: declare('map string', hasKey),
  keys: declare('...map', (maps: readonly PlainMap[]) => strings(maps.flatMap(sortedKeys))),
  values: declare('map', (map: PlainMap) => sortedKeys(map).map((key) => map[key])),
  pick: declare('map ...string', pick),
  omit: declare('map ...string', omit),
  pluck: declare('string ...map', pluck),
  merge: merging,
  mustMerge: merging,
  mergeOverwrite: overwriting,
  mustMergeOverwrite: overwriting,
  dig: declare('...any', dig),
  deepCopy: copying,
  mustDeepCopy: copying,
};
