/** Signs, rounding, remainders and chance. Source: behaviour spec, functions §10. */
import { describeValue, rowError } from '@kuiper/base';
import { type FunctionContext, scalar, t, type FunctionDeclaration } from '@kuiper/sdk';
import { checkAs } from '../check-arguments.ts';
import { roundHalfAway, roundTo } from './rounding.ts';
import { float } from './float-argument.ts';

const abs = scalar({
  name: 'abs',
  group: 'math',
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

const ceiling = scalar({
  name: 'ceiling',
  aliases: ['ceil'],
  group: 'math',
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
  group: 'math',
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
  group: 'math',
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
  group: 'math',
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

const mod = scalar({
  name: 'mod',
  group: 'math',
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

const rand = scalar({
  name: 'rand',
  group: 'math',
  args: [],
  returns: 'float',
  onNull: 'call',
  volatile: true,
  context: true,
  summary: 'A random float from 0 (inclusive) to 1 (exclusive).',
  examples: [{ call: 'rand()', gives: '0.5' }],
  eval: (context: FunctionContext) => context.random(),
});

export const numberFunctions: readonly FunctionDeclaration[] = [abs, ceiling, floor, round, sign, mod, rand];
