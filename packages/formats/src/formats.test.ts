import type { Kind, Row, RowType } from '@kuiper/base';
import type { DecodeSpec, EncodeSpec, FormatDeclaration } from '@kuiper/sdk';
import { describe, expect, test } from 'vitest';
import { binaryFormat, builtinFormats, delimitedFormat, urlencodedFormat } from './index.ts';

const tagged: RowType = { k: 'map', fields: {}, rest: 'any' };

function decode(format: FormatDeclaration, text: string, spec: Partial<DecodeSpec> = {}): unknown {
  return format.createDecoder({ schema: null, columns: null, options: {}, ...spec }).decode(Buffer.from(text));
}

/** Each step is a row or a list of rows given to one encoder; the texts it gives, or its error. */
function encode(
  format: FormatDeclaration,
  steps: readonly (Row | readonly Row[])[],
  spec: Partial<EncodeSpec> = {},
): string[] {
  const encoder = format.createEncoder({ type: tagged, options: {}, ...spec });
  return steps.map((step) => {
    try {
      const payload = Array.isArray(step) ? encoder.encodeList(step) : encoder.encodeRow(step as Row);
      return Buffer.from(payload as Uint8Array).toString();
    } catch (error) {
      return (error as Error).message;
    }
  });
}

test('formats are found by name', () => {
  expect(builtinFormats.map(({ name }) => name)).toEqual(['json', 'binary', 'delimited', 'urlencoded']);
});

describe('binary', () => {
  test('a message is one column of bytes', () => {
    const row = decode(binaryFormat, 'hi') as Row;
    expect(row).toEqual({ self: new Uint8Array([104, 105]) });
    const fields: Record<string, Kind> = { picture: 'bytes' };
    expect(decode(binaryFormat, 'hi', { schema: { k: 'map', fields, rest: null } })).toEqual({
      picture: new Uint8Array([104, 105]),
    });
  });

  test('the column keeps its bytes when the read buffer is used again', () => {
    const buffer = Buffer.from('abcd');
    const rows: Row[] = [];
    const decoder = binaryFormat.createDecoder({ schema: null, columns: null, options: {} });
    const batch = { buffer, starts: [0, 2], ends: [2, 4], count: 2, timestampMs: 0, position: 0, meta: () => null };
    decoder.decodeBatch(batch, { row: (row) => rows.push(row), fail: (error) => expect.fail(error.message) });
    buffer.fill(0);
    expect(rows).toEqual([{ self: new Uint8Array([97, 98]) }, { self: new Uint8Array([99, 100]) }]);
  });

  test('the column self is the payload', () => {
    const steps = [{ self: 'hello there' }, { self: 'aGk=' }, { self: new Uint8Array([104]) }, {}, [{ self: 'x' }]];
    expect(encode(binaryFormat, steps)).toEqual([
      'hello there',
      'hi',
      'h',
      'field self not exist',
      'unsupported type [map[self:x]], must be a map',
    ]);
  });
});

