import type { FunctionDeclaration } from '@kuiper/sdk';
import { avg } from './avg.ts';
import { collect, mergeAgg } from './collect.ts';
import { count } from './count.ts';
import { deduplicate } from './deduplicate.ts';
import { max, min } from './extreme.ts';
import { lastValue } from './last-value.ts';
import { medianFunction } from './median.ts';
import { percentileCont, percentileDisc } from './percentile.ts';
import { populationVariance, sampleVariance, stddev, stddevs } from './spread.ts';
import { sum } from './sum.ts';

export const aggregateFunctions: readonly FunctionDeclaration[] = [
  avg,
  collect,
  count,
  deduplicate,
  lastValue,
  max,
  medianFunction,
  mergeAgg,
  min,
  percentileCont,
  percentileDisc,
  populationVariance,
  sampleVariance,
  stddev,
  stddevs,
  sum,
];
