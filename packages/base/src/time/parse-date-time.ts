/** Reading of instants from text. Source: sql §5.4, functions §16.3. */
import { rowError } from '../errors.ts';
import { DateTime, offsetText } from '../values/date-time.ts';
import { compileDatePattern, type DateToken, MONTHS, WEEKDAYS } from './date-pattern.ts';
import { offsetSecondsAt } from './zones.ts';

export interface ParseDateOptions {
  /** The zone of texts that name none. */
  readonly zone: string;
  /** The current time: gives the day to a time of day, the year to a month and day. */
  readonly nowMs: number;
  /** A pattern tried before the known forms, see `date-pattern.ts`; empty or absent: none. */
  readonly pattern?: string;
}

/** The instant a text names; `Can't parse string as time: <x>` when none is found. */
export function parseDateTime(text: string, options: ParseDateOptions): DateTime {
  const { pattern } = options;
  const byPattern = pattern ? parseByPattern(text, pattern, options) : undefined;
  return byPattern ?? parseKnownForms(text, options) ?? rowError(`Can't parse string as time: ${text}`);
}

/** Reads a text by a pattern alone; undefined when it does not fit. */
export function parseByPattern(text: string, pattern: string, options: ParseDateOptions): DateTime | undefined {
  return readForm(patternForm(pattern), text, options);
}

