/** The functions that a module offers. */
import { errorText, KuiperError } from '@kuiper/base';
import type { FunctionDeclaration } from '@kuiper/sdk';
import type { NativeRecord } from '../extension-record.ts';
import { nativeErrors } from './errors.ts';
import {
  asFunction,
  findSymbol,
  looksLikeFunction,
  lowerFirst,
  type ModuleExports,
  upperFirst,
} from './module-symbols.ts';
import type { PluginSurroundings } from './plugin-context.ts';
import { pluginFunction } from './plugin-function.ts';

/** By name; what the module exports when the record names none. */
export function makeFunctions(
  { name, functions }: Pick<NativeRecord, 'name' | 'functions'>,
  exports: ModuleExports,
  around: PluginSurroundings,
): ReadonlyMap<string, FunctionDeclaration> {
  const made = new Map<string, FunctionDeclaration>();
  for (const wanted of functions ?? exportedFunctions(name, exports)) {
    const symbol = findSymbol(exports, wanted);
    if (symbol === null) throw symbolMissing(wanted, exports);
    try {
      const found = asFunction(symbol.name, symbol.value);
      const declaration =
        found.form === 'declaration' ? { ...found.declaration, name: wanted } : pluginFunction(wanted, found, around);
      made.set(wanted, declaration);
    } catch (error) {
      // The constructor of a plugin may throw anything.
      throw error instanceof KuiperError ? error : nativeErrors.LOAD(name, errorText(error), { cause: error });
    }
  }
  return made;
}

function exportedFunctions(name: string, exports: ModuleExports): string[] {
  const own = findSymbol(exports, name);
  const names = Object.keys(exports)
    .filter((key) => key !== 'default' && key !== 'module.exports')
    .filter((key) => looksLikeFunction(key, exports[key]) || key === own?.name)
    .map((key) => (key === own?.name ? name : lowerFirst(key)))
    .sort();
  if (names.length === 0) throw nativeErrors.NO_FUNCTIONS(name);
  return names;
}

export function symbolMissing(name: string, exports: ModuleExports): Error {
  return nativeErrors.SYMBOL_MISSING(
    upperFirst(name),
    Object.keys(exports).filter((key) => key !== 'default'),
  );
}
