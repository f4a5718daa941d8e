/** The sockets of the extended protocol on one thread, by plugin. */
import { type Clock, errorText, type Logger } from '@kuiper/base';
import { LinkListener } from './link-listener.ts';

export class PluginLinks {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #isEnabled: boolean;
  readonly #listeners = new Map<string, LinkListener>();

  constructor(clock: Clock, logger: Logger, isEnabled: boolean) {
    this.#clock = clock;
    this.#logger = logger;
    this.#isEnabled = isEnabled;
  }

  /** Listens for a plugin. Null where only the common protocol is left. */
  async listen(plugin: string): Promise<LinkListener | null> {
    if (!this.#isEnabled) return null;
    try {
      let listener = this.#listeners.get(plugin);
      if (listener === undefined) {
        listener = new LinkListener(plugin, this.#clock, this.#logger);
        this.#listeners.set(plugin, listener);
      }
      await listener.listen();
      return listener;
    } catch (error) {
      this.#listeners.delete(plugin);
      this.#logger.warn(`portable plugin ${plugin}: no extended protocol: ${errorText(error)}`);
      return null;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close()));
  }
}
