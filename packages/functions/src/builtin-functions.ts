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
import { compressFunctions } from './convert/compress.ts';
import { encodeFunctions } from './convert/encode.ts';
import { clockFunctions } from './datetime/clock.ts';
import { datetimeFunctions } from './datetime/datetime.ts';
import { FunctionTable } from './function-table.ts';
import { implicitFunctions } from './implicit.ts';
import { incrementalFunctions } from './incremental.ts';
import { jsonFunctions } from './json/json.ts';
import { jsonPathFunctions } from './json-path/json-path.ts';
import { mathFunctions } from './math.ts';
import { metadataFunctions } from './metadata.ts';
import { multiRowFunctions } from './multi-row.ts';
import { nullFunctions } from './nulls.ts';
import { objectFunctions } from './object.ts';
import { regexpFunctions } from './regexp/regexp.ts';
import { formatFunctions } from './string/format-number.ts';
import { stringFunctions } from './string/string.ts';

/** All functions of the language, planner-internal ones included. Aliases are members of their declaration. */
export const builtinFunctions: readonly FunctionDeclaration[] = [
  ...mathFunctions,
  ...bitFunctions,
  ...stringFunctions,
  ...formatFunctions,
  ...regexpFunctions,
  ...hashFunctions,
  ...arrayFunctions,
  makeArrayMap((name) => builtinTable().find(name)),
  ...objectFunctions,
  ...jsonFunctions,
  ...jsonPathFunctions,
  ...datetimeFunctions,
  ...clockFunctions,
  ...castFunctions,
  ...encodeFunctions,
  ...compressFunctions,
  ...nullFunctions,
  ...contextFunctions,
  ...metadataFunctions,
  ...aggregateFunctions,
  ...analyticFunctions,
  ...accumulatorFunctions,
  ...multiRowFunctions,
  ...implicitFunctions,
  ...incrementalFunctions,
];

let table: FunctionTable | undefined;

/** The table of {@link builtinFunctions}. */
export function builtinTable(): FunctionTable {
  table ??= new FunctionTable(builtinFunctions);
  return table;
}
