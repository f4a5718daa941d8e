/** Functions written as classes or objects with methods. */
import { errorText, makeRowError } from '@kuiper/base';
import {
  type CallArgument,
  type FunctionInstance,
  type PluginFunction,
  type PluginFunctionContext,
  type ScalarFunction,
  scalar,
  t,
} from '@kuiper/sdk';
import type { InstanceMaker } from './module-symbols.ts';
import { functionContext, type PluginSurroundings } from './plugin-context.ts';
import { plainValue, taggedValue } from './plugin-values.ts';

export function pluginFunction(
  name: string,
  { maker, probe }: { readonly maker: InstanceMaker<PluginFunction>; readonly probe: PluginFunction },
  around: PluginSurroundings,
): ScalarFunction {
  const isAsync = probe.isAsync === true || probe.exec.constructor.name === 'AsyncFunction';
  return scalar({
    name,
    group: 'extension',
    args: [t.rest(t.any('args'), 0)],
    returns: 'any',
    onNull: 'call',
    volatile: true,
    ...(isAsync ? { async: true } : {}),
    ...(probe.isAggregate?.() === true ? { overGroup: true } : {}),
    summary: `Function ${name} of a native plugin.`,
    examples: [],
    check: (args) => validate(maker.shared ? probe : maker.make(), args),
    instantiate: (context) => {
      const made = maker.make();
      const inside = functionContext(context, around);
      const instance = isAsync ? asyncInstance(made, inside) : syncInstance(made, inside);
      if (!maker.shared && made.close !== undefined) instance.close = () => made.close?.();
      return instance;
    },
    eval: () => {
      throw new Error(`function ${name} is called without its instance`);
    },
  });
}

function validate(made: PluginFunction, args: readonly CallArgument[]): string | null {
  try {
    return made.validate?.(args) ?? null;
  } catch (error) {
    return errorText(error);
  }
}

function syncInstance(made: PluginFunction, context: PluginFunctionContext): FunctionInstance {
  const { timeZone } = context;
  return {
    eval: (...args: unknown[]) => {
      const plain = plainArguments(args);
      let result: unknown;
      try {
        result = made.exec(context, plain);
      } catch (error) {
        throw asRowError(error);
      }
      return handBack(result, plain, args, timeZone);
    },
  };
}

function plainArguments(args: readonly unknown[]): unknown[] {
  const plain = new Array<unknown>(args.length);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    plain[i] = typeof arg === 'number' || typeof arg === 'string' ? arg : plainValue(arg);
  }
  return plain;
}

function asyncInstance(made: PluginFunction, context: PluginFunctionContext): FunctionInstance {
  const { timeZone } = context;
  return {
    eval: async (...args: unknown[]) => {
      const plain = plainArguments(args);
      let result: unknown;
      try {
        result = await made.exec(context, plain);
      } catch (error) {
        throw asRowError(error);
      }
      return handBack(result, plain, args, timeZone);
    },
  };
}

/** An argument that comes back as it was keeps the kind it had. */
function handBack(result: unknown, plain: readonly unknown[], args: readonly unknown[], zone: string): unknown {
  if (typeof result === 'string' || typeof result === 'boolean' || result === null) return result;
  for (let i = 0; i < plain.length; i++) if (plain[i] === result) return args[i] ?? null;
  if (typeof result === 'object' && result instanceof Promise) {
    result.catch(() => undefined);
    throw makeRowError('result is a promise: a function that waits is async, or says isAsync');
  }
  return taggedValue(result, zone, 'int');
}

function asRowError(error: unknown): Error {
  return error instanceof Error && error.name === 'RowError' ? error : makeRowError(errorText(error));
}
