import { rowError } from '../errors.ts';
import { type ParseDateOptions, parseDateTime } from '../time/parse-date-time.ts';
import { DateTime } from './date-time.ts';
import type { Kind } from './kind.ts';
import { valueText } from './text.ts';

/**
 * An instant from a value: a datetime as it is, a number as milliseconds since the epoch (fraction dropped) in the zone
 * of the options, a string parsed. Anything else, null included, is the row error
 * `unsupported type to convert to timestamp <value>`. Source: functions §16, sql §5.3.
 */
export function toDateTime(value: unknown, kind: Kind, options: ParseDateOptions): DateTime {
  if (value instanceof DateTime) return value;
  if (typeof value === 'number' || typeof value === 'bigint')
    return new DateTime(Math.trunc(Number(value)), options.zone);
  if (typeof value === 'string') return parseDateTime(value, options);
  return rowError(`unsupported type to convert to timestamp ${valueText(value, kind)}`);
}
