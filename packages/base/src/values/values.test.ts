import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareStrings, compareTagged, deepEqual } from './compare.ts';
import {
  asBool,
  asFloat,
  asInt,
  asString,
  type Strictness,
  toBool,
  toBytes,
  toFloat,
  toInt,
  toText,
} from './convert.ts';
import { DateTime } from './date-time.ts';
import { jsonText } from './json-text.ts';
import { anyList, anyMap, type Kind } from './kind.ts';
import { tagValue, untagValue } from './tagging.ts';
import { describeValue, goTypeName, plainText, textForm, valueText } from './text.ts';

const noon = new DateTime(1700000000000, 'UTC');
const bytes = new Uint8Array([104, 105]);

describe('texts of values', () => {
  const cases: readonly (readonly [value: unknown, kind: Kind, type: string, text: string, plain: string])[] = [
    [null, 'any', '<nil>', '<nil>', ''],
    [undefined, 'int', '<nil>', '<nil>', ''],
    [true, 'bool', 'bool', 'true', 'true'],
    [1000000, 'int', 'int64', '1000000', '1000000'],
    [1000000, 'float', 'float64', '1e+06', '1000000'],
    [1000000, 'any', 'float64', '1e+06', '1000000'],
    [1000000n, 'any', 'int64', '1000000', '1000000'],
    ['x', 'string', 'string', 'x', 'x'],
    [bytes, 'bytes', '[]uint8', '[104 105]', 'hi'],
    [noon, 'datetime', 'time.Time', '2023-11-14 22:13:20 +0000 UTC', '2023-11-14 22:13:20 +0000 UTC'],
    [[1, null, 'a'], anyList, '[]interface {}', '[1 <nil> a]', '[1 <nil> a]'],
    [[1000000], { k: 'list', of: 'int' }, '[]interface {}', '[1000000]', '[1000000]'],
    [
      { b: 1, a: { c: null }, z: undefined },
      anyMap,
      'map[string]interface {}',
      'map[a:map[c:<nil>] b:1]',
      'map[a:map[c:<nil>] b:1]',
    ],
    [
      { n: 1000000 },
      { k: 'map', fields: { n: 'int' }, rest: null },
      'map[string]interface {}',
      'map[n:1000000]',
      'map[n:1000000]',
    ],
  ];
  for (const [value, kind, type, text, plain] of cases) {
    test(`${type} ${text}`, () => {
      expect(goTypeName(value, kind)).toBe(type);
      expect(valueText(value, kind)).toBe(text);
      expect(plainText(value, kind)).toBe(plain);
      expect(textForm(value, kind)).toBe(value === null || value === undefined ? '' : text);
      expect(describeValue(value, kind)).toBe(`${type}(${text})`);
    });
  }
});

describe('order', () => {
  test('strings by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareStrings(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    expect(compareStrings('\uffee', '😀')).toBeLessThan(0);
    expect(compareStrings('a', 'ab')).toBeLessThan(0);
  });

  test('integers exactly, mixed numbers as doubles', () => {
    expect(compareTagged(9007199254740993n, 9007199254740992n)).toBe(1);
    expect(compareTagged(9007199254740993n, 9007199254740992)).toBe(0);
    expect(compareTagged(1n, 1.5)).toBe(-1);
    expect(compareTagged(Number.NaN, 1)).toBeNaN();
  });
});

describe('equality', () => {
  const cases: readonly (readonly [a: unknown, kindA: Kind, b: unknown, kindB: Kind, equal: boolean])[] = [
    [1, 'int', 1n, 'any', true],
    [1, 'int', 1, 'float', false],
    [1n, 'any', 1, 'any', false],
    ['1', 'string', 1, 'float', false],
    [null, 'any', undefined, 'any', true],
    [null, 'any', 0, 'any', false],
    [[1, 2], { k: 'list', of: 'int' }, [1n, 2n], anyList, true],
    [[1, 2], anyList, [1], anyList, false],
    [{ a: 1, b: undefined }, anyMap, { a: 1 }, anyMap, true],
    [{ a: 1 }, anyMap, { b: 1 }, anyMap, false],
    [{ a: null }, anyMap, {}, anyMap, false],
    [bytes, 'bytes', new Uint8Array(bytes), 'bytes', true],
    [bytes, 'bytes', [104, 105], anyList, false],
    [noon, 'datetime', noon.inZone('Asia/Tokyo'), 'datetime', true],
    [noon, 'datetime', {}, anyMap, false],
    [[], anyList, {}, anyMap, false],
  ];
  for (const [a, kindA, b, kindB, equal] of cases) {
    test(`${describeValue(a, kindA)} and ${describeValue(b, kindB)}`, () => {
      expect(deepEqual(a, kindA, b, kindB)).toBe(equal);
      expect(deepEqual(b, kindB, a, kindA)).toBe(equal);
    });
  }
});

