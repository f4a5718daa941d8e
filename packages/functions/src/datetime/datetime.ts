/**
 * Functions of moments. A moment is an instant, a number of ms since the epoch or a text (functions §16.3); most
 * functions fail on null. Parts are taken in the zone of the instant.
 *
 * Source: behaviour spec, functions §16, §17.
 */
import {
  DateTime,
  errorText,
  formatDateTime,
  INT64_MAX,
  INT64_MIN,
  type Int,
  MONTHS,
  normInt,
  parseDuration,
  resolveZone,
  rowError,
  toInt,
  WEEKDAYS,
} from '@kuiper/base';
import {
  type CallArgument,
  type FunctionContext,
  type FunctionDeclaration,
  type ScalarFunction,
  scalar,
  t,
} from '@kuiper/sdk';
import { checkLiteralKind, expectCount, isBoolLiteral, isNumericLiteral, isStringLiteral } from '../check-arguments.ts';
import { text } from '../string/text-argument.ts';
import { daysInMonth } from './days-in-month.ts';
import { durationText, weekdayText } from './printed-forms.ts';
import { momentAt, toDateTime } from './to-date-time.ts';

const group = 'datetime';
const dateTimePattern = 'yyyy-MM-dd HH:mm:ss';
const datePattern = 'yyyy-MM-dd';

const inTokyo = new DateTime(1_700_000_000_123, 'Asia/Tokyo');

/** A part of a moment as a number. */
function part(
  name: string,
  of: (time: DateTime) => number,
  summary: string,
  example: string,
  traits: Pick<ScalarFunction, 'aliases' | 'printedBy'> = {},
): FunctionDeclaration {
  return scalar({
    name,
    ...traits,
    group,
    args: [t.datetime('time')],
    returns: 'int',
    onNull: 'call',
    context: true,
    summary,
    examples: [
      { call: `${name}(a)`, row: { a: 1_700_000_000_123 }, gives: example },
      { call: `${name}(a)`, row: {}, fails: 'unsupported type to convert to timestamp <nil>' },
      { call: `${name}(a)`, row: { a: 'hello' }, fails: "Can't parse string as time: hello" },
      { call: `${name}("2023-11-14")`, fails: 'Expect datetime type for parameter 1' },
    ],
    eval: (context: FunctionContext, value: unknown) => of(toDateTime(value, context)),
  });
}

const parts: readonly FunctionDeclaration[] = [
  part('month', (time) => time.civil().month, 'The month, 1 to 12.', '11'),
  part('day_of_month', (time) => time.civil().day, 'The day of the month, 1 to 31.', '14', { aliases: ['day'] }),
  part(
    'day_of_week',
    (time) => time.weekday,
    'The day of the week: 0 for Sunday to 6 for Saturday. As text its name.',
    '2',
    { printedBy: weekdayText },
  ),
  part('day_of_year', (time) => time.dayOfYear, 'The day of the year, 1 to 366.', '318'),
  part('hour', (time) => time.civil().hour, 'The hour, 0 to 23.', '22'),
  part('minute', (time) => time.civil().minute, 'The minute.', '13'),
  part('second', (time) => time.civil().second, 'The second.', '20'),
  part(
    'microsecond',
    (time) => Math.floor(time.civil().nanosecond / 1000),
    'The microseconds within the second.',
    '123000',
  ),
];

const dayName = scalar({
  name: 'day_name',
  group,
  args: [t.datetime('time')],
  returns: 'string',
  onNull: 'call',
  context: true,
  summary: 'The English name of the day of the week.',
  examples: [
    { call: 'day_name(a)', row: { a: '2023-11-14' }, gives: '"Tuesday"' },
    { call: 'day_name(a)', row: { a: inTokyo }, gives: '"Wednesday"' },
  ],
  eval: (context: FunctionContext, value: unknown) => WEEKDAYS[toDateTime(value, context).weekday],
});

