import { DateTime, type Kind, type Row, type RowType } from '@kuiper/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createJsonDecoder } from './json-decoder.ts';
import { createJsonEncoder, rowEncoderSource } from './json-encoder.ts';
import { createJsonTranscoder } from './json-transcoder.ts';

const unknownKeys: RowType = { k: 'map', fields: {}, rest: 'any' };

function known(fields: Record<string, Kind>): RowType {
  return { k: 'map', fields, rest: null };
}

function encode(type: RowType, row: Row): string {
  try {
    return String(createJsonEncoder({ type, options: {} }).encodeRow(row));
  } catch (error) {
    return (error as Error).message;
  }
}

const cases: readonly (readonly [type: RowType, row: Row, text: string])[] = [
  [known({ b: 'int', a: 'string' }), { b: 1, a: 'x' }, '{"a":"x","b":1}'],
  [known({ b: 'int', a: 'string' }), { b: 1 }, '{"b":1}'],
  [known({ b: 'int', a: 'string' }), { a: null, b: undefined }, '{"a":null}'],
  [known({}), {}, '{}'],
  [known({ a: 'int' }), { a: 9223372036854775807n }, '{"a":9223372036854775807}'],
  [known({ a: 'any' }), { a: 9007199254740993n }, '{"a":9007199254740993}'],
  [known({ a: 'float' }), { a: 1e21 }, '{"a":1e+21}'],
  [known({ a: 'float' }), { a: 1e-7 }, '{"a":1e-7}'],
  [known({ a: 'float' }), { a: 0.000001 }, '{"a":0.000001}'],
  [known({ a: 'float' }), { a: -0 }, '{"a":-0}'],
  [known({ a: 'any' }), { a: -0 }, '{"a":-0}'],
  [known({ a: 'float' }), { a: Number.NaN }, 'json: unsupported value: NaN'],
  [known({ a: 'any' }), { a: Number.NEGATIVE_INFINITY }, 'json: unsupported value: -Inf'],
  [known({ a: 'list' as Kind }), { a: [1, undefined, null, [2n]] }, '{"a":[1,null,null,[2]]}'],
  [known({ a: 'bool', b: 'bool' }), { a: true, b: false }, '{"a":true,"b":false}'],
  [known({ a: 'bytes' }), { a: new Uint8Array([104, 105]) }, '{"a":"aGk="}'],
  [known({ a: 'datetime' }), { a: new DateTime(1700000000006, '+08:00') }, '{"a":"2023-11-15T06:13:20.006+08:00"}'],
  [
    known({ a: 'string' }),
    { a: '<a href="x">&\\\n\u2028\u0001é😀</a>=' },
    '{"a":"\\u003ca href=\\"x\\"\\u003e\\u0026\\\\\\n\\u2028\\u0001é😀\\u003c/a\\u003e="}',
  ],
  [known({ a: 'string' }), { a: '\ud800x' }, '{"a":"\ufffdx"}'],
  [known({ 'k"<': 'int', é: 'int', Z: 'int' }), { 'k"<': 1, é: 2, Z: 3 }, '{"Z":3,"k\\"\\u003c":1,"é":2}'],
  [known({ '😀': 'int', '\uffee': 'int' }), { '😀': 1, '\uffee': 2 }, '{"\uffee":2,"😀":1}'],
  [unknownKeys, { b: { d: 1, c: 2 }, a: [] }, '{"a":[],"b":{"c":2,"d":1}}'],
  [unknownKeys, JSON.parse('{"__proto__":{"x":1},"a":1}') as Row, '{"__proto__":{"x":1},"a":1}'],
  [unknownKeys, {}, '{}'],
  [{ ...known({ b: 'int' }), rest: 'null' }, { b: 1 }, '{"b":1}'],
  [{ ...known({ b: 'int' }), rest: 'null' }, { b: 1, a: null }, '{"a":null,"b":1}'],
];

