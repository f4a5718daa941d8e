/** All functions of templates. Source: behaviour spec, io §7.3–7.5. */
import { rowError } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import type { TemplateEnvironment } from '../template-environment.ts';
import { builtinFunctions } from './builtins.ts';
import { comparisonFunctions } from './comparisons.ts';
import { dateFunctions } from './dates.ts';
import { dictFunctions } from './dicts.ts';
import { emptinessFunctions } from './emptiness.ts';
import { encodingFunctions } from './encoding.ts';
import { jsonFunctions } from './json.ts';
import { listFunctions } from './lists.ts';
import { mathFunctions } from './math.ts';
import { pathFunctions } from './paths.ts';
import { randomFunctions } from './randoms.ts';
import { regexpFunctions } from './regexps.ts';
import { stringFunctions } from './strings.ts';
import { semverFunctions } from './semver.ts';
import { typeFunctions } from './types.ts';
import { urlFunctions } from './urls.ts';
import { wordFunctions } from './words.ts';

const fixed: FunctionTable = {
  ...builtinFunctions,
  ...comparisonFunctions,
  ...stringFunctions,
  ...listFunctions,
  ...dictFunctions,
  ...emptinessFunctions,
  ...jsonFunctions,
  ...encodingFunctions,
  ...typeFunctions,
  ...pathFunctions,
  ...wordFunctions,
  ...urlFunctions,
  ...semverFunctions,
  fail: declare('string', (why: string) => rowError(why)),
};

/** The functions that need nothing from outside, and those made for an environment. */
export function templateFunctions(environment: TemplateEnvironment): FunctionTable {
  const random = (): number => environment.random();
  return {
    ...fixed,
    ...mathFunctions(random),
    ...dateFunctions(() => environment.now(), environment.zone),
    ...randomFunctions(random),
    ...regexpFunctions((text) => environment.pattern(text)),
    prop: declare('string', (key: string) => environment.property?.(key) ?? key),
  };
}