describe('tags', () => {
  const kind: Kind = {
    k: 'map',
    fields: { n: 'int', l: { k: 'list', of: 'int' }, f: 'float', s: 'string' },
    rest: null,
  };
  test('integers get and lose their tag, deeply', () => {
    const slot = { n: 1, l: [2, null, 9007199254740993n], f: 1.5, s: 'x' };
    const tagged = { n: 1n, l: [2n, null, 9007199254740993n], f: 1.5, s: 'x' };
    expect(tagValue(slot, kind)).toEqual(tagged);
    expect(untagValue(tagged, kind)).toEqual(slot);
  });
  test('a value without integers stays the same object', () => {
    const value = { a: [1.5] };
    expect(tagValue(value, anyMap)).toBe(value);
    expect(untagValue(value, anyMap)).toBe(value);
  });
});

describe('conversions', () => {
  type Results = readonly [strict: unknown, sameKind: unknown, all: unknown];
  const no = undefined;
  const cases: readonly (readonly [
    value: unknown,
    kind: Kind,
    int: Results,
    float: Results,
    text: Results,
    bool: Results,
  ])[] = [
    [3, 'int', [3, 3, 3], [no, 3, 3], [no, no, '3'], [no, no, true]],
    [3n, 'any', [3, 3, 3], [no, 3, 3], [no, no, '3'], [no, no, true]],
    [3, 'float', [3, 3, 3], [3, 3, 3], [no, no, '3'], [no, no, true]],
    [-3.7, 'any', [no, -3, -3], [-3.7, -3.7, -3.7], [no, no, '-3.7'], [no, no, true]],
    [1e6, 'float', [1e6, 1e6, 1e6], [1e6, 1e6, 1e6], [no, no, '1000000'], [no, no, true]],
    [0, 'float', [0, 0, 0], [0, 0, 0], [no, no, '0'], [no, no, false]],
    [true, 'bool', [no, no, 1], [no, no, 1], [no, no, 'true'], [true, true, true]],
    ['0x1f', 'string', [no, no, 31], [no, no, no], ['0x1f', '0x1f', '0x1f'], [no, no, no]],
    ['1.5', 'string', [no, no, no], [no, no, 1.5], ['1.5', '1.5', '1.5'], [no, no, no]],
    ['F', 'string', [no, no, no], [no, no, no], ['F', 'F', 'F'], [no, no, false]],
    [null, 'any', [no, no, 0], [no, no, 0], [no, no, ''], [no, no, false]],
    [bytes, 'bytes', [no, no, no], [no, no, no], ['hi', 'hi', 'hi'], [no, no, no]],
    [[1], anyList, [no, no, no], [no, no, no], [no, no, '[1]'], [no, no, no]],
  ];
  const levels: readonly Strictness[] = ['strict', 'sameKind', 'all'];
  for (const [value, kind, int, float, text, bool] of cases) {
    test(describeValue(value, kind), () => {
      expect(levels.map((level) => asInt(value, kind, level))).toEqual(int);
      expect(levels.map((level) => asFloat(value, kind, level))).toEqual(float);
      expect(levels.map((level) => asString(value, kind, level))).toEqual(text);
      expect(levels.map((level) => asBool(value, kind, level))).toEqual(bool);
    });
  }

  test('failures name the type, the value and the target', () => {
    expect(() => toInt('x', 'string', 'all')).toThrow('cannot convert string(x) to int64');
    expect(() => toInt(null, 'any', 'strict', 'int')).toThrow('cannot convert <nil>(<nil>) to int');
    expect(() => toFloat(3, 'int', 'strict')).toThrow('cannot convert int64(3) to float64');
    expect(() => toText(1.5, 'float', 'sameKind')).toThrow('cannot convert float64(1.5) to string');
    expect(() => toBool([1], anyList, 'all')).toThrow('cannot convert []interface {}([1]) to bool');
    expect(() => toBytes(true, 'bool', 'all', 'bytea')).toThrow('cannot convert bool(true) to bytea');
  });

  test('floats beyond 64 bits saturate', () => {
    expect(asInt(1e300, 'float', 'sameKind')).toBe(9223372036854775807n);
    expect(asInt(-1e300, 'float', 'sameKind')).toBe(-9223372036854775808n);
    expect(asInt(2 ** 60, 'float', 'strict')).toBe(2n ** 60n);
    expect(asInt(Number.NaN, 'float', 'all')).toBeUndefined();
  });
});

describe('JSON text', () => {
  test('agrees with the platform on what both can write', () => {
    // The platform writes -0 as 0, and leaves alone what is escaped here.
    const marked = (value: unknown): string => JSON.stringify(value, (_, v) => (Object.is(v, -0) ? '<' : v));
    const plain = fc.jsonValue().filter((value) => !/[<>&\u2028\u2029\ud800-\udfff]/.test(marked(value)));
    fc.assert(
      fc.property(plain, (value) => {
        const text = jsonText(value);
        expect(JSON.parse(text)).toEqual(value);
        if (typeof value !== 'object') expect(text).toBe(JSON.stringify(value));
      }),
    );
  });
});