function parseKnownForms(text: string, options: ParseDateOptions): DateTime | undefined {
  for (const form of knownForms()) {
    const value = readForm(form, text, options);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** A regular expression and what its groups mean, in order. */
interface Form {
  readonly expression: RegExp;
  readonly groups: readonly Group[];
}

type Group = 'Y' | 'YY' | 'M' | 'Mon' | 'D' | 'H' | 'h' | 'm' | 's' | 'f' | 'ampm' | 'zone' | 'name';

const monthNames = MONTHS.map((name) => name.slice(0, 3)).join('|');
const fullMonths = MONTHS.join('|');
const shortDays = WEEKDAYS.map((name) => name.slice(0, 3)).join('|');

/** Placeholders of the forms below. A group without a meaning (a weekday) does not capture. */
const placeholders: Readonly<Record<string, readonly [source: string, group: Group | null]>> = {
  Y: ['(\\d{4})', 'Y'],
  YY: ['(\\d{2})', 'YY'],
  M: ['(\\d{1,2})', 'M'],
  MM: ['(\\d{2})', 'M'],
  Mon: [`(${monthNames})`, 'Mon'],
  Month: [`(${fullMonths})`, 'Mon'],
  D: ['(\\d{1,2})', 'D'],
  DD: ['(\\d{2})', 'D'],
  _D: [' ?(\\d{1,2})', 'D'],
  H: ['(\\d{1,2})', 'H'],
  h: ['(\\d{1,2})', 'h'],
  hh: ['(\\d{2})', 'h'],
  m: ['(\\d{1,2})', 'm'],
  mm: ['(\\d{2})', 'm'],
  // a fraction may follow any seconds
  s: ['(\\d{1,2}(?:[.,]\\d+)?)', 's'],
  ss: ['(\\d{2}(?:[.,]\\d+)?)', 's'],
  ampm: ['(AM|PM)', 'ampm'],
  Ddd: [`(?:${shortDays})`, null],
  Dddd: [`(?:${WEEKDAYS.join('|')})`, null],
  'Z07:00': ['(Z|[+-]\\d{2}:\\d{2})', 'zone'],
  Z0700: ['(Z|[+-]\\d{4})', 'zone'],
  Z07: ['(Z|[+-]\\d{2})', 'zone'],
  '-0700': ['([+-]\\d{4})', 'zone'],
  '-07:00': ['([+-]\\d{2}:\\d{2})', 'zone'],
  '-07': ['([+-]\\d{2})', 'zone'],
  MST: ['([A-Z]{3,5}|[+-]\\d{2})', 'name'],
};

/** Tried in this order; the first that fits wins. */
const known: readonly string[] = [
  '{Y}',
  '{Y}-{M}',
  '{Y}-{M}-{D}',
  '{Y}-{M}-{D} {H}',
  '{Y}-{M}-{D} {H}:{m}',
  '{Y}-{M}-{D} {H}:{m}:{s}',
  '{M}-{D}',
  '{H}:{m}:{s}',
  '{H}:{m}',
  '{H}',
  '{H}:{m}:{s} {Mon} {D}, {Y} {MST}',
  '{Y}-{MM}-{DD} {H}:{mm}:{ss} {-0700} {MST}',
  '{Y}-{MM}-{DD}T{H}:{mm}:{ss}{Z0700}',
  '{Y}-{MM}-{DD}T{H}:{mm}:{ss}{Z07}',
  '{Y}.{M}.{D}',
  '{Y}.{M}.{D} {H}:{mm}:{ss}',
  '{M}/{D}/{Y}',
  '{M}/{D}/{Y} {H}:{m}:{s}',
  '{Y}/{MM}/{DD}',
  '{Y}{MM}{DD}',
  '{Y}/{MM}/{DD} {H}:{mm}:{ss}',
  '{Ddd} {Mon} {_D} {H}:{mm}:{ss} {Y}',
  '{Ddd} {Mon} {_D} {H}:{mm}:{ss} {MST} {Y}',
  '{Ddd} {Mon} {DD} {H}:{mm}:{ss} {-0700} {Y}',
  '{DD} {Mon} {YY} {H}:{mm} {MST}',
  '{DD} {Mon} {YY} {H}:{mm} {-0700}',
  '{Dddd}, {DD}-{Mon}-{YY} {H}:{mm}:{ss} {MST}',
  '{Ddd}, {DD} {Mon} {Y} {H}:{mm}:{ss} {MST}',
  '{Ddd}, {DD} {Mon} {Y} {H}:{mm}:{ss} {-0700}',
  '{Y}-{MM}-{DD}T{H}:{mm}:{ss}{Z07:00}',
  '{h}:{mm}{ampm}',
  '{Mon} {_D} {H}:{mm}:{ss}',
  '{Y}-{MM}-{DD}T{H}:{mm}:{ss}',
];

let compiledForms: readonly Form[] | undefined;

function knownForms(): readonly Form[] {
  compiledForms ??= known.map(compileForm);
  return compiledForms;
}

function compileForm(form: string): Form {
  const groups: Group[] = [];
  const source = form.replace(/\{([^}]+)\}|[.*+?^${}()|[\]\\]/g, (match, name: string | undefined) => {
    if (name === undefined) return `\\${match}`;
    const [expression, group] = placeholders[name] as readonly [string, Group | null];
    if (group !== null) groups.push(group);
    return expression;
  });
  return { expression: new RegExp(`^${source}$`, 'i'), groups };
}

const patternForms = new Map<string, Form>();
const MAX_PATTERNS = 256;

function patternForm(pattern: string): Form {
  const found = patternForms.get(pattern);
  if (found !== undefined) return found;
  const groups: Group[] = [];
  let source = '';
  for (const token of compileDatePattern(pattern)) {
    const part = tokenSource(token);
    source += part[0];
    if (part[1] !== null) groups.push(part[1]);
  }
  const form = { expression: new RegExp(`^${source}$`, 'i'), groups };
  if (patternForms.size >= MAX_PATTERNS) patternForms.clear();
  patternForms.set(pattern, form);
  return form;
}

function tokenSource(token: DateToken): readonly [source: string, group: Group | null] {
  if ('text' in token) return [token.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), null];
  const { field, width } = token;
  const place = (name: string): readonly [string, Group | null] =>
    placeholders[name] as readonly [string, Group | null];
  switch (field) {
    case 'year':
      return place(width === 2 ? 'YY' : 'Y');
    case 'month':
      return place(['M', 'MM', 'Mon', 'Month'][width - 1] as string);
    case 'day':
      return place(width === 1 ? 'D' : 'DD');
    case 'weekday':
      return place(width === 3 ? 'Ddd' : 'Dddd');
    case 'hour24':
      return place('H');
    case 'hour12':
      return place(width === 1 ? 'h' : 'hh');
    case 'minute':
      return place(width === 1 ? 'm' : 'mm');
    case 'second':
      return [width === 1 ? '(\\d{1,2}(?:[.,]\\d+)??)' : '(\\d{2}(?:[.,]\\d+)??)', 's'];
    case 'fraction':
      return [`[.,](\\d{${width}})`, 'f'];
    case 'ampm':
      return place('ampm');
    case 'zoneName':
      return place('MST');
    case 'offset':
      return place(['-07', '-0700', '-07:00'][width - 1] as string);
    case 'nothing':
      return ['', null];
  }
}

