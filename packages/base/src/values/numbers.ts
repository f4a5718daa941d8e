/** Texts of numbers: how they are printed and how strings are read as numbers and booleans. */
import { INT64_MAX, INT64_MIN, type Int, normInt } from './int64.ts';

/**
 * Text of a float in error texts, group keys and text functions: shortest digits, exponent form when the decimal
 * exponent is below -4 or at least 6 (`100000`, `1e+06`, `1e-05`). Source: sql §1, functions §1.6.
 */
export function floatText(value: number): string {
  if (Number.isInteger(value) && value < 1e6 && value > -1e6)
    return value === 0 && 1 / value < 0 ? '-0' : String(value);
  if (!Number.isFinite(value)) return nonFiniteText(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-4 && magnitude < 1e6) return String(value);
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  const digits = exponent.slice(1);
  return `${mantissa}e${exponent.charAt(0)}${digits.length < 2 ? `0${digits}` : digits}`;
}

/** Text of a float in plain decimal, never with an exponent: `cast(x, "string")`, `array_join`, delimited output. */
export function plainFloatText(value: number): string {
  if (!Number.isFinite(value)) return nonFiniteText(value);
  if (value === 0) return 1 / value < 0 ? '-0' : '0';
  const text = String(value);
  const at = text.indexOf('e');
  if (at < 0) return text;
  const exponent = Number(text.slice(at + 1));
  const negative = value < 0;
  const mantissa = text.slice(negative ? 1 : 0, at);
  const digits = mantissa.replace('.', '');
  const plain = exponent < 0 ? `0.${'0'.repeat(-exponent - 1)}${digits}` : digits.padEnd(exponent + 1, '0');
  return negative ? `-${plain}` : plain;
}

function nonFiniteText(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

const DECIMAL = /^[+-]?\d+$/;
const PREFIXED =
  /^([+-]?)(0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[bB]_?[01]+(?:_[01]+)*|0[oO]_?[0-7]+(?:_[0-7]+)*|0(?:_?[0-7]+)+|0|[1-9]\d*(?:_\d+)*)$/;

/**
 * Reads a 64-bit integer with an optional base prefix: `0x1f`, `0b11`, `0o17`, `010` (octal), `1_000`.
 * undefined when the text is no integer or does not fit 64 bits.
 */
export function parsePrefixedInt(text: string): Int | undefined {
  const match = PREFIXED.exec(text);
  if (match === null) return undefined;
  let digits = (match[2] as string).replaceAll('_', '');
  if (/^0[0-7]/.test(digits)) digits = `0o${digits.slice(1)}`;
  const magnitude = BigInt(digits);
  return fit(match[1] === '-' ? -magnitude : magnitude);
}

/** Reads a decimal 64-bit integer; undefined when the text is none or does not fit. */
export function parseDecimalInt(text: string): Int | undefined {
  if (!DECIMAL.test(text)) return undefined;
  if (text.length <= 15) return Number(text) + 0;
  return fit(BigInt(text.startsWith('+') ? text.slice(1) : text));
}

function fit(value: bigint): Int | undefined {
  return value < INT64_MIN || value > INT64_MAX ? undefined : normInt(value);
}

const DECIMAL_FLOAT = /^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)([eE][+-]?\d+(_\d+)*)?$/;
const HEX_FLOAT = /^([+-]?)0[xX](_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)?\.?([0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)?[pP]([+-]?\d+)$/;

/**
 * Reads a float: decimal, exponent, hexadecimal with binary exponent, `inf`, `infinity`, `nan` in any case. `_` may
 * stand between digits. undefined when the text is none, or a finite number too large for a double.
 */
export function parseFloatText(text: string): number | undefined {
  if (DECIMAL_FLOAT.test(text)) {
    const value = Number(text.replaceAll('_', ''));
    return Number.isFinite(value) ? value : undefined;
  }
  switch (text.toLowerCase()) {
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      return Number.POSITIVE_INFINITY;
    case '-inf':
    case '-infinity':
      return Number.NEGATIVE_INFINITY;
    case 'nan':
      return Number.NaN;
  }
  const hex = HEX_FLOAT.exec(text);
  if (hex === null || (hex[2] ?? hex[3]) === undefined) return undefined;
  const fraction = (hex[3] ?? '').replaceAll('_', '');
  const mantissa = BigInt(`0x${(hex[2] ?? '').replaceAll('_', '')}${fraction}`);
  const value = Number(mantissa) * 2 ** (Number(hex[4]) - 4 * fraction.length);
  if (!Number.isFinite(value)) return undefined;
  return hex[1] === '-' ? -value : value;
}

/** `1 t T TRUE true True` and `0 f F FALSE false False`; undefined for any other text. */
export function parseBoolText(text: string): boolean | undefined {
  switch (text) {
    case '1':
    case 't':
    case 'T':
    case 'TRUE':
    case 'true':
    case 'True':
      return true;
    case '0':
    case 'f':
    case 'F':
    case 'FALSE':
    case 'false':
    case 'False':
      return false;
    default:
      return undefined;
  }
}
