/** `conv`: numbers written in other bases. Source: behaviour spec, functions §10. */
import { type Int, rowError, valueText } from '@kuiper/base';
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';

const conv = scalar({
  name: 'conv',
  group: 'math',
  args: [t.text('n'), t.int('from', { literal: true }), t.int('to', { literal: true })],
  check: (args) => {
    if (args.length !== 3) return `Expect 3 arguments but found ${args.length}.`;
    const wrong = args.findIndex((arg, i) => i > 0 && arg.literal !== 'int');
    return wrong < 0 ? null : `Expect integer type for parameter ${wrong + 1}`;
  },
  returns: 'string',
  onNull: 'null',
  summary:
    'Writes the number n, given as text in base `from`, in base `to` (2 to 36). Computes with 64 unsigned bits; a ' +
    'negative base stands for signed numbers. Null for other bases.',
  examples: [
    { call: 'conv("7a", 16, 2)', gives: '"1111010"' },
    { call: 'conv(-10, 10, -2)', gives: '"-1010"' },
    { call: 'conv("-1", 10, 16)', gives: '"FFFFFFFFFFFFFFFF"' },
    { call: 'conv("12z", 10, 10)', gives: '"12"' },
    { call: 'conv("z", 10, 10)', gives: '"0"' },
    { call: 'conv("12", 1, 10)', gives: 'null' },
    { call: 'conv("18446744073709551615", -10, -10)', gives: '"9223372036854775807"' },
    { call: 'conv("-9223372036854775809", -10, -10)', gives: '"-9223372036854775808"' },
    { call: 'conv(a, 10, 10)', row: { a: 1000000 }, gives: '"1"' },
    {
      call: 'conv("18446744073709551616", 10, 10)',
      fails: 'strconv.ParseUint: parsing "18446744073709551616": value out of range',
    },
  ],
  eval: (n: unknown, from: Int, to: Int) => {
    const base = Math.abs(Number(from));
    const target = Math.abs(Number(to));
    if (base < 2 || base > 36 || target < 2 || target > 36) return null;
    return convertBase(typeof n === 'string' ? n : valueText(n, 'any'), base, from < 0, target, to < 0);
  },
});

const UINT64 = 2n ** 64n;

const INT63 = 2n ** 63n;

function convertBase(text: string, base: number, signedInput: boolean, target: number, signedOutput: boolean): string {
  const match = /^([+-]?)([0-9a-z]*)/i.exec(text.trim());
  const negative = match?.[1] === '-';
  let value = 0n;
  let digits = '';
  for (const digit of match?.[2] ?? '') {
    const weight = Number.parseInt(digit, 36);
    if (weight >= base) break;
    value = value * BigInt(base) + BigInt(weight);
    digits += digit;
  }
  if (digits === '') return '0';
  if (value >= UINT64) return rowError(`strconv.ParseUint: parsing "${digits}": value out of range`);
  if (signedInput) {
    if (negative && value > INT63) value = INT63;
    if (!negative && value >= INT63) value = INT63 - 1n;
  }
  if (negative) value = BigInt.asUintN(64, -value);
  const result = signedOutput ? BigInt.asIntN(64, value) : value;
  return result.toString(target).toUpperCase();
}

export const convFunctions: readonly FunctionDeclaration[] = [conv];
