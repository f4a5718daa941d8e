/**
 * String functions. Values of other kinds are taken in their printed form (functions §1.6).
 *
 * Source: behaviour spec, functions §11.
 */
import { asInt, type Int, rowError, textForm, toInt } from '@kuiper/base';
import { type CallArgument, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkAs, checkLiteralKind, checkLiteralKinds, isNegativeIntLiteral } from '../check-arguments.ts';
import { isMapValue } from '../map-value.ts';
import { lowerCase, upperCase } from './letter-case.ts';
import { text } from './text-argument.ts';
import { byteOffset, sliceBytes } from './utf8-offset.ts';
import { trimEnd, trimStart } from './white-space.ts';

const group = 'string';

const concat = scalar({
  name: 'concat',
  group,
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

const endswith = scalar({
  name: 'endswith',
  group,
  args: [t.text('s'), t.text('end')],
  returns: 'bool',
  onNull: 'false',
  summary: 'True when s ends with the text.',
  examples: [
    { call: 'endswith("hello", "lo")', gives: 'true' },
    { call: 'endswith(a, "lo")', row: {}, gives: 'false' },
  ],
  eval: (s: unknown, end: unknown) => text(s).endsWith(text(end)),
});

const startswith = scalar({
  name: 'startswith',
  group,
  args: [t.text('s'), t.text('start')],
  returns: 'bool',
  onNull: 'false',
  summary: 'True when s starts with the text.',
  examples: [
    { call: 'startswith("hello", "he")', gives: 'true' },
    { call: 'startswith(a, "1e")', row: { a: 1000000 }, gives: 'true' },
    { call: 'startswith(1, "a")', fails: 'Expect string type for parameter 1' },
  ],
  eval: (s: unknown, start: unknown) => text(s).startsWith(text(start)),
});

const indexof = scalar({
  name: 'indexof',
  group,
  args: [t.any('s'), t.any('part')],
  check: checkAs(t.string('s'), t.string('part')),
  returns: 'int',
  onNull: 'call',
  summary: 'The position of a part in s, counted in bytes from 0; -1 when it is not there or an argument is null.',
  examples: [
    { call: 'indexof("hello", "l")', gives: '2' },
    { call: 'indexof("héllo", "l")', gives: '3' },
    { call: 'indexof("abc", "")', gives: '0' },
    { call: 'indexof("abc", "z")', gives: '-1' },
    { call: 'indexof(a, "z")', row: { a: null }, gives: '-1' },
    { call: 'indexof("a", 2.5)', fails: 'Expect string type for parameter 2' },
  ],
  eval: (s: unknown, part: unknown) => {
    if (s === null || s === undefined || part === null || part === undefined) return -1;
    const whole = text(s);
    const index = whole.indexOf(text(part));
    return index <= 0 ? index : byteOffset(whole, index);
  },
});

const length = scalar({
  name: 'length',
  group,
  args: [t.any('x')],
  returns: 'int',
  onNull: 'zero',
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
  group,
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
  group,
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
  group,
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
  group,
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
  group,
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
  group,
  args: [t.text('s')],
  returns: 'string',
  onNull: 'null',
  summary: 'The text without white space in front.',
  examples: [{ call: 'ltrim("  a ")', gives: '"a "' }],
  eval: (s: unknown) => trimStart(text(s)),
});

const rtrim = scalar({
  name: 'rtrim',
  group,
  args: [t.text('s')],
  returns: 'string',
  onNull: 'null',
  summary: 'The text without white space at the end.',
  examples: [{ call: 'rtrim("  a ")', gives: '"  a"' }],
  eval: (s: unknown) => trimEnd(text(s)),
});

const trim = scalar({
  name: 'trim',
  group,
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
  group,
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

const substring = scalar({
  name: 'substring',
  group,
  args: [t.text('s'), t.int('start'), t.int('end', { optional: true })],
  check: checkSubstring,
  returns: 'string',
  onNull: 'null',
  summary: 'The part of the text from byte `start` (from 0) up to, not including, byte `end` or the end of the text.',
  examples: [
    { call: 'substring("edgeflow", 2, 5)', gives: '"gef"' },
    { call: 'substring("edgeflow", 3)', gives: '"eflow"' },
    { call: 'substring("héllo", 3, 99)', gives: '"llo"' },
    { call: 'substring("abc", 7)', gives: '""' },
    { call: 'substring(a, 0, 4)', row: { a: 1234567 }, gives: '"1.23"' },
    { call: 'substring("abc", s, e)', row: { s: -1, e: 2 }, fails: 'start index must be a positive number' },
    { call: 'substring("abc", s, e)', row: { s: 1, e: -2 }, fails: 'end index must be a positive number' },
    { call: 'substring("abc", s, e)', row: { s: 3, e: 2 }, fails: 'start index must be smaller than end index' },
    { call: 'substring("abc", s, e)', row: { s: 1.5, e: 2 }, fails: 'cannot convert float64(1.5) to int' },
    { call: 'substring("abc", -1)', fails: 'The start index should not be a nagtive integer.' },
    { call: 'substring("abc", 3, 2)', fails: 'The end index should be larger than start index.' },
  ],
  eval: (s: unknown, start: unknown, end?: unknown) => {
    const from = toInt(start, 'any', 'strict', 'int');
    if (from < 0) return rowError('start index must be a positive number');
    if (end === undefined) return sliceBytes(text(s), Number(from), Number.POSITIVE_INFINITY);
    const to = toInt(end, 'any', 'strict', 'int');
    if (to < 0) return rowError('end index must be a positive number');
    if (from > to) return rowError('start index must be smaller than end index');
    return sliceBytes(text(s), Number(from), Number(to));
  },
});

function checkSubstring(args: readonly CallArgument[]): string | null {
  const [s, start, end] = args;
  if (s === undefined || start === undefined || args.length > 3) return 'the arguments for substring should be 2 or 3';
  const wrong =
    checkLiteralKind('string', false, s, 1) ??
    checkLiteralKind('int', false, start, 2) ??
    (end === undefined ? null : checkLiteralKind('int', false, end, 3));
  if (wrong !== null) return wrong;
  if (isNegativeIntLiteral(start)) return 'The start index should not be a nagtive integer.';
  if (start.literal !== 'int' || end?.literal !== 'int') return null;
  const ordered = (end.value as Int) >= (start.value as Int);
  return ordered ? null : 'The end index should be larger than start index.';
}

const splitValue = scalar({
  name: 'split_value',
  group,
  args: [t.text('s'), t.text('separator'), t.any('index')],
  check: (args) => {
    const [s, separator, index] = args;
    if (s === undefined || separator === undefined || index === undefined || args.length > 3) {
      return 'the arguments for split_value should be 3';
    }
    const wrong =
      checkLiteralKind('string', false, s, 1) ??
      checkLiteralKind('string', false, separator, 2) ??
      checkLiteralKind('int', false, index, 3);
    if (wrong !== null) return wrong;
    return isNegativeIntLiteral(index) ? 'The index should not be a nagtive integer.' : null;
  },
  returns: 'string',
  onNull: 'null',
  summary: 'Splits the text and gives one piece, counted from 0; a negative index counts from the end.',
  examples: [
    { call: 'split_value("a:b:c", ":", 1)', gives: '"b"' },
    { call: 'split_value("a:b:c", ":", i)', row: { i: -1 }, gives: '"c"' },
    { call: 'split_value("hé", "", 1)', gives: '"é"' },
    { call: 'split_value("a:b", ":", i)', row: { i: 'x' }, gives: '"a"' },
    { call: 'split_value("a:b:c", ":", 3)', fails: '3 out of index array (size = 3)' },
    { call: 'split_value("a:b:c", ":", i)', row: { i: -4 }, fails: '-4 out of index array (size = 3)' },
    { call: 'split_value("a", ":", -1)', fails: 'The index should not be a nagtive integer.' },
  ],
  eval: (s: unknown, separator: unknown, index: unknown) => {
    const between = text(separator);
    const pieces = between === '' ? Array.from(text(s)) : text(s).split(between);
    const at = Number(asInt(index, 'any', 'strict') ?? 0);
    const piece = pieces[at < 0 ? pieces.length + at : at];
    return piece ?? rowError(`${at} out of index array (size = ${pieces.length})`);
  },
});

export const stringFunctions: readonly FunctionDeclaration[] = [
  concat,
  endswith,
  indexof,
  length,
  lower,
  lpad,
  ltrim,
  numbytes,
  reverse,
  rpad,
  rtrim,
  splitValue,
  startswith,
  substring,
  trim,
  upper,
];
