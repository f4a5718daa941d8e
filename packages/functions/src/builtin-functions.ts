import type { FunctionDeclaration } from '@kuiper/sdk';
import { accumulatorFunctions } from './accumulators.ts';
import { aggregateFunctions } from './aggregate/aggregate-functions.ts';
import { analyticFunctions } from './analytic.ts';
import { listElementFunctions } from './array/list-elements.ts';
import { listLookupFunctions } from './array/list-lookup.ts';
import { listMakingFunctions } from './array/list-making.ts';
import { makeArrayMap } from './array/array-map.ts';
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
import { bitFunctions } from './math/bits.ts';
import { convFunctions } from './math/conv.ts';
import { numberFunctions } from './math/numbers.ts';
import { powerFunctions } from './math/powers.ts';
import { trigonometryFunctions } from './math/trigonometry.ts';
import { keyedStateFunctions } from './keyed-state.ts';
import { metadataFunctions } from './metadata.ts';
import { multiRowFunctions } from './multi-row.ts';
import { nullFunctions } from './nulls.ts';
import { objectFunctions } from './object.ts';
import { regexpFunctions } from './regexp/regexp.ts';
import { formatFunctions } from './string/format-number.ts';
import { textFormFunctions } from './string/text-forms.ts';
import { textPartFunctions } from './string/text-parts.ts';

/** All functions of the language, planner-internal ones included. Aliases are members of their declaration. */
export const builtinFunctions: readonly FunctionDeclaration[] = [
  ...numberFunctions,
  ...powerFunctions,
  ...trigonometryFunctions,
  ...convFunctions,
  ...bitFunctions,
  ...textFormFunctions,
  ...textPartFunctions,
  ...formatFunctions,
  ...regexpFunctions,
  ...hashFunctions,
  ...listLookupFunctions,
  ...listMakingFunctions,
  ...listElementFunctions,
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
  ...keyedStateFunctions,
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
