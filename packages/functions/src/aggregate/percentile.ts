/** Percentiles, interpolated and by nearest rank. Source: behaviour spec, functions §3.2. */
import { asFloat, type Kind, rowError, valueText } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';
import { floatsOf } from './number-list.ts';
import {
  addLast,
  heldValues,
  newSortedValues,
  removeFirst,
  type SortedValues,
  sortedNumbers,
} from './sorted-values.ts';

/** Equal shares of consecutive rows. */
interface Share {
  readonly share: unknown;
  rows: number;
}

interface Ranked extends SortedValues {
  /** Of all rows, oldest first; the first that is not null counts. */
  shares: Share[];
}

const isNil = (value: unknown): boolean => value === null || value === undefined;

function addShare(shares: Share[], share: unknown): void {
  const last = shares.at(-1);
  if (last !== undefined && Object.is(last.share, share)) last.rows++;
  else shares.push({ share, rows: 1 });
}

function removeShare(shares: Share[]): void {
  const first = shares[0];
  if (first !== undefined && --first.rows === 0) shares.shift();
}

/** Throws when one of the shares is no number. */
function shareOf(shares: readonly Share[], kind: Kind): number {
  const given = shares.filter(({ share }) => !isNil(share));
  const wrong = given.filter(({ share }) => typeof share !== 'number' && typeof share !== 'bigint');
  const share = asFloat(given[0]?.share, kind, 'sameKind');
  if (share !== undefined && wrong.length === 0) return share;
  const texts = wrong.flatMap(({ share, rows }) => Array<string>(rows).fill(valueText(share, kind)));
  return rowError(`the second parameter requires float64 but found []interface {}([${texts.join(' ')}])`);
}

function percentileBy(
  find: (sorted: readonly number[], share: number) => number,
): (...kinds: Kind[]) => Aggregation<Ranked> {
  return (kind = 'any', shareKind = 'any') => ({
    returns: 'float',
    init: () => ({ ...newSortedValues(), shares: [] }),
    add: (state, value: unknown, share: unknown) => {
      if (!isNil(value)) addLast(state, value);
      addShare(state.shares, share);
    },
    remove: (state, value: unknown) => {
      if (!isNil(value)) removeFirst(state);
      removeShare(state.shares);
    },
    result: (state) => {
      if (state.values.length === state.start || state.shares.every(({ share }) => isNil(share))) return null;
      const sorted = sortedNumbers(state) ?? floatsOf({ values: heldValues(state) }, kind).sort((a, b) => a - b);
      return find(sorted, shareOf(state.shares, shareKind) * 100);
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
