/** Moving instants by durations and by civil years, months and days. */
import { DateTime } from '@kuiper/base';

export function nanosOf(time: DateTime): bigint {
  return BigInt(time.ms) * 1_000_000n + BigInt(time.subMsNanos);
}

/** The instant of nanoseconds since the epoch. */
function timeOfNanos(nanos: bigint, zone: string): DateTime {
  const subMs = ((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return new DateTime(Number((nanos - subMs) / 1_000_000n), zone, Number(subMs));
}

export function shiftTime(time: DateTime, nanos: bigint): DateTime {
  return timeOfNanos(nanosOf(time) + nanos, time.zone);
}

/** Adds to the civil fields; a day beyond the end of its month runs on into the next. */
export function addCivil(time: DateTime, years: number, months: number, days: number): DateTime {
  const c = time.civil();
  return DateTime.fromCivil({ ...c, year: c.year + years, month: c.month + months, day: c.day + days }, time.zone);
}

/** The zero of instants: the first moment of the year 1, UTC. */
export const ZERO_TIME_MS = -62_135_596_800_000;

export function isZeroTime(time: DateTime): boolean {
  return time.ms === ZERO_TIME_MS && time.subMsNanos === 0;
}
