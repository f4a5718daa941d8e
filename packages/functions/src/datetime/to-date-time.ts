import { DateTime, rowError, valueText } from '@kuiper/base';
import { parseTime } from './parse-time.ts';

/** What reading a moment needs of the surroundings; a `FunctionContext` has it. */
export interface TimeContext {
  readonly timeZone: string;
  now(): number;
}

/** The largest distance from the epoch that dates reach, in ms. */
const farthestMs = 8.64e15;

/**
 * The moment of a value: an instant as it is, a number as ms since the epoch in the configured zone, a text by its
 * looks. Throws the row errors of the behaviour spec, functions §16.
 */
export function toDateTime(value: unknown, context: TimeContext): DateTime {
  if (value instanceof DateTime) return value;
  if (typeof value === 'string') return parseTime(value, context.timeZone, context.now());
  if (typeof value === 'number' || typeof value === 'bigint') {
    const ms = Math.trunc(Number(value));
    if (Math.abs(ms) <= farthestMs) return new DateTime(ms, context.timeZone);
  }
  return rowError(`unsupported type to convert to timestamp ${valueText(value, 'any')}`);
}
