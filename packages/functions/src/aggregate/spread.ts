/**
 * Variance and standard deviation, of the population and of a sample. Source: behaviour spec, functions §3.2.
 *
 * The values are kept: the result goes over them twice, mean first, so that it has the digits of the definition. Where
 * partial results have to be joined in constant time (sliding windows) the values are folded into their count, mean and
 * sum of squared distances, which are joined by the pairwise formula of Chan, Golub and LeVeque. Against the definition
 * the deviation then differs by some units of the last place of the largest value at most.
 */
import { asFloat, type Kind } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';
import { addValue, floatsOf } from './number-list.ts';

interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Sum of the squared distances from the mean. */
  readonly squares: number;
}

interface Spread {
  /** Values that are not folded, those that are not null. */
  values: unknown[];
  folded: Moments;
}

const nothing: Moments = { count: 0, mean: 0, squares: 0 };

function momentsOf(values: readonly number[]): Moments {
  if (values.length === 0) return nothing;
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  return { count: values.length, mean, squares };
}

function joined(a: Moments, b: Moments): Moments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const distance = b.mean - a.mean;
  return {
    count,
    mean: a.mean + (distance * b.count) / count,
    squares: a.squares + b.squares + (distance * distance * a.count * b.count) / count,
  };
}

/** All that a state has seen; null when only the values themselves can tell the error. */
function folded(state: Spread, kind: Kind): Moments | null {
  const floats: number[] = [];
  for (const value of state.values) {
    const float = typeof value === 'number' ? value : asFloat(value, kind, 'sameKind');
    if (float === undefined) return null;
    floats.push(float);
  }
  return joined(state.folded, momentsOf(floats));
}

function combine(state: Spread, other: Spread, kind: Kind): boolean {
  const first = folded(state, kind);
  const second = folded(other, kind);
  if (first === null || second === null) return false;
  const all = joined(first, second);
  if (!Number.isFinite(all.squares)) return false;
  state.values = [];
  state.folded = all;
  return true;
}

/**
 * @param lost degrees of freedom: 0 for a population, 1 for a sample, whose variance of one value is NaN
 * @param measure of the variance
 */
function spreadBy(lost: 0 | 1, measure: (variance: number) => number): (kind?: Kind) => Aggregation<Spread> {
  return (kind = 'any') => ({
    returns: 'float',
    init: () => ({ values: [], folded: nothing }),
    add: addValue,
    merge: (state, other) => {
      for (const value of other.values) state.values.push(value);
      state.folded = joined(state.folded, other.folded);
    },
    combine: (state, other) => combine(state, other, kind),
    result: (state) => {
      const { count, squares } = joined(state.folded, momentsOf(floatsOf(state, kind)));
      return count === 0 ? null : measure(squares / (count - lost));
    },
  });
}

const eight = [2, 4, 4, 4, 5, 5, 7, 9].map((a) => ({ a }));

export const stddev: AggregateFunction = aggregate({
  name: 'stddev',
  group: 'aggregate',
  args: [t.number('x')],
  summary: 'The standard deviation of the population, as a float. Nulls are skipped.',
  examples: [
    { call: 'stddev(a)', rows: eight, gives: '2.0' },
    { call: 'stddev(a)', rows: [{ a: null }, { a: 4n }], gives: '0.0' },
    { call: 'stddev(a)', rows: [{ a: 1n }, { a: 2.7 }], gives: '0.8500000000000001' },
    { call: 'stddev(a)', rows: [{ a: null }], gives: 'null' },
    {
      call: 'stddev(a)',
      rows: [{ a: 'a' }, { a: 'b' }],
      fails: 'requires float64 slice but found []interface {}([a b])',
    },
  ],
  implement: spreadBy(0, Math.sqrt),
});

export const stddevs: AggregateFunction = aggregate({
  name: 'stddevs',
  group: 'aggregate',
  args: [t.number('x')],
  summary: 'The standard deviation of a sample, as a float; not a number for a single value.',
  examples: [{ call: 'stddevs(a)', rows: eight, gives: '2.138089935299395' }],
  implement: spreadBy(1, Math.sqrt),
});

export const populationVariance: AggregateFunction = aggregate({
  name: 'var',
  group: 'aggregate',
  args: [t.number('x')],
  summary: 'The variance of the population, as a float. Nulls are skipped.',
  examples: [
    { call: 'var(a)', rows: eight, gives: '4.0' },
    { call: 'var(a)', rows: [], gives: 'null' },
  ],
  implement: spreadBy(0, (variance) => variance),
});

export const sampleVariance: AggregateFunction = aggregate({
  name: 'vars',
  group: 'aggregate',
  args: [t.number('x')],
  summary: 'The variance of a sample, as a float; not a number for a single value.',
  examples: [{ call: 'vars(a)', rows: eight, gives: '4.571428571428571' }],
  implement: spreadBy(1, (variance) => variance),
});
