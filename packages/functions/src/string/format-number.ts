/** `format`: numbers with a fixed number of decimals, grouped as a locale does. Source: behaviour spec, functions §11. */
import { asFloat, rowError, toInt } from '@kuiper/base';
import { type CallArgument, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkLiteralKind } from '../check-arguments.ts';
import { findNumberStyle, type NumberStyle } from './number-styles.ts';
import { text } from './text-argument.ts';

/** No more decimals than a double can have. */
const maxDecimals = 100;

const format = scalar({
  name: 'format',
  group: 'string',
  args: [t.any('x'), t.int('decimals', { literal: true }), t.rest(t.string('locale'), 0)],
  check: (args) => {
    if (args.length < 2) return `At least has 2 argument but found ${args.length}.`;
    const [, decimals, locale] = args as [CallArgument, CallArgument, CallArgument | undefined];
    const wrong = checkLiteralKind('int', true, decimals, 2);
    if (wrong !== null || locale === undefined || args.length > 3) return wrong;
    return checkLiteralKind('string', true, locale, 3);
  },
  returns: 'string',
  onNull: 'null',
  summary:
    'A number with a fixed number of decimals, rounded half to even. With a locale such as "de_DE" the digits are ' +
    'grouped as there. What is no number prints as 0.',
  examples: [
    { call: 'format(1234567.891, 2)', gives: '"1234567.89"' },
    { call: 'format(1234567.891, 2, "de_DE")', gives: '"1.234.567,89"' },
    { call: 'format(1234567.891, 2, "en_IN")', gives: '"12,34,567.89"' },
    { call: 'format(-1234.5, 2, "sv_SE")', gives: '"−1\u00a0234,50"' },
    { call: 'format(0.125, 2)', gives: '"0.12"' },
    { call: 'format(2.5, 0)', gives: '"2"' },
    { call: 'format(-2.5, 0)', gives: '"-2"' },
    { call: 'format(a, 1)', row: { a: 1e21 }, gives: '"1000000000000000000000.0"' },
    { call: 'format(a, 2)', row: { a: 'x' }, gives: '"0.00"' },
    { call: 'format(1.5, -1)', fails: 'the decimal places must greater or equal than 0' },
    { call: 'format(1.5, 1, "zzz_9")', fails: 'not support for the specific locale:zzz_9' },
    { call: 'format(1.5, a)', fails: 'Expect integer type for parameter 2' },
    { call: 'format(1.5, 2, 3)', fails: 'Expect string type for parameter 3' },
  ],
  eval: (x: unknown, decimals: unknown, locale?: unknown, ...rest: unknown[]) => {
    const places = toInt(decimals, 'any', 'strict', 'int');
    if (places < 0) return rowError('the decimal places must greater or equal than 0');
    const number = asFloat(x, 'any', 'sameKind') ?? 0;
    const digits = fixedHalfEven(number, Math.min(Number(places), maxDecimals));
    if (locale === undefined || rest.length > 0) return digits;
    const style = findNumberStyle(text(locale)) ?? rowError(`not support for the specific locale:${text(locale)}`);
    return styled(digits, style);
  },
});

/** Like `toFixed`, but a value exactly between two neighbours goes to the even one. Never in exponent form. */
export function fixedHalfEven(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e21) {
    const fraction = decimals > 0 ? `.${'0'.repeat(decimals)}` : '';
    return `${value < 0 ? '-' : ''}${BigInt(magnitude)}${fraction}`;
  }
  let digits = magnitude.toFixed(decimals);
  if (isTie(magnitude, decimals) && /[13579]$/.test(digits)) {
    // toFixed goes up at a tie; the even neighbour is one below
    digits = `${digits.slice(0, -1)}${Number(digits.slice(-1)) - 1}`;
  }
  return value < 0 && /[1-9]/.test(digits) ? `-${digits}` : digits;
}

/** A tie has exactly one decimal more than asked for, a 5. */
function isTie(magnitude: number, decimals: number): boolean {
  const exact = magnitude.toFixed(Math.min(maxDecimals, decimals + 60));
  const beyond = exact.slice(exact.indexOf('.') + 1 + decimals);
  return /^50*$/.test(beyond);
}

function styled(digits: string, style: NumberStyle): string {
  const negative = digits.startsWith('-');
  const [whole = '', fraction] = (negative ? digits.slice(1) : digits).split('.');
  const grouped = groupDigits(whole, style);
  const number = fraction === undefined ? grouped : `${grouped}${style.decimal}${fraction}`;
  const localized = style.zero === '0' ? number : number.replace(/[0-9]/g, (digit) => localDigit(digit, style.zero));
  return negative ? `${style.minus}${localized}` : localized;
}

function groupDigits(whole: string, style: NumberStyle): string {
  const last = whole.slice(-3);
  const higher = whole.slice(0, -3);
  if (higher === '') return whole;
  const size = style.indianGroups ? 2 : 3;
  const groups: string[] = [];
  for (let end = higher.length; end > 0; end -= size) groups.unshift(higher.slice(Math.max(0, end - size), end));
  return [...groups, last].join(style.group);
}

function localDigit(digit: string, zero: string): string {
  return String.fromCharCode(zero.charCodeAt(0) + Number(digit));
}

export const formatFunctions: readonly FunctionDeclaration[] = [format];
