import type { StateEntry, StateSlot } from './state-slot.ts';

/**
 * A few slots of one operator as one: the entries of each are told apart by a prefix. All are added before the first
 * checkpoint or restore.
 */
export class StateGroup implements StateSlot {
  readonly name: string;
  readonly fingerprint: string;
  readonly #slots = new Map<string, StateSlot>();
  #draining: StateSlot[] = [];
  #prefixes: string[] = [];

  constructor(name: string, fingerprint: string) {
    this.name = name;
    this.fingerprint = fingerprint;
  }

  /** @param prefix without `/` */
  add(prefix: string, slot: StateSlot): void {
    this.#slots.set(prefix, slot);
  }

  begin(full: boolean): void {
    for (const slot of this.#slots.values()) slot.begin(full);
    this.#draining = [...this.#slots.values()];
    this.#prefixes = [...this.#slots.keys()];
  }

  drain(limit: number): readonly StateEntry[] | null {
    for (;;) {
      const slot = this.#draining.at(-1);
      if (slot === undefined) return null;
      const entries = slot.drain(limit);
      if (entries !== null) {
        const prefix = `${this.#prefixes.at(-1) as string}/`;
        return entries.map((entry) => ({ key: prefix + entry.key, value: entry.value }));
      }
      this.#draining.pop();
      this.#prefixes.pop();
    }
  }

  restore(entries: Iterable<StateEntry>): void {
    const parts = new Map<string, StateEntry[]>();
    for (const { key, value } of entries) {
      const slash = key.indexOf('/');
      const prefix = key.slice(0, slash);
      let part = parts.get(prefix);
      if (part === undefined) parts.set(prefix, (part = []));
      part.push({ key: key.slice(slash + 1), value });
    }
    for (const [prefix, part] of parts) this.#slots.get(prefix)?.restore(part);
  }
}