const monthNameFunction = scalar({
  name: 'month_name',
  group,
  args: [t.datetime('time')],
  check: (args) => {
    if (args.length !== 1) return expectCount(1, args.length);
    return checkLiteralKind('datetime', false, args[0] as CallArgument, 2);
  },
  returns: 'string',
  onNull: 'call',
  context: true,
  summary: 'The English name of the month.',
  examples: [
    { call: 'month_name(a)', row: { a: '2023-09-30' }, gives: '"September"' },
    { call: 'month_name("2023-09-30")', fails: 'Expect datetime type for parameter 2' },
  ],
  eval: (context: FunctionContext, value: unknown) => MONTHS[toDateTime(value, context).civil().month - 1],
});

const lastDay = scalar({
  name: 'last_day',
  group,
  args: [t.datetime('time')],
  returns: 'string',
  onNull: 'call',
  context: true,
  summary: 'The last day of the month, as yyyy-MM-dd.',
  examples: [
    { call: 'last_day(a)', row: { a: '2024-02-01' }, gives: '"2024-02-29"' },
    { call: 'last_day(a)', row: { a: true }, fails: 'unsupported type to convert to timestamp true' },
  ],
  eval: (context: FunctionContext, value: unknown) => {
    const { year, month } = toDateTime(value, context).civil();
    const day = daysInMonth(year, month);
    return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${day}`;
  },
});

const formatTime = scalar({
  name: 'format_time',
  group,
  args: [t.datetime('time'), t.text('pattern')],
  returns: 'string',
  onNull: 'null',
  context: true,
  summary: 'The moment printed by a pattern such as yyyy-MM-dd HH:mm:ssSSS, in the zone of the instant.',
  examples: [
    {
      call: 'format_time(a, "yyyy/MM/dd HH:mm:ssSSS")',
      row: { a: 1_700_000_000_000 },
      gives: '"2023/11/14 22:13:20.000"',
    },
    {
      call: 'format_time(a, "h|hh|a|m|s|M|MMM|EEEE")',
      row: { a: 1_699_952_769_000 },
      gives: '"9|09|AM|6|9|11|Nov|Tuesday"',
    },
    { call: 'format_time(a, "yy Z X XXX z")', row: { a: inTokyo }, gives: '"23 +0900 +09 +09:00 JST"' },
    { call: "format_time(a, \"yyyy年 'd' '' ddd\")", row: { a: 0 }, gives: '"1970年 d \' "' },
    { call: 'format_time(a, "H")', row: { a: 0 }, fails: 'invalid time format H of H, only HH is supported' },
    { call: 'format_time(a, "EE")', row: { a: 0 }, fails: 'invalid time format EE for E' },
    { call: 'format_time(a, "yyy")', row: { a: 0 }, fails: 'invalid time format yyy for Y/y' },
    { call: 'format_time(a, "dd")', row: {}, gives: 'null' },
    { call: 'format_time(a, 1)', row: {}, fails: 'Expect string type for parameter 2' },
  ],
  eval: (context: FunctionContext, value: unknown, pattern: unknown) =>
    formatDateTime(toDateTime(value, context), text(pattern)),
});

const dateCalc = scalar({
  name: 'date_calc',
  group,
  args: [t.datetime('time'), t.string('duration', { literal: true })],
  returns: 'string',
  onNull: 'call',
  context: true,
  summary: 'The moment moved by a duration such as 1h30m or -45s, as yyyy-MM-dd HH:mm:ss.',
  examples: [
    { call: 'date_calc(a, "1h30m")', row: { a: 1_700_000_000_123 }, gives: '"2023-11-14 23:43:20"' },
    { call: 'date_calc(a, "-124ms")', row: { a: 1_700_000_000_123 }, gives: '"2023-11-14 22:13:19"' },
    { call: 'date_calc(a, "--1h")', row: { a: 1_700_000_000_123 }, gives: '"2023-11-14 23:13:20"' },
    { call: 'date_calc(a, "1h")', row: { a: '2023-07-04T05:06:07-05:00' }, gives: '"2023-07-04 06:06:07"' },
    {
      call: 'date_calc(a, "1h")',
      row: { a: 8.64e15 },
      fails: 'unsupported type to convert to timestamp 8.6400000036e+15',
    },
    { call: 'date_calc(a, "1d")', row: { a: 0 }, fails: 'time: unknown unit "d" in duration "1d"' },
    { call: 'date_calc(a, "-5")', row: { a: 0 }, fails: 'time: missing unit in duration "5"' },
    { call: 'date_calc("2019-01-01", "1h")', fails: 'Expect datetime type for parameter 1' },
    { call: 'date_calc(a, b)', fails: 'Expect string type for parameter 2' },
  ],
  eval: (context: FunctionContext, value: unknown, duration: unknown) =>
    formatDateTime(moved(toDateTime(value, context), signedDuration(text(duration))), dateTimePattern),
});

/** The sign belongs to the function, not to the duration: what follows may have a sign of its own. */
function signedDuration(duration: string): number {
  const back = duration.startsWith('-');
  try {
    const lengthMs = parseDuration(back ? duration.slice(1) : duration);
    return back ? -lengthMs : lengthMs;
  } catch (error) {
    return rowError(errorText(error));
  }
}

function moved(time: DateTime, lengthMs: number): DateTime {
  const wholeMs = Math.floor(lengthMs);
  const nanos = time.subMsNanos + Math.round((lengthMs - wholeMs) * 1e6);
  const carry = nanos >= 1_000_000 ? 1 : 0;
  return momentAt(time.ms + wholeMs + carry, time.zone, nanos - carry * 1_000_000);
}

const dateDiff = scalar({
  name: 'date_diff',
  group,
  args: [t.datetime('from'), t.datetime('to')],
  check: (args) => {
    if (args.length !== 2) return expectCount(2, args.length);
    const refused = args.some((arg) => checkLiteralKind('datetime', false, arg, 1) !== null);
    return refused ? 'Expect datetime type for parameter 1' : null;
  },
  returns: 'int',
  onNull: 'call',
  context: true,
  printedBy: durationText,
  summary: 'The nanoseconds from the first moment to the second. As text a duration such as 1h30m0s.',
  examples: [
    { call: 'date_diff(a, b)', row: { a: 1_700_000_000_123, b: 1_700_003_600_123 }, gives: '3600000000000' },
    { call: 'date_diff(a, b)', row: { a: '2023-01-01', b: '2024-01-01' }, gives: '31536000000000000' },
    { call: 'date_diff(a, b)', row: { a: 1 }, fails: 'unsupported type to convert to timestamp <nil>' },
    { call: 'date_diff(a, "2019-01-01")', fails: 'Expect datetime type for parameter 1' },
  ],
  eval: (context: FunctionContext, from: unknown, to: unknown): Int => {
    const start = toDateTime(from, context);
    const end = toDateTime(to, context);
    const nanos = BigInt(end.ms - start.ms) * 1_000_000n + BigInt(end.subMsNanos - start.subMsNanos);
    return normInt(nanos > INT64_MAX ? INT64_MAX : nanos < INT64_MIN ? INT64_MIN : nanos);
  },
});

/** `from_days` and `from_unix_time` refuse every literal. */
function checkNoLiteral(args: readonly CallArgument[]): string | null {
  if (args.length !== 1) return expectCount(1, args.length);
  const arg = args[0] as CallArgument;
  const refused = isNumericLiteral(arg) || isStringLiteral(arg) || isBoolLiteral(arg);
  return refused ? 'Expect int type for parameter 1' : null;
}

const dayMs = 86_400_000;

const fromDays = scalar({
  name: 'from_days',
  group,
  args: [t.any('days')],
  check: checkNoLiteral,
  returns: 'string',
  onNull: 'null',
  summary: 'The date of a day number, as yyyy-MM-dd; day 1 is 1970-01-01, day 0 is null.',
  examples: [
    { call: 'from_days(a)', row: { a: 19676 }, gives: '"2023-11-14"' },
    { call: 'from_days(a)', row: { a: -1n }, gives: '"1969-12-30"' },
    { call: 'from_days(a)', row: { a: 0 }, gives: 'null' },
    { call: 'from_days(a)', row: { a: 1e10 }, fails: 'unsupported type to convert to timestamp 8.639999999136e+17' },
    { call: 'from_days(1)', fails: 'Expect int type for parameter 1' },
  ],
  eval: (days: unknown) => {
    const day = Number(toInt(days, 'any', 'strict', 'int'));
    return day === 0 ? null : formatDateTime(momentAt((day - 1) * dayMs, 'UTC'), datePattern);
  },
});

const fromUnixTime = scalar({
  name: 'from_unix_time',
  group,
  args: [t.any('seconds')],
  check: checkNoLiteral,
  returns: 'string',
  onNull: 'null',
  context: true,
  summary: 'The moment of a number of seconds since the epoch, as yyyy-MM-dd HH:mm:ss; 0 is null.',
  examples: [
    { call: 'from_unix_time(a)', row: { a: 1_700_000_000 }, gives: '"2023-11-14 22:13:20"' },
    { call: 'from_unix_time(a)', row: { a: 0 }, gives: 'null' },
    { call: 'from_unix_time(a)', row: { a: 1.5 }, fails: 'cannot convert float64(1.5) to int' },
  ],
  eval: (context: FunctionContext, seconds: unknown) => {
    const second = Number(toInt(seconds, 'any', 'strict', 'int'));
    return second === 0 ? null : formatDateTime(momentAt(second * 1000, context.timeZone), dateTimePattern);
  },
});

const toSeconds = scalar({
  name: 'to_seconds',
  group,
  args: [t.any('time')],
  returns: 'int',
  onNull: 'null',
  context: true,
  summary: 'The seconds from the epoch to the moment.',
  examples: [
    { call: 'to_seconds(a)', row: { a: 1_700_000_000_999 }, gives: '1700000000' },
    { call: 'to_seconds(a)', row: { a: '2023-07-04T05:06:07Z' }, gives: '1688447167' },
    { call: 'to_seconds(a)', row: { a: true }, fails: 'unsupported type to convert to timestamp true' },
  ],
  eval: (context: FunctionContext, value: unknown) => Math.floor(toDateTime(value, context).ms / 1000),
});

const convertTz = scalar({
  name: 'convert_tz',
  group,
  args: [t.datetime('time'), t.text('zone')],
  returns: 'datetime',
  onNull: 'null',
  context: true,
  summary: 'The same moment in another zone, named like Asia/Tokyo; an empty name is UTC.',
  examples: [
    { call: 'convert_tz(a, "Asia/Tokyo")', row: { a: 1_700_000_000_000 }, gives: '"2023-11-15T07:13:20+09:00"' },
    { call: 'convert_tz(a, "")', row: { a: inTokyo }, gives: '"2023-11-14T22:13:20.123Z"' },
    { call: 'convert_tz(a, "Mars/Base")', row: { a: 1 }, fails: 'unknown time zone Mars/Base' },
    { call: 'convert_tz(1, "UTC")', fails: 'Expect datetime type for parameter 1' },
  ],
  eval: (context: FunctionContext, value: unknown, zone: unknown) =>
    toDateTime(value, context).inZone(knownZone(text(zone))),
});

function knownZone(name: string): string {
  try {
    return resolveZone(name);
  } catch (error) {
    return rowError(errorText(error));
  }
}

export const datetimeFunctions: readonly FunctionDeclaration[] = [
  ...parts,
  convertTz,
  dateCalc,
  dateDiff,
  dayName,
  formatTime,
  fromDays,
  fromUnixTime,
  lastDay,
  monthNameFunction,
  toSeconds,
];
