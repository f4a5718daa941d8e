import { toDateTime as anyToDateTime, DateTime, rowError, valueText } from '@kuiper/base';
import { readIsoTime } from './iso-time.ts';

/** What reading a moment needs of the surroundings; a `FunctionContext` has it. */
export interface TimeContext {
  readonly timeZone: string;
  now(): number;
}

/** A moment in a zone. Throws the row error of numbers that are none when dates do not reach so far. */
export function momentAt(ms: number, zone: string, subMsNanos = 0): DateTime {
  if (!(Math.abs(ms) <= farthestMs))
    return rowError(`unsupported type to convert to timestamp ${valueText(ms, 'any')}`);
  return new DateTime(ms, zone, subMsNanos);
}

/** The largest distance from the epoch that dates reach, in ms. */
const farthestMs = 8.64e15;

/**
 * The moment of a tagged value: an instant as it is, a number as ms since the epoch in the configured zone, a text by
 * its looks. Throws the row errors of the behaviour spec, functions §16.
 */
export function toDateTime(value: unknown, context: TimeContext): DateTime {
  if (typeof value === 'string') {
    const iso = readIsoTime(value, context.timeZone);
    if (iso !== undefined) return iso;
  } else if ((typeof value === 'number' || typeof value === 'bigint') && !(Math.abs(Number(value)) <= farthestMs)) {
    return rowError(`unsupported type to convert to timestamp ${valueText(value, 'any')}`);
  }
  return anyToDateTime(value, 'any', { zone: context.timeZone, nowMs: context.now() });
}
