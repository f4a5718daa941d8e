import { errorText } from '@kuiper/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readIsoTime } from './iso-time.ts';
import { parseTime } from './parse-time.ts';
import { compileLayout } from './time-layout.ts';

/** 2023-11-14T22:13:20Z */
const nowMs = 1_700_000_000_000;

const read: readonly (readonly [text: string, rfc3339: string])[] = [
  ['2023', '2023-01-01T00:00:00Z'],
  ['2023-7', '2023-07-01T00:00:00Z'],
  ['2023-7-4', '2023-07-04T00:00:00Z'],
  ['2023-07-04 5', '2023-07-04T05:00:00Z'],
  ['2023-07-04 05:06', '2023-07-04T05:06:00Z'],
  ['2023-7-4 5:6:7', '2023-07-04T05:06:07Z'],
  ['2023-07-04 05:06:07.5', '2023-07-04T05:06:07.5Z'],
  ['7-4', '2023-07-04T00:00:00Z'],
  ['5:6:7', '2023-11-14T05:06:07Z'],
  ['15:04', '2023-11-14T15:04:00Z'],
  ['15', '2023-11-14T15:00:00Z'],
  ['5:6:7 Jul 4, 2023 UTC', '2023-07-04T05:06:07Z'],
  ['2023-07-04 05:06:07.25 +0200 CEST', '2023-07-04T05:06:07.25+02:00'],
  ['2023-07-04 05:06:07 +0000 UTC', '2023-07-04T05:06:07Z'],
  ['2023-07-04T05:06:07Z', '2023-07-04T05:06:07Z'],
  ['2023-07-04T05:06:07.123456789+05:45', '2023-07-04T05:06:07.123456789+05:45'],
  ['2023-07-04T05:06:07+0530', '2023-07-04T05:06:07+05:30'],
  ['2023-07-04T05:06:07-08', '2023-07-04T05:06:07-08:00'],
  ['2023-07-04T05:06:07', '2023-07-04T05:06:07Z'],
  ['2023.7.4', '2023-07-04T00:00:00Z'],
  ['2023.07.04 05:06:07', '2023-07-04T05:06:07Z'],
  ['7/4/2023', '2023-07-04T00:00:00Z'],
  ['7/4/2023 5:6:7', '2023-07-04T05:06:07Z'],
  ['2023/07/04', '2023-07-04T00:00:00Z'],
  ['20230704', '2023-07-04T00:00:00Z'],
  ['Tue Jul  4 05:06:07 2023', '2023-07-04T05:06:07Z'],
  ['Tue Jul  4 05:06:07 UTC 2023', '2023-07-04T05:06:07Z'],
  ['Tue Jul 04 05:06:07 +0100 2023', '2023-07-04T05:06:07+01:00'],
  ['04 Jul 23 05:06 UTC', '2023-07-04T05:06:00Z'],
  ['04 Jul 70 05:06 -0700', '1970-07-04T05:06:00-07:00'],
  ['Tuesday, 04-Jul-23 05:06:07 UTC', '2023-07-04T05:06:07Z'],
  ['Tue, 04 Jul 2023 05:06:07 GMT', '2023-07-04T05:06:07Z'],
  ['Tue, 04 Jul 2023 05:06:07 +0300', '2023-07-04T05:06:07+03:00'],
  ['3:04PM', '2023-11-14T15:04:00Z'],
  ['12:04AM', '2023-11-14T00:04:00Z'],
  ['Jul  4 05:06:07.250', '2023-07-04T05:06:07.25Z'],
  ['2024-02-29', '2024-02-29T00:00:00Z'],
];

describe('a moment is read by its looks', () => {
  for (const [text, rfc3339] of read) {
    test(text, () => {
      expect(parseTime(text, 'UTC', nowMs).rfc3339()).toBe(rfc3339);
    });
  }
});

const refused: readonly (readonly [text: string, shown: string])[] = [
  ['hello', 'hello'],
  ['', ''],
  ['2023-13-01', '2023-13-01'],
  ['2023-02-30', '2023-02-30'],
  ['2023-07-04 25:00:00', '2023-07-04 25:00:00'],
  ['4.7.2023', '4.7.2023'],
  ['1700000000000', '1700000000000'],
  ['a.b', 'a.000b'],
  ['2023-07-04T05:06:07.5x', '2023-07-04T05:06:07.500x'],
  ['13:04PM', '13:04PM'],
];

describe('what names no moment is refused', () => {
  for (const [text, shown] of refused) {
    test(JSON.stringify(text), () => {
      let thrown: unknown;
      try {
        parseTime(text, 'UTC', nowMs);
      } catch (error) {
        thrown = error;
      }
      expect(errorText(thrown)).toBe(`Can't parse string as time: ${shown}`);
    });
  }
});

test('a text without an offset is read in the given zone, also when it comes again', () => {
  for (const zone of ['Asia/Tokyo', 'UTC', 'Asia/Tokyo']) {
    const offset = zone === 'UTC' ? 'Z' : '+09:00';
    expect(parseTime('2023-07-04 05:06:07', zone, nowMs).rfc3339()).toBe(`2023-07-04T05:06:07${offset}`);
  }
});

test('the fast reader of ISO texts agrees with the layouts', () => {
  const readers = ['2006-01-02T15:04:05Z07:00', '2006-01-02T15:04:05', '2006-01-02 15:04:05'].map(compileLayout);
  const text = fc
    .tuple(
      fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-30'), noInvalidDate: true }),
      fc.constantFrom('T', ' '),
      fc.constantFrom('', '.5', '.123', '.123456789', '.'),
      fc.constantFrom('', 'Z', '+05:45', '-08:00', '+00:00', '+5:00', 'x'),
      fc.constantFrom('', '31', '30', '29'),
    )
    .map(([date, separator, fraction, offset, day]) => {
      const iso = date.toISOString();
      return `${iso.slice(0, 8)}${day || iso.slice(8, 10)}${separator}${iso.slice(11, 19)}${fraction}${offset}`;
    });
  fc.assert(
    fc.property(text, fc.constantFrom('UTC', 'Asia/Tokyo'), (iso, zone) => {
      const slow = readers.map((reader) => reader(iso, zone, nowMs)).find((time) => time !== undefined);
      expect(readIsoTime(iso, zone)?.rfc3339()).toBe(slow?.rfc3339());
    }),
  );
});
