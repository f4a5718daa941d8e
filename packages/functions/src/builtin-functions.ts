import type { FunctionDeclaration } from '@kuiper/sdk';
import { accumulatorFunctions } from './accumulators.ts';
import { aggregateFunctions } from './aggregate/aggregate-functions.ts';
import { analyticFunctions } from './analytic.ts';
import { bitFunctions } from './bits.ts';
import { hashFunctions } from './hash.ts';
import { implicitFunctions } from './implicit.ts';
import { mathFunctions } from './math.ts';
import { multiRowFunctions } from './multi-row.ts';
import { formatFunctions } from './string/format-number.ts';
import { stringFunctions } from './string/string.ts';

/** All functions of the language, planner-internal ones included. Aliases are members of their declaration. */
export const builtinFunctions: readonly FunctionDeclaration[] = [
  ...mathFunctions,
  ...bitFunctions,
  ...stringFunctions,
  ...formatFunctions,
  ...hashFunctions,
  ...aggregateFunctions,
  ...analyticFunctions,
  ...accumulatorFunctions,
  ...multiRowFunctions,
  ...implicitFunctions,
];
