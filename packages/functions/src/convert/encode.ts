/** Texts of bytes and numbers: base64, hexadecimal, code points. Source: behaviour spec, functions §17. */
import {
  asInt,
  decodeBase64,
  encodeBase64,
  encodeUtf8,
  type Int,
  INT64_MAX,
  INT64_MIN,
  normInt,
  rowError,
  toFloat,
  toInt,
  valueText,
} from '@kuiper/base';
import { type CallArgument, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkAs, checkLiteralKind, expectCount, isBoolLiteral, isTimeLiteral } from '../check-arguments.ts';
import { roundTo } from '../math/rounding.ts';

const group = 'transform';

function checkBase64(args: readonly CallArgument[]): string | null {
  const [value, method] = args;
  if (value === undefined || method === undefined || args.length > 2) return expectCount(2, args.length);
  const wrong = checkLiteralKind('string', false, value, 1) ?? checkLiteralKind('string', true, method, 2);
  if (wrong !== null) return wrong;
  return method.value === 'base64' ? null : 'Only base64 is supported for the 2nd parameter.';
}

const encode = scalar({
  name: 'encode',
  group,
  args: [t.any('text'), t.string('method', { literal: true })],
  check: checkBase64,
  returns: 'string',
  onNull: 'null',
  summary: 'The UTF-8 bytes of a text in base64, the only method.',
  examples: [
    { call: 'encode("hi", "base64")', gives: '"aGk="' },
    { call: 'encode(a, "base64")', row: { a: 1 }, fails: 'Only string type can be encoded.' },
    { call: 'encode(a, "hex")', fails: 'Only base64 is supported for the 2nd parameter.' },
    { call: 'encode(a, b)', fails: 'Expect string type for parameter 2' },
  ],
  eval: (value: unknown) =>
    typeof value === 'string' ? encodeBase64(encodeUtf8(value)) : rowError('Only string type can be encoded.'),
});

const decode = scalar({
  name: 'decode',
  group,
  args: [t.any('text'), t.string('method', { literal: true })],
  check: checkBase64,
  returns: 'bytes',
  onNull: 'null',
  summary: 'The bytes of a text in base64, the only method.',
  examples: [
    { call: 'decode("aGk=", "base64")', gives: '"aGk="' },
    { call: 'decode(a, "base64")', row: { a: 1 }, fails: 'Only string type can be decoded.' },
    { call: 'decode("a*", "base64")', fails: 'fail to decode base64 string: illegal base64 data at input byte 1' },
  ],
  eval: (value: unknown) => {
    if (typeof value !== 'string') return rowError('Only string type can be decoded.');
    return (
      decodeBase64(value) ??
      rowError(`fail to decode base64 string: illegal base64 data at input byte ${badByte(value)}`)
    );
  },
});

/** Where a text stops being base64. */
function badByte(text: string): number {
  const good = /^[A-Za-z0-9+/\r\n]*={0,2}/.exec(text)?.[0].length ?? 0;
  return good < text.length ? good : Math.max(0, text.length - (text.length % 4));
}

const trunc = scalar({
  name: 'trunc',
  group,
  args: [t.any('x'), t.any('decimals')],
  check: checkAs(t.number('x'), t.int('decimals')),
  returns: 'float',
  onNull: 'null',
  summary: 'Rounds half away from zero to a number of decimals, which may be negative. The result is a float.',
  examples: [
    { call: 'trunc(2.789, 1)', gives: '2.8' },
    { call: 'trunc(1250, -2)', gives: '1300.0' },
    { call: 'trunc(1.5, a)', row: { a: 1 }, fails: 'The 2nd parameter must be int value.' },
    { call: 'trunc(a, 1)', row: { a: '1.5' }, fails: 'cannot convert string(1.5) to float64' },
    { call: 'trunc(1.5, 1.0)', fails: 'Expect int type for parameter 2' },
  ],
  eval: (x: unknown, decimals: unknown) => {
    const value = toFloat(x, 'any', 'sameKind');
    return typeof decimals === 'bigint'
      ? roundTo(value, Number(decimals))
      : rowError('The 2nd parameter must be int value.');
  },
});

