import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  addInt,
  andInt,
  divInt,
  INT64_MAX,
  INT64_MIN,
  type Int,
  modInt,
  mulInt,
  negInt,
  normInt,
  orInt,
  subInt,
  xorInt,
} from './int64.ts';
import {
  floatText,
  parseBoolText,
  parseDecimalInt,
  parseFloatText,
  parsePrefixedInt,
  plainFloatText,
} from './numbers.ts';

describe('texts of floats', () => {
  const cases: readonly (readonly [value: number, text: string, plain: string])[] = [
    [0, '0', '0'],
    [-0, '-0', '-0'],
    [2, '2', '2'],
    [100000, '100000', '100000'],
    [999999, '999999', '999999'],
    [1000000, '1e+06', '1000000'],
    [1234567, '1.234567e+06', '1234567'],
    [-1234567.5, '-1.2345675e+06', '-1234567.5'],
    [123456.789, '123456.789', '123456.789'],
    [999999.9, '999999.9', '999999.9'],
    [0.0001, '0.0001', '0.0001'],
    [0.00001, '1e-05', '0.00001'],
    [1e-7, '1e-07', '0.0000001'],
    [1.5e-10, '1.5e-10', '0.00000000015'],
    [1e21, '1e+21', '1000000000000000000000'],
    [1.25e22, '1.25e+22', '12500000000000000000000'],
    [1e100, '1e+100', `1${'0'.repeat(100)}`],
    [Number.NaN, 'NaN', 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf', '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf', '-Inf'],
  ];
  for (const [value, text, plain] of cases) {
    test(text, () => {
      expect(floatText(value)).toBe(text);
      expect(plainFloatText(value)).toBe(plain);
    });
  }

  test('every text reads back as the same float', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(floatText(value))).toBe(value);
        expect(Number(plainFloatText(value))).toBe(value);
        expect(plainFloatText(value)).not.toContain('e');
      }),
    );
  });
});

describe('numbers from text', () => {
  const ints: readonly (readonly [text: string, prefixed: Int | undefined, decimal: Int | undefined])[] = [
    ['12', 12, 12],
    ['-12', -12, -12],
    ['+12', 12, 12],
    ['0x1f', 31, undefined],
    ['-0X1F', -31, undefined],
    ['0b11', 3, undefined],
    ['0o17', 15, undefined],
    ['010', 8, 10],
    ['08', undefined, 8],
    ['1_000', 1000, undefined],
    ['0x_1f', 31, undefined],
    ['0_7', 7, undefined],
    ['1__0', undefined, undefined],
    ['_1', undefined, undefined],
    ['1_', undefined, undefined],
    ['', undefined, undefined],
    ['-', undefined, undefined],
    ['1.5', undefined, undefined],
    ['1e3', undefined, undefined],
    [' 1', undefined, undefined],
    ['-0', 0, 0],
    ['9223372036854775807', INT64_MAX, INT64_MAX],
    ['-9223372036854775808', INT64_MIN, INT64_MIN],
    ['9223372036854775808', undefined, undefined],
    ['9007199254740993', 9007199254740993n, 9007199254740993n],
    ['0000000000000000012', 8 + 2, 12],
  ];
  for (const [text, prefixed, decimal] of ints) {
    test(`the integer "${text}"`, () => {
      expect(parsePrefixedInt(text)).toBe(prefixed);
      expect(parseDecimalInt(text)).toBe(decimal);
    });
  }

  const floats: readonly (readonly [text: string, value: number | undefined])[] = [
    ['1.5', 1.5],
    ['-.5', -0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1E-3', 0.001],
    ['1_000', 1000],
    ['-1_0.2_5e1_0', -10.25e10],
    ['1_.5', undefined],
    ['1._5', undefined],
    ['_1.5', undefined],
    ['1.5_', undefined],
    ['1__0.5', undefined],
    ['1e_5', undefined],
    ['0x1p-2', 0.25],
    ['0x_1_0p1', 32],
    ['0x1.8p1', 3],
    ['inf', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['NaN', Number.NaN],
    ['1e400', undefined],
    ['', undefined],
    ['.', undefined],
    ['0x10', undefined],
    ['abc', undefined],
    ['1.5 ', undefined],
  ];
  for (const [text, value] of floats) {
    test(`the float "${text}"`, () => {
      expect(parseFloatText(text)).toBe(value);
    });
  }

  test('booleans', () => {
    expect(['1', 't', 'T', 'TRUE', 'true', 'True'].map(parseBoolText)).toEqual(Array(6).fill(true));
    expect(['0', 'f', 'F', 'FALSE', 'false', 'False'].map(parseBoolText)).toEqual(Array(6).fill(false));
    expect(['', 'yes', 'tRUE', '2'].map(parseBoolText)).toEqual(Array(4).fill(undefined));
  });
});

describe('64-bit integers', () => {
  const small = fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n });
  const any = fc.oneof(
    fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
    small,
    fc.constantFrom(0n, 1n, -1n, 2n ** 53n, INT64_MIN, INT64_MAX),
  );
  const operations: readonly (readonly [
    name: string,
    run: (a: Int, b: Int) => Int,
    oracle: (a: bigint, b: bigint) => bigint,
  ])[] = [
    ['add', addInt, (a, b) => a + b],
    ['sub', subInt, (a, b) => a - b],
    ['mul', mulInt, (a, b) => a * b],
    ['div', divInt, (a, b) => a / b],
    ['mod', modInt, (a, b) => a % b],
    ['and', andInt, (a, b) => a & b],
    ['or', orInt, (a, b) => a | b],
    ['xor', xorInt, (a, b) => a ^ b],
    ['neg', (a) => negInt(a), (a) => -a],
  ];
  for (const [name, run, oracle] of operations) {
    test(`${name} wraps at 64 bits and keeps slot form`, () => {
      fc.assert(
        fc.property(any, any, (a, b) => {
          fc.pre(b !== 0n || (name !== 'div' && name !== 'mod'));
          const result = run(normInt(a), normInt(b));
          expect(BigInt(result)).toBe(BigInt.asIntN(64, oracle(a, b)));
          expect(typeof result === 'bigint').toBe(!Number.isSafeInteger(Number(result)));
          expect(Object.is(result, -0)).toBe(false);
        }),
        { numRuns: 500 },
      );
    });
  }

  test('a zero divisor is a row error', () => {
    for (const run of [divInt, modInt]) {
      expect(() => run(1, 0)).toThrow('divided by zero');
      expect(() => run(INT64_MAX, 0)).toThrow('divided by zero');
    }
  });
});
