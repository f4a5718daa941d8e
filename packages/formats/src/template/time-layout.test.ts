import { DateTime } from '@kuiper/base';
import { describe, expect, it } from 'vitest';
import { parseLayout } from './read-time.ts';
import { formatLayout } from './time-layout.ts';

const noon = new DateTime(1_700_000_000_123, 'UTC', 456_000);

describe('a layout prints', () => {
  const cases: readonly (readonly [layout: string, zone: string, text: string])[] = [
    ['2006-01-02T15:04:05Z07:00', 'UTC', '2023-11-14T22:13:20Z'],
    ['2006-01-02T15:04:05Z07:00', 'Asia/Shanghai', '2023-11-15T06:13:20+08:00'],
    ['Mon Jan _2 03:04:05 PM 06', 'UTC', 'Tue Nov 14 10:13:20 PM 23'],
    ['Monday, January 2 2006 3:4:5pm', 'America/New_York', 'Tuesday, November 14 2023 5:13:20pm'],
    ['.000 .999999999 .0 ,000000', 'UTC', '.123 .123456 .1 ,123456'],
    ['002 __2 -07 -0700 Z07 MST', 'Asia/Tokyo', '319 319 +09 +0900 +09 JST'],
    ['no fields', 'UTC', 'no fields'],
    ['Janx 20060102', 'UTC', 'Janx 20231114'],
  ];
  it.each(cases)('%s in %s', (layout, zone, text) => {
    expect(formatLayout(noon.inZone(zone), layout)).toBe(text);
  });
});

describe('a layout reads', () => {
  const cases: readonly (readonly [layout: string, text: string, result: string])[] = [
    ['2006-01-02', '2023-11-14', '2023-11-14T00:00:00Z'],
    ['2006-01-02 15:04:05', '2023-11-14 01:02:03.456', '2023-11-14T01:02:03.456Z'],
    ['2006-01-02T15:04:05Z07:00', '2023-11-14T01:02:03+08:00', '2023-11-14T01:02:03+08:00'],
    ['Jan 2 2006 3:04PM', 'Feb 3 2024 12:05AM', '2024-02-03T00:05:00Z'],
    ['06 002', '24 060', '2024-02-29T00:00:00Z'],
    ['2006-01-02', 'bad', 'parsing time "bad" as "2006-01-02": cannot parse "bad" as "2006"'],
    ['2006-01-02', '2023-02-30', 'parsing time "2023-02-30": day out of range'],
    ['2006-01-02', '2023-13-01', 'parsing time "2023-13-01": month out of range'],
    ['2006-01-02', '2023-01-01x', 'parsing time "2023-01-01x": extra text: "x"'],
    ['15:04', '25:00', 'parsing time "25:00": hour out of range'],
    ['2006/01', '2023-01', 'parsing time "2023-01" as "2006/01": cannot parse "-01" as "/"'],
  ];
  it.each(cases)('%s from %s', (layout, text, result) => {
    const read = parseLayout(text, layout, 'UTC');
    expect(typeof read === 'string' ? read : read.rfc3339()).toBe(result);
  });
});
