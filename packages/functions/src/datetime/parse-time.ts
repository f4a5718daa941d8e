/** Reads a moment from text without being told the layout. Source: behaviour spec, functions §16.3. */
import { type DateTime, rowError } from '@kuiper/base';
import { readIsoTime } from './iso-time.ts';
import { compileLayout, type ReadTime } from './time-layout.ts';

/** In the order they are tried; the first that fits wins. */
const layouts = [
  '2006',
  '2006-1',
  '2006-1-2',
  '2006-1-2 15',
  '2006-1-2 15:4',
  '2006-1-2 15:4:5',
  '1-2',
  '15:4:5',
  '15:4',
  '15',
  '15:4:5 Jan 2, 2006 MST',
  '2006-01-02 15:04:05 -0700 MST',
  '2006-01-02T15:04:05Z0700',
  '2006-01-02T15:04:05Z07',
  '2006.1.2',
  '2006.1.2 15:04:05',
  '2006.01.02',
  '2006.01.02 15:04:05',
  '1/2/2006',
  '1/2/2006 15:4:5',
  '2006/01/02',
  '20060102',
  '2006/01/02 15:04:05',
  'Mon Jan _2 15:04:05 2006',
  'Mon Jan _2 15:04:05 MST 2006',
  'Mon Jan 02 15:04:05 -0700 2006',
  '02 Jan 06 15:04 MST',
  '02 Jan 06 15:04 -0700',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 -0700',
  '2006-01-02T15:04:05Z07:00',
  '3:04PM',
  'Jan _2 15:04:05',
  '2006-01-02T15:04:05',
];

let readers: readonly ReadTime[] | undefined;
/**
 * @param zone of texts without an offset
 * @param nowMs for texts without a date or a year
 * Throws the row error `Can't parse string as time: <text>`.
 */
export function parseTime(text: string, zone: string, nowMs: number): DateTime {
  const iso = readIsoTime(text, zone);
  if (iso !== undefined) return iso;
  readers ??= layouts.map(compileLayout);
  const normal = withWholeFraction(text);
  for (const reader of readers) {
    const time = reader(normal, zone, nowMs);
    if (time !== undefined) return time;
  }
  return rowError(`Can't parse string as time: ${normal}`);
}

/** A single fraction is padded with zeros or cut to 3, 6 or 9 digits. */
function withWholeFraction(text: string): string {
  const at = text.indexOf('.');
  if (at < 0 || at !== text.lastIndexOf('.')) return text;
  const digits = /^\d*/.exec(text.slice(at + 1))?.[0] ?? '';
  const width = digits.length <= 3 ? 3 : digits.length <= 6 ? 6 : 9;
  return `${text.slice(0, at + 1)}${digits.slice(0, width).padEnd(width, '0')}${text.slice(at + 1 + digits.length)}`;
}
