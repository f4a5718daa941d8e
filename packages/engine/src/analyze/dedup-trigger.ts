/** `dedup_trigger(start, end, now, expireMs)`, a select item with an operator of its own. Source: behaviour spec, sql §13.5. */
import type { AnalyticFunction } from '@kuiper/sdk';
import type { Call } from '@kuiper/sql';
import type { Binder, Place } from './binder.ts';
import { callText } from './call-text.ts';
import { analyzeErrors } from './errors.ts';
import type { AnalyticExpr, LiteralExpr } from './typed-expr.ts';

/** Its result takes a slot like that of an analytic call; the operator fills it, `next` is never called. */
export const dedupTrigger: AnalyticFunction<null> = {
  class: 'analytic',
  name: 'dedup_trigger',
  group: 'trigger',
  args: [
    { name: 'start', kind: 'any' },
    { name: 'end', kind: 'any' },
    { name: 'now', kind: 'any' },
    { name: 'expireMs', kind: 'int', literal: true },
  ],
  summary: 'The parts of start..end that no earlier request covered.',
  examples: [],
  returns: 'any',
  nullShows: 'always',
  init: () => null,
  next: () => null,
};

export function isDedupTrigger(call: Call): boolean {
  return call.name.toLowerCase() === dedupTrigger.name;
}

/** The parser has seen to three columns and an integer. Once in a statement, and only in its select list. */
export function bindDedupTrigger(binder: Binder, call: Call, place: Place): AnalyticExpr {
  const { span } = call;
  if (place.clause !== 'select') throw analyzeErrors.DEDUP_PLACE({ span });
  if (binder.dedup !== null) throw analyzeErrors.DEDUP_AGAIN({ span });
  const [start, end, now, expire] = binder.bindAll(call.args, place);
  if (start === undefined || end === undefined || now === undefined) throw new Error('a call without its arguments');
  const text = callText(dedupTrigger.name, [start, end, now, expire as LiteralExpr]);
  const slot = binder.analytics.length;
  binder.dedup = { slot, start, end, now, expireMs: Number((expire as LiteralExpr).value), text };
  binder.analytics.push({
    slot,
    stateName: '$$dedup',
    name: dedupTrigger.name,
    fn: dedupTrigger,
    args: [],
    partitionBy: [],
    when: null,
    type: 'any',
    text,
    inSelect: true,
  });
  return { kind: 'analytic', type: 'any', slot, span, text };
}
