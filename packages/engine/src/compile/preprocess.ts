/** Event time: reads a row's time from its timestamp column. Source: behaviour spec, sql §12, runtime §14. */
import { columnKind, errorText, type Row, rowError, toDateTime, valueText } from '@kuiper/base';
import type { SourcePlan } from '../plan/plan-node.ts';

/** The time of a row in ms. Throws the error text of the preprocessor. */
export function eventTimeReader(source: SourcePlan, timeZone: string, now: () => number): (row: Row) => number {
  const { column, format } = source.timestamp as { column: string; format: string };
  const kind = columnKind(source.type, column);
  return (row) => {
    const value = row[column];
    if (typeof value === 'number') return Math.trunc(value);
    if (value === undefined || !Object.hasOwn(row, column))
      return rowError(`cannot find timestamp field ${column} in tuple ${valueText(row, source.type)}`);
    try {
      return toDateTime(value, kind, { zone: timeZone, nowMs: now(), pattern: format }).ms;
    } catch (error) {
      return rowError(`cannot convert timestamp field ${column} to timestamp with error ${errorText(error)}`);
    }
  };
}
