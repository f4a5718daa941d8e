/** Functions of texts. Positions and lengths count bytes of UTF-8. Source: behaviour spec, io §7.5. */
import { rowError } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import { quoteGo } from '../quote.ts';
import { stringOf, valueText } from '../value-text.ts';
import { type PlainMap, strings, withType } from '../values.ts';
import { initials, lower, swapCase, title, untitle, upper } from './letter-case.ts';
import { checkTextLength } from './limits.ts';
import { texts } from './list-argument.ts';
import { wrap } from './wrap.ts';

const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const ONE_SPACE = new RegExp(SPACE);
const ANY_SPACE = new RegExp(SPACE, 'g');

function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ONE_SPACE.test(text.charAt(start))) start++;
  while (end > start && ONE_SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Without the characters of `cut` at both ends. */
function trimAll(cut: string, text: string): string {
  const unwanted = new Set(cut);
  const characters = Array.from(text);
  let start = 0;
  let end = characters.length;
  while (start < end && unwanted.has(characters[start] as string)) start++;
  while (end > start && unwanted.has(characters[end - 1] as string)) end--;
  return characters.slice(start, end).join('');
}

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

function byteLength(text: string): number {
  return isAscii(text) ? text.length : Buffer.byteLength(text);
}

function byteSlice(text: string, start: number, end: number): string {
  return isAscii(text) ? text.slice(start, end) : Buffer.from(text).subarray(start, end).toString('utf8');
}

function trunc(count: number, text: string): string {
  const length = byteLength(text);
  if (count < 0) return length + count > 0 ? byteSlice(text, length + count, length) : text;
  return length > count ? byteSlice(text, 0, count) : text;
}

function substr(start: number, end: number, text: string): string {
  const length = byteLength(text);
  const from = start < 0 ? 0 : start;
  const to = start >= 0 && (end < 0 || end > length) ? length : end;
  if (to > length) rowError(`runtime error: slice bounds out of range [:${to}] with length ${length}`);
  if (to < 0) rowError(`runtime error: slice bounds out of range [:${to}]`);
  if (from > to) rowError(`runtime error: slice bounds out of range [${from}:${to}]`);
  return byteSlice(text, from, to);
}

function repeat(count: number, text: string): string {
  if (count < 0) rowError('strings: negative Repeat count');
  checkTextLength(count * text.length);
  return text.repeat(count);
}

function replace(old: string, replacement: string, text: string): string {
  const grown = text.length + (text.length + 1) * Math.max(0, replacement.length - old.length);
  if (grown > 1_000_000)
    checkTextLength(text.length + (text.split(old).length - 1) * (replacement.length - old.length));
  if (old !== '') return text.replaceAll(old, () => replacement);
  return [...Array.from(text, (character) => replacement + character), replacement].join('');
}

function indent(spaces: number, text: string): string {
  if (spaces < 0) rowError('strings: negative Repeat count');
  const lines = text.split('\n');
  checkTextLength(text.length + lines.length * spaces);
  const pad = ' '.repeat(spaces);
  return pad + lines.join(`\n${pad}`);
}

function splitMap(parts: readonly string[]): PlainMap {
  const map: PlainMap = {};
  parts.forEach((part, i) => {
    map[`_${i}`] = part;
  });
  return withType('map[string]string', map);
}

/** An empty separator cuts between characters. */
function splitList(separator: string, text: string): string[] {
  return separator === '' ? Array.from(text) : text.split(separator);
}

function splitAtMost(separator: string, count: number, text: string): string[] {
  if (count === 0) return [];
  const parts = splitList(separator, text);
  if (count < 0 || parts.length <= count) return parts;
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)];
}

function join(separator: string, list: unknown): string {
  const parts = texts(list);
  checkTextLength(parts.reduce((sum, part) => sum + part.length + separator.length, 0));
  return parts.join(separator);
}

const notNil = (value: unknown): boolean => value !== null && value !== undefined;

function quote(values: readonly unknown[]): string {
  return values
    .filter(notNil)
    .map((value) => quoteGo(stringOf(value)))
    .join(' ');
}

function singleQuote(values: readonly unknown[]): string {
  return values
    .filter(notNil)
    .map((value) => `'${valueText(value)}'`)
    .join(' ');
}

function cat(values: readonly unknown[]): string {
  const present = values.filter(notNil).map(valueText);
  checkTextLength(present.reduce((sum, part) => sum + part.length, 0));
  return present.join(' ');
}

function abbreviate(width: number, text: string): string {
  if (width < 4 || text.length <= width) return text;
  return `${text.slice(0, width - 3)}...`;
}

function abbreviateBoth(left: number, right: number, text: string): string {
  if (right < 4 || (left > 0 && right < 7)) return text;
  const length = byteLength(text);
  if (length <= right) return text;
  let offset = Math.min(left, length);
  if (length - offset < right - 3) offset = length - (right - 3);
  if (offset <= 4) return `${byteSlice(text, 0, right - 3)}...`;
  if (offset + right - 3 < length) return `...${abbreviate(right - 3, byteSlice(text, offset, length))}`;
  return `...${byteSlice(text, length - (right - 3), length)}`;
}

export const stringFunctions: FunctionTable = {
  hello: declare('', () => 'Hello!'),
  trim: declare('string', trim),
  trimAll: declare('string string', trimAll),
  trimall: declare('string string', trimAll),
  trimSuffix: declare('string string', (end: string, s: string) =>
    end !== '' && s.endsWith(end) ? s.slice(0, -end.length) : s,
  ),
  trimPrefix: declare('string string', (start: string, s: string) => (s.startsWith(start) ? s.slice(start.length) : s)),
  upper: declare('string', upper),
  lower: declare('string', lower),
  title: declare('string', title),
  untitle: declare('string', untitle),
  swapcase: declare('string', swapCase),
  initials: declare('string', initials),
  nospace: declare('string', (s: string) => s.replace(ANY_SPACE, '')),
  contains: declare('string string', (part: string, s: string) => s.includes(part)),
  hasPrefix: declare('string string', (start: string, s: string) => s.startsWith(start)),
  hasSuffix: declare('string string', (end: string, s: string) => s.endsWith(end)),
  replace: declare('string string string', replace),
  repeat: declare('int string', repeat),
  substr: declare('int int string', substr),
  trunc: declare('int string', trunc),
  abbrev: declare('int string', abbreviate),
  abbrevboth: declare('int int string', abbreviateBoth),
  indent: declare('int string', indent),
  nindent: declare('int string', (spaces: number, s: string) => `\n${indent(spaces, s)}`),
  wrap: declare('int string', (width: number, s: string) => wrap(s, width, '\n', false)),
  wrapWith: declare('int string string', (width: number, by: string, s: string) => wrap(s, width, by, true)),
  quote: declare('...any', quote),
  squote: declare('...any', singleQuote),
  cat: declare('...any', cat),
  toString: declare('any', stringOf),
  plural: declare('string string int', (one: string, many: string, count: number) => (count === 1 ? one : many)),
  split: declare('string string', (separator: string, s: string) => splitMap(splitList(separator, s))),
  splitn: declare('string int string', (separator: string, count: number, s: string) =>
    splitMap(splitAtMost(separator, count, s)),
  ),
  splitList: declare('string string', (separator: string, s: string) => strings(splitList(separator, s))),
  join: declare('string any', join),
};
