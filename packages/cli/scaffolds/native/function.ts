/** A function for rules: `SELECT PLUGIN_NAME(name) AS greeting FROM demo`. */
import type { CallArgument, PluginFunction, PluginFunctionContext } from '@kuiper/sdk';

/** Which version of the engine's interface this was written for. */
export const apiVersion = '^1.0.0';

export class PluginName implements PluginFunction {
  /** Asked when a rule is created: what is wrong with its call, or null. */
  validate(args: readonly CallArgument[]): string | null {
    return args.length === 1 ? null : `one argument is expected, found ${args.length}`;
  }

  /** Called for each row. What it throws is the error of that row; the rule goes on. */
  exec(ctx: PluginFunctionContext, [name]: readonly unknown[]): string {
    if (typeof name !== 'string') throw new Error(`a text is expected, found ${JSON.stringify(name)}`);
    // What is kept in the context survives restarts when the rule has qos 1 or 2.
    const calls = ctx.incrCounter('calls', 1);
    if (calls === 1) ctx.logger.info(`greets for rule ${ctx.ruleId}`);
    return `Hello, ${name}!`;
  }
}
