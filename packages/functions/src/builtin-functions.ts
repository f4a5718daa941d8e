import type { FunctionDeclaration } from '@kuiper/sdk';
import { accumulatorFunctions } from './accumulators.ts';
import { aggregateFunctions } from './aggregate/aggregate-functions.ts';
import { analyticFunctions } from './analytic.ts';
import { arrayFunctions } from './array/array.ts';
import { makeArrayMap } from './array/array-map.ts';
import { bitFunctions } from './bits.ts';
import { hashFunctions } from './hash.ts';
import { contextFunctions } from './context.ts';
import { castFunctions } from './convert/cast.ts';
import { encodeFunctions } from './convert/encode.ts';
import { clockFunctions } from './datetime/clock.ts';
import { datetimeFunctions } from './datetime/datetime.ts';
import { FunctionTable } from './function-table.ts';
import { implicitFunctions } from './implicit.ts';
import { jsonFunctions } from './json/json.ts';
import { mathFunctions } from './math.ts';
import { multiRowFunctions } from './multi-row.ts';
import { nullFunctions } from './nulls.ts';
import { objectFunctions } from './object.ts';
import { formatFunctions } from './string/format-number.ts';
import { stringFunctions } from './string/string.ts';

/** All functions of the language, planner-internal ones included. Aliases are members of their declaration. */
export const builtinFunctions: readonly FunctionDeclaration[] = [
  ...mathFunctions,
  ...bitFunctions,
  ...stringFunctions,
  ...formatFunctions,
  ...hashFunctions,
  ...arrayFunctions,
  makeArrayMap((name) => builtinTable().find(name)),
  ...objectFunctions,
  ...jsonFunctions,
  ...datetimeFunctions,
  ...clockFunctions,
  ...castFunctions,
  ...encodeFunctions,
  ...nullFunctions,
  ...contextFunctions,
  ...aggregateFunctions,
  ...analyticFunctions,
  ...accumulatorFunctions,
  ...multiRowFunctions,
  ...implicitFunctions,
];

let table: FunctionTable | undefined;

/** The table of {@link builtinFunctions}. */
export function builtinTable(): FunctionTable {
  table ??= new FunctionTable(builtinFunctions);
  return table;
}
