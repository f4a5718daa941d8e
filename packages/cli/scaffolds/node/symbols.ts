/** What the plugin offers. The same classes could be those of a native plugin. */
import type * as kuiper from '@kuiper/sdk/portable';
//<function>

/** SELECT FUNCTION_NAME(name) AS greeting FROM demo */
export class Greet implements kuiper.PluginFunction {
  /** Asked when a rule is created: what is wrong with its call, or null. */
  validate(args: readonly kuiper.CallArgument[]): string | null {
    return args.length === 1 ? null : `one argument is expected, found ${args.length}`;
  }

  /** Called for each row. What it throws is the error of that row; the rule goes on. */
  exec(ctx: kuiper.PluginFunctionContext, [name]: readonly unknown[]): string {
    if (typeof name !== 'string') throw new Error(`a text is expected, found ${JSON.stringify(name)}`);
    // What is kept in the context survives restarts of this process.
    if (ctx.incrCounter('calls', 1) === 1) ctx.logger.info(`greets for rule ${ctx.ruleId}`);
    return `Hello, ${name}!`;
  }
}
//</function>
//<source>

/** CREATE STREAM demo () WITH (TYPE="SOURCE_NAME") */
export class Repeat implements kuiper.PluginSource {
  #message = '';

  /** Takes over the properties: defaults from sources/SOURCE_NAME.yaml, then those of the stream. */
  provision(_ctx: kuiper.PluginContext, { message = 'hello' }: kuiper.PluginProps): void {
    if (typeof message !== 'string') throw new Error('property message must be a text');
    this.#message = message;
  }

  /** Called at once and then every `interval`. A promise means that the rules are full: wait for it. */
  async pull(ctx: kuiper.PluginContext, triggerMs: number, ingest: kuiper.PluginIngest): Promise<void> {
    // What is kept in the context survives restarts of this process.
    const count = ctx.incrCounter('sent', 1);
    if (count === 1) ctx.logger.info(`starts for rule ${ctx.ruleId}`);
    await ingest({ count, message: this.#message }, null, triggerMs);
  }
}
//</source>
//<sink>

/** An action: {"SINK_NAME": {"prefix": "got", "sendSingle": true}} */
export class Log implements kuiper.PluginSink {
  #prefix = '';

  /** Takes over the properties of the action. What it throws refuses the rule. */
  provision(_ctx: kuiper.PluginContext, { prefix = 'received' }: kuiper.PluginProps): void {
    if (typeof prefix !== 'string') throw new Error('property prefix must be a text');
    this.#prefix = prefix;
  }

  /** Called for each output. */
  collect(ctx: kuiper.PluginContext, output: kuiper.PluginPayload): void {
    ctx.logger.info(`${this.#prefix} ${new TextDecoder().decode(output.raw())}`);
  }
}
//</sink>
