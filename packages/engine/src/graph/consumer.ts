/** What takes the results of a step or the rows of a source. */
import { isTagged, type Row, type RowType, tagValue } from '@kuiper/base';
import type { MetaProvider, ProgramOutput } from '../compile/program.ts';

/** Resolves when all have; undefined when there is nothing to wait for. */
export function all(promises: readonly (Promise<void> | undefined)[]): Promise<void> | undefined {
  const waiting = promises.filter((promise) => promise !== undefined);
  return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined);
}

export interface Consumer {
  row(row: Row): void;
  rows(rows: readonly Row[]): void;
  /** The text of a failed row, on its way to the sinks. */
  error(text: string): void;
}

/** The event being worked on: rows made from it inherit its time and metadata. Closed between events. */
export interface Moment {
  timestampMs: number;
  metas: MetaProvider;
  index: number;
  isOpen: boolean;
}

export function joinConsumers(consumers: readonly Consumer[]): Consumer {
  const [only] = consumers;
  if (only !== undefined && consumers.length === 1) return only;
  return {
    row: (row) => {
      for (const consumer of consumers) consumer.row(row);
    },
    rows: (rows) => {
      for (const consumer of consumers) consumer.rows(rows);
    },
    error: (text) => {
      for (const consumer of consumers) consumer.error(text);
    },
  };
}

/** Sinks know nothing of the kinds inside a graph: rows are tagged for them. */
export function sinkConsumer(output: ProgramOutput, type: RowType): Consumer {
  const tag = tagger(type);
  return {
    row: (row) => output.emitRow(tag(row)),
    rows: (rows) => output.emitRows(rows.map(tag)),
    error: (text) => output.emitError(text),
  };
}

export function tagger(type: RowType): (row: Row) => Row {
  return isTagged(type) ? (row) => row : (row) => tagValue(row, type) as Row;
}
