/** Bitwise functions on 64-bit integers. Integral floats count as integers. Source: behaviour spec, functions §10. */
import { andInt, asInt, type Int, orInt, rowError, subInt, valueText, xorInt } from '@kuiper/base';
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';

const group = 'math';

function operand(value: unknown, which: string): Int {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  return asInt(value, 'any', 'strict') ?? rowError(`Expect int type for ${which} but got ${valueText(value, 'any')}`);
}

const first = (value: unknown): Int => operand(value, 'the first operand');
const second = (value: unknown): Int => operand(value, 'the second operand');

const bitand = scalar({
  name: 'bitand',
  group,
  args: [t.int('a'), t.int('b')],
  returns: 'int',
  onNull: 'null',
  summary: 'The bits set in both integers.',
  examples: [
    { call: 'bitand(6, 3)', gives: '2' },
    { call: 'bitand(a, 3)', row: { a: 6 }, gives: '2' },
    { call: 'bitand(9223372036854775806, 4294967295)', gives: '4294967294' },
    { call: 'bitand(a, 1)', row: { a: 1.5 }, fails: 'Expect int type for the first operand but got 1.5' },
    { call: 'bitand(1, a)', row: { a: '2' }, fails: 'Expect int type for the second operand but got 2' },
  ],
  eval: (a: unknown, b: unknown) => andInt(first(a), second(b)),
});

const bitor = scalar({
  name: 'bitor',
  group,
  args: [t.int('a'), t.int('b')],
  returns: 'int',
  onNull: 'null',
  summary: 'The bits set in one of the integers or in both.',
  examples: [{ call: 'bitor(-4, 3)', gives: '-1' }],
  eval: (a: unknown, b: unknown) => orInt(first(a), second(b)),
});

const bitxor = scalar({
  name: 'bitxor',
  group,
  args: [t.int('a'), t.int('b')],
  returns: 'int',
  onNull: 'null',
  summary: 'The bits set in exactly one of the integers.',
  examples: [{ call: 'bitxor(6, 3)', gives: '5' }],
  eval: (a: unknown, b: unknown) => xorInt(first(a), second(b)),
});

const bitnot = scalar({
  name: 'bitnot',
  group,
  args: [t.int('a')],
  returns: 'int',
  onNull: 'null',
  summary: 'All bits inverted.',
  examples: [
    { call: 'bitnot(5)', gives: '-6' },
    { call: 'bitnot(-1)', gives: '0' },
    { call: 'bitnot(a)', row: { a: 0.5 }, fails: 'Expect int type for operand but got 0.5' },
  ],
  // in two's complement the complement of a is -1 - a
  eval: (a: unknown) => subInt(-1, operand(a, 'operand')),
});

export const bitFunctions: readonly FunctionDeclaration[] = [bitand, bitor, bitxor, bitnot];
