/** The functions of a plugin that runs in a thread of its own, as declarations. */
import { type FunctionDeclaration, scalar } from '@kuiper/sdk';
import type { NativeRecord } from '../extension-record.ts';
import { IsolatedPlugin } from './isolated-plugin.ts';
import type { IsolationLimits } from './native-provider.ts';
import type { PluginSurroundings } from './plugin-context.ts';

export interface IsolatedFunctions {
  readonly functions: ReadonlyMap<string, FunctionDeclaration>;
  readonly plugin: IsolatedPlugin;
  /** Functions that check their arguments themselves. */
  readonly checked: ReadonlySet<string>;
}

/** Starts the thread. Throws when the module cannot be used. */
export async function isolatedFunctions(
  record: NativeRecord,
  limits: IsolationLimits,
  around: PluginSurroundings,
): Promise<IsolatedFunctions> {
  const plugin = new IsolatedPlugin(record, limits, around);
  try {
    const described = await plugin.functions();
    const functions = new Map<string, FunctionDeclaration>();
    for (const { name, args, onNull, overGroup, checks } of described) {
      const declaration = scalar({
        name,
        group: 'extension',
        args,
        returns: 'any',
        onNull,
        volatile: true,
        async: true,
        ...(overGroup ? { overGroup } : {}),
        // Asked before the statement is planned; see `prepare`.
        ...(checks ? { check: () => null } : {}),
        summary: `Function ${name} of a native plugin in a thread of its own.`,
        examples: [],
        instantiate: (context) => plugin.open(name, context),
        eval: () => {
          throw new Error(`function ${name} is called without its instance`);
        },
      });
      functions.set(name, declaration);
    }
    const checked = new Set(described.filter(({ checks }) => checks).map(({ name }) => name));
    return { functions, plugin, checked };
  } catch (error) {
    await plugin.close();
    throw error;
  }
}
