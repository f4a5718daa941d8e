/**
 * Date patterns of users: `yyyy-MM-dd HH:mm:ssSSS`, as in `format_time` and TIMESTAMP_FORMAT.
 * Source: functions §16.2, sql §5.4.
 */
import { rowError } from '../errors.ts';
import { DateTime, offsetText } from '../values/date-time.ts';

/** One field of a pattern, or text copied as it is. */
export type DateToken = { readonly text: string } | { readonly field: DateField; readonly width: number };

export type DateField =
  | 'year'
  | 'month'
  | 'day'
  | 'weekday'
  | 'hour24'
  | 'hour12'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'ampm'
  | 'zoneName'
  | 'offset'
  | 'nothing';

const fields: Readonly<Record<string, DateField>> = {
  y: 'year',
  Y: 'year',
  M: 'month',
  d: 'day',
  E: 'weekday',
  H: 'hour24',
  h: 'hour12',
  m: 'minute',
  s: 'second',
  S: 'fraction',
  a: 'ampm',
  z: 'zoneName',
  Z: 'offset',
  X: 'offset',
};

/** Longest run of a letter that means something; a longer one prints nothing. */
const longest: Readonly<Record<string, number>> = { M: 4, d: 2, h: 2, m: 2, s: 2, X: 3 };

/** The offset forms by width: `+08`, `+0800`, `+08:00`. */
const OFFSET_HOURS = 1;
const OFFSET_PLAIN = 2;
const OFFSET_COLON = 3;

const compiled = new Map<string, readonly DateToken[]>();
const MAX_COMPILED = 256;

/** The tokens of a pattern. A bad pattern is a row error with the text of functions §16.2. */
export function compileDatePattern(pattern: string): readonly DateToken[] {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const tokens = tokenize(pattern);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(pattern, tokens);
  return tokens;
}

function tokenize(pattern: string): DateToken[] {
  const tokens: DateToken[] = [];
  let text = '';
  for (let at = 0; at < pattern.length; ) {
    const letter = pattern.charAt(at);
    if (letter === '\\') {
      if (at + 1 === pattern.length) rowError(`${pattern} is invalid`);
      text += pattern.charAt(at + 1);
      at += 2;
    } else if (letter === "'") {
      const { quoted, end } = readQuoted(pattern, at);
      text += quoted;
      at = end;
    } else if (letter === 'G') {
      text += 'AD';
      at++;
    } else if (Object.hasOwn(fields, letter)) {
      const width = runLength(pattern, at);
      if (text !== '') tokens.push({ text });
      text = '';
      tokens.push(fieldToken(pattern, letter, width));
      at += width;
    } else {
      text += letter;
      at++;
    }
  }
  if (text !== '') tokens.push({ text });
  return tokens;
}

function readQuoted(pattern: string, at: number): { quoted: string; end: number } {
  if (pattern.charAt(at + 1) === "'") return { quoted: "'", end: at + 2 };
  const close = pattern.indexOf("'", at + 1);
  if (close < 0) return { quoted: pattern.slice(at + 1), end: pattern.length };
  return { quoted: pattern.slice(at + 1, close), end: close + 1 };
}

function runLength(pattern: string, at: number): number {
  let end = at + 1;
  while (pattern.charAt(end) === pattern.charAt(at)) end++;
  return end - at;
}

function fieldToken(pattern: string, letter: string, width: number): DateToken {
  const field = fields[letter] as DateField;
  if (field === 'year' && width !== 2 && width !== 4) rowError(`invalid time format ${pattern} for Y/y`);
  if (field === 'weekday' && width !== 3 && width !== 4) rowError(`invalid time format ${pattern} for E`);
  if (field === 'hour24' && width !== 2) rowError(`invalid time format ${pattern} of H, only HH is supported`);
  if (width > (longest[letter] ?? Number.POSITIVE_INFINITY)) return { field: 'nothing', width };
  return { field, width: letter === 'Z' ? OFFSET_PLAIN : width };
}

export const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

export const WEEKDAYS: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
];

/** Prints an instant in its own zone by a pattern. */
export function formatDateTime(value: DateTime, pattern: string): string {
  const civil = value.civil();
  let out = '';
  for (const token of compileDatePattern(pattern)) {
    if ('text' in token) {
      out += token.text;
      continue;
    }
    const { field, width } = token;
    switch (field) {
      case 'year':
        out += width === 2 ? padded(civil.year % 100, 2) : padded(civil.year, 4);
        break;
      case 'month':
        out += width > 2 ? named(MONTHS[civil.month - 1] as string, width === 3) : padded(civil.month, width);
        break;
      case 'day':
        out += padded(civil.day, width);
        break;
      case 'weekday':
        out += named(WEEKDAYS[value.weekday] as string, width === 3);
        break;
      case 'hour24':
        out += padded(civil.hour, 2);
        break;
      case 'hour12':
        out += padded(civil.hour % 12 || 12, width);
        break;
      case 'minute':
        out += padded(civil.minute, width);
        break;
      case 'second':
        out += padded(civil.second, width);
        break;
      case 'fraction':
        out += `.${padded(civil.nanosecond, 9).slice(0, width).padEnd(width, '0')}`;
        break;
      case 'ampm':
        out += civil.hour < 12 ? 'AM' : 'PM';
        break;
      case 'zoneName':
        out += value.zoneName;
        break;
      case 'offset':
        out += printedOffset(value.offsetSeconds, width);
        break;
      case 'nothing':
        break;
    }
  }
  return out;
}

function printedOffset(offsetSeconds: number, width: number): string {
  if (width === OFFSET_HOURS) return offsetText(offsetSeconds, '').slice(0, 3);
  return offsetText(offsetSeconds, width === OFFSET_COLON ? ':' : '');
}

function named(name: string, short: boolean): string {
  return short ? name.slice(0, 3) : name;
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
