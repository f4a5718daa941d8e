/** The methods of instants and durations that templates may call. */
import { DateTime } from '@kuiper/base';
import { formatLayout } from './time-layout.ts';
import { addCivil, isZeroTime, nanosOf, shiftTime } from './time-arithmetic.ts';
import { durationText } from './value-text.ts';
import { durationValue, intValue, SizedInt } from './values.ts';

export interface Method {
  /** The names of the parameters' types. */
  readonly params: readonly string[];
  readonly call: (...args: never[]) => unknown;
}

function method(params: readonly string[], call: (...args: never[]) => unknown): Method {
  return { params, call };
}

const timeMethods: ReadonlyMap<string, Method> = new Map([
  ['Year', method([], (t: DateTime) => intValue(t.civil().year))],
  ['Month', method([], (t: DateTime) => new SizedInt('time.Month', BigInt(t.civil().month)))],
  ['Day', method([], (t: DateTime) => intValue(t.civil().day))],
  ['Hour', method([], (t: DateTime) => intValue(t.civil().hour))],
  ['Minute', method([], (t: DateTime) => intValue(t.civil().minute))],
  ['Second', method([], (t: DateTime) => intValue(t.civil().second))],
  ['Nanosecond', method([], (t: DateTime) => intValue(t.civil().nanosecond))],
  ['Weekday', method([], (t: DateTime) => new SizedInt('time.Weekday', BigInt(t.weekday)))],
  ['YearDay', method([], (t: DateTime) => intValue(t.dayOfYear))],
  ['Unix', method([], (t: DateTime) => BigInt(Math.floor(t.ms / 1000)))],
  ['UnixMilli', method([], (t: DateTime) => BigInt(t.ms))],
  ['UnixMicro', method([], (t: DateTime) => BigInt(t.ms) * 1000n + BigInt(Math.floor(t.subMsNanos / 1000)))],
  ['UnixNano', method([], (t: DateTime) => nanosOf(t))],
  ['UTC', method([], (t: DateTime) => t.inZone('UTC'))],
  ['Local', method([], (t: DateTime) => t.inZone('Local'))],
  ['String', method([], (t: DateTime) => t.goText())],
  ['IsZero', method([], isZeroTime)],
  ['Format', method(['string'], (t: DateTime, layout: string) => formatLayout(t, layout))],
  ['Add', method(['time.Duration'], (t: DateTime, d: SizedInt) => shiftTime(t, d.$int))],
  ['Sub', method(['time.Time'], (t: DateTime, u: DateTime) => durationValue(nanosOf(t) - nanosOf(u)))],
  ['Before', method(['time.Time'], (t: DateTime, u: DateTime) => t.compare(u) < 0)],
  ['After', method(['time.Time'], (t: DateTime, u: DateTime) => t.compare(u) > 0)],
  ['Equal', method(['time.Time'], (t: DateTime, u: DateTime) => t.compare(u) === 0)],
  [
    'AddDate',
    method(['int', 'int', 'int'], (t: DateTime, years: SizedInt, months: SizedInt, days: SizedInt) =>
      addCivil(t, Number(years.$int), Number(months.$int), Number(days.$int)),
    ),
  ],
]);

const durationMethods: ReadonlyMap<string, Method> = new Map([
  ['Nanoseconds', method([], (d: SizedInt) => d.$int)],
  ['Microseconds', method([], (d: SizedInt) => d.$int / 1000n)],
  ['Milliseconds', method([], (d: SizedInt) => d.$int / 1_000_000n)],
  ['Seconds', method([], (d: SizedInt) => Number(d.$int) / 1e9)],
  ['Minutes', method([], (d: SizedInt) => Number(d.$int) / 60e9)],
  ['Hours', method([], (d: SizedInt) => Number(d.$int) / 3600e9)],
  ['String', method([], (d: SizedInt) => durationText(d.$int))],
]);

export function methodOf(receiver: unknown, name: string): Method | undefined {
  if (receiver instanceof DateTime) return timeMethods.get(name);
  if (receiver instanceof SizedInt && receiver.$type === 'time.Duration') return durationMethods.get(name);
  return undefined;
}
