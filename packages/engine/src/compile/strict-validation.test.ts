import { DateTime, type RowType } from '@kuiper/base';
import type { ColumnDef, DataType } from '@kuiper/sql';
import { describe, expect, test } from 'vitest';
import { strictRow } from './strict-validation.ts';

const span = { start: 0, end: 0 };
const scalar = (kind: 'bigint' | 'float' | 'string' | 'boolean' | 'bytea' | 'datetime'): DataType => ({ kind, span });
const column = (name: string, type: DataType, defaultValue: ColumnDef['defaultValue'] = null): ColumnDef => ({
  name,
  type,
  defaultValue,
  span,
});

const columns: readonly ColumnDef[] = [
  column('a', scalar('bigint'), -3),
  column('f', scalar('float'), 2),
  column('s', scalar('string'), ''),
  column('b', scalar('boolean'), true),
  column('y', scalar('bytea'), ''),
  column('d', scalar('datetime'), 0),
  column('l', { kind: 'array', element: scalar('datetime'), span }, ''),
  column('o', { kind: 'struct', fields: [column('k', scalar('bigint'))], span }, ''),
];
const type: RowType = {
  k: 'map',
  fields: {
    a: 'int',
    f: 'float',
    s: 'string',
    b: 'bool',
    y: 'bytes',
    o: { k: 'map', fields: { k: 'int' }, rest: null },
  },
  rest: 'any',
};
const check = (row: Record<string, unknown>, only: string): unknown =>
  strictRow(row, {
    columns: columns.filter(({ name }) => name === only),
    type,
    timeZone: 'UTC',
    now: () => 0,
    timestampFormat: '',
  })[only];

describe('values as declared', () => {
  const cases: readonly (readonly [string, unknown, unknown])[] = [
    ['a', 5, 5],
    ['a', undefined, -3],
    ['f', 1.5, 1.5],
    ['s', 'x', 'x'],
    ['b', false, false],
    ['y', 'aGk=', new Uint8Array([104, 105])],
    ['y', 'hi', new Uint8Array([104, 105])],
    ['d', 1000, new DateTime(1000, 'UTC')],
    ['l', [1000], [new DateTime(1000, 'UTC')]],
    ['l', null, null],
    ['o', { k: 1, more: 2 }, { k: 1 }],
    ['o', '{"k": 2}', { k: 2 }],
  ];
  test.each(cases)('%s from %j', (name, value, expected) => {
    expect(check({ [name]: value }, name)).toEqual(expected);
  });
});

describe('errors', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['a', null, 'field a type mismatch: cannot convert <nil>(<nil>) to int64'],
    ['a', 'red', 'field a type mismatch: cannot convert string(red) to int64'],
    ['b', 1, 'field b type mismatch: cannot convert float64(1) to bool'],
    ['y', null, 'field y type mismatch: cannot convert <nil>(<nil>) to bytea'],
    ['d', 'nonsense', "field d type mismatch: Can't parse string as time: nonsense"],
    ['l', ['zzz'], "field l type mismatch: array element type mismatch: Can't parse string as time: zzz"],
    [
      'l',
      [1, null],
      'field l type mismatch: array element type mismatch: unsupported type to convert to timestamp <nil>',
    ],
    ['l', 5, 'field l type mismatch: expect array but got 5'],
    ['o', {}, 'field o type mismatch: field k is not found'],
    ['o', { k: null }, 'field o type mismatch: field k type mismatch: cannot convert <nil>(<nil>) to int64'],
  ];
  test.each(cases)('%s from %j', (name, value, text) => {
    expect(() => check({ [name]: value }, name)).toThrow(`error in preprocessor: ${text}`);
  });

  test('a missing column without default', () => {
    const options = {
      columns: [column('c', scalar('bigint'))],
      type,
      timeZone: 'UTC',
      now: () => 0,
      timestampFormat: '',
    };
    expect(() => strictRow({}, options)).toThrow('error in preprocessor: field c is not found');
  });
});
