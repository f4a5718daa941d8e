/** A source for streams: `CREATE STREAM demo () WITH (TYPE="PLUGIN_NAME")`. */
import type { PluginContext, PluginIngest, PluginProps, PluginSource } from '@kuiper/sdk';

/** Which version of the engine's interface this was written for. */
export const apiVersion = '^1.0.0';

export class PluginName implements PluginSource {
  #message = '';
  #count = 0;

  /** Takes over the properties: defaults from PLUGIN_NAME.yaml, then those of the stream. What it throws refuses the rule. */
  provision(_ctx: PluginContext, { message }: PluginProps): void {
    if (typeof message !== 'string') throw new Error('property message must be a text');
    this.#message = message;
  }

  /** Called at once and then every `interval`. A promise means that the rules are full: wait for it. */
  async pull(ctx: PluginContext, triggerMs: number, ingest: PluginIngest): Promise<void> {
    if (this.#count === 0) ctx.logger.info(`starts for rule ${ctx.ruleId}`);
    this.#count++;
    await ingest({ count: this.#count, message: this.#message }, null, triggerMs);
  }

  /** With qos 1 or 2 a rule goes on where it was: the offset is kept with its checkpoints. */
  getOffset(): number {
    return this.#count;
  }

  rewind(offset: unknown): void {
    this.#count = Number(offset);
  }
}
