/**
 * What the workers of a host have told plugins to run and not taken back. A worker that dies stops nothing any more:
 * this is done for it, or a source would go on for a rule that is gone.
 *
 * Functions are not kept here: the plugin notices by itself that the thread that called them is gone.
 */
import { errorText, type Logger } from '@kuiper/base';
import type { ControlArgument, PortableControl } from '@kuiper/extensions';

interface Claim {
  readonly owner: object;
  readonly plugin: string;
  readonly argument: ControlArgument;
}

export class PortableCommands {
  readonly #control: PortableControl;
  readonly #logger: Logger;
  /** By what is started; the last one to start it owns it. */
  readonly #claims = new Map<string, Claim>();
  readonly #gone = new WeakSet<object>();

  constructor(control: PortableControl, logger: Logger) {
    this.#control = control;
    this.#logger = logger;
  }

  /** @param owner the worker that asks */
  async run(owner: object, command: 'start' | 'stop', plugin: string, argument: ControlArgument): Promise<void> {
    if (argument.pluginType === 'func') return this.#control[command](plugin, argument);
    const key = claimKey(plugin, argument);
    if (command === 'stop') {
      if (this.#claims.get(key)?.owner === owner) this.#claims.delete(key);
      return this.#control.stop(plugin, argument);
    }
    // A message that was under way when its thread died.
    if (this.#gone.has(owner)) return;
    const claim = { owner, plugin, argument };
    this.#claims.set(key, claim);
    try {
      await this.#control.start(plugin, argument);
    } catch (error) {
      if (this.#claims.get(key) === claim) this.#claims.delete(key);
      throw error;
    }
    if (this.#gone.has(owner) && !this.#claims.has(key)) this.#stop(claim);
  }

  /** The worker is gone: what it left behind is stopped. Does not wait: what is started from now on comes after it. */
  leave(owner: object): void {
    this.#gone.add(owner);
    for (const [key, claim] of this.#claims) {
      if (claim.owner !== owner) continue;
      this.#claims.delete(key);
      this.#stop(claim);
    }
  }

  #stop({ plugin, argument }: Claim): void {
    this.#control.stop(plugin, argument).catch((error: unknown) => {
      const what = `${argument.pluginType} ${argument.symbolName} of plugin ${plugin}`;
      this.#logger.warn(`stopping ${what} for a thread that is gone: ${errorText(error)}`);
    });
  }
}

function claimKey(plugin: string, { pluginType, symbolName, meta }: ControlArgument): string {
  return JSON.stringify([plugin, pluginType, symbolName, meta.ruleId, meta.opId, meta.instanceId]);
}