const chr = scalar({
  name: 'chr',
  group,
  args: [t.any('x')],
  check: (args) => {
    if (args.length !== 1) return expectCount(1, args.length);
    const arg = args[0] as CallArgument;
    const refused = arg.literal === 'float' || isTimeLiteral(arg) || isBoolLiteral(arg);
    return refused ? 'Expect int type for parameter 1' : null;
  },
  returns: 'int',
  onNull: 'null',
  summary: 'The code of a character: of a number that number, of a text of one ASCII character its code.',
  examples: [
    { call: 'chr(66)', gives: '66' },
    { call: 'chr("B")', gives: '66' },
    { call: 'chr(a)', row: { a: 66.9 }, gives: '66' },
    { call: 'chr("BC")', fails: 'Parameter length cannot larger than 1.' },
    { call: 'chr("é")', fails: 'Parameter length cannot larger than 1.' },
    { call: 'chr("")', fails: 'Parameter length cannot smaller than 1.' },
    { call: 'chr(a)', row: { a: [1] }, fails: 'Only bigint, float and string type can be convert to char type.' },
  ],
  eval: (x: unknown): Int => {
    if (typeof x === 'string') {
      if (x === '') return rowError('Parameter length cannot smaller than 1.');
      return Buffer.byteLength(x) > 1 ? rowError('Parameter length cannot larger than 1.') : x.charCodeAt(0);
    }
    return asInt(x, 'any', 'sameKind') ?? rowError('Only bigint, float and string type can be convert to char type.');
  },
});

const hex2dec = scalar({
  name: 'hex2dec',
  group,
  args: [t.any('hex')],
  check: checkAs(t.string('hex')),
  returns: 'int',
  onNull: 'null',
  summary: 'The integer that a hexadecimal text stands for; it may have a sign and start with 0x.',
  examples: [
    { call: 'hex2dec("0x1f")', gives: '31' },
    { call: 'hex2dec("-10")', gives: '-16' },
    { call: 'hex2dec("7fffffffffffffff")', gives: '9223372036854775807' },
    { call: 'hex2dec("0X1f")', fails: 'invalid hexadecimal value: 0X1f' },
    { call: 'hex2dec("0x")', fails: 'invalid hexadecimal value: ' },
    { call: 'hex2dec("8000000000000000")', fails: 'invalid hexadecimal value: 8000000000000000' },
    { call: 'hex2dec(a)', row: { a: 31 }, fails: 'invalid input type: 31 please input hex string' },
  ],
  eval: (hex: unknown) => {
    if (typeof hex !== 'string')
      return rowError(`invalid input type: ${valueText(hex, 'any')} please input hex string`);
    const digits = hex.startsWith('0x') ? hex.slice(2) : hex;
    const match = /^([+-]?)([0-9a-fA-F]+)$/.exec(digits);
    if (match === null) return rowError(`invalid hexadecimal value: ${digits}`);
    const magnitude = BigInt(`0x${match[2]}`);
    const value = match[1] === '-' ? -magnitude : magnitude;
    return value > INT64_MAX || value < INT64_MIN ? rowError(`invalid hexadecimal value: ${digits}`) : normInt(value);
  },
});

const dec2hex = scalar({
  name: 'dec2hex',
  group,
  args: [t.any('x')],
  check: checkAs(t.string('x')),
  returns: 'string',
  onNull: 'null',
  summary: 'The hexadecimal text of an integer, behind 0x. A number written in the statement is refused; use a column.',
  examples: [
    { call: 'dec2hex(a)', row: { a: 255 }, gives: '"0xff"' },
    { call: 'dec2hex(a)', row: { a: -16n }, gives: '"0x-10"' },
    { call: 'dec2hex(a)', row: { a: 1.5 }, fails: 'cannot convert float64(1.5) to int' },
    { call: 'dec2hex(16)', fails: 'Expect string type for parameter 1' },
  ],
  eval: (x: unknown) => `0x${toInt(x, 'any', 'strict', 'int').toString(16)}`,
});

export const encodeFunctions: readonly FunctionDeclaration[] = [chr, dec2hex, decode, encode, hex2dec, trunc];
