import { anyMap, type Kind, type Row, type RowType } from '@kuiper/base';
import type { DecodeSpec } from '@kuiper/sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createJsonDecoder, rowPlan } from './json-decoder.ts';
import { JsonReader } from './json-reader.ts';
import { generateScanner, scannerSource } from './json-scanner.ts';

const schemaless: DecodeSpec = { schema: null, columns: null, options: {} };

function rowType(fields: Record<string, Kind>): RowType {
  return { k: 'map', fields, rest: null };
}

/** What decoding gives: the rows, or the error text. */
function outcome(spec: DecodeSpec, text: string): unknown {
  try {
    return createJsonDecoder(spec).decode(Buffer.from(text));
  } catch (error) {
    return (error as Error).message;
  }
}

const declared: DecodeSpec = {
  ...schemaless,
  schema: rowType({
    i: 'int',
    f: 'float',
    s: 'string',
    b: 'bool',
    y: 'bytes',
    d: 'datetime',
    l: { k: 'list', of: 'int' },
    ls: { k: 'list', of: 'string' },
    o: rowType({ n: 'int', t: 'string', deep: { k: 'list', of: rowType({ k: 'float' }) } }),
  }),
};

const cases: readonly (readonly [spec: DecodeSpec, text: string, result: unknown])[] = [
  [schemaless, '{"a":1,"b":{"c":[1,"x",null]}}', { a: 1, b: { c: [1, 'x', null] } }],
  [schemaless, '[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
  [schemaless, '[]', []],
  [schemaless, '5', 'only map[string]interface{} and []map[string]interface{} is supported'],
  [schemaless, '"x"', 'only map[string]interface{} and []map[string]interface{} is supported'],
  [schemaless, 'null', 'only map[string]interface{} and []map[string]interface{} is supported'],
  [schemaless, '[{"a":1},5]', "value doesn't contain object; it contains number"],
  [schemaless, '[[1]]', "value doesn't contain object; it contains array"],
  [schemaless, '[true]', "value doesn't contain object; it contains true"],
  [{ ...schemaless, columns: ['a'] }, '[{"a":1,"b":2},{"b":3}]', [{ a: 1 }, { a: undefined }]],
  [{ ...schemaless, columns: ['a', 'z'] }, '{"a":null,"b":null}', { a: null, z: undefined }],
  [{ ...schemaless, columns: ['a'] }, '{"a":1,"a":2}', { a: 2 }],
  [{ ...schemaless, columns: ['toString', 'constructor'] }, '{"a":1}', { toString: undefined, constructor: undefined }],
  [{ ...schemaless, columns: ['a'], renames: { a: 'x' } }, '{"a":1,"x":2}', { x: 1 }],
  [{ ...schemaless, renames: { a: 'x' } }, '{"a":1,"b":2}', { x: 1, b: 2 }],
  [{ ...schemaless, columns: ['', 'a"b', '温'] }, '{"":1,"a\\"b":2,"温":3}', { '': 1, 'a"b': 2, 温: 3 }],
  [declared, '{"i":9223372036854775807}', { i: 9223372036854775807n }],
  [declared, '{"i":-9223372036854775808}', { i: -9223372036854775808n }],
  [declared, '{"i":9007199254740993}', { i: 9007199254740993n }],
  [declared, '{"i":-0}', { i: 0 }],
  [declared, '{"i":9223372036854775808}', 'i has wrong type:number, expect:bigint'],
  [declared, '{"i":3.5}', 'i has wrong type:number, expect:bigint'],
  [declared, '{"i":3.0}', 'i has wrong type:number, expect:bigint'],
  [declared, '{"i":1e3}', 'i has wrong type:number, expect:bigint'],
  [declared, '{"i":"1"}', 'i has wrong type:string, expect:bigint'],
  [declared, '{"i":true}', 'i has wrong type:true, expect:bigint'],
  [declared, '{"f":1}', { f: 1 }],
  [declared, '{"f":1e21}', { f: 1e21 }],
  [declared, '{"f":false}', 'f has wrong type:false, expect:float'],
  [declared, '{"s":1234567}', { s: '1.234567e+06' }],
  [declared, '{"s":3}', { s: '3' }],
  [declared, '{"s":{}}', 's has wrong type:object, expect:string'],
  [declared, '{"b":2}', { b: true }],
  [declared, '{"b":"F"}', { b: false }],
  [declared, '{"b":"yes"}', 'b has wrong type:string, expect:boolean'],
  [declared, '{"y":"aGk="}', { y: new Uint8Array([104, 105]) }],
  [declared, '{"y":"h!"}', { y: new Uint8Array([104, 33]) }],
  [declared, '{"y":5}', 'y has wrong type:number, expect:bytea'],
  [declared, '{"d":5}', { d: 5 }],
  [declared, '{"d":"2020"}', { d: '2020' }],
  [declared, '{"d":[1]}', 'd has wrong type:array, expect:datetime'],
  [declared, '{"l":[1,null,9007199254740993]}', { l: [1, null, 9007199254740993n] }],
  [declared, '{"l":["x"]}', 'array has wrong type:string, expect:bigint'],
  [declared, '{"l":5}', 'l has wrong type:number, expect:array'],
  [declared, '{"ls":["x",1234567]}', { ls: ['x', '1.234567e+06'] }],
  [declared, '{"o":{"n":1,"zz":2,"deep":[{"k":1,"q":0}]}}', { o: { n: 1, deep: [{ k: 1 }] } }],
  [declared, '{"o":{"n":"1"}}', 'n has wrong type:string, expect:bigint'],
  [declared, '{"o":"{}"}', 'o has wrong type:string, expect:struct'],
  [declared, '{"zz":2,"nn":null,"i":null}', { i: null, nn: null }],
  [{ ...declared, columns: ['i'] }, '{"i":1,"s":[1],"nn":null}', { i: 1 }],
  [
    { ...schemaless, options: { useInt64ForWholeNumber: true } },
    '{"a":7,"b":7.0,"l":[1,{"k":2}]}',
    { a: 7n, b: 7, l: [1n, { k: 2n }] },
  ],
];

describe('json decoder', () => {
  for (const [spec, text, expected] of cases) {
    test(`${text} as ${JSON.stringify({ columns: spec.columns, schema: spec.schema !== null })}`, () => {
      const result = outcome(spec, text);
      expect(withoutMissing(result)).toStrictEqual(withoutMissing(expected));
    });
  }

  test('keys of prototypes are data', () => {
    const row = outcome({ ...schemaless, columns: ['__proto__', 'a'] }, '{"__proto__":{"polluted":true},"a":1}') as Row;
    expect(Object.keys(row)).toEqual(['__proto__', 'a']);
    expect((row as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.getOwnPropertyDescriptor(row, '__proto__')?.value).toEqual({ polluted: true });
  });

  test('the type tells how values are represented', () => {
    const decoder = createJsonDecoder({ ...declared, columns: ['d', 'i', 'other'] });
    expect(decoder.type).toEqual(rowType({ d: 'any', i: 'int', other: 'null' }));
    expect(createJsonDecoder(schemaless).type).toEqual(anyMap);
    expect(createJsonDecoder(declared).type.rest).toBe('null');
  });

  for (const [name, texts] of [
    ['ASCII', ['{"a":1}', '{"a":', '[{"a":2},{"a":3}]', '{"b":4}']],
    ['not ASCII', ['{"a":"é"}', '{"é":', '[{"a":2},{"a":"温"}]', '{"b":4}']],
  ] as const) {
    test(`a batch of ${name} messages gives rows and failures in order`, () => {
      const parts = texts.map((text) => Buffer.from(text));
      const padding = Buffer.from('##');
      const buffer = Buffer.concat(parts.flatMap((part) => [padding, part]));
      const starts: number[] = [];
      const ends: number[] = [];
      for (let at = 0, i = 0; i < parts.length; i++) {
        starts.push(at + 2);
        at += 2 + (parts[i] as Buffer).length;
        ends.push(at);
      }
      const seen: unknown[] = [];
      const decoder = createJsonDecoder({ ...schemaless, columns: ['a'] });
      decoder.decodeBatch(
        { buffer, starts, ends, count: parts.length, timestampMs: 0, position: 0, meta: () => null },
        { row: (row, i) => seen.push([i, row['a']]), fail: (error, i) => seen.push([i, error.message.slice(0, 18)]) },
      );
      const [first, second] = name === 'ASCII' ? [1, 3] : ['é', '温'];
      expect(seen).toEqual([
        [0, first],
        [1, 'cannot parse JSON:'],
        [2, 2],
        [2, second],
        [3, undefined],
      ]);
    });
  }
});

/** Without the keys that hold undefined: those are columns that a message did not have. */
function withoutMissing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMissing);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

const columnNames = ['a', 'ab', 'abc', 'b', 'temp', '', '__proto__', 'toString', 'é', 'a"b'];
const key = fc.oneof(fc.constantFrom(...columnNames), fc.string({ maxLength: 4 }));
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 0.1, 1e21, 5e-324, 123456789012345.6, 0.000012345),
);
const scalar = fc.oneof(number, fc.string(), fc.string({ unit: 'binary' }), fc.boolean(), fc.constant(null));
const value = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((members) => members),
})).value;

