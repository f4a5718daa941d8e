/**
 * Functions of one list or of a list and a value. Lists are never changed; results are new lists.
 *
 * Equality keeps int and float apart: `array_contains(a, 1)` is false for the floats of JSON, use `1.0`.
 * Source: behaviour spec, functions §12.
 */
import { anyList, anyMap, asInt, compareStrings, plainText, rowError, setMember, valueText } from '@kuiper/base';
import { type FunctionContext, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { extremeOfList } from '../aggregate/extreme.ts';
import { isMapValue, isNil } from '../map-value.ts';
import { ElementSet, findElement, sameElement } from './element-set.ts';
import { integerAt, listAt, stringAt } from './list-argument.ts';

const group = 'array';

const cardinality = scalar({
  name: 'cardinality',
  group,
  args: [t.any('list')],
  returns: 'int',
  onNull: 'zero',
  summary: 'The number of elements of a list, nulls included; 0 for anything else.',
  examples: [
    { call: 'cardinality(a)', row: { a: [1, null, 'x'] }, gives: '3' },
    { call: 'cardinality(a)', row: { a: 'abc' }, gives: '0' },
    { call: 'cardinality(a)', row: {}, gives: '0' },
  ],
  eval: (list: unknown) => (Array.isArray(list) ? list.length : 0),
});

const arrayCardinality = scalar({
  name: 'array_cardinality',
  group,
  args: [t.list('list')],
  returns: 'int',
  onNull: 'zero',
  summary: 'The number of elements that are not null.',
  examples: [
    { call: 'array_cardinality(a)', row: { a: [1, null] }, gives: '1' },
    { call: 'array_cardinality(a)', row: { a: [] }, gives: '0' },
  ],
  eval: (list: unknown) => {
    let count = 0;
    for (const element of listAt(0, list)) if (!isNil(element)) count++;
    return count;
  },
});

const arrayCreate = scalar({
  name: 'array_create',
  group,
  args: [t.rest(t.any('x'), 0)],
  returns: anyList,
  onNull: 'call',
  summary: 'A list of the values that are not null; null when there are none.',
  examples: [
    { call: 'array_create(1, b, "a", 2.5)', row: { b: null }, gives: '[1, "a", 2.5]' },
    { call: 'array_create(b)', row: {}, gives: 'null' },
    { call: 'array_create()', gives: 'null' },
  ],
  eval: (...values: unknown[]) => {
    const list = values.filter((value) => !isNil(value));
    return list.length === 0 ? null : list;
  },
});

const arrayPosition = scalar({
  name: 'array_position',
  group,
  args: [t.any('list'), t.any('x')],
  returns: 'int',
  onNull: 'call',
  summary: 'The position of the first element equal to x, from 0; -1 when there is none or the list is null.',
  examples: [
    { call: 'array_position(a, "y")', row: { a: ['x', 'y', 'y'] }, gives: '1' },
    { call: 'array_position(a, 1)', row: { a: [1.0] }, gives: '-1' },
    { call: 'array_position(a, b)', row: { a: [1, null] }, gives: '1' },
    { call: 'array_position(a, 1)', row: {}, gives: '-1' },
    { call: 'array_position(a, 1)', row: { a: 'x' }, fails: 'first argument should be array of interface{}' },
  ],
  eval: (list: unknown, x: unknown) => (isNil(list) ? -1 : findElement(listAt(0, list), x)),
});

const arrayLastPosition = scalar({
  name: 'array_last_position',
  group,
  args: [t.any('list'), t.any('x')],
  returns: 'int',
  onNull: 'call',
  summary: 'The position of the last element equal to x, from 0; -1 when there is none or the list is null.',
  examples: [
    { call: 'array_last_position(a, "x")', row: { a: ['x', 'y', 'x'] }, gives: '2' },
    { call: 'array_last_position(a, "z")', row: { a: [] }, gives: '-1' },
  ],
  eval: (list: unknown, x: unknown) =>
    isNil(list) ? -1 : listAt(0, list).findLastIndex((element) => sameElement(element, x)),
});

const arrayContains = scalar({
  name: 'array_contains',
  group,
  args: [t.any('list'), t.any('x')],
  returns: 'bool',
  onNull: 'call',
  summary: 'True when an element equals x; false for a null list.',
  examples: [
    { call: 'array_contains(a, "x")', row: { a: ['x', null] }, gives: 'true' },
    { call: 'array_contains(a, 1)', row: { a: [1] }, gives: 'false' },
    { call: 'array_contains(a, 1.0)', row: { a: [1] }, gives: 'true' },
    { call: 'array_contains(a, b)', row: { a: ['x', null] }, gives: 'true' },
    { call: 'array_contains(a, 1)', row: {}, gives: 'false' },
    { call: 'array_contains(a, 1)', row: { a: 'x' }, fails: 'first argument should be array of interface{}' },
  ],
  eval: (list: unknown, x: unknown) => !isNil(list) && findElement(listAt(0, list), x) >= 0,
});

const arrayContainsAny = scalar({
  name: 'array_contains_any',
  group,
  args: [t.any('list'), t.any('wanted')],
  returns: 'bool',
  onNull: 'call',
  summary: 'True when the lists have an element in common; false when the first is null.',
  examples: [
    { call: 'array_contains_any(a, b)', row: { a: [1, 2], b: [2, 3] }, gives: 'true' },
    { call: 'array_contains_any(a, b)', row: { a: [1], b: ['1'] }, gives: 'false' },
    { call: 'array_contains_any(a, b)', row: { b: [1] }, gives: 'false' },
    { call: 'array_contains_any(a, b)', row: { a: [1] }, fails: 'second argument should be array of interface{}' },
  ],
  eval: (list: unknown, wanted: unknown) => {
    if (isNil(list)) return false;
    const known = new ElementSet(listAt(0, list));
    return listAt(1, wanted).some((element) => known.has(element));
  },
});

const elementAt = scalar({
  name: 'element_at',
  group,
  args: [t.any('x'), t.any('key')],
  returns: 'any',
  onNull: 'null',
  summary:
    'The element of a list at a position (from 0, or negative from the end), or the member of an object by its name; ' +
    'null when there is no such member.',
  examples: [
    { call: 'element_at(a, -1)', row: { a: [7, 8] }, gives: '8.0' },
    { call: 'element_at(a, 0.0)', row: { a: [7, 8] }, gives: '7.0' },
    { call: 'element_at(a, "k")', row: { a: { k: [1] } }, gives: '[1.0]' },
    { call: 'element_at(a, "constructor")', row: { a: { k: 1 } }, gives: 'null' },
    { call: 'element_at(a, 2)', row: { a: [7, 8] }, fails: 'index out of range' },
    { call: 'element_at(a, 1)', row: { a: { k: 1 } }, fails: 'second argument should be string' },
    { call: 'element_at(a, "x")', row: { a: [7] }, fails: 'second argument should be int' },
    {
      call: 'element_at(a, 0)',
      row: { a: 5 },
      fails: 'first argument should be []interface{} or map[string]interface{}',
    },
  ],
  eval: (x: unknown, key: unknown) => {
    if (Array.isArray(x)) {
      const index = Number(asInt(key, 'any', 'strict') ?? rowError('second argument should be int'));
      const at = index < 0 ? x.length + index : index;
      return at >= 0 && at < x.length ? x[at] : rowError('index out of range');
    }
    if (!isMapValue(x)) return rowError('first argument should be []interface{} or map[string]interface{}');
    const name = stringAt(1, key);
    return Object.hasOwn(x, name) ? x[name] : null;
  },
});

const arrayRemove = scalar({
  name: 'array_remove',
  group,
  args: [t.any('list'), t.any('x')],
  returns: anyList,
  onNull: 'call',
  summary: 'The list without the elements equal to x; null for a null list.',
  examples: [
    { call: 'array_remove(a, 1.0)', row: { a: [1, 2, 1, 3] }, gives: '[2.0, 3.0]' },
    { call: 'array_remove(a, b)', row: { a: [1, null] }, gives: '[1.0]' },
    { call: 'array_remove(a, 1)', row: {}, gives: 'null' },
  ],
  eval: (list: unknown, x: unknown) =>
    isNil(list) ? null : listAt(0, list).filter((element) => !sameElement(element, x)),
});

const arrayMax = scalar({
  name: 'array_max',
  group,
  args: [t.any('list')],
  returns: 'any',
  onNull: 'null',
  summary: 'The largest element, by the rules of max. Nulls are skipped.',
  examples: [
    { call: 'array_max(a)', row: { a: [1, null, 3] }, gives: '3.0' },
    { call: 'array_max(a)', row: { a: [1n, 2.9] }, gives: '2' },
    { call: 'array_max(a)', row: { a: ['b', 'a'] }, gives: '"b"' },
    { call: 'array_max(a)', row: { a: [null] }, gives: 'null' },
    { call: 'array_max(a)', row: { a: [1, 'x'] }, fails: 'requires float64 but found string(x)' },
    { call: 'array_max(a)', row: { a: [[1]] }, fails: 'found invalid arg []interface {}([1])' },
    { call: 'array_max(a)', row: { a: 5 }, fails: 'first argument should be array of interface{}' },
  ],
  eval: (list: unknown) => extremeOfList(listAt(0, list), true),
});

const arrayMin = scalar({
  name: 'array_min',
  group,
  args: [t.any('list')],
  returns: 'any',
  onNull: 'null',
  summary: 'The smallest element, by the rules of min. Nulls are skipped.',
  examples: [
    { call: 'array_min(a)', row: { a: [1, null, 3] }, gives: '1.0' },
    { call: 'array_min(a)', row: { a: [3n, 2.9] }, gives: '2' },
    { call: 'array_min(a)', row: { a: [] }, gives: 'null' },
  ],
  eval: (list: unknown) => extremeOfList(listAt(0, list), false),
});

/** Longest list that a function makes from a number. */
const maxLength = 10_000_000;

const repeat = scalar({
  name: 'repeat',
  group,
  args: [t.any('x'), t.any('count')],
  returns: anyList,
  onNull: 'null',
  summary: 'A list that holds x a number of times.',
  examples: [
    { call: 'repeat("x", 3)', gives: '["x", "x", "x"]' },
    { call: 'repeat("x", a)', row: { a: 2 }, fails: 'second argument should be int' },
    { call: 'repeat("x", -1)', fails: 'the count should be from 0 to 10000000' },
  ],
  eval: (x: unknown, count: unknown) => {
    const length = integerAt(1, count);
    if (length < 0 || length > maxLength) return rowError(`the count should be from 0 to ${maxLength}`);
    return new Array(Number(length)).fill(x);
  },
});

const sequence = scalar({
  name: 'sequence',
  group,
  args: [t.any('start'), t.any('stop'), t.any('step', { optional: true })],
  returns: anyList,
  onNull: 'null',
  summary: 'The integers from start to stop, both included, by step; the step is 1 or -1 unless given.',
  examples: [
    { call: 'sequence(1, 7, 3)', gives: '[1, 4, 7]' },
    { call: 'sequence(3, 1)', gives: '[3, 2, 1]' },
    { call: 'sequence(2, 2)', gives: '[2]' },
    { call: 'sequence(1, 5, 0)', fails: 'invalid step: should not be zero' },
    { call: 'sequence(1, 5, -1)', fails: 'invalid step: does not lead from start to stop' },
    { call: 'sequence(a, 5)', row: { a: 1 }, fails: 'first argument should be int' },
    { call: 'sequence(1)', fails: 'Expect two or three arguments but found 1.' },
  ],
  eval: (start: unknown, stop: unknown, step?: unknown) => {
    const from = integerAt(0, start);
    const to = integerAt(1, stop);
    const by = step === undefined ? (from < to ? 1n : -1n) : integerAt(2, step);
    if (by === 0n) return rowError('invalid step: should not be zero');
    if (by > 0n ? from > to : from < to) return rowError('invalid step: does not lead from start to stop');
    if ((to - from) / by > maxLength) return rowError(`the list should not be longer than ${maxLength}`);
    const list: bigint[] = [];
    for (let value = from; by > 0n ? value <= to : value >= to; value += by) list.push(value);
    return list;
  },
});

const arrayFlatten = scalar({
  name: 'array_flatten',
  group,
  args: [t.any('list')],
  returns: anyList,
  onNull: 'null',
  summary: 'The list with the elements of its lists in their place, one level deep; null when nothing is left.',
  examples: [
    { call: 'array_flatten(a)', row: { a: [[1, 4], 2, [[3]]] }, gives: '[1.0, 4.0, 2.0, [3.0]]' },
    { call: 'array_flatten(a)', row: { a: [[], []] }, gives: 'null' },
    { call: 'array_flatten(a)', row: { a: 'x' }, fails: 'first argument should be array of interface{}' },
  ],
  eval: (list: unknown) => {
    const flat = listAt(0, list).flat();
    return flat.length === 0 ? null : flat;
  },
});

const arrayDistinct = scalar({
  name: 'array_distinct',
  group,
  args: [t.any('list')],
  returns: anyList,
  onNull: 'null',
  summary: 'The list without repeated scalars and nulls; lists and objects are all kept.',
  examples: [
    { call: 'array_distinct(a)', row: { a: [1, 1, null, 'x', null, 1n] }, gives: '[1.0, null, "x", 1]' },
    { call: 'array_distinct(a)', row: { a: [[1], [1]] }, gives: '[[1.0], [1.0]]' },
  ],
  eval: (list: unknown) => {
    const known = new ElementSet();
    return listAt(0, list).filter((element) => (typeof element === 'object' && element !== null) || known.add(element));
  },
});

const arrayJoin = scalar({
  name: 'array_join',
  group,
  args: [t.any('list'), t.any('delimiter'), t.any('nullText', { optional: true })],
  returns: 'string',
  onNull: 'null',
  summary: 'The elements as one text with a delimiter between them. Nulls are left out, or written as nullText.',
  examples: [
    { call: 'array_join(a, "-")', row: { a: [1, null, 2] }, gives: '"1-2"' },
    { call: 'array_join(a, "-", "x")', row: { a: [1, null, 2] }, gives: '"1-x-2"' },
    {
      call: 'array_join(a, ",")',
      row: { a: ['a', true, 1000000, 1e21] },
      gives: '"a,true,1000000,1000000000000000000000"',
    },
    { call: 'array_join(a, 1)', row: { a: [1] }, fails: 'second argument should be string' },
    { call: 'array_join(a, ",", 5)', row: { a: [1] }, fails: 'third argument should be string' },
    { call: 'array_join(a)', fails: 'Expect two or three arguments but found 1.' },
  ],
  eval: (list: unknown, delimiter: unknown, nullText?: unknown) => {
    const elements = listAt(0, list);
    const between = stringAt(1, delimiter);
    const missing = nullText === undefined ? '' : stringAt(2, nullText);
    const texts: string[] = [];
    for (const element of elements) {
      if (!isNil(element)) texts.push(plainText(element, 'any'));
      else if (missing !== '') texts.push(missing);
    }
    return texts.join(between);
  },
});

const arrayShuffle = scalar({
  name: 'array_shuffle',
  group,
  args: [t.any('list')],
  returns: anyList,
  onNull: 'null',
  volatile: true,
  context: true,
  summary: 'The elements in random order.',
  examples: [
    { call: 'array_shuffle(a)', row: { a: [1] }, gives: '[1.0]' },
    { call: 'array_shuffle(a)', row: { a: 'x' }, fails: 'first argument should be array of interface{}' },
  ],
  eval: (context: FunctionContext, list: unknown) => {
    const shuffled = listAt(0, list).slice();
    for (let i = shuffled.length - 1; i > 0; i--) {
      const other = Math.floor(context.random() * (i + 1));
      const element = shuffled[i];
      shuffled[i] = shuffled[other];
      shuffled[other] = element;
    }
    return shuffled;
  },
});

const arraySort = scalar({
  name: 'array_sort',
  group,
  args: [t.any('list')],
  returns: anyList,
  onNull: 'null',
  summary: 'The elements sorted by their printed form, compared by bytes: 10 comes before 9.',
  examples: [
    { call: 'array_sort(a)', row: { a: [10, 9, 2] }, gives: '[10.0, 2.0, 9.0]' },
    { call: 'array_sort(a)', row: { a: [null, 1, 'x', true] }, gives: '[1.0, null, true, "x"]' },
    { call: 'array_sort(a)', row: { a: 'x' }, fails: 'array elements should be array' },
  ],
  eval: (list: unknown) => {
    if (!Array.isArray(list)) return rowError('array elements should be array');
    const keyed = list.map((element) => ({ key: valueText(element, 'any'), element }));
    keyed.sort((a, b) => compareStrings(a.key, b.key));
    return keyed.map(({ element }) => element);
  },
});

const kvpairArrayToObj = scalar({
  name: 'kvpair_array_to_obj',
  group,
  args: [t.any('pairs')],
  returns: anyMap,
  onNull: 'null',
  summary: 'An object of a list of {"key": name, "value": value}.',
  examples: [
    {
      call: 'kvpair_array_to_obj(a)',
      row: {
        a: [
          { key: 'x', value: 1 },
          { key: 'y', value: null },
        ],
      },
      gives: '{"x": 1.0, "y": null}',
    },
    { call: 'kvpair_array_to_obj(a)', row: { a: [1] }, fails: 'array item should be map[string]interface{}' },
    {
      call: 'kvpair_array_to_obj(a)',
      row: { a: [{ key: 1, value: 1 }] },
      fails: 'array item should be key-value pair',
    },
    { call: 'kvpair_array_to_obj(a)', row: { a: 5 }, fails: 'first argument should be array of interface{}' },
  ],
  eval: (pairs: unknown) => {
    const object: Record<string, unknown> = {};
    for (const pair of listAt(0, pairs)) {
      if (!isMapValue(pair)) return rowError('array item should be map[string]interface{}');
      const isPair = Object.keys(pair).length === 2 && typeof pair.key === 'string' && Object.hasOwn(pair, 'value');
      if (!isPair) return rowError('array item should be key-value pair');
      setMember(object, pair.key as string, pair.value);
    }
    return object;
  },
});

const arrayIntersect = scalar({
  name: 'array_intersect',
  group,
  args: [t.any('a'), t.any('b')],
  returns: anyList,
  onNull: 'null',
  summary: 'The distinct elements that are in both lists, in the order of the second.',
  examples: [
    { call: 'array_intersect(a, b)', row: { a: [3, 1, 2], b: [2, 3, 9, 2] }, gives: '[2.0, 3.0]' },
    { call: 'array_intersect(a, b)', row: { a: 'x', b: [1] }, fails: 'first argument should be array of interface{}' },
    { call: 'array_intersect(a, b)', row: { a: [1], b: 'x' }, fails: 'second argument should be array of interface{}' },
  ],
  eval: (a: unknown, b: unknown) => {
    const known = new ElementSet(listAt(0, a));
    const found = new ElementSet();
    return listAt(1, b).filter((element) => known.has(element) && found.add(element));
  },
});

const arrayUnion = scalar({
  name: 'array_union',
  group,
  args: [t.any('a'), t.any('b')],
  returns: anyList,
  onNull: 'call',
  summary: 'The distinct elements of both lists; a null list is empty.',
  examples: [
    { call: 'array_union(a, b)', row: { a: [3, 1, 3], b: [2, 1] }, gives: '[3.0, 1.0, 2.0]' },
    { call: 'array_union(a, b)', row: { a: [] }, gives: '[]' },
    { call: 'array_union(a, b)', row: { a: [1], b: 5 }, fails: 'second argument should be array of interface{}' },
  ],
  eval: (a: unknown, b: unknown) => {
    const found = new ElementSet();
    const first = isNil(a) ? [] : listAt(0, a);
    const second = isNil(b) ? [] : listAt(1, b);
    return [...first.filter((element) => found.add(element)), ...second.filter((element) => found.add(element))];
  },
});

const arrayExcept = scalar({
  name: 'array_except',
  group,
  args: [t.any('a'), t.any('b')],
  returns: anyList,
  onNull: 'call',
  summary: 'The distinct elements of the first list that are not in the second. Null when the first is null.',
  examples: [
    { call: 'array_except(a, b)', row: { a: [1, 2, 2, 3], b: [3] }, gives: '[1.0, 2.0]' },
    { call: 'array_except(a, b)', row: { a: [1, 1] }, gives: '[1.0]' },
    { call: 'array_except(a, b)', row: { b: [1] }, gives: 'null' },
  ],
  eval: (a: unknown, b: unknown) => {
    if (isNil(a)) return null;
    const first = listAt(0, a);
    const dropped = new ElementSet(isNil(b) ? [] : listAt(1, b));
    const found = new ElementSet();
    return first.filter((element) => !dropped.has(element) && found.add(element));
  },
});

const arrayConcat = scalar({
  name: 'array_concat',
  group,
  args: [t.rest(t.any('list'), 1)],
  returns: anyList,
  onNull: 'call',
  summary: 'One list of the elements of all lists; null lists are skipped. Null when there are no elements.',
  examples: [
    { call: 'array_concat(a, b, a)', row: { a: [1], b: [2, null] }, gives: '[1.0, 2.0, null, 1.0]' },
    { call: 'array_concat(a, b)', row: { b: [] }, gives: 'null' },
    { call: 'array_concat(a)', row: { a: 5 }, fails: 'array elements should be array' },
    { call: 'array_concat()', fails: 'At least has 1 argument but found 0.' },
  ],
  eval: (...lists: unknown[]) => {
    const result: unknown[] = [];
    for (const list of lists) {
      if (isNil(list)) continue;
      if (!Array.isArray(list)) return rowError('array elements should be array');
      for (const element of list) result.push(element);
    }
    return result.length === 0 ? null : result;
  },
});

export const arrayFunctions: readonly FunctionDeclaration[] = [
  arrayCardinality,
  arrayConcat,
  arrayContains,
  arrayContainsAny,
  arrayCreate,
  arrayDistinct,
  arrayExcept,
  arrayFlatten,
  arrayIntersect,
  arrayJoin,
  arrayLastPosition,
  arrayMax,
  arrayMin,
  arrayPosition,
  arrayRemove,
  arrayShuffle,
  arraySort,
  arrayUnion,
  cardinality,
  elementAt,
  kvpairArrayToObj,
  repeat,
  sequence,
];
