/** Functions of instants and durations. Source: behaviour spec, io §7.5. */
import { DateTime, formatDuration, parseDuration, resolveZone, rowError } from '@kuiper/base';
import { declare, type FunctionTable, type TemplateFunction } from '../function-table.ts';
import { parseLayout } from '../read-time.ts';
import { formatLayout } from '../time-layout.ts';
import { nanosOf, shiftTime, ZERO_TIME_MS } from '../time-arithmetic.ts';
import { durationText } from '../value-text.ts';
import { SizedInt } from '../values.ts';
import { toInt } from './numeric-argument.ts';

const SECOND = 1_000_000_000n;
const DATE = '2006-01-02';

function durationNanos(text: string): bigint {
  return BigInt(Math.round(parseDuration(text) * 1e6));
}

export function dateFunctions(now: () => number, localZone: string): FunctionTable {
  const current = (): DateTime => new DateTime(now(), localZone);
  /** Integers are seconds since the epoch; whatever is neither that nor an instant stands for now. */
  const instantOf = (value: unknown): DateTime => {
    if (value instanceof DateTime) return value;
    const isSeconds = typeof value === 'bigint' || (value instanceof SizedInt && /^int(32)?$/.test(value.$type));
    return isSeconds ? new DateTime(Number(toInt(value)) * 1000, localZone) : current();
  };
  const zoneOf = (name: string): string => {
    if (name === 'Local') return localZone;
    try {
      return resolveZone(name);
    } catch {
      return 'UTC';
    }
  };
  const inZone = (layout: string, value: unknown, zone: string): string =>
    formatLayout(instantOf(value).inZone(zoneOf(zone)), layout);
  const modify = (text: string, time: DateTime): DateTime => shiftTime(time, durationNanos(text));
  const modifyIfValid = (text: string, time: DateTime): DateTime => {
    try {
      return modify(text, time);
    } catch {
      return time;
    }
  };
  const read = (layout: string, text: string): DateTime | string => parseLayout(text, layout, localZone);
  const readOrFail = (layout: string, text: string): DateTime => {
    const time = read(layout, text);
    return typeof time === 'string' ? rowError(time) : time;
  };
  const readOrZero = (layout: string, text: string): DateTime => {
    const time = read(layout, text);
    return typeof time === 'string' ? new DateTime(ZERO_TIME_MS, 'UTC') : time;
  };
  const ago = (value: unknown): string => {
    const nanos = nanosOf(current()) - nanosOf(instantOf(value));
    const half = nanos < 0n ? -SECOND / 2n : SECOND / 2n;
    return durationText(((nanos + half) / SECOND) * SECOND);
  };
  /** The largest unit of a length: `2h`, `3mo`. */
  const rounded = (value: unknown): string => {
    const nanos = lengthOf(value);
    const length = nanos < 0n ? -nanos : nanos;
    for (const [unit, size] of roundingUnits) if (length > size * SECOND) return `${length / SECOND / size}${unit}`;
    return '0s';
  };
  const lengthOf = (value: unknown): bigint => {
    if (value instanceof DateTime) return nanosOf(current()) - nanosOf(value);
    if (typeof value === 'bigint') return value;
    if (typeof value !== 'string') return 0n;
    try {
      return durationNanos(value);
    } catch {
      return 0n;
    }
  };
  const zoned: TemplateFunction = declare('string any string', inZone);
  const modifying = declare('string time', modifyIfValid);
  const modifyingOrFailing = declare('string time', modify);
  return {
    now: declare('', current),
    date: declare('string any', (layout: string, value: unknown) => inZone(layout, value, 'Local')),
    dateInZone: zoned,
    date_in_zone: zoned,
    htmlDate: declare('any', (value: unknown) => inZone(DATE, value, 'Local')),
    htmlDateInZone: declare('any string', (value: unknown, zone: string) => inZone(DATE, value, zone)),
    dateModify: modifying,
    date_modify: modifying,
    mustDateModify: modifyingOrFailing,
    must_date_modify: modifyingOrFailing,
    toDate: declare('string string', readOrZero),
    mustToDate: declare('string string', readOrFail),
    unixEpoch: declare('time', (time: DateTime) => String(Math.floor(time.ms / 1000))),
    ago: declare('any', ago),
    duration: declare('any', durationOfSeconds),
    durationRound: declare('any', rounded),
  };
}

const roundingUnits: readonly (readonly [string, bigint])[] = [
  ['y', 31_536_000n],
  ['mo', 2_592_000n],
  ['d', 86_400n],
  ['h', 3600n],
  ['m', 60n],
  ['s', 1n],
];

/** A number of seconds, or a text of one. */
function durationOfSeconds(value: unknown): string {
  const seconds = typeof value === 'string' || typeof value === 'bigint' ? toInt(value) : 0n;
  return formatDuration(Number(seconds) * 1000);
}