/** JSON text written by hand: members in any number, repeated keys, odd white space, several forms of a number. */
function textOf(data: unknown, random: () => number): string {
  const white = (): string =>
    random() < 0.85 ? '' : ([' ', '\n', '\t', '\r', '  '][Math.floor(random() * 5)] as string);
  if (typeof data === 'number') {
    const forms = [
      String(data),
      data.toExponential(),
      `${data}`.includes('e') ? `${data}` : `${data}${Number.isInteger(data) ? '.0' : '0'}`,
    ];
    return forms[Math.floor(random() * forms.length)] as string;
  }
  if (typeof data !== 'object' || data === null) return JSON.stringify(data);
  const list = data as unknown[];
  const isObject = list.length > 0 && list.every((e) => Array.isArray(e) && e.length === 2 && typeof e[0] === 'string');
  const items = list.map((e) => {
    if (!isObject) return white() + textOf(e, random) + white();
    const [name, member] = e as [string, unknown];
    return `${white()}${JSON.stringify(name)}${white()}:${white()}${textOf(member, random)}${white()}`;
  });
  return isObject ? `{${items.join(',')}}` : `[${items.join(',')}]`;
}

const jsonText = fc
  .tuple(
    fc.array(fc.tuple(key, value), { maxLength: 6 }),
    fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
  )
  .map(([members, randoms]) => {
    const random = (): number => Math.min(randoms.next().value as number, 0.999999);
    return members.length === 0 ? '{}' : textOf(members, random);
  });

