/** Reading instants by a layout. Source: behaviour spec, io §7.5 (`toDate`). */
import { DateTime, MONTHS, offsetText, WEEKDAYS } from '@kuiper/base';
import { quoteGo } from './quote.ts';
import { type Piece, piecesOf } from './time-layout.ts';

interface Fields {
  year?: number;
  month?: number;
  day?: number;
  dayOfYear?: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  afternoon?: boolean;
  /** Seconds east. */
  offset?: number;
  zoneName?: string;
}

/** How a field is written, for reading: a whole match, and what it means. */
const READERS: readonly (readonly [RegExp, RegExp, (f: Fields, text: string) => void])[] = [
  [/^January$/, new RegExp(`${MONTHS.join('|')}`, 'iy'), (f, t) => setMonth(f, t)],
  [/^Jan$/, new RegExp(`${MONTHS.map((name) => name.slice(0, 3)).join('|')}`, 'iy'), (f, t) => setMonth(f, t)],
  [/^Monday$/, new RegExp(WEEKDAYS.join('|'), 'iy'), () => {}],
  [/^Mon$/, new RegExp(WEEKDAYS.map((name) => name.slice(0, 3)).join('|'), 'iy'), () => {}],
  [
    /^2006$/,
    /\d{4}/y,
    (f, t) => {
      f.year = Number(t);
    },
  ],
  [
    /^06$/,
    /\d{2}/y,
    (f, t) => {
      f.year = Number(t) + (Number(t) >= 69 ? 1900 : 2000);
    },
  ],
  [
    /^002$/,
    /\d{3}/y,
    (f, t) => {
      f.dayOfYear = Number(t);
    },
  ],
  [
    /^__2$/,
    / {0,2}\d{1,3}/y,
    (f, t) => {
      f.dayOfYear = Number(t);
    },
  ],
  [
    /^01$/,
    /\d{2}/y,
    (f, t) => {
      f.month = Number(t);
    },
  ],
  [
    /^1$/,
    /\d{1,2}/y,
    (f, t) => {
      f.month = Number(t);
    },
  ],
  [
    /^02$/,
    /\d{2}/y,
    (f, t) => {
      f.day = Number(t);
    },
  ],
  [
    /^_2$/,
    / ?\d{1,2}/y,
    (f, t) => {
      f.day = Number(t);
    },
  ],
  [
    /^2$/,
    /\d{1,2}/y,
    (f, t) => {
      f.day = Number(t);
    },
  ],
  [
    /^(15|3)$/,
    /\d{1,2}/y,
    (f, t) => {
      f.hour = Number(t);
    },
  ],
  [
    /^03$/,
    /\d{2}/y,
    (f, t) => {
      f.hour = Number(t);
    },
  ],
  [
    /^04$/,
    /\d{2}/y,
    (f, t) => {
      f.minute = Number(t);
    },
  ],
  [
    /^4$/,
    /\d{1,2}/y,
    (f, t) => {
      f.minute = Number(t);
    },
  ],
  [
    /^05$/,
    /\d{2}/y,
    (f, t) => {
      f.second = Number(t);
    },
  ],
  [
    /^5$/,
    /\d{1,2}/y,
    (f, t) => {
      f.second = Number(t);
    },
  ],
  [
    /^PM$/,
    /AM|PM/y,
    (f, t) => {
      f.afternoon = t === 'PM';
    },
  ],
  [
    /^pm$/,
    /am|pm/y,
    (f, t) => {
      f.afternoon = t === 'pm';
    },
  ],
  [
    /^MST$/,
    /UTC|GMT[+-]\d{1,2}|[+-]\d{2}|[A-Z]{3,5}/y,
    (f, t) => {
      f.zoneName = t;
    },
  ],
  [/^Z07:00$/, /Z|[+-]\d{2}:\d{2}/y, setOffset],
  [/^Z0700$/, /Z|[+-]\d{4}/y, setOffset],
  [/^Z07$/, /Z|[+-]\d{2}/y, setOffset],
  [/^Z07:00:00$/, /Z|[+-]\d{2}:\d{2}:\d{2}/y, setOffset],
  [/^Z070000$/, /Z|[+-]\d{6}/y, setOffset],
  [/^-07:00$/, /[+-]\d{2}:\d{2}/y, setOffset],
  [/^-0700$/, /[+-]\d{4}/y, setOffset],
  [/^-07$/, /[+-]\d{2}/y, setOffset],
  [/^-07:00:00$/, /[+-]\d{2}:\d{2}:\d{2}/y, setOffset],
  [/^-070000$/, /[+-]\d{6}/y, setOffset],
];

function setMonth(f: Fields, text: string): void {
  f.month = MONTHS.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase()) + 1;
}

function setOffset(f: Fields, text: string): void {
  const digits = text.replaceAll(':', '');
  const seconds = Number(digits.slice(1, 3)) * 3600 + Number(digits.slice(3, 5)) * 60 + Number(digits.slice(5, 7));
  f.offset = text.startsWith('-') ? -seconds : seconds;
}

/**
 * Reads an instant; fields that the layout does not have are those of the first moment of the year 0. A text without an
 * offset is in `zone`. Gives the reason as a text when it does not fit.
 */
