/** Runs a statement over rows and gives the rows that came out, for comparison with oracles. */
import { catalogOf, type OptionChanges, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from '../program/run-program.ts';

const catalog = catalogOf([
  'CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush", TIMESTAMP="ts")',
  'CREATE STREAM l () WITH (DATASOURCE="l", FORMAT="json", TYPE="httppush")',
  'CREATE STREAM r () WITH (DATASOURCE="r", FORMAT="json", TYPE="httppush")',
]);

/** One message of a stream. */
export type Sent = readonly [stream: string, message: Readonly<Record<string, unknown>>];

export type Mode = 'compiled' | 'interpreted';

/** @returns one entry per result: its rows, or the text of an error */
export function play(sql: string, sent: readonly Sent[], mode: Mode, options: OptionChanges = {}): unknown[] {
  const run = new TestRun({ plan: planStatement(sql, catalog, options), mode, sendError: true });
  for (const [stream, message] of sent) run.send(stream, message);
  run.instance.stop();
  return run.messages;
}
