/** Numbers in values of any type. Source: behaviour spec, io §7.5 ("arguments cast to int64"). */
import { INT64_MIN, parseFloatText, parsePrefixedInt } from '@kuiper/base';
import { integerOf } from '../values.ts';

/** An int64: floats truncated, numeric texts parsed, booleans 0 or 1, everything else 0. */
export function toInt(value: unknown): bigint {
  const int = integerOf(value);
  if (int !== undefined) return int;
  switch (typeof value) {
    case 'number':
      return truncated(value);
    case 'boolean':
      return value ? 1n : 0n;
    case 'string':
      return BigInt(parsePrefixedInt(withoutZeroDecimals(value)) ?? 0);
    default:
      return 0n;
  }
}

function truncated(value: number): bigint {
  if (Number.isNaN(value) || value >= 2 ** 63 || value < -(2 ** 63)) return INT64_MIN;
  return BigInt(Math.trunc(value));
}

/** `12.00` counts as `12`. */
function withoutZeroDecimals(text: string): string {
  return /^[^.]*\.0*$/.test(text) && /\.0/.test(text) ? text.slice(0, text.indexOf('.')) : text;
}

/** A float64: numeric texts parsed, booleans 0 or 1, everything else 0. */
export function toFloat(value: unknown): number {
  const int = integerOf(value);
  if (int !== undefined) return Number(int);
  switch (typeof value) {
    case 'number':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'string':
      return parseFloatText(value) ?? 0;
    default:
      return 0;
  }
}
