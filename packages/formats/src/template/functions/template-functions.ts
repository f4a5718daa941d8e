/** All functions of templates. Source: behaviour spec, io §7.3–7.5. */
import type { FunctionTable } from '../function-table.ts';
import type { TemplateEnvironment } from '../template-environment.ts';
import { builtinFunctions } from './builtins.ts';
import { comparisonFunctions } from './comparisons.ts';

export function templateFunctions(_environment: TemplateEnvironment): FunctionTable {
  return {
    ...builtinFunctions,
    ...comparisonFunctions,
  };
}
