/** Functions of objects. Members come in the order they have; results are new. Source: behaviour spec, functions §13. */
import { anyList, anyMap, type MapKind, plainText, rowError, setMember, valueText } from '@kuiper/base';
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkLiteralKind } from './check-arguments.ts';
import { isMapValue, isNil } from './map-value.ts';

const group = 'object';
const listOfStrings = { k: 'list', of: 'string' } as const;

type Members = Readonly<Record<string, unknown>>;

const keys = scalar({
  name: 'keys',
  group,
  args: [t.any('object')],
  returns: listOfStrings,
  onNull: 'null',
  summary: 'The names of the members.',
  examples: [
    { call: 'keys(a)', row: { a: { x: 1, y: null } }, gives: '["x", "y"]' },
    { call: 'keys(a)', row: { a: {} }, gives: 'null' },
    { call: 'keys(a)', row: { a: [1] }, fails: 'the argument should be map[string]interface{}' },
  ],
  eval: (object: unknown) => Object.keys(objectOf(object)),
});

function objectOf(value: unknown): Members {
  return isMapValue(value) ? value : rowError('the argument should be map[string]interface{}');
}

const values = scalar({
  name: 'values',
  group,
  args: [t.any('object')],
  returns: anyList,
  onNull: 'null',
  summary: 'The values of the members.',
  examples: [
    { call: 'values(a)', row: { a: { x: 1n, y: null } }, gives: '[1, null]' },
    { call: 'values(a)', row: { a: 'x' }, fails: 'the argument should be map[string]interface{}' },
  ],
  eval: (object: unknown) => Object.values(objectOf(object)),
});

const items = scalar({
  name: 'items',
  group,
  args: [t.any('object')],
  returns: anyList,
  onNull: 'null',
  summary: 'The members as lists of name and value.',
  examples: [
    { call: 'items(a)', row: { a: { x: 1, y: null } }, gives: '[["x", 1.0], ["y", null]]' },
    { call: 'items(a)', row: { a: [1] }, fails: 'first argument should be map[string]interface{}' },
  ],
  eval: (object: unknown) =>
    isMapValue(object) ? Object.entries(object) : rowError('first argument should be map[string]interface{}'),
});

const objectFunction = scalar({
  name: 'object',
  group,
  args: [t.any('keys'), t.any('values')],
  returns: anyMap,
  onNull: 'null',
  summary: 'An object of a list of names and a list of values.',
  examples: [
    { call: 'object(k, v)', row: { k: ['a', 'b'], v: [1, null] }, gives: '{"a": 1.0, "b": null}' },
    { call: 'object(k, v)', row: { k: [1], v: [1] }, fails: 'first argument should be []string' },
    { call: 'object(k, v)', row: { k: ['a'], v: 5 }, fails: 'second argument should be []interface{}' },
    { call: 'object(k, v)', row: { k: ['a', 'b'], v: [1] }, fails: 'the length of the arguments should be same' },
  ],
  eval: (names: unknown, members: unknown) => {
    if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) {
      return rowError('first argument should be []string');
    }
    if (!Array.isArray(members)) return rowError('second argument should be []interface{}');
    if (names.length !== members.length) return rowError('the length of the arguments should be same');
    const object: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) setMember(object, names[i], members[i]);
    return object;
  },
});

const zip = scalar({
  name: 'zip',
  group,
  args: [t.any('pairs')],
  returns: anyMap,
  onNull: 'null',
  summary: 'An object of a list of [name, value]; null entries are skipped.',
  examples: [
    { call: 'zip(a)', row: { a: [['x', 1], null, ['y', null]] }, gives: '{"x": 1.0, "y": null}' },
    { call: 'zip(a)', row: { a: [['x']] }, fails: 'each argument should be [][2]interface{}' },
    { call: 'zip(a)', row: { a: 'x' }, fails: 'each argument should be [][2]interface{}' },
    { call: 'zip(a)', row: { a: [[1, 'x']] }, fails: 'the first element in the list item should be string' },
  ],
  eval: (pairs: unknown) => {
    if (!Array.isArray(pairs)) return rowError('each argument should be [][2]interface{}');
    const object: Record<string, unknown> = {};
    for (const pair of pairs) {
      if (isNil(pair)) continue;
      if (!Array.isArray(pair) || pair.length !== 2) return rowError('each argument should be [][2]interface{}');
      const [name, value] = pair;
      if (typeof name !== 'string') return rowError('the first element in the list item should be string');
      setMember(object, name, value);
    }
    return object;
  },
});

