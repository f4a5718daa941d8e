import { describe, expect, it } from 'vitest';
import { isDue, isScheduled, nextStart } from './schedule.ts';

const at = (text: string): { nowMs: number; timeZone: string } => ({
  nowMs: Date.parse(`2030-01-01T${text}Z`),
  timeZone: 'UTC',
});
const noon = [{ begin: '2030-01-01 12:00:00', end: '2030-01-01 13:00:00' }];
const stopped = { state: 'stopped', lastStartMs: 0 };

describe('schedules', () => {
  const cases: readonly (readonly [
    name: string,
    options: { cron?: string; duration?: string; cronDatetimeRange?: typeof noon },
    time: string,
    due: string,
  ])[] = [
    ['before its range it waits', { cronDatetimeRange: noon }, '11:59:59', 'wait'],
    ['in its range it runs', { cronDatetimeRange: noon }, '12:30:00', 'run'],
    ['the ends of a range are outside', { cronDatetimeRange: noon }, '13:00:00', 'wait'],
    ['after a trigger it runs for its duration', { cron: 'TZ=UTC 0 * * * *', duration: '10m' }, '09:05:00', 'run'],
    ['then it waits', { cron: 'TZ=UTC 0 * * * *', duration: '10m' }, '09:15:00', 'wait'],
    [
      'a trigger counts only within the range',
      { cron: 'TZ=UTC 0 * * * *', duration: '10m', cronDatetimeRange: noon },
      '09:05:00',
      'wait',
    ],
    [
      'a cron with a range but no duration asks for nothing',
      { cron: '0 * * * *', cronDatetimeRange: noon },
      '12:30:00',
      'nothing',
    ],
    ['a cron nobody can read asks for nothing', { cron: 'often', duration: '10m' }, '09:05:00', 'nothing'],
  ];
  for (const [name, options, time, due] of cases) {
    it(name, () => {
      const whole = { cron: '', duration: '', cronDatetimeRange: [], ...options };
      expect(isDue(whole, at(time), stopped)).toBe(due);
    });
  }

  it('ends a run that has lasted as long as it may', () => {
    const options = { cron: '', duration: '1m', cronDatetimeRange: [] };
    const run = { state: 'running', lastStartMs: at('09:00:00').nowMs };
    expect(isDue(options, at('09:00:59'), run)).toBe('nothing');
    expect(isDue(options, at('09:01:00'), run)).toBe('over');
    expect(isScheduled(options)).toBe(false);
  });

  it('knows the next start of a cron', () => {
    const options = { cron: 'TZ=UTC 30 * * * *', duration: '1m', cronDatetimeRange: [] };
    expect(nextStart(options, at('09:00:00'))).toBe(at('09:30:00').nowMs);
    expect(nextStart({ ...options, cronDatetimeRange: noon }, at('09:00:00'))).toBe(0);
  });
});