const mutated = fc
  .tuple(
    jsonText,
    fc.nat(),
    fc.constantFrom(
      '',
      ',',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      '0',
      '-',
      '.',
      'e',
      '\n',
      '\u0001',
      ' ',
      'nul',
      '\\u00e9',
      '\\q',
    ),
    fc.nat(2),
  )
  .map(([text, at, insert, remove]) => {
    const where = at % (text.length + 1);
    return text.slice(0, where) + insert + text.slice(where + remove);
  });

function parseAndPick(text: string, columns: readonly string[]): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'syntax';
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'not a row';
  const row = parsed as Row;
  return columns.map((name) => (Object.hasOwn(row, name) ? row[name] : undefined));
}

describe('json scanner', () => {
  for (const [name, texts] of [
    ['any JSON', jsonText],
    ['damaged JSON', mutated],
  ] as const) {
    test(`reads ${name} exactly like the parser`, () => {
      const scan = generateScanner(rowPlan({ ...schemaless, columns: columnNames }));
      fc.assert(
        fc.property(texts, fc.constantFrom('', '}', '"', ' ', '0', ',"a":5}'), (text, behind) => {
          const row = scan?.(`#${text}${behind}`, 1, 1 + text.length) ?? null;
          const expected = parseAndPick(text, columnNames);
          if (row === null) return; // left to the parser
          expect(Object.keys(row)).toEqual(columnNames);
          expect(Object.values(row)).toStrictEqual(expected);
        }),
        { numRuns: 3000 },
      );
    });

    test(`the decoder answers ${name} like the parser, row or failure`, () => {
      const decoder = createJsonDecoder({ ...schemaless, columns: columnNames });
      fc.assert(
        fc.property(texts, (text) => {
          fc.pre(text.isWellFormed());
          const expected = parseAndPick(text, columnNames);
          if (!Array.isArray(expected)) expect(() => asRow(decoder.decode(Buffer.from(text)))).toThrow();
          else expect(Object.values(decoder.decode(Buffer.from(text)))).toStrictEqual(expected);
        }),
        { numRuns: 2000 },
      );
    });
  }

  test('takes every ordinary message itself', () => {
    const scan = generateScanner(rowPlan({ ...schemaless, columns: ['temp', 'ts', 's', 'o'] }));
    const text = ' {"id":1,"temp":-23.75e0,"ts":1700000000000, "s":"a\\n\\u00e9","o":{"k":[1]},"x":[{}],"n":null} ';
    expect(scan?.(text, 0, text.length)).toEqual({ temp: -23.75, ts: 1700000000000, s: 'a\né', o: { k: [1] } });
  });

  test('takes ordinary declared messages itself', () => {
    const scan = generateScanner(rowPlan(declared));
    const text = '{"i":-7,"f":1,"s":"x","b":true,"y":"aGk=","d":5,"l":[1],"ls":[],"o":{"n":2},"zz":{}}';
    expect(scan?.(text, 0, text.length)).toEqual({
      ...{ i: -7, f: 1, s: 'x', b: true, y: new Uint8Array([104, 105]), d: 5, l: [1], ls: [] },
      o: { n: 2 },
    });
  });

  const wholeNumbers = { ...schemaless, columns: ['i', 'f', 'l', 'o'], options: { useInt64ForWholeNumber: true } };
  for (const [what, spec] of [
    ['declared types', declared],
    ['whole numbers as integers', wholeNumbers],
  ] as const)
    test(`reads ${what} like the reader`, () => {
      const plan = rowPlan(spec);
      const scan = generateScanner(plan);
      const reader = new JsonReader(plan);
      const names = ['i', 'f', 's', 'b', 'y', 'd', 'l', 'ls', 'o'];
      const typed = fc.array(fc.tuple(fc.constantFrom(...names, 'zz'), value), { maxLength: 4 });
      fc.assert(
        fc.property(typed, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (members, randoms) => {
          const text =
            members.length === 0 ? '{}' : textOf(members, () => Math.min(randoms.next().value as number, 0.999));
          const row = scan?.(text, 0, text.length) ?? null;
          if (row !== null) expect(row).toStrictEqual(reader.read(text, 0, text.length));
        }),
        { numRuns: 2000 },
      );
    });

  test('its source holds no text of the user', () => {
    const source = String(scannerSource(rowPlan({ ...schemaless, columns: ['"];evil();["', 'x`${y}'] })));
    expect(source).not.toMatch(/evil|\$\{/);
  });
});

function asRow(rows: Row | Row[]): Row {
  if (Array.isArray(rows)) throw new Error('a list');
  return rows;
}