const objectConstruct = scalar({
  name: 'object_construct',
  group,
  args: [t.rest(t.any('key, value'), 0)],
  check: (args) => {
    if (args.length % 2 !== 0) return 'the args must be key value pairs';
    for (let i = 0; i < args.length; i += 2) {
      const wrong = checkLiteralKind('string', false, args[i] as (typeof args)[number], i + 1);
      if (wrong !== null) return wrong;
    }
    return null;
  },
  returns: anyMap,
  onNull: 'call',
  summary: 'An object of names and values in turn. A pair whose name is null is skipped.',
  examples: [
    { call: 'object_construct("a", 1, "b", b)', row: { b: null }, gives: '{"a": 1, "b": null}' },
    { call: 'object_construct(k, 1)', row: {}, gives: '{}' },
    { call: 'object_construct("__proto__", 1)', gives: '{"__proto__": 1}' },
    { call: 'object_construct(k, 1)', row: { k: [1] }, fails: 'key [1] is not a string' },
    { call: 'object_construct("a")', fails: 'the args must be key value pairs' },
    { call: 'object_construct(1, "a")', fails: 'Expect string type for parameter 1' },
  ],
  eval: (...pairs: unknown[]) => {
    const object: Record<string, unknown> = {};
    for (let i = 0; i < pairs.length; i += 2) {
      const key = pairs[i];
      if (isNil(key)) continue;
      if (typeof key !== 'string') return rowError(`key ${valueText(key, 'any')} is not a string`);
      setMember(object, key, pairs[i + 1] ?? null);
    }
    return object;
  },
});

const objectConcat = scalar({
  name: 'object_concat',
  group,
  args: [t.rest(t.any('object'), 2)],
  returns: anyMap,
  onNull: 'call',
  summary: 'One object of the members of all; a later member replaces an earlier one. Nulls are skipped.',
  examples: [
    {
      call: 'object_concat(a, b)',
      row: { a: { x: 1, o: { p: 1 } }, b: { o: { q: 2 } } },
      gives: '{"x": 1.0, "o": {"q": 2.0}}',
    },
    { call: 'object_concat(a, b)', row: {}, gives: '{}' },
    { call: 'object_concat(a, b)', row: { a: 5 }, fails: 'the argument should be map[string]interface{}, got 5' },
    { call: 'object_concat(a)', fails: 'At least has 2 argument but found 1.' },
  ],
  eval: (...objects: unknown[]) => {
    const result: Record<string, unknown> = {};
    for (const object of objects) {
      if (isNil(object)) continue;
      if (!isMapValue(object))
        return rowError(`the argument should be map[string]interface{}, got ${valueText(object, 'any')}`);
      for (const key of Object.keys(object)) setMember(result, key, object[key]);
    }
    return result;
  },
});

function firstObject(value: unknown): Members {
  return isMapValue(value)
    ? value
    : rowError(`the first argument should be map[string]interface{}, got ${valueText(value, 'any')}`);
}

const erase = scalar({
  name: 'erase',
  group,
  args: [t.any('object'), t.rest(t.any('keys'), 1)],
  returns: anyMap,
  onNull: 'null',
  summary: 'The object without a member, or without the members of a list of names.',
  examples: [
    { call: 'erase(a, "x")', row: { a: { x: 1, y: 2 } }, gives: '{"y": 2.0}' },
    { call: 'erase(a, k)', row: { a: { '1': 1, true: 2, x: 3 }, k: [1, true] }, gives: '{"x": 3.0}' },
    { call: 'erase(a, k)', row: { a: { x: 1 }, k: 5 }, fails: 'the argument should be slice or string' },
    { call: 'erase(a, "x")', row: { a: [1] }, fails: 'the first argument should be map[string]interface{}, got [1]' },
    { call: 'erase(a, "x", "y")', row: { a: { x: 1 } }, fails: 'the argument number should be 2, got 3' },
    { call: 'erase(a)', fails: 'At least has 2 argument but found 1.' },
  ],
  eval: (...args: unknown[]) => {
    if (args.length !== 2) return rowError(`the argument number should be 2, got ${args.length}`);
    const [object, names] = args;
    const from = firstObject(object);
    const dropped = typeof names === 'string' ? new Set([names]) : namesOf(names);
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(from)) if (!dropped.has(key)) setMember(result, key, from[key]);
    return result;
  },
});

