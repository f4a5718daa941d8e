/** Functions that tell about the rule and the moment. Source: behaviour spec, functions §17. */
import { rowError, toInt, valueText } from '@kuiper/base';
import { type FunctionContext, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkAs } from './check-arguments.ts';

const group = 'context';

const newuuid = scalar({
  name: 'newuuid',
  group,
  args: [],
  returns: 'string',
  onNull: 'call',
  volatile: true,
  context: true,
  summary: 'A new UUID of version 1: the time, and random bits instead of a hardware address.',
  examples: [
    { call: 'newuuid()', gives: '"04c29838-833b-11ee-a000-810000800000"' },
    { call: 'newuuid(1)', fails: 'Expect 0 arguments but found 1.' },
  ],
  eval: timeBasedUuid,
});

/** Milliseconds from the start of the Gregorian calendar, where these timestamps begin, to 1970. */
const gregorianOffsetMs = 12_219_292_800_000n;

function timeBasedUuid(context: FunctionContext): string {
  const random = (values: number): number => Math.floor(context.random() * values);
  // ticks of 100 ns; those below a millisecond are random, so that calls within one differ
  const ticks = (BigInt(context.now()) + gregorianOffsetMs) * 10_000n + BigInt(random(10_000));
  const time = ticks.toString(16).padStart(15, '0');
  const sequence = hex(0x8000 + random(0x4000), 4);
  // the lowest bit of the first byte says: not a hardware address
  const node = hex(random(0x1000000) | 0x010000, 6) + hex(random(0x1000000), 6);
  return `${time.slice(7)}-${time.slice(3, 7)}-1${time.slice(0, 3)}-${sequence}-${node}`;
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}

const tstamp = scalar({
  name: 'tstamp',
  group,
  args: [],
  returns: 'int',
  onNull: 'call',
  volatile: true,
  context: true,
  summary: 'The current time in ms since the epoch.',
  examples: [{ call: 'tstamp()', gives: '1700000000123' }],
  eval: (context: FunctionContext) => context.now(),
});

const ruleStart = scalar({
  name: 'rule_start',
  group,
  args: [],
  returns: 'int',
  onNull: 'call',
  volatile: true,
  context: true,
  summary: 'When the present run of the rule began, in ms since the epoch.',
  examples: [
    { call: 'rule_start()', gives: '1700000000123' },
    { call: 'rule_start(1)', fails: 'Expect 0 arguments but found 1.' },
  ],
  eval: (context: FunctionContext) => context.startedMs,
});

const delay = scalar({
  name: 'delay',
  group,
  args: [t.any('lengthMs'), t.any('x')],
  check: checkAs(t.number('lengthMs'), t.any('x')),
  returns: 'any',
  onNull: 'null',
  volatile: true,
  context: true,
  async: true,
  summary: 'The second argument, after a pause. Rows behind wait: their order stays.',
  examples: [
    { call: 'delay(20, "x")', gives: '"x"' },
    { call: 'delay(a, 1)', row: { a: 1.5 }, gives: '1' },
    { call: 'delay(a, 1)', row: {}, gives: 'null' },
    { call: 'delay(a, 1)', row: { a: '5' }, fails: 'cannot convert string(5) to int' },
    { call: 'delay("5", 1)', fails: 'Expect number - float or int type for parameter 1' },
  ],
  eval: async (context: FunctionContext, lengthMs: unknown, value: unknown) => {
    await context.sleep(Math.max(0, Number(toInt(lengthMs, 'any', 'sameKind', 'int'))));
    return value;
  },
});

const ruleId = scalar({
  name: 'rule_id',
  group,
  args: [],
  returns: 'string',
  onNull: 'call',
  volatile: true,
  context: true,
  summary: 'The id of the rule.',
  examples: [{ call: 'rule_id()', gives: '"rule1"' }],
  eval: (context: FunctionContext) => context.ruleId,
});

/** Properties of the installation: environment variables KUIPER_PROPS_<NAME>, names in lower case. */
let properties: ReadonlyMap<string, string> | undefined;

function readProperties(): ReadonlyMap<string, string> {
  const prefix = 'KUIPER_PROPS_';
  const entries = Object.entries(process.env).filter(([name]) => name.startsWith(prefix));
  return new Map(entries.map(([name, value]) => [name.slice(prefix.length).toLowerCase(), value ?? '']));
}

/** Where the timestamps of snowflake ids begin: 2010-11-04T01:42:54.657Z. */
const snowflakeEpochMs = 1_288_834_974_657;
const snowflakeNode = 1n;

/** 41 bits of time, 10 bits of node, 12 bits that count calls. */
function snowflakeId(context: FunctionContext): string {
  const count = context.incrCounter('snowflake', 1) & 0xfff;
  return ((BigInt(context.now() - snowflakeEpochMs) << 22n) | (snowflakeNode << 12n) | BigInt(count)).toString();
}

const props = scalar({
  name: 'props',
  group,
  args: [t.any('name')],
  check: checkAs(t.string('name')),
  returns: 'string',
  onNull: 'null',
  volatile: true,
  context: true,
  keepsState: true,
  summary:
    'A property by its name: `et`, the current time in ms; `snowflake`, a new unique number; any other is the ' +
    'environment variable KUIPER_PROPS_<NAME> that the server was started with.',
  examples: [
    { call: 'props("et")', gives: '"1700000000123"' },
    { call: 'props("snowflake")', gives: '"1724551110972149761"' },
    { call: 'props("no_such_property")', fails: '' },
    { call: 'props(a)', row: { a: 5 }, fails: 'invalid input 5: must be property name of string type' },
    { call: 'props(1)', fails: 'Expect string type for parameter 1' },
  ],
  eval: (context: FunctionContext, name: unknown) => {
    if (typeof name !== 'string') {
      return rowError(`invalid input ${valueText(name, 'any')}: must be property name of string type`);
    }
    if (name === 'et') return String(context.now());
    if (name === 'snowflake') return snowflakeId(context);
    properties ??= readProperties();
    return properties.get(name) ?? rowError('');
  },
});

export const contextFunctions: readonly FunctionDeclaration[] = [delay, newuuid, props, ruleId, ruleStart, tstamp];
