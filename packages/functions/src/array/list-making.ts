/** Lists made of values and of other lists, and what else lists are made into. Source: behaviour spec, functions §12. */
import { anyList, anyMap, plainText, rowError, setMember } from '@kuiper/base';
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { isMapValue, isNil } from '../map-value.ts';
import { integerAt, listAt, stringAt } from './list-argument.ts';

const arrayCreate = scalar({
  name: 'array_create',
  group: 'array',
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

/** Longest list that a function makes from a number. */
const maxLength = 10_000_000;

const repeat = scalar({
  name: 'repeat',
  group: 'array',
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
  group: 'array',
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
  nullShows: 'aliased',
  group: 'array',
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

const arrayJoin = scalar({
  name: 'array_join',
  group: 'array',
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

const kvpairArrayToObj = scalar({
  name: 'kvpair_array_to_obj',
  group: 'array',
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

const arrayConcat = scalar({
  name: 'array_concat',
  nullShows: 'aliased',
  group: 'array',
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

export const listMakingFunctions: readonly FunctionDeclaration[] = [
  arrayCreate,
  repeat,
  sequence,
  arrayFlatten,
  arrayJoin,
  kvpairArrayToObj,
  arrayConcat,
];