export function parseLayout(text: string, layout: string, zone: string): DateTime | string {
  const fields: Fields = { hour: 0, minute: 0, second: 0, nanosecond: 0 };
  const cannot = (rest: string, field: string): string =>
    `parsing time ${quoteGo(text)} as ${quoteGo(layout)}: cannot parse ${quoteGo(rest)} as ${quoteGo(field)}`;
  let at = 0;
  const pieces = piecesOf(layout);
  for (let i = 0; i < pieces.length; i++) {
    const { before, field } = pieces[i] as Piece;
    const skipped = skipText(text, at, before);
    if (skipped < 0) return cannot(text.slice(at), before);
    at = skipped;
    if (field === '') continue;
    const end = readField(fields, text, at, field, pieces[i + 1]);
    if (end < 0) return cannot(text.slice(at), field);
    at = end;
  }
  if (at < text.length) return `parsing time ${quoteGo(text)}: extra text: ${quoteGo(text.slice(at))}`;
  return instantOf(fields, zone) ?? outOfRange(text, fields);
}

/** Where the text goes on after the literal part of a layout; runs of spaces count as one another. -1: not there. */
function skipText(text: string, from: number, literal: string): number {
  let at = from;
  for (let i = 0; i < literal.length; i++) {
    if (literal[i] === ' ') {
      if (at < text.length && text[at] !== ' ') return -1;
      while (literal[i + 1] === ' ') i++;
      while (text[at] === ' ') at++;
    } else {
      if (text[at] !== literal[i]) return -1;
      at++;
    }
  }
  return at;
}

function readField(fields: Fields, text: string, at: number, field: string, next: Piece | undefined): number {
  if (field.startsWith('.') || field.startsWith(',')) return readFraction(fields, text, at, field);
  for (const [name, pattern, set] of READERS) {
    if (!name.test(field)) continue;
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return -1;
    set(fields, found);
    const end = at + found.length;
    return field === '05' || field === '5' ? readImpliedFraction(fields, text, end, next) : end;
  }
  return -1;
}

/** Seconds may be followed by a fraction that the layout does not mention. */
function readImpliedFraction(fields: Fields, text: string, at: number, next: Piece | undefined): number {
  const mentioned = next !== undefined && next.before === '' && /^[.,]/.test(next.field);
  const found = mentioned ? undefined : /^[.,]\d+/.exec(text.slice(at))?.[0];
  if (found === undefined) return at;
  fields.nanosecond = nanoseconds(found);
  return at + found.length;
}

function readFraction(fields: Fields, text: string, at: number, field: string): number {
  const found = /^[.,]\d+/.exec(text.slice(at))?.[0];
  if (field[1] === '9') {
    if (found === undefined) return at;
    fields.nanosecond = nanoseconds(found);
    return at + found.length;
  }
  if (found === undefined || found.length < field.length) return -1;
  fields.nanosecond = nanoseconds(found.slice(0, field.length));
  return at + field.length;
}

function nanoseconds(fraction: string): number {
  return Number(fraction.slice(1, 10).padEnd(9, '0'));
}

function instantOf(fields: Fields, zone: string): DateTime | undefined {
  const { minute, second, nanosecond, afternoon } = fields;
  let { hour } = fields;
  if (afternoon === true && hour < 12) hour += 12;
  else if (afternoon === false && hour === 12) hour = 0;
  const date = dateOf(fields);
  if (date === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  return DateTime.fromCivil({ ...date, hour, minute, second, nanosecond }, zoneOf(fields, zone));
}

function dateOf({ year = 0, month, day, dayOfYear }: Fields): { year: number; month: number; day: number } | undefined {
  if (dayOfYear !== undefined && month === undefined) {
    if (dayOfYear < 1 || dayOfYear > daysIn(year, 1, 12)) return undefined;
    return { year, month: 1, day: dayOfYear };
  }
  const [m, d] = [month ?? 1, day ?? 1];
  if (m < 1 || m > 12 || d < 1 || d > daysIn(year, m, m)) return undefined;
  return { year, month: m, day: d };
}

/** Days of the months `from` to `to`, both included. */
function daysIn(year: number, from: number, to: number): number {
  const start = new Date(0);
  start.setUTCFullYear(year, from - 1, 1);
  const end = new Date(0);
  end.setUTCFullYear(year, to, 1);
  return Math.round((end.getTime() - start.getTime()) / 86_400_000);
}

/** An abbreviation alone names no offset that could be relied on: it counts as UTC. */
function zoneOf({ offset, zoneName }: Fields, zone: string): string {
  if (offset !== undefined) return offset === 0 ? 'UTC' : offsetText(offset, ':');
  return zoneName === undefined ? zone : 'UTC';
}

function outOfRange(text: string, { month = 1, hour, minute, second }: Fields): string {
  const what =
    month < 1 || month > 12 ? 'month' : hour > 23 ? 'hour' : minute > 59 ? 'minute' : second > 59 ? 'second' : 'day';
  return `parsing time ${quoteGo(text)}: ${what} out of range`;
}
