/** Values that the engine supplies. Source: behaviour spec, functions §9 and §17. */
import { type FunctionDeclaration, type ImplicitValue, implicit } from '@kuiper/sdk';

function supplied(name: ImplicitValue, group: string, summary: string): FunctionDeclaration {
  return implicit({
    name,
    group,
    args: [],
    returns: 'int',
    value: name,
    summary,
    examples: [{ call: `${name}(1)`, fails: 'Expect 0 arguments but found 1.' }],
  });
}

export const implicitFunctions: readonly FunctionDeclaration[] = [
  supplied('window_start', 'window', 'The start of the window in ms since the epoch; null outside a window.'),
  supplied('window_end', 'window', 'The end of the window in ms since the epoch; null outside a window.'),
  supplied(
    'window_trigger',
    'window',
    'The moment at which the window fires, in ms since the epoch; null outside a window.',
  ),
  supplied(
    'event_time',
    'datetime',
    "The timestamp of the event in ms since the epoch; in an aggregate query the window's trigger time.",
  ),
  supplied('last_hit_count', 'state', 'How often this place was reached before, without this event.'),
  supplied('last_hit_time', 'state', 'The timestamp in ms of the last event that reached this place; 0 at first.'),
  supplied('last_agg_hit_count', 'state', 'How often this place was reached before, in an aggregate query.'),
  supplied(
    'last_agg_hit_time',
    'state',
    'The trigger time in ms of the last group that reached this place; 0 at first.',
  ),
];
