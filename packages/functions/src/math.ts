/**
 * Math functions. Numbers are computed as floats unless said otherwise; a result that is not a number is null.
 *
 * Source: behaviour spec, functions §10.
 */
import { describeValue, type Int, rowError, toFloat, valueText } from '@kuiper/base';
import { type FunctionContext, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkArgumentCount, checkAs } from './check-arguments.ts';
import { reportedError } from './reported-error.ts';
import { roundHalfAway, roundTo } from './rounding.ts';

const group = 'math';

/** A `float` argument that arrived as another kind is converted or refused here. */
function float(value: unknown): number {
  return typeof value === 'number' ? value : toFloat(value, 'any', 'sameKind');
}

function orNull(value: number): number | null {
  return value === value ? value : null;
}

const abs = scalar({
  name: 'abs',
  group,
  args: [t.any('x')],
  check: checkAs(t.number('x')),
  returns: (kind) => (kind === 'float' ? 'float' : 'any'),
  onNull: 'null',
  summary: 'The absolute value, of the same kind as the argument.',
  examples: [
    { call: 'abs(-5)', gives: '5' },
    { call: 'abs(-2.5)', gives: '2.5' },
    { call: 'abs(a)', row: { a: -(2n ** 60n) }, gives: '1152921504606846976' },
    { call: 'abs(a)', row: { a: 'x' }, fails: 'only float64 & int type are supported' },
    { call: 'abs(a)', row: { a: [] }, gives: 'null' },
  ],
  eval: (x: unknown) => {
    if (typeof x === 'number') return Math.abs(x);
    if (typeof x === 'bigint') return x < 0n ? BigInt.asIntN(64, -x) : x;
    return rowError('only float64 & int type are supported');
  },
});

const acos = scalar({
  name: 'acos',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The arc cosine in radians; null outside -1..1.',
  examples: [
    { call: 'acos(1)', gives: '0.0' },
    { call: 'acos(2)', gives: 'null' },
  ],
  eval: (x: unknown) => orNull(Math.acos(float(x))),
});

const asin = scalar({
  name: 'asin',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The arc sine in radians; null outside -1..1.',
  examples: [
    { call: 'asin(0.0)', gives: '0.0' },
    { call: 'asin(-1.5)', gives: 'null' },
  ],
  eval: (x: unknown) => orNull(Math.asin(float(x))),
});

const atan = scalar({
  name: 'atan',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The arc tangent in radians.',
  examples: [{ call: 'atan(1)', gives: '0.7853981633974483' }],
  eval: (x: unknown) => orNull(Math.atan(float(x))),
});

