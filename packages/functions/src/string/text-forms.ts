/**
 * Texts as a whole: joined, measured, padded, in another case. Values of other kinds are taken in their printed form
 * (functions §1.6). Source: behaviour spec, functions §11.
 */
import { rowError, textForm, toInt } from '@kuiper/base';
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkLiteralKinds } from '../check-arguments.ts';
import { isMapValue } from '../map-value.ts';
import { lowerCase, upperCase } from './letter-case.ts';
import { text } from './text-argument.ts';
import { trimEnd, trimStart } from './white-space.ts';

const concat = scalar({
  name: 'concat',
  group: 'string',
  args: [t.rest(t.text('s'), 1)],
  check: (args) =>
    args.length === 0 ? 'The arguments should be at least one.' : checkLiteralKinds([t.text('s')], args),
  returns: 'string',
  onNull: 'call',
  summary: 'Joins texts; null is empty.',
  examples: [
    { call: 'concat("a", b, "c")', row: { b: null }, gives: '"ac"' },
    { call: 'concat(a, "x")', row: { a: 1000000 }, gives: '"1e+06x"' },
    { call: 'concat(a, "x")', row: { a: 1000000n }, gives: '"1000000x"' },
    { call: 'concat(a, "")', row: { a: { b: 1, a: [true, null] } }, gives: '"map[a:[true <nil>] b:1]"' },
    { call: 'concat()', fails: 'The arguments should be at least one.' },
    { call: 'concat("a", 1.5)', fails: 'Expect string type for parameter 2' },
  ],
  eval: (...parts: unknown[]) => {
    let result = '';
    for (let i = 0; i < parts.length; i++) result += text(parts[i]);
    return result;
  },
});

const length = scalar({
  name: 'length',
  group: 'string',
  args: [t.any('x')],
  returns: 'int',
  onNull: 'zero',
  takesPrinted: () => true,
  summary: 'The number of characters of a text, elements of a list or members of an object; 0 for null.',
  examples: [
    { call: 'length("hé")', gives: '2' },
    { call: 'length("👍🏽")', gives: '2' },
    { call: 'length(a)', row: { a: [1, null] }, gives: '2' },
    { call: 'length(a)', row: { a: { x: 1, y: 2, z: 3 } }, gives: '3' },
    { call: 'length(a)', row: { a: 1000000 }, gives: '5' },
    { call: 'length(a)', row: {}, gives: '0' },
  ],
  eval: (x: unknown) => {
    if (typeof x === 'string') return countCodePoints(x);
    if (Array.isArray(x)) return x.length;
    if (isMapValue(x)) return Object.keys(x).length;
    return countCodePoints(textForm(x, 'any'));
  },
});

function countCodePoints(s: string): number {
  let count = s.length;
  for (let i = 1; i < s.length; i++) {
    const low = (s.charCodeAt(i) & 0xfc00) === 0xdc00;
    if (low && (s.charCodeAt(i - 1) & 0xfc00) === 0xd800) count--;
  }
  return count;
}

const numbytes = scalar({
  name: 'numbytes',
  group: 'string',
  args: [t.text('s')],
  returns: 'int',
  onNull: 'zero',
  summary: 'The number of bytes of a text in UTF-8; 0 for null.',
  examples: [
    { call: 'numbytes("é")', gives: '2' },
    { call: 'numbytes(a)', row: { a: [1, 2] }, gives: '5' },
    { call: 'numbytes(a)', row: { a: [] }, gives: '0' },
  ],
  eval: (s: unknown) => Buffer.byteLength(text(s)),
});

const lower = scalar({
  name: 'lower',
  group: 'string',
  args: [t.text('s')],
  returns: 'string',
  onNull: 'null',
  summary: 'The text in lower case, letter by letter.',
  examples: [
    { call: 'lower("MiXed ÀÉ")', gives: '"mixed àé"' },
    { call: 'lower(a)', row: { a: ['Ab', null] }, gives: '"[ab <nil>]"' },
    { call: 'lower("ΑΣ")', gives: '"ασ"' },
  ],
  eval: (s: unknown) => lowerCase(text(s)),
});

