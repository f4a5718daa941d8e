/**
 * Functions that make several rows or columns of one row. Source: behaviour spec, functions §6–§8.
 */
import { deepEqual, detachValue, rowError, setMember, valueText } from '@kuiper/base';
import { type FunctionDeclaration, multiColumn, setReturning, t, windowed } from '@kuiper/sdk';
import { isNullLike } from './call-function.ts';
import { isMapValue } from './map-value.ts';
import { reportedError } from './reported-error.ts';

const unnest = setReturning({
  name: 'unnest',
  group: 'multi-row',
  args: [t.any('list')],
  summary:
    'One row per element of the list. The members of an object become columns; another element is stored under the ' +
    'name of the field. No elements when the argument is null or empty: the engine makes an error of it.',
  examples: [
    { call: 'unnest(a)', row: { a: [1, { x: 2 }] }, gives: '[1.0, {"x": 2.0}]' },
    { call: 'unnest(a)', row: { a: [] }, gives: '[]' },
    { call: 'unnest(a)', row: {}, gives: '[]' },
    { call: 'unnest(a)', row: { a: 5 }, fails: 'the argument for the unnest function should be array' },
  ],
  eval: (list: unknown) => {
    if (isNullLike(list)) return [];
    return Array.isArray(list) ? list : reportedError('the argument for the unnest function should be array');
  },
});

const extract = setReturning({
  name: 'extract',
  group: 'multi-row',
  args: [t.any('object')],
  summary: 'The members of an object as columns of the row.',
  examples: [
    { call: 'extract(a)', row: { a: { x: 1 } }, gives: '[{"x": 1.0}]' },
    { call: 'extract(a)', row: { a: null }, gives: '[]' },
    { call: 'extract(a)', row: { a: [1] }, fails: 'extract should use map' },
  ],
  eval: (object: unknown) => {
    if (isNullLike(object)) return [];
    return isMapValue(object) ? [object] : rowError('extract should use map');
  },
});

interface LastEmitted {
  /** Values by column name; a column not emitted yet is null. */
  values: Record<string, unknown>;
}

const changedCols = multiColumn({
  name: 'changed_cols',
  group: 'multi-column',
  args: [t.string('prefix'), t.bool('ignoreNull'), t.rest(t.any('x'), 1)],
  // literals of another kind pass here and fail on the first row
  check: (args) => (args.length < 3 ? `expect more than two args but got ${args.length}` : null),
  summary:
    'The columns whose values differ from those emitted last, under their names behind a prefix. With ignoreNull, ' +
    'nulls are no change.',
  examples: [
    {
      call: 'changed_cols("c_", true, t, h)',
      rows: [
        { t: 23n, h: 88n },
        { t: 23n, h: 88n },
        { t: 25n, h: 88n },
      ],
      gives: ['{"c_t": 23, "c_h": 88}', '{}', '{"c_t": 25}'],
    },
    {
      call: 'changed_cols("", false, t, h)',
      rows: [{ t: null, h: 1n }, { t: 5n, h: null }, { t: null, h: null }, { h: null }, { t: 0n }],
      gives: ['{"h": 1}', '{"t": 5, "h": null}', '{"t": null}', '{}', '{"t": 0}'],
    },
    {
      call: 'changed_cols("t", true, *)',
      rows: [{ a: 1n, b: 'x' }, { a: 1n, c: [1n] }, { c: [1n], b: 'y' }, {}],
      gives: ['{"ta": 1, "tb": "x"}', '{"tc": [1]}', '{"tb": "y"}', '{}'],
    },
    { call: 'changed_cols(p, true, a)', rows: [{ p: 5, a: 1 }], fails: 'first arg is not a string but got 5' },
    { call: 'changed_cols("c", f, a)', rows: [{ a: 1 }], fails: 'second arg is not a bool but got <nil>' },
    { call: 'changed_cols("x", true)', rows: [], fails: 'expect more than two args but got 2' },
  ],
  init: (): LastEmitted => ({ values: {} }),
  next: (state: LastEmitted, options, names, values) => {
    const [prefix, ignoreNull] = options;
    if (typeof prefix !== 'string') return rowError(`first arg is not a string but got ${valueText(prefix, 'any')}`);
    if (typeof ignoreNull !== 'boolean') {
      return rowError(`second arg is not a bool but got ${valueText(ignoreNull, 'any')}`);
    }
    const changed: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const value = values[i] ?? null;
      if (ignoreNull && value === null) continue;
      const last = Object.hasOwn(state.values, name) ? state.values[name] : null;
      if (deepEqual(value, 'any', last, 'any')) continue;
      setMember(state.values, name, detachValue(value));
      setMember(changed, prefix + name, value);
    }
    return changed;
  },
});

const rowNumber = windowed({
  name: 'row_number',
  group: 'window',
  args: [],
  returns: 'int',
  summary: 'The number of the row in the result of the window, from 1.',
  examples: [{ call: 'row_number()', rows: [{}, {}, {}], gives: ['1', '2', '3'] }],
  eval: (index) => index + 1,
});

export const multiRowFunctions: readonly FunctionDeclaration[] = [unnest, extract, changedCols, rowNumber];
