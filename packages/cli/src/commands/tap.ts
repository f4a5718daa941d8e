/** `kuiper tap <rule>`: what a rule sends to its sinks, live, a JSON line per row. */
import { cliErrors } from '../errors.ts';
import { elementTexts, memberText } from '../json-text.ts';
import type { RestClient } from '../rest-client.ts';
import type { ServerEvent } from '../server-events.ts';
import type { Terminal } from '../terminal.ts';
import { type Call, type Command, segment, takeNames } from './command.ts';

export const countOption = { flags: '-n, --count <rows>', about: 'end after so many rows' };

export const tapCommand: Command = {
  words: ['tap'],
  usage: '<rule>',
  about: 'print what a rule emits, a JSON line per row, until Ctrl-C',
  options: [countOption],
  follows: true,
  run: async (call) => {
    const [rule = ''] = takeNames(call.args, 1, 'Expect rule name.');
    const { client, terminal } = call;
    const limit = takeCount(call);
    const events = await openTap(client, rule, terminal.interrupted);
    terminal.remark(`Tapping rule ${rule} on ${client.address}, Ctrl-C ends.`);
    if ((await printRows(events, terminal, limit)) === 'ended') {
      terminal.remark(`Rule ${rule} is gone or the server has stopped.`);
    }
    return null;
  },
};

export function openTap(client: RestClient, rule: string, signal: AbortSignal): Promise<AsyncGenerator<ServerEvent>> {
  return client.follow(`/rules/${segment(rule)}/tap`, signal);
}

/** Rows go to the output, errors and losses to the remarks. */
export async function printRows(
  events: AsyncGenerator<ServerEvent>,
  terminal: Terminal,
  limit: number,
): Promise<'limit' | 'interrupted' | 'ended'> {
  let left = limit;
  for await (const event of events) {
    for (const row of tappedRows(event, terminal)) {
      await terminal.print(row);
      if (--left === 0) return 'limit';
    }
  }
  return terminal.interrupted.aborted ? 'interrupted' : 'ended';
}

/** The rows of `{"timestamp":…,"rows":[…]}` as they were written; none for `{"error":…}` and `{"lost":…}`. */
function tappedRows(event: ServerEvent, terminal: Terminal): string[] {
  const { error, lost } = JSON.parse(event) as { readonly error?: string; readonly lost?: number };
  if (error !== undefined) terminal.remark(`error: ${error}`);
  if (lost !== undefined) terminal.remark(`${lost} events were skipped: they came faster than they could be read.`);
  const rows = memberText(event, 'rows');
  return rows === null ? [] : elementTexts(rows);
}

/** Infinity without the option. */
export function takeCount({ options }: Call): number {
  const { count } = options;
  if (count === undefined) return Number.POSITIVE_INFINITY;
  const rows = Number(count);
  if (!Number.isInteger(rows) || rows < 1) throw cliErrors.USAGE('Expect n flag to be a positive number of rows.');
  return rows;
}