const upper = scalar({
  name: 'upper',
  group: 'string',
  args: [t.text('s')],
  returns: 'string',
  onNull: 'null',
  summary: 'The text in upper case, letter by letter.',
  examples: [
    { call: 'upper("MiXed é")', gives: '"MIXED É"' },
    { call: 'upper("straße")', gives: '"STRAßE"' },
    { call: 'upper(a)', row: { a: 1000000 }, gives: '"1E+06"' },
    { call: 'upper(a)', row: {}, gives: 'null' },
  ],
  eval: (s: unknown) => upperCase(text(s)),
});

const lpad = scalar({
  name: 'lpad',
  group: 'string',
  args: [t.text('s'), t.int('count')],
  returns: 'string',
  onNull: 'null',
  summary: 'The text behind a number of spaces.',
  examples: [
    { call: 'lpad("ab", 2)', gives: '"  ab"' },
    { call: 'lpad("ab", n)', row: { n: 1.5 }, fails: 'cannot convert float64(1.5) to int' },
    { call: 'lpad("ab", n)', row: { n: '2' }, fails: 'cannot convert string(2) to int' },
    { call: 'lpad("ab", -1)', fails: 'the number of spaces should not be negative' },
  ],
  eval: (s: unknown, count: unknown) => spaces(count) + text(s),
});

const rpad = scalar({
  name: 'rpad',
  group: 'string',
  args: [t.text('s'), t.int('count')],
  returns: 'string',
  onNull: 'null',
  summary: 'The text in front of a number of spaces.',
  examples: [
    { call: 'rpad("ab", 2)', gives: '"ab  "' },
    { call: 'rpad("a", 1, "x")', fails: 'Expect 2 arguments but found 3.' },
  ],
  eval: (s: unknown, count: unknown) => text(s) + spaces(count),
});

const maxSpaces = 1 << 24;

function spaces(count: unknown): string {
  const number = toInt(count, 'any', 'strict', 'int');
  if (number < 0) return rowError('the number of spaces should not be negative');
  return number > maxSpaces
    ? rowError(`the number of spaces should not exceed ${maxSpaces}`)
    : ' '.repeat(Number(number));
}

const ltrim = scalar({
  name: 'ltrim',
  group: 'string',
  args: [t.text('s')],
  returns: 'string',
  onNull: 'null',
  summary: 'The text without white space in front.',
  examples: [{ call: 'ltrim("  a ")', gives: '"a "' }],
  eval: (s: unknown) => trimStart(text(s)),
});

const rtrim = scalar({
  name: 'rtrim',
  group: 'string',
  args: [t.text('s')],
  returns: 'string',
  onNull: 'null',
  summary: 'The text without white space at the end.',
  examples: [{ call: 'rtrim("  a ")', gives: '"  a"' }],
  eval: (s: unknown) => trimEnd(text(s)),
});

const trim = scalar({
  name: 'trim',
  group: 'string',
  args: [t.text('s')],
  returns: 'string',
  onNull: 'null',
  summary: 'The text without white space in front and at the end.',
  examples: [
    { call: 'trim("\\u0085 x \\u3000")', gives: '"x"' },
    { call: 'trim("\\ufeffx")', gives: '"\\ufeffx"' },
    { call: 'trim(true)', fails: 'Expect string type for parameter 1' },
  ],
  eval: (s: unknown) => trimStart(trimEnd(text(s))),
});

const reverse = scalar({
  name: 'reverse',
  group: 'string',
  args: [t.text('s')],
  returns: 'string',
  onNull: 'null',
  summary: 'The characters of the text from last to first.',
  examples: [
    { call: 'reverse("abc")', gives: '"cba"' },
    { call: 'reverse("👍z")', gives: '"z👍"' },
    { call: 'reverse(a)', row: { a: 1000000 }, gives: '"60+e1"' },
  ],
  eval: (s: unknown) => {
    let result = '';
    for (const character of text(s)) result = character + result;
    return result;
  },
});

export const textFormFunctions: readonly FunctionDeclaration[] = [
  concat,
  length,
  numbytes,
  lower,
  upper,
  lpad,
  rpad,
  ltrim,
  rtrim,
  trim,
  reverse,
];
