/**
 * The step-by-step forms of aggregates, one value per event: what the reference's planner makes of windows. Kept
 * because they can be called by name; state per call. Source: behaviour spec, functions §4.
 */
import { anyList, anyMap, compareStrings, rowError, setMember, toFloat } from '@kuiper/base';
import { type FunctionContext, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkAs } from './check-arguments.ts';
import { isMapValue } from './map-value.ts';

const group = 'internal';
const stateKey = 'inc';

const incCount = scalar({
  name: 'inc_count',
  group,
  args: [t.any('x')],
  returns: 'int',
  onNull: 'null',
  volatile: true,
  context: true,
  keepsState: true,
  internal: true,
  summary: 'Counts its calls with a value.',
  examples: [
    { call: 'inc_count(a)', row: { a: 3 }, gives: '1' },
    { call: 'inc_count(a)', row: {}, gives: 'null' },
  ],
  eval: (context: FunctionContext) => {
    const count = ((context.getState(stateKey) as number | undefined) ?? 0) + 1;
    context.putState(stateKey, count);
    return count;
  },
});

const incSum = scalar({
  name: 'inc_sum',
  group,
  args: [t.any('x')],
  check: checkAs(t.number('x')),
  returns: 'float',
  onNull: 'null',
  volatile: true,
  context: true,
  keepsState: true,
  internal: true,
  summary: 'The sum of all values so far, as a float; texts and truth values are converted.',
  examples: [
    { call: 'inc_sum(a)', row: { a: '2' }, gives: '2.0' },
    { call: 'inc_sum(a)', row: { a: true }, gives: '1.0' },
    { call: 'inc_sum(a)', row: { a: 'x' }, fails: 'cannot convert string(x) to float64' },
  ],
  eval: (context: FunctionContext, value: unknown) => {
    const sum = ((context.getState(stateKey) as number | undefined) ?? 0) + toFloat(value, 'any', 'all');
    context.putState(stateKey, sum);
    return sum;
  },
});

const incAvg = scalar({
  name: 'inc_avg',
  group,
  args: [t.any('x')],
  check: checkAs(t.number('x')),
  returns: 'float',
  onNull: 'null',
  volatile: true,
  context: true,
  keepsState: true,
  internal: true,
  summary: 'The mean of all values so far, as a float; texts and truth values are converted.',
  examples: [{ call: 'inc_avg(a)', row: { a: 3n }, gives: '3.0' }],
  eval: (context: FunctionContext, value: unknown) => {
    const [sum, count] = (context.getState(stateKey) as [number, number] | undefined) ?? [0, 0];
    const next: [number, number] = [sum + toFloat(value, 'any', 'all'), count + 1];
    context.putState(stateKey, next);
    return next[0] / next[1];
  },
});

/** @returns null when the kinds differ */
function better(value: unknown, known: unknown, largest: boolean): boolean | null {
  if (typeof value !== typeof known) return null;
  if (typeof value === 'string') return compareStrings(value, known as string) > 0 === largest;
  return largest ? (value as number) > (known as number) : (value as number) < (known as number);
}

function keepExtreme(context: FunctionContext, value: unknown, largest: boolean): unknown {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') return null;
  const known = context.getState(stateKey);
  const wins = known === undefined ? true : better(value, known, largest);
  if (wins === null) return null;
  if (wins) context.putState(stateKey, value);
  return wins ? value : known;
}

const incMax = scalar({
  name: 'inc_max',
  group,
  args: [t.any('x')],
  check: checkAs(t.number('x')),
  returns: 'any',
  onNull: 'null',
  volatile: true,
  context: true,
  keepsState: true,
  internal: true,
  summary: 'The largest value so far; null for a value of another kind than the first.',
  examples: [
    { call: 'inc_max(a)', row: { a: 3n }, gives: '3' },
    { call: 'inc_max(a)', row: { a: true }, gives: 'null' },
  ],
  eval: (context: FunctionContext, value: unknown) => keepExtreme(context, value, true),
});

const incMin = scalar({
  name: 'inc_min',
  group,
  args: [t.any('x')],
  check: checkAs(t.number('x')),
  returns: 'any',
  onNull: 'null',
  volatile: true,
  context: true,
  keepsState: true,
  internal: true,
  summary: 'The smallest value so far; null for a value of another kind than the first.',
  examples: [{ call: 'inc_min(a)', row: { a: 'b' }, gives: '"b"' }],
  eval: (context: FunctionContext, value: unknown) => keepExtreme(context, value, false),
});

const incMergeAgg = scalar({
  name: 'inc_merge_agg',
  group,
  args: [t.any('object')],
  returns: anyMap,
  onNull: 'null',
  volatile: true,
  context: true,
  keepsState: true,
  internal: true,
  summary: 'All objects so far merged; a later member replaces an earlier one.',
  examples: [
    { call: 'inc_merge_agg(a)', row: { a: { x: 1 } }, gives: '{"x": 1.0}' },
    { call: 'inc_merge_agg(a)', row: { a: 5 }, fails: 'argument is not a map[string]interface{}' },
  ],
  eval: (context: FunctionContext, object: unknown) => {
    if (!isMapValue(object)) return rowError('argument is not a map[string]interface{}');
    const merged: Record<string, unknown> = { ...(context.getState(stateKey) as Record<string, unknown> | undefined) };
    for (const key of Object.keys(object)) setMember(merged, key, object[key]);
    context.putState(stateKey, merged);
    return merged;
  },
});

const incCollect = scalar({
  name: 'inc_collect',
  group,
  args: [t.any('x')],
  returns: anyList,
  onNull: 'null',
  volatile: true,
  context: true,
  keepsState: true,
  internal: true,
  summary: 'All values so far that are not null, as a list.',
  examples: [{ call: 'inc_collect(a)', row: { a: 1n }, gives: '[1]' }],
  eval: (context: FunctionContext, value: unknown) => {
    const list = [...((context.getState(stateKey) as unknown[] | undefined) ?? []), value];
    context.putState(stateKey, list);
    return list;
  },
});

const incLastValue = scalar({
  name: 'inc_last_value',
  group,
  args: [t.any('x'), t.any('ignoreNull')],
  check: checkAs(t.number('x'), t.number('ignoreNull')),
  returns: 'any',
  onNull: 'null',
  internal: true,
  summary: 'The value.',
  examples: [
    { call: 'inc_last_value(a, b)', row: { a: 1, b: true }, gives: '1.0' },
    { call: 'inc_last_value(a, true)', fails: 'Expect number - float or int type for parameter 2' },
  ],
  eval: (value: unknown) => value,
});

export const incrementalFunctions: readonly FunctionDeclaration[] = [
  incAvg,
  incCollect,
  incCount,
  incLastValue,
  incMax,
  incMergeAgg,
  incMin,
  incSum,
];
