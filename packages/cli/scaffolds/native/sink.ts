/** An action for rules: `{"PLUGIN_NAME": {"prefix": "got", "sendSingle": true}}`. */
import type { PluginContext, PluginPayload, PluginProps, PluginSink } from '@kuiper/sdk';

/** Which version of the engine's interface this was written for. */
export const apiVersion = '^1.0.0';

export class PluginName implements PluginSink {
  #prefix = '';

  /** Takes over the properties of the action. What it throws refuses the rule. */
  provision(_ctx: PluginContext, { prefix = 'received' }: PluginProps): void {
    if (typeof prefix !== 'string') throw new Error('property prefix must be a text');
    this.#prefix = prefix;
  }

  /**
   * Called for each output; the output is safe when it returns. After an error whose text starts with `io error` the
   * engine tries again later, any other drops the output and counts it.
   */
  async collect(ctx: PluginContext, output: PluginPayload): Promise<void> {
    ctx.logger.info(`${this.#prefix} ${new TextDecoder().decode(output.raw())}`);
  }
}
