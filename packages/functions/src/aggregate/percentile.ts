/** Percentiles, interpolated and by nearest rank. Source: behaviour spec, functions §3.2. */
import { asFloat, type Kind, rowError, valueText } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';
import { addValue, floatsOf } from './number-list.ts';

interface Ranked {
  values: unknown[];
  /** The first share that is not null. */
  share: unknown;
  /** Printed shares that are not numbers, in order. */
  wrongShares: string[];
}

function percentileBy(
  find: (sorted: readonly number[], share: number) => number,
): (...kinds: Kind[]) => Aggregation<Ranked> {
  return (kind = 'any', shareKind = 'any') => ({
    returns: 'float',
    init: () => ({ values: [], share: null, wrongShares: [] }),
    add: (state, value: unknown, share: unknown) => {
      addValue(state, value);
      if (share === null || share === undefined) return;
      state.share ??= share;
      if (typeof share !== 'number' && typeof share !== 'bigint') state.wrongShares.push(valueText(share, shareKind));
    },
    result: (state) => {
      if (state.values.length === 0 || state.share === null) return null;
      const sorted = floatsOf(state, kind).sort((a, b) => a - b);
      const share = asFloat(state.share, shareKind, 'sameKind');
      if (share === undefined || state.wrongShares.length > 0) {
        return rowError(
          `the second parameter requires float64 but found []interface {}([${state.wrongShares.join(' ')}])`,
        );
      }
      return find(sorted, share * 100);
    },
  });
}

function interpolated(sorted: readonly number[], percent: number): number {
  if (sorted.length === 1) return sorted[0] as number;
  if (percent > 0 && percent <= 100) {
    const position = (percent / 100) * sorted.length;
    const whole = Math.trunc(position);
    if (position === whole) return sorted[whole - 1] as number;
    if (position > 1) return ((sorted[whole - 1] as number) + (sorted[whole] as number)) / 2;
  }
  return rowError('percentile exec with error: Input is outside of range.');
}

function nearestRank(sorted: readonly number[], percent: number): number {
  if (percent >= 0 && percent <= 100) {
    const rank = percent === 100 ? sorted.length : Math.ceil((sorted.length * percent) / 100);
    return sorted[Math.max(rank, 1) - 1] as number;
  }
  return rowError('PopulationVariance exec with error: Input is outside of range.');
}

const three = [30, 10, 20].map((a) => ({ a }));
const four = [40, 10, 20, 30].map((a) => ({ a }));

export const percentileCont: AggregateFunction = aggregate({
  name: 'percentile_cont',
  group: 'aggregate',
  args: [t.number('x'), t.number('share')],
  summary:
    'The value below which a share (0 to 1, without 0) of the values lies; between two values their mean. A float.',
  examples: [
    { call: 'percentile_cont(a, 0.5)', rows: three, gives: '15.0' },
    { call: 'percentile_cont(a, 0.5)', rows: four, gives: '20.0' },
    { call: 'percentile_cont(a, 0.01)', rows: [{ a: 7n }], gives: '7.0' },
    { call: 'percentile_cont(a, 0.5)', rows: [{ a: null }], gives: 'null' },
    {
      call: 'percentile_cont(a, 1.5)',
      rows: three,
      fails: 'percentile exec with error: Input is outside of range.',
    },
    {
      call: 'percentile_cont(a, p)',
      rows: [{ a: 1, p: 'x' }],
      fails: 'the second parameter requires float64 but found []interface {}([x])',
    },
  ],
  implement: percentileBy(interpolated),
});

export const percentileDisc: AggregateFunction = aggregate({
  name: 'percentile_disc',
  group: 'aggregate',
  args: [t.number('x'), t.number('share')],
  summary: 'The value at a share (0 to 1) of the sorted values, by nearest rank. A float.',
  examples: [
    { call: 'percentile_disc(a, 0.5)', rows: four, gives: '20.0' },
    { call: 'percentile_disc(a, 0)', rows: four, gives: '10.0' },
    { call: 'percentile_disc(a, 1)', rows: four, gives: '40.0' },
    {
      call: 'percentile_disc(a, -0.5)',
      rows: three,
      fails: 'PopulationVariance exec with error: Input is outside of range.',
    },
  ],
  implement: percentileBy(nearestRank),
});
