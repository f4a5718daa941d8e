/**
 * What a plugin keeps, behind the engine's contexts: the plugin works on a copy and tells what it has changed, together
 * with the result that goes with it. So a checkpoint never has one without the other.
 */
import type { ExtensionState } from '@kuiper/sdk';
import type { MessageReader } from '@kuiper/sdk/wire';

/** Where the names of all keys are kept: contexts cannot be asked for them. */
const INDEX = '$$keys';

export class LinkState {
  readonly #state: ExtensionState;
  readonly #keys: Set<string>;

  constructor(state: ExtensionState) {
    this.#state = state;
    const index = state.getState(INDEX);
    this.#keys = new Set(Array.isArray(index) ? (index as string[]) : []);
  }

  /** All of it, for a process that begins. */
  snapshot(): Record<string, unknown> {
    const values: [string, unknown][] = [];
    for (const key of this.#keys) {
      const value = this.#state.getState(key);
      if (value !== undefined) values.push([key, value]);
    }
    return Object.fromEntries(values);
  }

  /** Takes over what a plugin has changed: `{key: value}` or null, then `[deleted key]` or null. */
  apply(message: MessageReader): void {
    const puts = message.members();
    const deletes = message.value();
    let isNew = false;
    for (const key of puts === null ? [] : Object.keys(puts)) {
      isNew ||= !this.#keys.has(key);
      this.#keys.add(key);
      this.#state.putState(key, puts?.[key]);
    }
    for (const key of Array.isArray(deletes) ? (deletes as unknown[]) : []) {
      if (typeof key !== 'string' || !this.#keys.delete(key)) continue;
      isNew = true;
      this.#state.deleteState(key);
    }
    if (isNew) this.#state.putState(INDEX, [...this.#keys]);
  }
}
