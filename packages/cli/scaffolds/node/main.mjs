// @ts-check
/** PLUGIN_NAME: a plugin in a process of its own. The engine starts it and asks for what rules use. */
import { pathToFileURL } from 'node:url';
import { servePlugin } from '@kuiper/sdk/portable';
//<function>

/**
 * SELECT FUNCTION_NAME(name) AS greeting FROM demo
 * @implements {import('@kuiper/sdk/portable').PluginFunction}
 */
export class Greet {
  /**
   * Asked when a rule is created: what is wrong with its call, or null.
   * @param {readonly import('@kuiper/sdk/portable').CallArgument[]} args
   */
  validate(args) {
    return args.length === 1 ? null : `one argument is expected, found ${args.length}`;
  }

  /**
   * Called for each row. What it throws is the error of that row; the rule goes on.
   * @param {import('@kuiper/sdk/portable').PluginFunctionContext} ctx
   * @param {readonly unknown[]} args
   */
  exec(ctx, [name]) {
    if (typeof name !== 'string') throw new Error(`a text is expected, found ${JSON.stringify(name)}`);
    // What is kept in the context survives restarts of this process.
    if (ctx.incrCounter('calls', 1) === 1) ctx.logger.info(`greets for rule ${ctx.ruleId}`);
    return `Hello, ${name}!`;
  }
}
//</function>
//<source>

/**
 * CREATE STREAM demo () WITH (TYPE="SOURCE_NAME")
 * @implements {import('@kuiper/sdk/portable').PluginSource}
 */
export class Repeat {
  #message = '';

  /**
   * Takes over the properties: defaults from sources/SOURCE_NAME.yaml, then those of the stream.
   * @param {import('@kuiper/sdk/portable').PluginContext} _ctx
   * @param {import('@kuiper/sdk/portable').PluginProps} props
   */
  provision(_ctx, { message = 'hello' }) {
    if (typeof message !== 'string') throw new Error('property message must be a text');
    this.#message = message;
  }

  /**
   * Called at once and then every `interval`. A promise means that the rules are full: wait for it.
   * @param {import('@kuiper/sdk/portable').PluginContext} ctx
   * @param {number} triggerMs
   * @param {import('@kuiper/sdk/portable').PluginIngest} ingest
   */
  async pull(ctx, triggerMs, ingest) {
    // What is kept in the context survives restarts of this process.
    const count = ctx.incrCounter('sent', 1);
    if (count === 1) ctx.logger.info(`starts for rule ${ctx.ruleId}`);
    await ingest({ count, message: this.#message }, null, triggerMs);
  }
}
//</source>
//<sink>

/**
 * An action: {"SINK_NAME": {"prefix": "got", "sendSingle": true}}
 * @implements {import('@kuiper/sdk/portable').PluginSink}
 */
export class Log {
  #prefix = '';

  /**
   * Takes over the properties of the action. What it throws refuses the rule.
   * @param {import('@kuiper/sdk/portable').PluginContext} _ctx
   * @param {import('@kuiper/sdk/portable').PluginProps} props
   */
  provision(_ctx, { prefix = 'received' }) {
    if (typeof prefix !== 'string') throw new Error('property prefix must be a text');
    this.#prefix = prefix;
  }

  /**
   * Called for each output.
   * @param {import('@kuiper/sdk/portable').PluginContext} ctx
   * @param {import('@kuiper/sdk/portable').PluginPayload} output
   */
  collect(ctx, output) {
    ctx.logger.info(`${this.#prefix} ${new TextDecoder().decode(output.raw())}`);
  }
}
//</sink>

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await servePlugin({
    name: 'PLUGIN_NAME',
    //<source>
    sources: { SOURCE_NAME: Repeat },
    //</source>
    //<sink>
    sinks: { SINK_NAME: Log },
    //</sink>
    //<function>
    functions: { FUNCTION_NAME: Greet },
    //</function>
  });
}
