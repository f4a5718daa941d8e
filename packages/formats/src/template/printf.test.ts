import { describe, expect, it } from 'vitest';
import { formatText } from './printf.ts';
import { intValue } from './values.ts';

const int = intValue;

const cases: readonly (readonly [format: string, args: readonly unknown[], text: string])[] = [
  ['%d %s', [3, 3], '%!d(float64=3) %!s(float64=3)'],
  ['%v %v %v %v', [1e6, 10n, 'x', null], '1e+06 10 x <nil>'],
  ['%d|%5d|%-5d|%05d|%+d|% d', [7n, 7n, 7n, -7n, 7n, 7n], '7|    7|7    |-0007|+7| 7'],
  ['%x %X %#x %o %O %b', [255n, 255n, 255n, 8n, 8n, 5n], 'ff FF 0xff 10 0o10 101'],
  ['%c %q %U %#U', [int(233), int(120), int(233), int(233)], "é 'x' U+00E9 U+00E9 'é'"],
  [
    '%f %.2f %8.3f|%-8.1f|%08.2f %.0f',
    [1.5, 2.345, 3.14159, 2.5, -1.5, 2.5],
    '1.500000 2.35    3.142|2.5     |-0001.50 2',
  ],
  [
    '%e %.2e %E %g %g %G %.3g',
    [1234.5, 0.00012, 1e21, 1e6, 100000, 1e-7, 1234.5],
    '1.234500e+03 1.20e-04 1.000000E+21 1e+06 100000 1E-07 1.23e+03',
  ],
  ['%s|%10s|%-10s|%.2s|%q', ['é', 'ab', 'ab', 'héllo', 'a"\n'], 'é|        ab|ab        |hé|"a\\"\\n"'],
  ['%x %X % x', ['hi', 'hi', 'hi'], '6869 6869 68 69'],
  ['%t %v', [true, false], 'true false'],
  ['%T %T %T %T %T', [1, 1n, int(1), 'x', [1]], 'float64 int64 int string []interface {}'],
  ['%v %s %d', [[1, 'x', null], ['a'], [1n, 2n]], '[1 x <nil>] [a] [1 2]'],
  ['%v', [{ b: 1, a: { z: null } }], 'map[a:map[z:<nil>] b:1]'],
  ['%#v', [{ a: 'x', b: [1, null] }], 'map[string]interface {}{"a":"x", "b":[]interface {}{1, interface {}(nil)}}'],
  ['%*d|%-*d|%.*f', [int(4), 7n, int(4), 7n, int(1), 2.25], '   7|7   |2.2'],
  ['%[2]v %[1]v', ['a', 'b'], 'b a'],
  ['%[5]d %z', ['a'], '%!d(BADINDEX) %!z(string=a)'],
  ['100%% %', [], '100% %!(NOVERB)'],
  ['%v', [], '%!v(MISSING)'],
  ['%v', [1, 'x'], '1%!(EXTRA string=x)'],
  ['%d', [new Uint8Array([1, 255])], '[1 255]'],
  ['%s %x', [new Uint8Array([104, 105]), new Uint8Array([104, 105])], 'hi 6869'],
  ['%f %v %5.1f|%+v', [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1], 'NaN +Inf  -Inf|1'],
  ['%.20f', [0.1], '0.10000000000000000555'],
  ['%6.2f%%', [12.345], ' 12.35%'],
];

describe('printf', () => {
  it.each(cases)('%j', (format, args, text) => {
    expect(formatText(format, args)).toBe(text);
  });
});
