/**
 * When a user asked for the incremental plan and it applies. Only names and the choice of plain columns depend on it;
 * windows aggregate on arrival by themselves wherever the result is the same. Source: behaviour spec, runtime §15.4.
 */
import type { Query } from '../analyze/query.ts';

const supported = new Set(['count', 'avg', 'max', 'min', 'sum', 'merge_agg', 'collect', 'last_value']);

/**
 * A WHERE that has to run on the content of the window is a reason against: rows are grouped before it there
 * (listed defect D10).
 */
export function canAggregateOnArrival(query: Query): boolean {
  const { window, options, joins, aggregates, aggregatesInSelect, aggregatesInWhere, where } = query;
  if (window === null || !options.planOptimizeStrategy.enableIncrementalWindow || joins.length > 0) return false;
  if (aggregatesInSelect.length === 0 || aggregatesInWhere.length > 0) return false;
  const { type, rawInterval } = window.spec;
  if (type === 'session' || type === 'state' || (type === 'count' && rawInterval > 0)) return false;
  if (where !== null && windowBlocksFilter(query)) return false;
  return aggregates.every((call) => supported.has(call.name));
}

/** WHERE runs on the content of these windows, not on what enters (sql §9). */
export function windowBlocksFilter(query: Query): boolean {
  const type = query.window?.spec.type;
  return query.options.isEventTime || type === 'count' || type === 'sliding';
}
