/**
 * Printed forms of results that act as numbers: a weekday prints as its name, a span of time as a duration. Source:
 * behaviour spec, functions §1.6.
 */
import { formatDuration, type Int, WEEKDAYS } from '@kuiper/base';
import { type ScalarFunction, scalar, t } from '@kuiper/sdk';

/** Not callable by name: the analyzer puts them where text is wanted. */
const group = 'internal';

export const weekdayText: ScalarFunction = scalar({
  name: 'weekday_text',
  group,
  args: [t.number('weekday')],
  returns: 'string',
  onNull: 'null',
  internal: true,
  summary: 'The English name of a weekday, 0 for Sunday.',
  examples: [
    { call: 'weekday_text(0)', gives: '"Sunday"' },
    { call: 'weekday_text(a)', row: { a: null }, gives: 'null' },
  ],
  eval: (weekday: Int) => WEEKDAYS[Number(weekday)],
});

const hourNanos = 3_600_000_000_000n;

/** Hours are split off first: the rest is exact as a number of ms. */
function nanosText(nanos: bigint): string {
  if (nanos < 0n) return `-${nanosText(-nanos)}`;
  const restMs = Number(nanos % hourNanos) / 1e6;
  const hours = nanos / hourNanos;
  return hours === 0n ? formatDuration(restMs) : `${hours}${formatDuration(restMs + 3_600_000).slice(1)}`;
}

export const durationText: ScalarFunction = scalar({
  name: 'duration_text',
  group,
  args: [t.number('nanos')],
  returns: 'string',
  onNull: 'null',
  internal: true,
  summary: 'Nanoseconds as a duration such as 24h0m0s.',
  examples: [
    { call: 'duration_text(0)', gives: '"0s"' },
    { call: 'duration_text(86400000000000)', gives: '"24h0m0s"' },
    { call: 'duration_text(5405123456789)', gives: '"1h30m5.123456789s"' },
    { call: 'duration_text(-1000000)', gives: '"-1ms"' },
    { call: 'duration_text(9223372036854775807)', gives: '"2562047h47m16.854775807s"' },
    { call: 'duration_text(-9223372036854775808)', gives: '"-2562047h47m16.854775808s"' },
  ],
  eval: (nanos: Int) => nanosText(BigInt(nanos)),
});

export const printedForms: readonly ScalarFunction[] = [weekdayText, durationText];
