/** All functions of templates. Source: behaviour spec, io §7.3–7.5. */
import { rowError } from '@kuiper/base';
import { declare, type FunctionTable, type TemplateFunction } from '../function-table.ts';
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
  ...mathFunctions,
  fail: declare('string', (why: string) => rowError(why)),
};

/** Finds a function by name; undefined when there is none. */
export type FindFunction = (name: string) => TemplateFunction | undefined;

/** Most templates need nothing from outside: what does is made for the environment when it is first asked for. */
export function templateFunctions(environment: TemplateEnvironment): FindFunction {
  let made: readonly FunctionTable[] | null = null;
  return (name) => {
    if (Object.hasOwn(fixed, name)) return fixed[name];
    made ??= environmentFunctions(environment);
    return made.find((table) => Object.hasOwn(table, name))?.[name];
  };
}

function environmentFunctions(environment: TemplateEnvironment): readonly FunctionTable[] {
  const random = (): number => environment.random();
  return [
    dateFunctions(() => environment.now(), environment.zone),
    randomFunctions(random),
    regexpFunctions((text) => environment.pattern(text)),
    { prop: declare('string', (key: string) => environment.property?.(key) ?? key) },
  ];
}
