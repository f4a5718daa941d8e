/** `get_keyed_state`: what other programs keep for a rule to read. Source: behaviour spec, functions §17. */
import { rowError, valueText } from '@kuiper/base';
import { type CallArgument, type FunctionContext, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { expectCount, isBoolLiteral, isNumericLiteral, isStringLiteral, isTimeLiteral } from './check-arguments.ts';
import { castValue } from './convert/cast.ts';

const types = ['bigint', 'float', 'string', 'boolean', 'datetime'];

function checkKeyedState(args: readonly CallArgument[]): string | null {
  if (args.length !== 3) return expectCount(3, args.length);
  const type = args[1] as CallArgument;
  if (isNumericLiteral(type) || isTimeLiteral(type) || isBoolLiteral(type)) return 'Expect string type for parameter 1';
  if (!isStringLiteral(type) || types.includes(type.value as string)) return null;
  return `expect one of following value for the 2nd parameter: ${types.join(', ')}`;
}

const getKeyedState = scalar({
  name: 'get_keyed_state',
  group: 'context',
  args: [t.any('key'), t.any('type'), t.any('otherwise')],
  check: checkKeyedState,
  returns: 'any',
  onNull: 'call',
  volatile: true,
  context: true,
  summary:
    'The value that is kept for the key in the external state store, converted to bigint, float, string, boolean or ' +
    'datetime; the third argument, as it is, when there is none.',
  examples: [
    { call: 'get_keyed_state("none", "bigint", 5)', gives: '5' },
    { call: 'get_keyed_state("none", "string", a)', row: { a: 1.5 }, gives: '1.5' },
    { call: 'get_keyed_state(a, "bigint", 5)', row: { a: 5 }, fails: 'key 5 is not a string' },
    { call: 'get_keyed_state(a, "bigint", 5)', row: {}, fails: 'key <nil> is not a string' },
    { call: 'get_keyed_state("k", 1, 5)', fails: 'Expect string type for parameter 1' },
    { call: 'get_keyed_state("k", "bigint")', fails: 'Expect 3 arguments but found 2.' },
    {
      call: 'get_keyed_state("k", "bytea", 5)',
      fails: 'expect one of following value for the 2nd parameter: bigint, float, string, boolean, datetime',
    },
  ],
  eval: (context: FunctionContext, key: unknown, type: unknown, otherwise: unknown) => {
    if (typeof key !== 'string') return rowError(`key ${valueText(key, 'any')} is not a string`);
    const value = context.keyedState(key) ?? null;
    return value === null ? otherwise : castValue(value, type, context);
  },
});

export const keyedStateFunctions: readonly FunctionDeclaration[] = [getKeyedState];