function namesOf(names: unknown): Set<string> {
  if (!Array.isArray(names)) return rowError('the argument should be slice or string');
  return new Set(names.map((name) => plainText(name, 'any')));
}

const objectPick = scalar({
  name: 'object_pick',
  group,
  args: [t.any('object'), t.rest(t.any('keys'), 1)],
  returns: anyMap,
  onNull: 'call',
  summary:
    'The object with only the named members, named one by one or by a list. A name with dots is a path, and its ' +
    'nesting is kept. Null when the object is null.',
  examples: [
    { call: 'object_pick(a, "x", "q")', row: { a: { x: 1, y: 2 } }, gives: '{"x": 1.0}' },
    { call: 'object_pick(a, k)', row: { a: { x: 1, y: 2 }, k: ['y'] }, gives: '{"y": 2.0}' },
    {
      call: 'object_pick(a, "o.p", "o.n.m")',
      row: { a: { o: { p: 1, n: { m: 2, z: 3 } }, k: 3 } },
      gives: '{"o": {"p": 1.0, "n": {"m": 2.0}}}',
    },
    { call: 'object_pick(a, "k.p")', row: { a: { k: 3 } }, gives: '{}' },
    { call: 'object_pick(a, k)', row: { a: { p: 1 }, k: 5 }, gives: '{}' },
    { call: 'object_pick(a, "x")', row: {}, gives: 'null' },
    { call: 'object_pick(a, "x")', row: { a: [1] }, fails: 'the first argument should be a map, got [1]' },
  ],
  eval: (object: unknown, ...names: unknown[]) => {
    if (isNil(object)) return null;
    if (!isMapValue(object)) return rowError(`the first argument should be a map, got ${valueText(object, 'any')}`);
    const wanted = names.length === 1 && Array.isArray(names[0]) ? names[0] : names;
    const result: Record<string, unknown> = {};
    for (const name of wanted) if (typeof name === 'string') pickPath(object, name.split('.'), result);
    return result;
  },
});

function pickPath(from: Members, path: readonly string[], into: Record<string, unknown>): void {
  const target = valueAt(from, path);
  if (target === undefined) return;
  let level = into;
  for (const name of path.slice(0, -1)) {
    const known = Object.hasOwn(level, name) ? level[name] : undefined;
    // a picked object is the input's own: it is copied before more is laid into it
    const next: Record<string, unknown> = isMapValue(known) ? { ...known } : {};
    setMember(level, name, next);
    level = next;
  }
  setMember(level, path.at(-1) as string, target);
}

function valueAt(from: Members, path: readonly string[]): unknown {
  let value: unknown = from;
  for (const name of path) {
    if (!isMapValue(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

const objectSize = scalar({
  name: 'object_size',
  group,
  args: [t.any('object')],
  returns: 'int',
  onNull: 'call',
  summary: 'The number of members; 0 for null.',
  examples: [
    { call: 'object_size(a)', row: { a: { x: 1, y: null } }, gives: '2' },
    { call: 'object_size(a)', row: {}, gives: '0' },
    { call: 'object_size(a)', row: { a: [1] }, fails: 'the first argument should be map[string]any, got [1]' },
  ],
  eval: (object: unknown) => {
    if (isNil(object)) return 0;
    if (isMapValue(object)) return Object.keys(object).length;
    return rowError(`the first argument should be map[string]any, got ${valueText(object, 'any')}`);
  },
});

const pairKind: MapKind = { k: 'map', fields: { key: 'string', value: 'any' }, rest: null };

const objToKvpairArray = scalar({
  name: 'obj_to_kvpair_array',
  group,
  args: [t.any('object')],
  returns: { k: 'list', of: pairKind },
  onNull: 'null',
  summary: 'The members as a list of {"key": name, "value": value}.',
  examples: [
    { call: 'obj_to_kvpair_array(a)', row: { a: { x: 1 } }, gives: '[{"key": "x", "value": 1.0}]' },
    {
      call: 'obj_to_kvpair_array(a)',
      row: { a: true },
      fails: 'the first argument should be map[string]interface{}, got true',
    },
  ],
  eval: (object: unknown) => Object.entries(firstObject(object)).map(([key, value]) => ({ key, value })),
});

export const objectFunctions: readonly FunctionDeclaration[] = [
  erase,
  items,
  keys,
  objToKvpairArray,
  objectFunction,
  objectConcat,
  objectConstruct,
  objectPick,
  objectSize,
  values,
  zip,
];
