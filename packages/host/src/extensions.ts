/** Extensions behind the built-in names: what a thread finds under a name, and what it asks them before planning. */
import { errorText, nearestName } from '@kuiper/base';
import { type FunctionCatalog, foreignCalls, type Registries, type RuleSpec, runErrors } from '@kuiper/engine';
import type { ExtensionHost } from '@kuiper/extensions';
import { checkCallArguments, type FunctionTable } from '@kuiper/functions';
import type { FunctionDeclaration } from '@kuiper/sdk';

/** Built-in names come first: nothing installed can take their place. Source: behaviour spec, extension §1. */
export function withExtensions(builtIn: Registries, extensions: ExtensionHost): Registries {
  return {
    source: (type) => builtIn.source(type) ?? extensions.source(type),
    sink: (type) => builtIn.sink(type) ?? extensions.sink(type),
    lookup: (type) => builtIn.lookup(type) ?? extensions.lookup(type),
    format: (name) => builtIn.format(name),
  };
}

export function builtInFunctions(functions: FunctionTable): FunctionCatalog {
  return {
    find: (name) => functions.find(name),
    check: checkCallArguments,
    nearest: (name) => functions.nearest(name),
  };
}

export function allFunctions(functions: FunctionTable, extensions: ExtensionHost): FunctionCatalog {
  return {
    find(name) {
      const builtIn = functions.find(name);
      if (builtIn !== undefined) return builtIn;
      const found = extensions.function(name);
      return found === undefined ? undefined : foreign(found);
    },
    check: checkCallArguments,
    nearest: (name) => nearestName(name, [...functions.names(), ...extensions.functionNames()]),
  };
}

const versioned = new WeakMap<FunctionDeclaration, FunctionDeclaration>();

/** Whoever reads a declaration knows by its version that it is none of the engine's own. One object for each. */
export function foreign(declaration: FunctionDeclaration): FunctionDeclaration {
  if (declaration.version !== undefined) return declaration;
  const known = versioned.get(declaration);
  if (known !== undefined) return known;
  const made = { ...declaration, version: '' };
  versioned.set(declaration, made);
  return made;
}

/**
 * Lets extensions see the calls of a rule before it is planned. Undefined when there are none.
 * @returns rejects with the error that creating the rule answers
 */
export function prepareCalls(
  spec: RuleSpec,
  builtIn: FunctionCatalog,
  extensions: ExtensionHost,
): Promise<void> | undefined {
  if (extensions.functionNames().length === 0) return undefined;
  const calls = foreignCalls(spec, builtIn);
  if (calls.length === 0) return undefined;
  return extensions.prepare(calls).catch((error: unknown) => {
    const why = errorText(error);
    throw spec.sql === null
      ? runErrors.CALL_REFUSED(why, { cause: error })
      : runErrors.PARSE_SQL(spec.sql, why, { cause: error });
  });
}
