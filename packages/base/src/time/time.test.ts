import { describe, expect, test } from 'vitest';
import { DateTime } from '../values/date-time.ts';
import { formatDateTime } from './date-pattern.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { ManualClock } from './manual-clock.ts';
import { parseDateTime } from './parse-date-time.ts';
import { SystemClock } from './system-clock.ts';
import { resolveZone } from './zones.ts';

describe('durations', () => {
  const texts: readonly (readonly [text: string, ms: number, again: string])[] = [
    ['0', 0, '0s'],
    ['0s', 0, '0s'],
    ['1h30m', 5_400_000, '1h30m0s'],
    ['500ms', 500, '500ms'],
    ['1.5s', 1500, '1.5s'],
    ['-1m', -60_000, '-1m0s'],
    ['+.5h', 1_800_000, '30m0s'],
    ['100µs', 0.1, '100µs'],
    ['7ns', 0.000007, '7ns'],
    ['24h0m0.25s', 86_400_250, '24h0m0.25s'],
    ['1m1.001s', 61_001, '1m1.001s'],
  ];
  for (const [text, ms, again] of texts) {
    test(text, () => {
      expect(parseDuration(text)).toBe(ms);
      expect(formatDuration(ms)).toBe(again);
    });
  }
  const bad: readonly (readonly [text: string, message: string])[] = [
    ['x', 'time: invalid duration "x"'],
    ['', 'time: invalid duration ""'],
    ['10', 'time: missing unit in duration "10"'],
    ['10d', 'time: unknown unit "d" in duration "10d"'],
    ['1h x', 'time: unknown unit "h x" in duration "1h x"'],
    ['.s', 'time: invalid duration ".s"'],
    ['-', 'time: invalid duration "-"'],
  ];
  for (const [text, message] of bad) {
    test(`"${text}" fails`, () => {
      expect(() => parseDuration(text)).toThrow(message);
    });
  }
});

