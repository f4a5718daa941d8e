/** Live taps of rules, counted per rule so that they end with it. The host keeps a tap over restarts of its rule. */
import type { RuleHost, TapEvent } from '@kuiper/host';

export interface TapListener {
  event(event: TapEvent): void;
  /** The rule is gone; nothing more will come. */
  removed(): void;
}

export class RuleTaps {
  readonly #host: RuleHost;
  readonly #listeners = new Map<string, Map<TapListener, () => void>>();

  constructor(host: RuleHost) {
    this.#host = host;
  }

  /** @returns the way to stop listening */
  add(ruleId: string, listener: TapListener): () => void {
    const listeners = this.#listeners.get(ruleId) ?? new Map<TapListener, () => void>();
    this.#listeners.set(ruleId, listeners);
    listeners.set(
      listener,
      this.#host.tap(ruleId, (event) => listener.event(event)),
    );
    return () => {
      listeners.get(listener)?.();
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(ruleId) === listeners) this.#listeners.delete(ruleId);
    };
  }

  removed(ruleId: string): void {
    const listeners = this.#listeners.get(ruleId);
    this.#listeners.delete(ruleId);
    for (const [listener, detach] of listeners ?? []) {
      detach();
      listener.removed();
    }
  }
}
