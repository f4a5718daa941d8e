/** What is read from a row before anything else: declared types and event time. Source: sql §5.3, §12, runtime §14. */
import { columnKind, errorText, type Row, rowError, toDateTime, valueText } from '@kuiper/base';
import type { SourcePlan } from '../plan/plan-node.ts';
import type { RunEnvironment } from './program.ts';
import { strictRow } from './strict-validation.ts';

/** Checks and converts a row; null when nothing has to be checked. Throws the error text of the preprocessor. */
export function rowChecker(source: SourcePlan, env: RunEnvironment): ((row: Row) => Row) | null {
  if (!source.strict) return null;
  const wanted = source.columns === null ? null : new Set(source.columns);
  const options = {
    columns: source.declared.filter((column) => wanted === null || wanted.has(column.name)),
    type: source.type,
    timeZone: env.timeZone,
    now: () => env.clock.now(),
    timestampFormat: source.timestampFormat,
  };
  return (row) => strictRow(row, options);
}

/** Times of rows lie within 100 million days of 1970, as instants do: beyond, adding a length may change nothing. */
const mostMs = 8.64e15;

/** The time of a row in ms; null in processing time. Throws the error text of the preprocessor. */
export function eventTimeReader(source: SourcePlan, env: RunEnvironment): ((row: Row) => number) | null {
  if (source.timestamp === null) return null;
  const { column, format } = source.timestamp;
  const kind = columnKind(source.type, column);
  return (row) => {
    const value = row[column];
    if (typeof value === 'number' && Math.abs(value) <= mostMs) return Math.trunc(value);
    if (value === undefined || !Object.hasOwn(row, column))
      return rowError(`cannot find timestamp field ${column} in tuple ${valueText(row, source.type)}`);
    try {
      const { ms } = toDateTime(value, kind, { zone: env.timeZone, nowMs: env.clock.now(), pattern: format });
      if (!(Math.abs(ms) <= mostMs)) rowError(`${valueText(value, kind)} is out of range`);
      return ms;
    } catch (error) {
      return rowError(`cannot convert timestamp field ${column} to timestamp with error ${errorText(error)}`);
    }
  };
}