const atan2 = scalar({
  name: 'atan2',
  group,
  args: [t.float('y'), t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The angle of the point (x, y) in radians, by quadrant.',
  examples: [
    { call: 'atan2(1, 1)', gives: '0.7853981633974483' },
    { call: 'atan2(0, -1)', gives: '3.141592653589793' },
  ],
  eval: (y: unknown, x: unknown) => Math.atan2(float(y), float(x)),
});

const sin = scalar({
  name: 'sin',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The sine of an angle in radians.',
  examples: [
    { call: 'sin(0)', gives: '0.0' },
    { call: 'sin(a)', row: { a: 'x' }, fails: 'cannot convert string(x) to float64' },
  ],
  eval: (x: unknown) => orNull(Math.sin(float(x))),
});

const cos = scalar({
  name: 'cos',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The cosine of an angle in radians.',
  examples: [{ call: 'cos(0)', gives: '1.0' }],
  eval: (x: unknown) => orNull(Math.cos(float(x))),
});

const tan = scalar({
  name: 'tan',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The tangent of an angle in radians.',
  examples: [{ call: 'tan(0)', gives: '0.0' }],
  eval: (x: unknown) => orNull(Math.tan(float(x))),
});

const sinh = scalar({
  name: 'sinh',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The hyperbolic sine.',
  examples: [{ call: 'sinh(1)', gives: '1.1752011936438014' }],
  eval: (x: unknown) => orNull(Math.sinh(float(x))),
});

const cosh = scalar({
  name: 'cosh',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The hyperbolic cosine.',
  examples: [{ call: 'cosh(0)', gives: '1.0' }],
  eval: (x: unknown) => orNull(Math.cosh(float(x))),
});

const tanh = scalar({
  name: 'tanh',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The hyperbolic tangent.',
  examples: [{ call: 'tanh(20)', gives: '1.0' }],
  eval: (x: unknown) => orNull(Math.tanh(float(x))),
});

const exp = scalar({
  name: 'exp',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'e to the power x.',
  examples: [
    { call: 'exp(0)', gives: '1.0' },
    { call: 'exp(1)', gives: '2.718281828459045' },
  ],
  eval: (x: unknown) => orNull(Math.exp(float(x))),
});

const cot = scalar({
  name: 'cot',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The cotangent of an angle in radians; an error at 0.',
  examples: [
    { call: 'cot(1)', gives: '0.6420926159343306' },
    { call: 'cot(0)', fails: 'out-of-range error' },
  ],
  eval: (x: unknown) => {
    const angle = float(x);
    return angle === 0 ? rowError('out-of-range error') : 1 / Math.tan(angle);
  },
});

const radians = scalar({
  name: 'radians',
  group,
  args: [t.float('degrees')],
  returns: 'float',
  onNull: 'null',
  summary: 'Degrees to radians.',
  examples: [{ call: 'radians(180)', gives: '3.141592653589793' }],
  eval: (x: unknown) => float(x) * (Math.PI / 180),
});

const degrees = scalar({
  name: 'degrees',
  group,
  args: [t.float('radians')],
  returns: 'float',
  onNull: 'null',
  summary: 'Radians to degrees.',
  examples: [{ call: 'degrees(0)', gives: '0.0' }],
  eval: (x: unknown) => float(x) * (180 / Math.PI),
});

const ceiling = scalar({
  name: 'ceiling',
  aliases: ['ceil'],
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The smallest whole number not below x, as a float.',
  examples: [
    { call: 'ceiling(1.2)', gives: '2.0' },
    { call: 'ceiling(-7)', gives: '-7.0' },
  ],
  eval: (x: unknown) => Math.ceil(float(x)),
});

const floor = scalar({
  name: 'floor',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The largest whole number not above x, as a float.',
  examples: [
    { call: 'floor(-1.2)', gives: '-2.0' },
    { call: 'floor(a)', row: { a: true }, fails: 'cannot convert bool(true) to float64' },
  ],
  eval: (x: unknown) => Math.floor(float(x)),
});

const round = scalar({
  name: 'round',
  group,
  args: [t.float('x'), t.any('digits', { optional: true })],
  returns: 'float',
  onNull: 'null',
  summary: 'Rounds half away from zero, to a number of decimals (default 0, may be negative). The result is a float.',
  examples: [
    { call: 'round(-2.5)', gives: '-3.0' },
    { call: 'round(1234.5, -2)', gives: '1200.0' },
    { call: 'round(1.2345, d)', row: { d: 1.9 }, gives: '1.2' },
    { call: 'round(1.25, 400)', gives: '1.25' },
    {
      call: 'round(1.5, d)',
      row: { d: 'x' },
      fails: 'The second argument must be an integer: cannot convert string(x) to int',
    },
  ],
  eval: (x: unknown, digits?: unknown) => {
    const value = float(x);
    return digits === undefined ? roundHalfAway(value) : roundTo(value, roundingDigits(digits));
  },
});

function roundingDigits(value: unknown): number {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' && !Number.isNaN(value)) return Math.trunc(value);
  return rowError(`The second argument must be an integer: cannot convert ${describeValue(value, 'any')} to int`);
}

const sign = scalar({
  name: 'sign',
  group,
  args: [t.float('x')],
  returns: 'int',
  onNull: 'null',
  summary: '-1, 0 or 1: the sign of x.',
  examples: [
    { call: 'sign(-2.5)', gives: '-1' },
    { call: 'sign(0.0)', gives: '0' },
    { call: 'sign(7)', gives: '1' },
  ],
  eval: (x: unknown) => {
    const value = float(x);
    return value > 0 ? 1 : value < 0 ? -1 : 0;
  },
});

const sqrt = scalar({
  name: 'sqrt',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The square root; an error below 0.',
  examples: [
    { call: 'sqrt(16)', gives: '4.0' },
    { call: 'sqrt(-4)', fails: 'The argument must be a positive number but got -4' },
  ],
  eval: (x: unknown) => {
    const value = float(x);
    return value < 0 ? reportedError(`The argument must be a positive number but got ${shown(x)}`) : Math.sqrt(value);
  },
});

const ln = scalar({
  name: 'ln',
  group,
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The natural logarithm; an error below 0.',
  examples: [
    { call: 'ln(1)', gives: '0.0' },
    { call: 'ln(-1)', fails: 'The argument must be a strictly positive number but got -1' },
    {
      call: 'ln(a)',
      row: { a: -1234567 },
      fails: 'The argument must be a strictly positive number but got -1.234567e+06',
    },
  ],
  eval: (x: unknown) => {
    const value = float(x);
    return value < 0 ? notPositive(x) : Math.log(value);
  },
});

const logArguments = [t.float('x'), t.float('y', { optional: true })];

const log = scalar({
  name: 'log',
  group,
  args: logArguments,
  check: (args) => (checkArgumentCount(logArguments, args.length) === null ? null : 'Expect 1 or 2 arguments only'),
  returns: 'float',
  onNull: 'null',
  summary: 'The decimal logarithm of x; with two arguments, the logarithm of y to the base x.',
  examples: [
    { call: 'log(100)', gives: '2.0' },
    { call: 'log(2, 8)', gives: '3.0' },
    { call: 'log(-10)', fails: 'The argument must be a strictly positive number but got -10' },
  ],
  eval: (x: unknown, y?: unknown) => {
    const result = y === undefined ? Math.log10(float(x)) : Math.log(float(y)) / Math.log(float(x));
    return Number.isNaN(result) ? notPositive(x) : result;
  },
});

function notPositive(x: unknown): never {
  return reportedError(`The argument must be a strictly positive number but got ${shown(x)}`);
}

/** A `float` argument prints like the number it is. */
function shown(x: unknown): string {
  return valueText(x, 'any');
}

const mod = scalar({
  name: 'mod',
  group,
  args: [t.float('x'), t.float('y')],
  returns: 'float',
  onNull: 'null',
  summary: 'The remainder of x / y with the sign of x, as a float; not a number when y is 0 or no number.',
  examples: [
    { call: 'mod(-7, 3)', gives: '-1.0' },
    { call: 'mod(5.5, 2)', gives: '1.5' },
    { call: 'mod(a, 3)', row: { a: 'x' }, fails: 'cannot convert string(x) to float64' },
  ],
  eval: (x: unknown, y: unknown) => float(x) % (typeof y === 'number' ? y : typeof y === 'bigint' ? Number(y) : 0),
});

const pi = scalar({
  name: 'pi',
  group,
  args: [],
  returns: 'float',
  onNull: 'null',
  summary: 'The number π.',
  examples: [{ call: 'pi()', gives: '3.141592653589793' }],
  eval: () => Math.PI,
});

const power = scalar({
  name: 'power',
  aliases: ['pow'],
  group,
  args: [t.float('x'), t.float('y')],
  returns: 'float',
  onNull: 'null',
  summary: 'x to the power y, as a float.',
  examples: [
    { call: 'power(2, 10)', gives: '1024.0' },
    { call: 'power(2, -1)', gives: '0.5' },
  ],
  // 1 to any power is 1, also to a power that is not a number
  eval: (x: unknown, y: unknown) => {
    const base = float(x);
    const exponent = float(y);
    return base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY) ? 1 : base ** exponent;
  },
});

