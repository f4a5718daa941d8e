import { addInt, asFloat, asInt, compareInts, type Int, type Kind, rowError, valueText } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';
import { sliceText } from './number-list.ts';
import {
  addAll,
  addLast,
  heldValues,
  newSortedValues,
  removeFirst,
  type SortedValues,
  sortedNumbers,
} from './sorted-values.ts';

/** Nulls are kept: the first element decides, also when it is null. */
function medianOf(kind: Kind): Aggregation<SortedValues> {
  return {
    returns: kind === 'float' ? 'float' : 'any',
    init: newSortedValues,
    add: (state, value: unknown) => addLast(state, value ?? null),
    merge: addAll,
    remove: removeFirst,
    result: (state) => (state.values.length === state.start ? null : median(state, kind)),
  };
}

function median(state: SortedValues, kind: Kind): number | bigint {
  const sorted = sortedNumbers(state);
  if (sorted !== null) return kind === 'int' ? middleInt(sorted) : middleFloat(sorted);
  const values = heldValues(state);
  const first = values[0];
  if (typeof first === 'bigint' || (typeof first === 'number' && kind === 'int')) return medianOfInts(values, kind);
  if (typeof first === 'number') return medianOfFloats(values, kind);
  return rowError(`${valueText(first, kind)} should be number`);
}

function medianOfInts(values: readonly unknown[], kind: Kind): number | bigint {
  const ints = values.map(
    (value): Int =>
      asInt(value, kind, 'sameKind') ?? rowError(`requires int64 slice but found ${sliceText(values, kind)}`),
  );
  return middleInt(ints.sort(compareInts));
}

function middleInt(ints: readonly Int[]): number | bigint {
  const middle = ints.length >> 1;
  const upper = ints[middle] as Int;
  return ints.length % 2 === 1 ? BigInt(upper) : Number(addInt(ints[middle - 1] as Int, upper)) / 2;
}

function medianOfFloats(values: readonly unknown[], kind: Kind): number {
  const floats = values
    .filter((value) => value !== null)
    .map(
      (value) =>
        asFloat(value, kind, 'sameKind') ?? rowError(`requires float64 slice but found ${sliceText(values, kind)}`),
    );
  return middleFloat(floats.sort((a, b) => a - b));
}

function middleFloat(floats: readonly number[]): number {
  const middle = floats.length >> 1;
  const upper = floats[middle] as number;
  return floats.length % 2 === 1 ? upper : ((floats[middle - 1] as number) + upper) / 2;
}

/** Source: behaviour spec, functions §3.2. */
export const medianFunction: AggregateFunction = aggregate({
  name: 'median',
  group: 'aggregate',
  args: [t.number('x')],
  summary: 'The middle value; of an even number of values the mean of the middle two, as a float.',
  examples: [
    { call: 'median(a)', rows: [{ a: 3n }, { a: 1n }, { a: 2n }], gives: '2' },
    { call: 'median(a)', rows: [{ a: 1n }, { a: 2n }, { a: 3n }, { a: 4n }], gives: '2.5' },
    { call: 'median(a)', rows: [{ a: 1 }, { a: null }, { a: 4 }], gives: '2.5' },
    { call: 'median(a)', rows: [{ a: null }, { a: 4 }], fails: '<nil> should be number' },
    { call: 'median(a)', rows: [{ a: 'x' }], fails: 'x should be number' },
    { call: 'median(a)', rows: [], gives: 'null' },
  ],
  implement: (kind = 'any') => medianOf(kind),
});
