import { offsetSecondsAt } from '@kuiper/base';
import type { TimeUnit } from '../plan/plan-node.ts';

/** Milliseconds of a unit, and of the bigger unit whose start boundaries count from. */
const units: Readonly<Record<Exclude<TimeUnit, 'dd'>, { readonly ms: number; readonly enclosingMs: number }>> = {
  hh: { ms: 3_600_000, enclosingMs: 86_400_000 },
  mi: { ms: 60_000, enclosingMs: 3_600_000 },
  ss: { ms: 1000, enclosingMs: 60_000 },
  ms: { ms: 1, enclosingMs: 1000 },
};
const dayMs = 86_400_000;

/**
 * The first boundary of an aligned window: the smallest multiple of `interval` units, counted from the start of the
 * enclosing bigger unit in local time, strictly after `timeMs`. Days count from today's midnight.
 * Source: behaviour spec, sql §11.2 with D26.
 */
export function firstBoundary(timeMs: number, unit: TimeUnit, interval: number, timeZone: string): number {
  if (unit === 'dd') return midnight(localDay(timeMs, timeZone) + interval, timeZone);
  const { ms, enclosingMs } = units[unit];
  const offsetMs = offsetSecondsAt(timeZone, timeMs) * 1000;
  const local = timeMs + offsetMs;
  const start = Math.floor(local / enclosingMs) * enclosingMs;
  const step = interval * ms;
  return start + (Math.floor((local - start) / step) + 1) * step - offsetMs;
}

function localDay(timeMs: number, timeZone: string): number {
  return Math.floor((timeMs + offsetSecondsAt(timeZone, timeMs) * 1000) / dayMs);
}

/** The instant of local midnight of a day counted from the epoch; the offset may change on the way there. */
function midnight(day: number, timeZone: string): number {
  const local = day * dayMs;
  const guess = local - offsetSecondsAt(timeZone, local) * 1000;
  return local - offsetSecondsAt(timeZone, guess) * 1000;
}
