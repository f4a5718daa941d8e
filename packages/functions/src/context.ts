/** Functions that tell about the rule and the moment. Source: behaviour spec, functions §17. */
import { type FunctionContext, type FunctionDeclaration, scalar } from '@kuiper/sdk';

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

export const contextFunctions: readonly FunctionDeclaration[] = [newuuid, ruleId, tstamp];
