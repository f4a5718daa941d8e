/** Metrics of services, counted by each thread for itself. */
import type { ServiceCallMetrics } from '@kuiper/extensions';

type Counters = { -readonly [K in keyof ServiceCallMetrics]: ServiceCallMetrics[K] };

/** One list of what several threads have counted. */
export function addMetrics(lists: readonly (readonly ServiceCallMetrics[])[]): ServiceCallMetrics[] {
  const sums = new Map<string, Counters>();
  for (const found of lists.flat()) {
    const key = [found.service, found.interface, found.function].join('/');
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { ...found });
    else add(sum, found);
  }
  return [...sums.values()];
}

function add(sum: Counters, found: ServiceCallMetrics): void {
  for (const [name, value] of Object.entries(found) as [keyof Counters, string | number][]) {
    if (typeof value === 'number' && name !== 'lastLatencyMs') (sum[name] as number) += value;
  }
  sum.lastLatencyMs = Math.max(sum.lastLatencyMs, found.lastLatencyMs);
  if (found.lastError !== '') sum.lastError = found.lastError;
}
