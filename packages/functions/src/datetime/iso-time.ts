import { DateTime } from '@kuiper/base';
import { daysInMonth } from './days-in-month.ts';

/**
 * Reads the most common form of a moment without the general layouts: `2023-07-04T05:06:07`, with a space instead of
 * the T, with up to nine fraction digits, and with `Z` or `+hh:mm` behind a T. undefined for anything else, also for a
 * day or hour that does not exist: the layouts then have their say.
 */
export function readIsoTime(text: string, zone: string): DateTime | undefined {
  const { length } = text;
  if (length < 19 || text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return undefined;
  const withT = text.charCodeAt(10) === 0x54;
  if ((!withT && text.charCodeAt(10) !== 0x20) || text.charCodeAt(13) !== 0x3a || text.charCodeAt(16) !== 0x3a)
    return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59))
    return undefined;
  if (day > 28 && day > daysInMonth(year, month)) return undefined;
  let at = 19;
  let nanosecond = 0;
  if (text.charCodeAt(at) === 0x2e) {
    const start = ++at;
    while (at < length && isDigit(text.charCodeAt(at))) at++;
    const width = at - start;
    if (width === 0 || width > 9) return undefined;
    nanosecond = digits(text, start, width) * 10 ** (9 - width);
  }
  const offset = at === length ? zone : withT ? offsetAt(text, at) : undefined;
  if (offset === undefined) return undefined;
  if (offset !== 'UTC') return DateTime.fromCivil({ year, month, day, hour, minute, second, nanosecond }, offset);
  const ms = Math.floor(nanosecond / 1_000_000);
  return new DateTime(
    utcMs(year, month, day) + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms,
    'UTC',
    nanosecond % 1_000_000,
  );
}

/** `Z` or `+hh:mm` to the end of the text. */
function offsetAt(text: string, at: number): string | undefined {
  const sign = text.charCodeAt(at);
  if (sign === 0x5a) return at + 1 === text.length ? 'UTC' : undefined;
  if ((sign !== 0x2b && sign !== 0x2d) || at + 6 !== text.length || text.charCodeAt(at + 3) !== 0x3a) return undefined;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, at + 4, 2);
  if (!(hours >= 0 && minutes >= 0)) return undefined;
  return hours === 0 && minutes === 0 ? 'UTC' : text.slice(at);
}

/** NaN when one of the characters is no digit. */
function digits(text: string, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) return Number.NaN;
    value = value * 10 + code - 0x30;
  }
  return value;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Milliseconds of the start of a day; years below 100 are meant as they are. */
function utcMs(year: number, month: number, day: number): number {
  if (year >= 100) return Date.UTC(year, month - 1, day);
  const date = new Date(0);
  return date.setUTCFullYear(year, month - 1, day);
}
