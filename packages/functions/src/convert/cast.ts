/** `cast`: conversion at the widest level. Source: behaviour spec, functions §17, §1.5. */
import {
  asBool,
  asFloat,
  asInt,
  base64OrRaw,
  cannotConvert,
  describeValue,
  type DateTime,
  type Kind,
  plainText,
  rowError,
} from '@kuiper/base';
import {
  type CallArgument,
  type FunctionContext,
  type FunctionDeclaration,
  type ScalarFunction,
  scalar,
  t,
} from '@kuiper/sdk';
import { expectCount, isBoolLiteral, isNumericLiteral, isStringLiteral, isTimeLiteral } from '../check-arguments.ts';
import { toDateTime } from '../datetime/to-date-time.ts';

const types = ['bigint', 'float', 'string', 'boolean', 'datetime', 'bytea'];

function checkCast(args: readonly CallArgument[]): string | null {
  if (args.length !== 2) return expectCount(2, args.length);
  const type = args[1] as CallArgument;
  if (isNumericLiteral(type) || isTimeLiteral(type) || isBoolLiteral(type)) return 'Expect string type for parameter 1';
  if (!isStringLiteral(type) || types.includes(type.value as string)) return null;
  return `Expect one of following value for the 2nd parameter: ${types.join(', ')}.`;
}

/** To a kind that is known when the statement is read. */
const kinds: Readonly<Record<string, Kind>> = {
  bigint: 'int',
  float: 'float',
  string: 'string',
  boolean: 'bool',
  datetime: 'datetime',
  bytea: 'bytes',
};

type Cast = bigint | number | string | boolean | DateTime | Uint8Array;

/** @returns tagged */
export function castValue(value: unknown, type: unknown, context: FunctionContext): Cast {
  switch (type) {
    case 'bigint':
      return BigInt(asInt(value, 'any', 'all') ?? notSupported(value, 'int'));
    case 'float':
      return asFloat(value, 'any', 'all') ?? notSupported(value, 'float64');
    case 'string':
      return plainText(value, 'any');
    case 'boolean':
      return asBool(value, 'any', 'all') ?? notBool(value);
    case 'datetime':
      return toDateTime(value, context);
    case 'bytea':
      if (value instanceof Uint8Array) return value;
      return typeof value === 'string' ? base64OrRaw(value) : cannotConvert(value, 'any', 'bytea');
  }
  if (typeof type !== 'string') return rowError('expect string type for type parameter');
  return rowError('unknow type, only support bigint, float, string, boolean and datetime');
}

function notSupported(value: unknown, target: string): never {
  return rowError(
    `not supported type conversion, got error cannot convert ${describeValue(value, 'any')} to ${target}`,
  );
}

function notBool(value: unknown): never {
  if (typeof value !== 'string') return notSupported(value, 'bool');
  const text = JSON.stringify(value);
  return rowError(`not supported type conversion, got error strconv.ParseBool: parsing ${text}: invalid syntax`);
}

const cast: ScalarFunction = scalar({
  name: 'cast',
  group: 'transform',
  args: [t.any('x'), t.any('type')],
  check: checkCast,
  returns: 'any',
  onNull: 'null',
  context: true,
  specialize: (args) => specialized.get(args[1]?.literal === 'string' ? args[1].value : null) ?? null,
  takesPrinted: (args) => args[1]?.value === 'string',
  summary: 'Converts a value to bigint, float, string, boolean, datetime or bytea.',
  examples: [
    { call: 'cast("0x1f", "bigint")', gives: '31' },
    { call: 'cast(2.9, "bigint")', gives: '2' },
    { call: 'cast("9223372036854775807", "bigint")', gives: '9223372036854775807' },
    { call: 'cast("1e3", "float")', gives: '1000.0' },
    { call: 'cast(7, "float")', gives: '7.0' },
    { call: 'cast(1234567.0, "string")', gives: '"1234567"' },
    { call: 'cast(a, "string")', row: { a: { b: 1000000, a: 2 } }, gives: '"map[a:2 b:1e+06]"' },
    { call: 'cast("T", "boolean")', gives: 'true' },
    { call: 'cast("hi", "bytea")', gives: '"aGk="' },
    { call: 'cast(a, "datetime")', row: { a: 1700000000123 }, gives: '"2023-11-14T22:13:20.123Z"' },
    { call: 'cast(a, "string")', row: { a: {} }, gives: 'null' },
    {
      call: 'cast("1.5", "bigint")',
      fails: 'not supported type conversion, got error cannot convert string(1.5) to int',
    },
    {
      call: 'cast("yes", "boolean")',
      fails: 'not supported type conversion, got error strconv.ParseBool: parsing "yes": invalid syntax',
    },
    { call: 'cast(a, "bytea")', row: { a: 1 }, fails: 'cannot convert float64(1) to bytea' },
    { call: 'cast("abc", "datetime")', fails: "Can't parse string as time: abc" },
    { call: 'cast("5", a)', row: { a: 5 }, fails: 'expect string type for type parameter' },
    {
      call: 'cast("5", a)',
      row: { a: 'BIGINT' },
      fails: 'unknow type, only support bigint, float, string, boolean and datetime',
    },
    { call: 'cast(a, 1)', fails: 'Expect string type for parameter 1' },
    {
      call: 'cast(a, "int")',
      fails: 'Expect one of following value for the 2nd parameter: bigint, float, string, boolean, datetime, bytea.',
    },
  ],
  eval: (context: FunctionContext, value: unknown, type: unknown) => castValue(value, type, context),
});

/** By the literal of the target. */
const specialized: ReadonlyMap<unknown, ScalarFunction> = new Map(
  Object.entries(kinds).map(([type, kind]) => [type, { ...cast, returns: kind, eval: castTo(type) }]),
);

/** An int is a slot value here, not tagged. */
function castTo(type: string): ScalarFunction['eval'] {
  return type === 'bigint'
    ? (_: FunctionContext, value: unknown) => asInt(value, 'any', 'all') ?? notSupported(value, 'int')
    : (context: FunctionContext, value: unknown) => castValue(value, type, context);
}

export const castFunctions: readonly FunctionDeclaration[] = [cast];