interface Fields {
  year: number | undefined;
  month: number | undefined;
  day: number | undefined;
  hour: number | undefined;
  minute: number;
  second: number;
  nanosecond: number;
  afternoon: boolean | undefined;
  offsetSeconds: number | undefined;
  zoneName: string | undefined;
}

function readForm({ expression, groups }: Form, text: string, options: ParseDateOptions): DateTime | undefined {
  const match = expression.exec(text);
  if (match === null) return undefined;
  const fields: Fields = {
    year: undefined,
    month: undefined,
    day: undefined,
    hour: undefined,
    minute: 0,
    second: 0,
    nanosecond: 0,
    afternoon: undefined,
    offsetSeconds: undefined,
    zoneName: undefined,
  };
  groups.forEach((group, i) => readGroup(fields, group, match[i + 1] as string));
  return instantOf(fields, options);
}

function readGroup(fields: Fields, group: Group, text: string): void {
  switch (group) {
    case 'Y':
      fields.year = Number(text);
      break;
    case 'YY':
      fields.year = Number(text) + (Number(text) >= 69 ? 1900 : 2000);
      break;
    case 'M':
      fields.month = Number(text);
      break;
    case 'Mon':
      fields.month = 1 + MONTHS.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase());
      break;
    case 'D':
      fields.day = Number(text);
      break;
    case 'H':
    case 'h':
      fields.hour = Number(text);
      break;
    case 'm':
      fields.minute = Number(text);
      break;
    case 's':
      fields.second = Number.parseInt(text, 10);
      if (/[.,]/.test(text)) fields.nanosecond = nanosOf(text.slice(text.search(/[.,]/) + 1));
      break;
    case 'f':
      fields.nanosecond = nanosOf(text);
      break;
    case 'ampm':
      fields.afternoon = text.toUpperCase() === 'PM';
      break;
    case 'zone':
      fields.offsetSeconds = offsetOf(text);
      break;
    case 'name':
      fields.zoneName = text;
      break;
  }
}

function nanosOf(digits: string): number {
  return Number(digits.slice(0, 9).padEnd(9, '0'));
}

function offsetOf(text: string): number {
  if (text.toUpperCase() === 'Z') return 0;
  const digits = text.slice(1).replace(':', '');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2) || 0) * 60;
  return text.startsWith('-') ? -seconds : seconds;
}

/** Undefined when a field is out of its range. */
function instantOf(fields: Fields, { zone, nowMs }: ParseDateOptions): DateTime | undefined {
  const { minute, second, nanosecond, afternoon } = fields;
  let hour = fields.hour ?? 0;
  if (afternoon !== undefined) {
    if (hour > 12) return undefined;
    hour = (hour % 12) + (afternoon ? 12 : 0);
  }
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const today = new DateTime(nowMs, zone).civil();
  const year = fields.year ?? today.year;
  const timeOnly = fields.year === undefined && fields.month === undefined && fields.day === undefined;
  const month = fields.month ?? (timeOnly ? today.month : 1);
  const day = fields.day ?? (timeOnly ? today.day : 1);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  const civil = { year, month, day, hour, minute, second, nanosecond };
  return DateTime.fromCivil(civil, zoneOf(fields, zone, nowMs));
}

function zoneOf({ offsetSeconds, zoneName }: Fields, zone: string, nowMs: number): string {
  if (offsetSeconds !== undefined) return offsetZone(offsetSeconds, zone, nowMs);
  // an abbreviation says too little to know an offset: those of universal time aside, it keeps the configured zone
  return zoneName === 'UTC' || zoneName === 'GMT' ? 'UTC' : zone;
}

function offsetZone(offsetSeconds: number, zone: string, nowMs: number): string {
  if (offsetSeconds === 0) return 'UTC';
  const fixed = offsetText(offsetSeconds, ':');
  return zone === fixed || (zone.startsWith('Etc/') && offsetSecondsAt(zone, nowMs) === offsetSeconds) ? zone : fixed;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}
