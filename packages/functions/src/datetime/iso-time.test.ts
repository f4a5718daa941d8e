import { parseDateTime } from '@kuiper/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readIsoTime } from './iso-time.ts';

test.each([
  ['2023-07-04T05:06:07Z', '2023-07-04T05:06:07Z'],
  ['2023-07-04T05:06:07.123456789+05:45', '2023-07-04T05:06:07.123456789+05:45'],
  ['2023-07-04 05:06:07.5', '2023-07-04T05:06:07.5Z'],
  ['2024-02-29T00:00:00-08:00', '2024-02-29T00:00:00-08:00'],
  ['2023-02-29T00:00:00Z', undefined],
  ['2023-07-04T24:00:00Z', undefined],
  ['2023-07-04 05:06:07Z', undefined],
  ['2023-07-04T05:06:07.Z', undefined],
  ['2023-07-04T05:06', undefined],
  ['2023-07-0aT05:06:07Z', undefined],
])('%s is read as %s', (text, rfc3339) => {
  expect(readIsoTime(text, 'UTC')?.rfc3339()).toBe(rfc3339);
});

test('the fast reader of ISO texts agrees with the general reader', () => {
  const text = fc
    .tuple(
      fc.date({ min: new Date('0101-01-01'), max: new Date('9999-12-30'), noInvalidDate: true }),
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
      const fast = readIsoTime(iso, zone);
      if (fast !== undefined) expect(fast.rfc3339()).toBe(parseDateTime(iso, { zone, nowMs: 0 }).rfc3339());
    }),
  );
});
