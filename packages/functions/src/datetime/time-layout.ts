/**
 * Layouts by example: how a reference moment (Monday, January 2 2006, 15:04:05 at -07:00) would be written. A one-digit
 * field accepts one or two digits, a space any number of them; a fraction may follow any seconds.
 */
import { DateTime } from '@kuiper/base';

export type ReadTime = (text: string, zone: string, nowMs: number) => DateTime | undefined;

interface Fields {
  year?: number;
  month?: number;
  day?: number;
  hour?: number;
  minute?: number;
  second?: number;
  nanosecond?: number;
  afternoon?: boolean;
  offset?: string;
}

interface Token {
  readonly source: string;
  readonly read: (fields: Fields, text: string) => void;
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const ignore = (): void => {};

const number =
  (field: 'year' | 'month' | 'day' | 'hour' | 'minute') =>
  (fields: Fields, text: string): void => {
    fields[field] = Number(text);
  };

function readSecond(fields: Fields, text: string): void {
  const [whole, part] = text.split(/[.,]/);
  fields.second = Number(whole);
  if (part !== undefined) fields.nanosecond = Number(part.slice(0, 9).padEnd(9, '0'));
}

function readOffset(fields: Fields, text: string): void {
  if (text === 'Z') fields.offset = '+00:00';
  else fields.offset = `${text.slice(0, 3)}:${text.slice(3).replace(':', '') || '00'}`;
}

/** Longest first: the first that fits at a position is taken. */
const tokens: readonly (readonly [string, Token])[] = [
  ['2006', { source: '(\\d{4})', read: number('year') }],
  ['Monday', { source: '((?:mon|tues|wednes|thurs|fri|satur|sun)day)', read: ignore }],
  ['Mon', { source: '(mon|tue|wed|thu|fri|sat|sun)', read: ignore }],
  [
    'Jan',
    {
      source: `(${monthNames.join('|')})`,
      read: (fields, text) => {
        fields.month = monthNames.indexOf(text.toLowerCase()) + 1;
      },
    },
  ],
  // an abbreviation alone names no offset that could be relied on: it is read as UTC unless an offset stands beside it
  [
    'MST',
    {
      source: '([A-Z]{3,5}|GMT[+-]\\d{1,2}|[+-]\\d{2})',
      read: (fields) => {
        fields.offset ??= '+00:00';
      },
    },
  ],
  ['Z07:00', { source: '(Z|[+-]\\d{2}:\\d{2})', read: readOffset }],
  ['Z0700', { source: '(Z|[+-]\\d{4})', read: readOffset }],
  ['Z07', { source: '(Z|[+-]\\d{2})', read: readOffset }],
  ['-0700', { source: '([+-]\\d{4})', read: readOffset }],
  [
    'PM',
    {
      source: '(AM|PM)',
      read: (fields, text) => {
        fields.afternoon = text.toUpperCase() === 'PM';
      },
    },
  ],
  ['15', { source: '(\\d{1,2})', read: number('hour') }],
  ['01', { source: '(\\d{2})', read: number('month') }],
  ['02', { source: '(\\d{2})', read: number('day') }],
  ['04', { source: '(\\d{2})', read: number('minute') }],
  ['05', { source: `(\\d{2}(?:[.,]\\d+)?)`, read: readSecond }],
  [
    '06',
    {
      source: '(\\d{2})',
      read: (fields, text) => {
        const year = Number(text);
        fields.year = year >= 69 ? 1900 + year : 2000 + year;
      },
    },
  ],
  ['_2', { source: ' *(\\d{1,2})', read: number('day') }],
  ['1', { source: '(\\d{1,2})', read: number('month') }],
  ['2', { source: '(\\d{1,2})', read: number('day') }],
  ['3', { source: '(\\d{1,2})', read: number('hour') }],
  ['4', { source: '(\\d{1,2})', read: number('minute') }],
  ['5', { source: `(\\d{1,2}(?:[.,]\\d+)?)`, read: readSecond }],
];

/** Compiles a layout to a reader that gives undefined when the text does not fit or names no moment. */
export function compileLayout(layout: string): ReadTime {
  let source = '^';
  const reads: Token['read'][] = [];
  for (let at = 0; at < layout.length; ) {
    const found = tokens.find(([name]) => layout.startsWith(name, at));
    if (found !== undefined) {
      const [name, token] = found;
      source += token.source;
      reads.push(token.read);
      at += name.length;
    } else {
      const character = layout[at] as string;
      source += character === ' ' ? ' +' : character.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
      at++;
    }
  }
  const pattern = new RegExp(`${source}$`, 'i');
  return (text, zone, nowMs) => {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const fields: Fields = {};
    for (let i = 0; i < reads.length; i++) (reads[i] as Token['read'])(fields, match[i + 1] as string);
    return momentOf(fields, zone, nowMs);
  };
}

function momentOf(fields: Fields, configuredZone: string, nowMs: number): DateTime | undefined {
  const zone = fields.offset === undefined ? configuredZone : zoneOfOffset(fields.offset);
  const hour = clockHour(fields);
  const { minute = 0, second = 0, nanosecond = 0 } = fields;
  if (hour === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = dateOf(fields, zone, nowMs);
  if (date === undefined) return undefined;
  return DateTime.fromCivil({ ...date, hour, minute, second, nanosecond }, zone);
}

function zoneOfOffset(offset: string): string {
  return /^[+-]00:00$/.test(offset) ? 'UTC' : offset;
}

function clockHour({ hour = 0, afternoon }: Fields): number | undefined {
  if (afternoon === undefined) return hour;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (afternoon ? 12 : 0);
}

/** A missing date is today, a missing year the current one, a missing month or day the first. */
function dateOf(fields: Fields, zone: string, nowMs: number): { year: number; month: number; day: number } | undefined {
  const { year, month, day } = fields;
  if (year === undefined) {
    const today = new DateTime(nowMs, zone).civil();
    if (month === undefined && day === undefined) return { year: today.year, month: today.month, day: today.day };
    return checkedDate(today.year, month ?? 1, day ?? 1);
  }
  return checkedDate(year, month ?? 1, day ?? 1);
}

function checkedDate(
  year: number,
  month: number,
  day: number,
): { year: number; month: number; day: number } | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return { year, month, day };
}

/** @param month 1–12 */
export function daysInMonth(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return date.getUTCDate();
}
