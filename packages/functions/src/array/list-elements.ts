/**
 * Other selections and orders of the elements of lists. Lists are never changed; results are new. Equality keeps int and
 * float apart. Source: behaviour spec, functions §12.
 */
import { anyList, compareStrings, rowError, valueText } from '@kuiper/base';
import { type FunctionContext, scalar, t, type FunctionDeclaration } from '@kuiper/sdk';
import { isNil } from '../map-value.ts';
import { ElementSet, sameElement } from './element-set.ts';
import { listAt } from './list-argument.ts';

const arrayRemove = scalar({
  name: 'array_remove',
  group: 'array',
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

const arrayDistinct = scalar({
  name: 'array_distinct',
  group: 'array',
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

const arrayShuffle = scalar({
  name: 'array_shuffle',
  group: 'array',
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
  group: 'array',
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

const arrayIntersect = scalar({
  name: 'array_intersect',
  group: 'array',
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
  group: 'array',
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
  group: 'array',
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

export const listElementFunctions: readonly FunctionDeclaration[] = [
  arrayRemove,
  arrayDistinct,
  arrayShuffle,
  arraySort,
  arrayIntersect,
  arrayUnion,
  arrayExcept,
];
