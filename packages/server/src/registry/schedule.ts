/** When a rule is to run. Source: behaviour spec, runtime §4.3. */
import { parseDuration } from '@kuiper/base';
import type { RuleOptions } from '@kuiper/host';
import { Cron } from 'croner';
import { type OptionDefaults, rangeBounds } from './rule-options.ts';

type ScheduleOptions = Pick<RuleOptions, 'cron' | 'duration' | 'cronDatetimeRange'>;
type Now = Pick<OptionDefaults, 'timeZone' | 'nowMs'>;

/** A rule of a schedule waits for its time; `duration` alone only limits a run. */
export function isScheduled({ cron, duration, cronDatetimeRange }: ScheduleOptions): boolean {
  return cronDatetimeRange.length > 0 || (cron !== '' && duration !== '');
}

/**
 * What a schedule asks for now: run, wait for the next time, end because the run's length is over, or nothing.
 * A bad cron text or duration asks for nothing.
 */
export function isDue(
  options: ScheduleOptions,
  now: Now,
  run: { readonly state: string; readonly lastStartMs: number },
): 'run' | 'wait' | 'over' | 'nothing' {
  const { cron, duration } = options;
  if (!inRange(options, now)) return 'wait';
  if (cron === '' && duration === '') return 'run';
  const lengthMs = lengthOf(duration);
  if (cron === '') {
    const isOver = lengthMs !== null && run.state === 'running' && now.nowMs - run.lastStartMs >= lengthMs;
    return isOver ? 'over' : 'nothing';
  }
  if (lengthMs === null) return 'nothing';
  const fired = nextFire(cron, now.nowMs - lengthMs);
  if (fired === null) return 'nothing';
  return fired < now.nowMs && now.nowMs < fired + lengthMs ? 'run' : 'wait';
}

/** The next time a cron fires, 0 without one or outside the rule's ranges. */
export function nextStart(options: ScheduleOptions, now: Now): number {
  if (options.cron === '' || !isScheduled(options) || !inRange(options, now)) return 0;
  return nextFire(options.cron, now.nowMs) ?? 0;
}

function inRange({ cronDatetimeRange }: ScheduleOptions, now: Now): boolean {
  if (cronDatetimeRange.length === 0) return true;
  return cronDatetimeRange.some((range) => {
    const { beginMs, endMs } = rangeBounds(range, now);
    return beginMs < now.nowMs && now.nowMs < endMs;
  });
}

function nextFire(cron: string, afterMs: number): number | null {
  const [, zone, pattern = cron] = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(cron) ?? [];
  try {
    const job = new Cron(pattern, { paused: true, ...(zone === undefined ? {} : { timezone: zone }) });
    return job.nextRun(new Date(afterMs))?.getTime() ?? null;
  } catch {
    return null;
  }
}

function lengthOf(duration: string): number | null {
  try {
    return parseDuration(duration);
  } catch {
    return null;
  }
}
