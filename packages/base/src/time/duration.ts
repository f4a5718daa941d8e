/** Durations as users write them: `1h30m`, `500ms`. Inside they are numbers of milliseconds. */
import { baseErrors } from '../base-errors.ts';

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Milliseconds of a duration text: an optional sign, then decimal numbers with units `ns us µs ms s m h`; or `0`.
 * Microseconds and nanoseconds give fractions. Throws with the texts of io §1.
 */
export function parseDuration(text: string): number {
  const quoted = JSON.stringify(text);
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return 0;
  if (rest === '') throw baseErrors.DURATION_INVALID(quoted);
  let totalNanos = 0;
  while (rest !== '') {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) throw baseErrors.DURATION_INVALID(quoted);
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unit === '') throw baseErrors.DURATION_NO_UNIT(quoted);
    if (!Object.hasOwn(unitMs, unit)) throw baseErrors.DURATION_UNKNOWN_UNIT(JSON.stringify(unit), quoted);
    totalNanos += Math.round(Number(number) * (unitMs[unit] as number) * 1e6);
    rest = rest.slice(unit.length);
  }
  if (totalNanos > 2 ** 63) throw baseErrors.DURATION_INVALID(quoted);
  return (negative ? -totalNanos : totalNanos) / 1e6;
}

/** `1h30m0s`, `1m0s`, `1.5s`, `500ms`, `0s`: the form in answers and exports. */
export function formatDuration(lengthMs: number): string {
  if (lengthMs === 0) return '0s';
  const sign = lengthMs < 0 ? '-' : '';
  const nanos = Math.round(Math.abs(lengthMs) * 1e6);
  if (nanos < 1e3) return `${sign}${nanos}ns`;
  if (nanos < 1e6) return `${sign}${decimal(nanos, 3)}µs`;
  if (nanos < 1e9) return `${sign}${decimal(nanos, 6)}ms`;
  const totalSeconds = Math.floor(nanos / 1e9);
  const seconds = decimal((totalSeconds % 60) * 1e9 + (nanos % 1e9), 9);
  const minutes = Math.floor(totalSeconds / 60);
  if (minutes === 0) return `${sign}${seconds}s`;
  if (minutes < 60) return `${sign}${minutes}m${seconds}s`;
  return `${sign}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`;
}

/** `value / 10^digits` in plain decimal, trailing zeros dropped. */
function decimal(value: number, digits: number): string {
  const unit = 10 ** digits;
  const whole = Math.floor(value / unit);
  const fraction = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}