const rand = scalar({
  name: 'rand',
  group,
  args: [],
  returns: 'float',
  onNull: 'call',
  volatile: true,
  context: true,
  summary: 'A random float from 0 (inclusive) to 1 (exclusive).',
  examples: [{ call: 'rand()', gives: '0.5' }],
  eval: (context: FunctionContext) => context.random(),
});

const conv = scalar({
  name: 'conv',
  group,
  args: [t.text('n'), t.int('from', { literal: true }), t.int('to', { literal: true })],
  check: (args) => {
    if (args.length !== 3) return `Expect 3 arguments but found ${args.length}.`;
    const wrong = args.findIndex((arg, i) => i > 0 && arg.literal !== 'int');
    return wrong < 0 ? null : `Expect integer type for parameter ${wrong + 1}`;
  },
  returns: 'string',
  onNull: 'null',
  summary:
    'Writes the number n, given as text in base `from`, in base `to` (2 to 36). Computes with 64 unsigned bits; a ' +
    'negative base stands for signed numbers. Null for other bases.',
  examples: [
    { call: 'conv("7a", 16, 2)', gives: '"1111010"' },
    { call: 'conv(-10, 10, -2)', gives: '"-1010"' },
    { call: 'conv("-1", 10, 16)', gives: '"FFFFFFFFFFFFFFFF"' },
    { call: 'conv("12z", 10, 10)', gives: '"12"' },
    { call: 'conv("z", 10, 10)', gives: '"0"' },
    { call: 'conv("12", 1, 10)', gives: 'null' },
    { call: 'conv("18446744073709551615", -10, -10)', gives: '"9223372036854775807"' },
    { call: 'conv("-9223372036854775809", -10, -10)', gives: '"-9223372036854775808"' },
    { call: 'conv(a, 10, 10)', row: { a: 1000000 }, gives: '"1"' },
    {
      call: 'conv("18446744073709551616", 10, 10)',
      fails: 'strconv.ParseUint: parsing "18446744073709551616": value out of range',
    },
  ],
  eval: (n: unknown, from: Int, to: Int) => {
    const base = Math.abs(Number(from));
    const target = Math.abs(Number(to));
    if (base < 2 || base > 36 || target < 2 || target > 36) return null;
    return convertBase(typeof n === 'string' ? n : valueText(n, 'any'), base, from < 0, target, to < 0);
  },
});

