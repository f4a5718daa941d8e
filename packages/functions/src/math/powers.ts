/** Powers, roots and logarithms, computed as floats. Source: behaviour spec, functions §10. */
import { valueText } from '@kuiper/base';
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkArgumentCount } from '../check-arguments.ts';
import { reportedError } from '../reported-error.ts';
import { float, orNull } from './float-argument.ts';

const exp = scalar({
  name: 'exp',
  group: 'math',
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

const sqrt = scalar({
  name: 'sqrt',
  group: 'math',
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
  group: 'math',
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
  group: 'math',
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

const power = scalar({
  name: 'power',
  aliases: ['pow'],
  group: 'math',
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

export const powerFunctions: readonly FunctionDeclaration[] = [exp, sqrt, ln, log, power];
