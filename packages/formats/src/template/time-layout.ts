/**
 * Layouts by example: how the reference moment, Monday, January 2 2006, 15:04:05 at -07:00, would be written.
 * Source: behaviour spec, io §7.5 (`date`, `toDate`).
 */
import { type DateTime, MONTHS, offsetText, WEEKDAYS } from '@kuiper/base';

/**
 * The fields of a layout, the longest first where one begins another. A short name must not run on into a word, a
 * fraction must not run on into other digits.
 */
const FIELD =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|002|0[1-6]|15|__2|_2(?!006)|[1-5]|PM|pm|[Z-]07:00:00|[Z-]070000|[Z-]07:00|[Z-]0700|[Z-]07|[.,](?:0+|9+)(?!\d)/g;

export interface Piece {
  /** Text before the field. */
  readonly before: string;
  /** Empty after the last field. */
  readonly field: string;
}

/** Recent layouts. */
const known = new Map<string, readonly Piece[]>();
const MAX_KNOWN = 256;

export function piecesOf(layout: string): readonly Piece[] {
  const found = known.get(layout);
  if (found !== undefined) return found;
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of layout.matchAll(FIELD)) {
    pieces.push({ before: layout.slice(at, match.index), field: match[0] });
    at = match.index + match[0].length;
  }
  pieces.push({ before: layout.slice(at), field: '' });
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(layout, pieces);
  return pieces;
}

/** Prints an instant in its own zone. */
export function formatLayout(time: DateTime, layout: string): string {
  let text = '';
  for (const { before, field } of piecesOf(layout)) text += before + (field === '' ? '' : fieldText(time, field));
  return text;
}

function fieldText(time: DateTime, field: string): string {
  const c = time.civil();
  switch (field) {
    case 'January':
      return MONTHS[c.month - 1] as string;
    case 'Jan':
      return (MONTHS[c.month - 1] as string).slice(0, 3);
    case 'Monday':
      return WEEKDAYS[time.weekday] as string;
    case 'Mon':
      return (WEEKDAYS[time.weekday] as string).slice(0, 3);
    case 'MST':
      return time.zoneName;
    case '2006':
      return pad(c.year, 4);
    case '06':
      return pad(((c.year % 100) + 100) % 100, 2);
    case '002':
      return pad(time.dayOfYear, 3);
    case '__2':
      return String(time.dayOfYear).padStart(3, ' ');
    case '01':
      return pad(c.month, 2);
    case '1':
      return String(c.month);
    case '02':
      return pad(c.day, 2);
    case '_2':
      return String(c.day).padStart(2, ' ');
    case '2':
      return String(c.day);
    case '15':
      return pad(c.hour, 2);
    case '03':
      return pad(c.hour % 12 || 12, 2);
    case '3':
      return String(c.hour % 12 || 12);
    case '04':
      return pad(c.minute, 2);
    case '4':
      return String(c.minute);
    case '05':
      return pad(c.second, 2);
    case '5':
      return String(c.second);
    case 'PM':
      return c.hour < 12 ? 'AM' : 'PM';
    case 'pm':
      return c.hour < 12 ? 'am' : 'pm';
  }
  return field.startsWith('.') || field.startsWith(',')
    ? fractionText(c.nanosecond, field)
    : zoneText(time.offsetSeconds, field);
}

function fractionText(nanosecond: number, field: string): string {
  const digits = pad(nanosecond, 9)
    .slice(0, field.length - 1)
    .padEnd(field.length - 1, '0');
  if (field[1] === '0') return field.charAt(0) + digits;
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '' : field.charAt(0) + trimmed;
}

function zoneText(offsetSeconds: number, field: string): string {
  if (field.startsWith('Z') && offsetSeconds === 0) return 'Z';
  const separator = field.includes(':') ? ':' : '';
  const text = offsetText(offsetSeconds, separator);
  if (field.length === 3) return text.slice(0, 3);
  const seconds = Math.abs(offsetSeconds) % 60;
  return field.length > 6 ? `${text}${separator}${pad(seconds, 2)}` : text;
}

function pad(value: number, width: number): string {
  return value < 0 ? `-${String(-value).padStart(width, '0')}` : String(value).padStart(width, '0');
}
