/**
 * Parts of texts. Values of other kinds are taken in their printed form (functions §1.6); positions count bytes.
 *
 * Source: behaviour spec, functions §11.
 */
import { asInt, type Int, rowError, toInt } from '@kuiper/base';
import { type CallArgument, scalar, t, type FunctionDeclaration } from '@kuiper/sdk';
import { checkAs, checkLiteralKind, isNegativeIntLiteral } from '../check-arguments.ts';
import { text } from './text-argument.ts';
import { byteOffset, sliceBytes } from './utf8-offset.ts';

const endswith = scalar({
  name: 'endswith',
  group: 'string',
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
  group: 'string',
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
  group: 'string',
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

const substring = scalar({
  name: 'substring',
  group: 'string',
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
  group: 'string',
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

export const textPartFunctions: readonly FunctionDeclaration[] = [endswith, startswith, indexof, substring, splitValue];
