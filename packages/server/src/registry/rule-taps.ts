/** Live taps that stay with a rule over its restarts. */
import type { RuleHost, TapEvent } from '@kuiper/host';

export interface TapListener {
  event(event: TapEvent): void;
  /** The rule is gone; nothing more will come. */
  removed(): void;
}

interface TappedRule {
  readonly listeners: Set<TapListener>;
  detach: () => void;
}

export class RuleTaps {
  readonly #host: RuleHost;
  readonly #rules = new Map<string, TappedRule>();

  constructor(host: RuleHost) {
    this.#host = host;
  }

  /** @returns the way to stop listening */
  add(ruleId: string, listener: TapListener): () => void {
    let tapped = this.#rules.get(ruleId);
    if (tapped === undefined) {
      tapped = { listeners: new Set(), detach: () => {} };
      this.#rules.set(ruleId, tapped);
      tapped.detach = this.#attach(ruleId, tapped);
    }
    const { listeners } = tapped;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      const present = this.#rules.get(ruleId);
      if (listeners.size > 0 || present?.listeners !== listeners) return;
      present.detach();
      this.#rules.delete(ruleId);
    };
  }

  /** A new run has begun: what was attached belonged to the one before. */
  started(ruleId: string): void {
    const tapped = this.#rules.get(ruleId);
    if (tapped === undefined) return;
    tapped.detach();
    tapped.detach = this.#attach(ruleId, tapped);
  }

  removed(ruleId: string): void {
    const tapped = this.#rules.get(ruleId);
    if (tapped === undefined) return;
    this.#rules.delete(ruleId);
    tapped.detach();
    for (const listener of tapped.listeners) listener.removed();
  }

  #attach(ruleId: string, tapped: TappedRule): () => void {
    return this.#host.tap(ruleId, (event) => {
      for (const listener of tapped.listeners) listener.event(event);
    });
  }
}
