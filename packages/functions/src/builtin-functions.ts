import type { FunctionDeclaration } from '@kuiper/sdk';
import { aggregateFunctions } from './aggregate/aggregate-functions.ts';
import { bitFunctions } from './bits.ts';
import { mathFunctions } from './math.ts';

/** All functions of the language, planner-internal ones included. Aliases are members of their declaration. */
export const builtinFunctions: readonly FunctionDeclaration[] = [
  ...mathFunctions,
  ...bitFunctions,
  ...aggregateFunctions,
];
