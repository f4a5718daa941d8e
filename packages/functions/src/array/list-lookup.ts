/**
 * What a list holds. Equality keeps int and float apart: `array_contains(a, 1)` is false for the floats of JSON, use
 * `1.0`. Source: behaviour spec, functions §12.
 */
import { asInt, rowError } from '@kuiper/base';
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { extremeOfList } from '../aggregate/extreme.ts';
import { isMapValue, isNil } from '../map-value.ts';
import { ElementSet, findElement, sameElement } from './element-set.ts';
import { listAt, stringAt } from './list-argument.ts';

const cardinality = scalar({
  name: 'cardinality',
  group: 'array',
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
  group: 'array',
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

const arrayPosition = scalar({
  name: 'array_position',
  group: 'array',
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
  group: 'array',
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
  group: 'array',
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
  group: 'array',
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
  group: 'array',
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

const arrayMax = scalar({
  name: 'array_max',
  group: 'array',
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
  group: 'array',
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

export const listLookupFunctions: readonly FunctionDeclaration[] = [
  cardinality,
  arrayCardinality,
  arrayPosition,
  arrayLastPosition,
  arrayContains,
  arrayContainsAny,
  elementAt,
  arrayMax,
  arrayMin,
];
