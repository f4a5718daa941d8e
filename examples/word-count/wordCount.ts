/** Functions that remember: what they keep in their context is part of the rule's checkpoints. */
import type { CallArgument, PluginFunction, PluginFunctionContext } from '@kuiper/sdk';

/** `accumulateWordCount(column, separator)`: the number of words so far. */
export class AccumulateWordCount implements PluginFunction {
  validate(args: readonly CallArgument[]): string | null {
    if (args.length !== 2) return 'accumulateWordCount function only supports 2 parameter';
    return args[1]?.literal === 'string' ? null : 'Expect string type for parameter 2';
  }

  exec(ctx: PluginFunctionContext, [text, separator]: readonly unknown[]): number {
    if (typeof text !== 'string') throw new Error(`not a text: ${JSON.stringify(text)}`);
    return ctx.incrCounter('allwordcount', text.split(separator as string).length);
  }
}

/** `countPlusOne(column)` over the rows of a group. */
export class CountPlusOne implements PluginFunction {
  isAggregate(): boolean {
    return true;
  }

  validate(args: readonly CallArgument[]): string | null {
    return args.length === 1 ? null : 'countPlusOne function only supports 1 parameter';
  }

  exec(_ctx: PluginFunctionContext, [values]: readonly unknown[]): number {
    return (values as readonly unknown[]).length + 1;
  }
}