describe('delimited', () => {
  const decoded: readonly (readonly [text: string, spec: Partial<DecodeSpec>, row: Row])[] = [
    ['[1,2,3]', {}, { col0: '[1', col1: '2', col2: '3]' }],
    ['12.5', { delimiter: '.' }, { col0: '12', col1: '5' }],
    ['12.5', { delimiter: '.', options: { fields: ['x', 'y'] } }, { x: '12', y: '5' }],
    ['1', { options: { fields: ['x', 'y'] } }, { x: '1' }],
    ['1,2,3', { options: { fields: ['x'] } }, { x: '1' }],
    ['1 | 2', { delimiter: ' | ' }, { col0: '1', col1: '2' }],
    ['1,2', { columns: ['col1', 'col5'] }, { col1: '2', col5: undefined }],
    ['1,2', { columns: ['col1'], renames: { col1: 'b' } }, { b: '2' }],
    ['', {}, { col0: '' }],
  ];
  for (const [text, spec, row] of decoded) {
    test(`reads "${text}" ${JSON.stringify(spec)}`, () => {
      expect(decode(delimitedFormat, text, spec)).toStrictEqual(row);
    });
  }

  const encoded: readonly (readonly [
    name: string,
    steps: readonly (Row | Row[])[],
    spec: Partial<EncodeSpec>,
    texts: string[],
  ])[] = [
    [
      'sorted keys of the first row',
      [
        { b: 'x', a: 1, c: null, d: true },
        { b: 'y,z', a: 2.5, d: false },
      ],
      {},
      ['1,x,,true', '2.5,y,z,,false'],
    ],
    ['later keys are lost', [{ a: 1 }, { a: 2, b: 3 }, { b: 4 }], {}, ['1', '2', '']],
    ['an empty row decides nothing', [{}, { a: 1 }], {}, ['', '1']],
    ['separators', [{ a: 1, b: 'x' }], { delimiter: ' | ' }, ['1 | x']],
    ['configured columns', [{ a: 1, b: 2, c: 3 }, { a: 4 }], { options: { fields: ['c', 'a'] } }, ['3,1', ',4']],
    [
      'lists go by their own first row',
      [[{ a: 1, b: 'x' }, { a: 2 }], [{ c: 3 }]],
      { options: { fields: ['b', 'a'] } },
      ['1,x\n2,', '3'],
    ],
    ['lists with a header', [[{ a: 1, b: 'x' }, { a: 2 }]], { hasHeader: true }, ['a,b\n1,x\n2,']],
    [
      'the first row with a header',
      [
        { a: 1, b: 2 },
        { a: 3, b: 4 },
      ],
      { hasHeader: true },
      [',\0\0\0\x03a,b1,2', '3,4'],
    ],
    [
      'plain numbers',
      [{ a: 1e21, b: 9007199254740993n, c: [1e6], d: { k: null } }],
      {},
      ['1000000000000000000000,9007199254740993,[1e+06],map[k:<nil>]'],
    ],
  ];
  for (const [name, steps, spec, texts] of encoded) {
    test(`writes ${name}`, () => {
      expect(encode(delimitedFormat, steps, spec)).toEqual(texts);
    });
  }

  test('batches have a header line and commas', () => {
    const encoder = delimitedFormat.createEncoder({
      type: tagged,
      delimiter: ';',
      options: { batchSize: 2, fields: [] },
    });
    const batch = (rows: readonly Row[]): string =>
      String(encoder.joinBatch(rows.map((row) => encoder.encodeRow(row))));
    expect(
      batch([
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ]),
    ).toBe('a,b\n1,x\n2,y');
    expect(batch([{ a: 3, b: 'z' }, { a: 4 }])).toBe('a,b\n3,z\n4,');
  });
});

describe('urlencoded', () => {
  const decoded: readonly (readonly [text: string, result: Row | string])[] = [
    ['a=1&b=x+y%26z%3D1', { a: '1', b: 'x y&z=1' }],
    ['a=1&a=2&b', { a: ['1', '2'], b: '' }],
    ['', {}],
    ['%E6%B8%A9=%C3%A9', { 温: 'é' }],
    ['a=%zz', 'fail to parse url encoded value invalid URL escape "%zz"'],
    ['a=%4', 'fail to parse url encoded value invalid URL escape "%4"'],
    ['a;b=1', 'fail to parse url encoded value invalid semicolon separator in query'],
    ['a=%ff', { a: '\ufffd' }],
  ];
  for (const [text, result] of decoded) {
    test(`reads "${text}"`, () => {
      if (typeof result === 'string') expect(() => decode(urlencodedFormat, text)).toThrow(result);
      else expect(decode(urlencodedFormat, text)).toStrictEqual(result);
    });
  }

  test('writes sorted keys and escapes all but letters, digits and -_.~', () => {
    const rows = [
      { b: 'x y&z=1', a: 1, c: null, d: true, e: "é/?+'()*!~", u: undefined },
      { a: 1234567.5 },
      { l: ['x', 1] },
      {},
      [{}],
    ];
    expect(encode(urlencodedFormat, rows)).toEqual([
      'a=1&b=x+y%26z%3D1&c=&d=true&e=%C3%A9%2F%3F%2B%27%28%29%2A%21~',
      'a=1234567.5',
      'l=x&l=1',
      '',
      'unsupported type [map[]], must be a map',
    ]);
  });
});