describe('manual clock', () => {
  test('runs timers by moment, then in the order they were set, each at its own moment', () => {
    const clock = new ManualClock(100);
    const seen: string[] = [];
    const note = (name: string) => (): void => void seen.push(`${name}@${clock.now()}`);
    clock.setTimer(130, note('c'));
    clock.setTimer(120, note('a'));
    clock.setTimer(120, note('b'));
    clock.setTimer(50, note('past'));
    clock.setTimer(131, note('later'));
    expect(seen).toEqual([]);
    clock.advance(30);
    expect(seen).toEqual(['past@100', 'a@120', 'b@120', 'c@130']);
    expect([clock.now(), clock.pendingTimers, clock.nextTimerMs]).toEqual([130, 1, 131]);
  });

  test('runs timers set on the way, and none that was cancelled', () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    const tick = (): void => {
      seen.push(clock.now());
      if (seen.length < 3) clock.setTimer(clock.now() + 10, tick);
    };
    clock.setTimer(10, tick);
    const cancelled = clock.setTimer(15, () => seen.push(-1));
    cancelled.cancel();
    cancelled.cancel();
    clock.advanceTo(100);
    expect(seen).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(100);
  });

  test('keeps order through thousands of cancellations', () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    const timers = Array.from({ length: 10_000 }, (_, i) => {
      const at = (i * 7919) % 10_007;
      return clock.setTimer(at, () => seen.push(at));
    });
    timers.forEach((timer, i) => {
      if (i % 10 !== 0) timer.cancel();
    });
    expect(clock.pendingTimers).toBe(1000);
    clock.advanceTo(20_000);
    expect(seen).toHaveLength(1000);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('system clock', () => {
  test('runs due timers in order and later ones not at all', async () => {
    const clock = new SystemClock({ keepAlive: true });
    const seen: string[] = [];
    const start = clock.now();
    const far = clock.setTimer(start + 60_000, () => seen.push('far'));
    clock.setTimer(start + 6, () => seen.push('b'));
    clock.setTimer(start - 5, () => seen.push('a'));
    clock.setTimer(start + 3, () => seen.push('cancelled')).cancel();
    expect(seen).toEqual([]);
    await new Promise<void>((resolve) => clock.setTimer(start + 8, resolve));
    far.cancel();
    expect(seen).toEqual(['a', 'b']);
    expect(clock.now()).toBeGreaterThanOrEqual(start + 8);
  });
});

describe('instants', () => {
  const printed: readonly (readonly [ms: number, zone: string, rfc3339: string, text: string])[] = [
    [1700000000000, 'UTC', '2023-11-14T22:13:20Z', '2023-11-14 22:13:20 +0000 UTC'],
    [1541152488442, '+08:00', '2018-11-02T17:54:48.442+08:00', '2018-11-02 17:54:48.442 +0800 +0800'],
    [1700000000000, 'Asia/Tokyo', '2023-11-15T07:13:20+09:00', '2023-11-15 07:13:20 +0900 JST'],
    [1690000000000, 'Europe/Berlin', '2023-07-22T06:26:40+02:00', '2023-07-22 06:26:40 +0200 CEST'],
    [1700000000000, 'America/New_York', '2023-11-14T17:13:20-05:00', '2023-11-14 17:13:20 -0500 EST'],
    [-1, 'UTC', '1969-12-31T23:59:59.999Z', '1969-12-31 23:59:59.999 +0000 UTC'],
  ];
  for (const [ms, zone, rfc3339, text] of printed) {
    test(`${ms} in ${zone}`, () => {
      const value = new DateTime(ms, zone);
      expect(value.rfc3339()).toBe(rfc3339);
      expect(value.goText()).toBe(text);
      expect(DateTime.fromCivil(value.civil(), zone).ms).toBe(ms);
    });
  }

  test('an unknown zone is refused', () => {
    expect(() => resolveZone('Mars/Olympus')).toThrow('unknown time zone Mars/Olympus');
    expect(resolveZone('')).toBe('UTC');
  });

  test('a time skipped by a clock change moves forward', () => {
    const skipped = { year: 2023, month: 3, day: 26, hour: 2, minute: 30, second: 0, nanosecond: 0 };
    expect(DateTime.fromCivil(skipped, 'Europe/Berlin').rfc3339()).toBe('2023-03-26T03:30:00+02:00');
  });

  test('days count from 1 within the year', () => {
    expect(new DateTime(1700000000000, 'UTC').dayOfYear).toBe(318);
    expect(new DateTime(Date.UTC(2024, 11, 31), 'UTC').dayOfYear).toBe(366);
  });

  const nowMs = Date.UTC(2024, 4, 6, 7, 8, 9);
  const texts: readonly (readonly [text: string, rfc3339: string])[] = [
    ['2023', '2023-01-01T00:00:00Z'],
    ['2023-1-2', '2023-01-02T00:00:00Z'],
    ['2023-11-14 22', '2023-11-14T22:00:00Z'],
    ['2023-11-14 22:13:20.5', '2023-11-14T22:13:20.5Z'],
    ['2023-11-14 22:13:20.123456789123', '2023-11-14T22:13:20.123456789Z'],
    ['11-14', '2024-11-14T00:00:00Z'],
    ['22:13', '2024-05-06T22:13:00Z'],
    ['3:04PM', '2024-05-06T15:04:00Z'],
    ['2023-11-14T22:13:20.5+09:00', '2023-11-14T22:13:20.5+09:00'],
    ['2023-11-14T22:13:20-0330', '2023-11-14T22:13:20-03:30'],
    ['11/14/2023 1:2:3', '2023-11-14T01:02:03Z'],
    ['20231114', '2023-11-14T00:00:00Z'],
    ['Tue Nov 14 22:13:20 2023', '2023-11-14T22:13:20Z'],
    ['Tue, 14 Nov 2023 22:13:20 -0700', '2023-11-14T22:13:20-07:00'],
    ['Nov  4 22:13:20', '2024-11-04T22:13:20Z'],
    ['2023-11-14 22:13:20.442 +0000 UTC', '2023-11-14T22:13:20.442Z'],
  ];
  for (const [text, rfc3339] of texts) {
    test(`reads ${text}`, () => {
      expect(parseDateTime(text, { zone: 'UTC', nowMs }).rfc3339()).toBe(rfc3339);
    });
  }
  for (const text of ['', 'nonsense', '2023-13-01', '2023-02-30', '25:00', '2023-11-14T22:13:60Z']) {
    test(`refuses "${text}"`, () => {
      expect(() => parseDateTime(text, { zone: 'UTC', nowMs })).toThrow(`Can't parse string as time: ${text}`);
    });
  }

  const patterns: readonly (readonly [pattern: string, text: string])[] = [
    ['yyyy/MM/dd HH:mm:ssSSS', '2023/11/04 15:03:09.007'],
    ['YY-M-d h:m:s a', '23-11-4 3:3:9 PM'],
    ['EEE, dd MMM yyyy HH:mm:ss Z', 'Sat, 04 Nov 2023 15:03:09 +0000'],
    ["EEEE MMMM 'at' hh''X XX XXX z\\d", "Saturday November at 03'+00 +0000 +00:00 UTCd"],
    ['yyyy-MM-ddTHH:mm:ss.SSS', '2023-11-04T15:03:09..007'],
    ['MMMMM|ddd|G|k', '||AD|k'],
  ];
  for (const [pattern, text] of patterns) {
    test(`prints ${pattern}`, () => {
      expect(formatDateTime(new DateTime(Date.UTC(2023, 10, 4, 15, 3, 9, 7), 'UTC'), pattern)).toBe(text);
    });
  }
  const badPatterns: readonly (readonly [pattern: string, message: string])[] = [
    ['H', 'invalid time format H of H, only HH is supported'],
    ['yyy', 'invalid time format yyy for Y/y'],
    ['E', 'invalid time format E for E'],
    ['yyyy\\', 'yyyy\\ is invalid'],
  ];
  for (const [pattern, message] of badPatterns) {
    test(`refuses the pattern ${pattern}`, () => {
      expect(() => formatDateTime(new DateTime(0, 'UTC'), pattern)).toThrow(message);
    });
  }

  test('a pattern is tried first, then the known forms', () => {
    const options = { zone: 'UTC', nowMs, pattern: 'dd.MM.yyyy HH:mm:ssSSS Z' };
    expect(parseDateTime('14.11.2023 22:13:20.250 +0100', options).rfc3339()).toBe('2023-11-14T22:13:20.25+01:00');
    expect(parseDateTime('2023-11-14', options).rfc3339()).toBe('2023-11-14T00:00:00Z');
  });
});
