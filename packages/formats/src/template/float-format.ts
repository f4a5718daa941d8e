/** Floats by verb and precision: `e E f F g G b x X`. Source: behaviour spec, io §7.3. */

/**
 * @param precision null for the default of the verb: six digits for `e` and `f`, as many as needed for `g`
 * @param sharp keeps the decimal point and, for `g`, trailing zeros
 */
export function formatFloat(value: number, verb: string, precision: number | null, sharp: boolean): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign || '+'}Inf`;
  const magnitude = Math.abs(value);
  const text = sign + magnitudeText(magnitude, verb.toLowerCase(), precision, sharp);
  return verb === 'E' || verb === 'G' || verb === 'X' ? text.toUpperCase() : text;
}

function magnitudeText(value: number, verb: string, precision: number | null, sharp: boolean): string {
  switch (verb) {
    case 'e':
      return withPoint(exponentText(value, precision ?? 6), sharp);
    case 'f':
      return withPoint(fixedText(value, precision ?? 6), sharp);
    case 'b':
      return binaryText(value);
    case 'x':
      return hexText(value, precision);
    default:
      return generalText(value, precision, sharp);
  }
}

function withPoint(text: string, sharp: boolean): string {
  if (!sharp || text.includes('.')) return text;
  const at = text.search(/[ep]/);
  return at < 0 ? `${text}.` : `${text.slice(0, at)}.${text.slice(at)}`;
}

/** The digits and decimal exponent of a number, rounded to `count` digits (half to even of the exact value). */
function digitsOf(value: number, count: number): { readonly digits: string; readonly exponent: number } {
  const exact = exactDigits(value);
  if (value === 0) return { digits: '0'.repeat(Math.max(count, 1)), exponent: 0 };
  const { digits, exponent } = exact;
  if (digits.length <= count) return { digits: digits.padEnd(count, '0'), exponent };
  const kept = count <= 0 ? 0n : BigInt(digits.slice(0, count));
  const rest = digits.slice(Math.max(count, 0));
  const half = rest.charCodeAt(0) - 48;
  const above = half > 5 || (half === 5 && (/[1-9]/.test(rest.slice(1)) || kept % 2n === 1n));
  if (count < 0) return { digits: '', exponent };
  const rounded = (above ? kept + 1n : kept).toString();
  if (count === 0) return rounded === '1' ? { digits: '1', exponent: exponent + 1 } : { digits: '', exponent };
  return rounded.length > count
    ? { digits: rounded.slice(0, count), exponent: exponent + 1 }
    : { digits: rounded.padStart(count, '0'), exponent };
}

/** All decimal digits of a double. */
function exactDigits(value: number): { readonly digits: string; readonly exponent: number } {
  const { mantissa, exponent } = binaryParts(value);
  const scaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const text = scaled.toString();
  const pointShift = exponent >= 0 ? 0 : exponent;
  return { digits: text.replace(/0+$/, ''), exponent: text.length - 1 + pointShift };
}

/** `mantissa * 2^exponent`. */
function binaryParts(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 };
}

function exponentText(value: number, precision: number): string {
  const { digits, exponent } = digitsOf(value, precision + 1);
  return scientific(digits, exponent);
}

function scientific(digits: string, exponent: number): string {
  const mantissa = digits.length > 1 ? `${digits.charAt(0)}.${digits.slice(1)}` : digits;
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
}

function fixedText(value: number, precision: number): string {
  if (value === 0) return precision === 0 ? '0' : `0.${'0'.repeat(precision)}`;
  const { exponent } = exactDigits(value);
  const rounded = digitsOf(value, exponent + 1 + precision);
  return plain(rounded.digits, rounded.exponent, precision);
}

/** Digits in plain notation with exactly `places` of them after the point. */
function plain(digits: string, exponent: number, places: number): string {
  const all = exponent < 0 ? '0'.repeat(-exponent) + digits : digits;
  const wholeLength = exponent < 0 ? 1 : exponent + 1;
  const whole = all.slice(0, wholeLength).padEnd(wholeLength, '0');
  const fraction = all.slice(wholeLength, wholeLength + places).padEnd(places, '0');
  return places === 0 ? whole : `${whole}.${fraction}`;
}

function generalText(value: number, precision: number | null, sharp: boolean): string {
  const shortest = precision === null;
  let { digits, exponent } = shortest ? shortestDigits(value) : digitsOf(value, precision || 1);
  let limit = shortest ? 6 : precision || 1;
  if (sharp) digits = digits.padEnd(shortest ? 6 : limit, '0');
  else {
    digits = digits.replace(/0+$/, '') || '0';
    if (!shortest && limit > digits.length && digits.length >= exponent + 1) limit = digits.length;
  }
  if (exponent < -4 || exponent >= limit) return withPoint(scientific(digits, exponent), sharp);
  return withPoint(plain(digits, exponent, Math.max(0, digits.length - 1 - exponent)), sharp);
}

function shortestDigits(value: number): { readonly digits: string; readonly exponent: number } {
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}

function binaryText(value: number): string {
  const { mantissa, exponent } = binaryParts(value);
  return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

function hexText(value: number, precision: number | null): string {
  const exponentOf = (n: number): string => `p${n < 0 ? '-' : '+'}${String(Math.abs(n)).padStart(2, '0')}`;
  if (value === 0) return `0x0${precision ? `.${'0'.repeat(precision)}` : ''}${exponentOf(0)}`;
  let { mantissa, exponent } = binaryParts(value);
  while (mantissa < 1n << 52n) {
    mantissa <<= 1n;
    exponent--;
  }
  if (precision !== null && precision < 13) {
    const dropped = BigInt(4 * (13 - precision));
    const rest = mantissa & ((1n << dropped) - 1n);
    const half = 1n << (dropped - 1n);
    mantissa >>= dropped;
    if (rest > half || (rest === half && mantissa % 2n === 1n)) mantissa++;
    mantissa <<= dropped;
    if (mantissa >= 1n << 53n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const digits = (mantissa & ((1n << 52n) - 1n)).toString(16).padStart(13, '0');
  const fraction = precision === null ? digits.replace(/0+$/, '') : digits.padEnd(precision, '0').slice(0, precision);
  return `0x1${fraction === '' ? '' : `.${fraction}`}${exponentOf(exponent + 52)}`;
}