describe('json encoder', () => {
  for (const [type, row, text] of cases) {
    test(text, () => {
      expect(encode(type, row)).toBe(text);
    });
  }

  test('rows with many keys are sorted, whatever came before', () => {
    const encoder = createJsonEncoder({ type: unknownKeys, options: {} });
    const wide = (from: number): Row => Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${from - i}`, i]));
    for (const from of [30, 30, 25, 30]) {
      const keys = Object.keys(JSON.parse(String(encoder.encodeRow(wide(from)))) as Row);
      expect(keys).toEqual([...keys].sort());
    }
  });

  test('lists and batches join with commas', () => {
    const encoder = createJsonEncoder({ type: known({ a: 'int' }), options: {} });
    expect(encoder.encodeList([])).toBe('[]');
    expect(encoder.encodeList([{ a: 1 }, { a: 2 }])).toBe('[{"a":1},{"a":2}]');
    expect(encoder.joinBatch(['{"a":1}', Buffer.from('[2]')])).toBe('[{"a":1},[2]]');
  });

  test('generated and general encoders agree', () => {
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.constant(undefined),
      fc.bigInt(),
      fc.array(fc.string()),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value, { maxKeys: 6 }), (row) => {
        const type = known(Object.fromEntries(Object.keys(row).map((key) => [key, 'any' as Kind])));
        expect(encode(type, row)).toBe(encode(unknownKeys, row));
      }),
    );
  });

  test('the source of a generated encoder holds no text of the user', () => {
    expect(String(rowEncoderSource(known({ '"];evil();["': 'any', '${evil}': 'int' })))).not.toContain('evil');
  });
});

const anySpecs = [
  { schema: null, columns: null, options: {} },
  { type: unknownKeys, options: {} },
] as const;

describe('json transcoder', () => {
  const ordinary: readonly string[] = [
    '{"id":123,"device":"dev-0042","temp":23.75,"ok":true,"n":null}',
    '{"b": 1, "a": 2}',
    ' { "b" : 1 , "a" : "x" } ',
    '{}',
    '{"b":1,"a":2,"b":3}',
    '{"o":{"z":1,"a":[1.0,{"y":2,"x":3}]},"l":[],"e":{}}',
    '{"s":"\\u0041\\n<&>","t":"é\u2028😀","u":"…“"}',
    '{"a":1.0,"b":1e3,"c":-0,"d":0.0000001,"e":12345678901234567890,"f":0.1,"g":-0.0,"h":0.000001,"i":100}',
    '{"é":1,"\\"":2,"":3,"__proto__":4}',
  ];
  for (const text of ordinary) {
    test(`takes ${text}`, () => {
      const transcoder = createJsonTranscoder(...anySpecs);
      const message = Buffer.from(`#${text}}`);
      for (let again = 0; again < 2; again++) {
        const payload = transcoder?.transcode(message, 1, message.length - 1);
        expect(String(payload)).toBe(decodeAndEncode(text));
      }
    });
  }

  for (const text of [
    '',
    '5',
    '[{"a":1}]',
    '{"a":1',
    '{"a":01}',
    '{"a":tru}',
    '{"a":"\\x"}',
    '{"a":1}}',
    '{"a":1e400}',
    '{"a":[1}}',
  ]) {
    test(`leaves ${text || 'an empty message'} alone`, () => {
      const transcoder = createJsonTranscoder(...anySpecs);
      const good = Buffer.from('{"a":1}');
      transcoder?.transcode(good, 0, good.length);
      expect(transcoder?.transcode(Buffer.from(`${text} }`), 0, text.length)).toBeNull();
    });
  }

  test('what it gives is what decoding and encoding give, for any value under a known layout', () => {
    const transcoder = createJsonTranscoder(...anySpecs);
    const learned = Buffer.from('{"b":1,"a":2}');
    transcoder?.transcode(learned, 0, learned.length);
    const source = fc.oneof(
      fc.json(),
      fc.double().map((x) => x.toFixed(8)),
      fc.double().map((x) => x.toExponential()),
      fc.integer().map((x) => `${x}.50`),
      fc.string().map((s) => `"${s}"`),
      fc.string(),
    );
    fc.assert(
      fc.property(source, source, (b, a) => {
        const text = `{"b":${b},"a":${a}}`;
        const message = Buffer.from(text);
        const payload = transcoder?.transcode(message, 0, message.length) ?? null;
        if (payload !== null) expect(String(payload)).toBe(decodeAndEncode(text));
      }),
      { numRuns: 5000 },
    );
  });

  test('invalid UTF-8 is left alone', () => {
    const transcoder = createJsonTranscoder(...anySpecs);
    const message = Buffer.from('{"a":"\xff"}', 'latin1');
    expect(transcoder?.transcode(message, 0, message.length)).toBeNull();
  });

  test('there is none when rows are more than passed through', () => {
    const [decode, encodeSpec] = anySpecs;
    expect(createJsonTranscoder({ ...decode, columns: ['a'] }, encodeSpec)).toBeNull();
    expect(createJsonTranscoder({ ...decode, schema: known({ a: 'int' }) }, encodeSpec)).toBeNull();
    expect(createJsonTranscoder(decode, { type: known({ a: 'any' }), options: {} })).toBeNull();
  });
});

function decodeAndEncode(text: string): string {
  const row = createJsonDecoder(anySpecs[0]).decode(Buffer.from(text)) as Row;
  return encode(unknownKeys, row);
}