const UINT64 = 2n ** 64n;
const INT63 = 2n ** 63n;

function convertBase(text: string, base: number, signedInput: boolean, target: number, signedOutput: boolean): string {
  const match = /^([+-]?)([0-9a-z]*)/i.exec(text.trim());
  const negative = match?.[1] === '-';
  let value = 0n;
  let digits = '';
  for (const digit of match?.[2] ?? '') {
    const weight = Number.parseInt(digit, 36);
    if (weight >= base) break;
    value = value * BigInt(base) + BigInt(weight);
    digits += digit;
  }
  if (digits === '') return '0';
  if (value >= UINT64) return rowError(`strconv.ParseUint: parsing "${digits}": value out of range`);
  if (signedInput) {
    if (negative && value > INT63) value = INT63;
    if (!negative && value >= INT63) value = INT63 - 1n;
  }
  if (negative) value = BigInt.asUintN(64, -value);
  const result = signedOutput ? BigInt.asIntN(64, value) : value;
  return result.toString(target).toUpperCase();
}

export const mathFunctions: readonly FunctionDeclaration[] = [
  abs,
  acos,
  asin,
  atan,
  atan2,
  ceiling,
  conv,
  cos,
  cosh,
  cot,
  degrees,
  exp,
  floor,
  ln,
  log,
  mod,
  pi,
  power,
  radians,
  rand,
  round,
  sign,
  sin,
  sinh,
  sqrt,
  tan,
  tanh,
];
