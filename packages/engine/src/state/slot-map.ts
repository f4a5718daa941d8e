import type { StateEntry, StateSlot } from './state-slot.ts';

/** A slot among many; `gone` stays false: slots of a map are never taken out. */
export class MappedSlot {
  readonly key: string;
  readonly slot: StateSlot;
  readonly gone = false;
  bornEpoch = 0;
  dirtyEpoch = 0;
  begunEpoch = -1;

  constructor(key: string, slot: StateSlot) {
    this.key = key;
    this.slot = slot;
  }
}

/**
 * Any number of slots of one kind, for instance one per partition. A checkpoint begins only those that were touched, each
 * when its turn comes or just before it is touched again: `begin` takes constant time.
 */
export class SlotMap<S extends MappedSlot> implements StateSlot {
  readonly name: string;
  readonly fingerprint: string;
  readonly #make: (key: string) => S;
  readonly #slots = new Map<string, S>();
  #epoch = 0;
  #drainEpoch = -1;
  #full = false;
  #dirty: S[] = [];
  #draining: { readonly next: () => IteratorResult<S, unknown> } = [].values();
  #current: S | null = null;

  /** @param make a new slot; the key is any text */
  constructor(name: string, fingerprint: string, make: (key: string) => S) {
    this.name = name;
    this.fingerprint = fingerprint;
    this.#make = make;
  }

  /** Finds or makes. */
  at(key: string): S {
    let found = this.#slots.get(key);
    if (found === undefined) {
      found = this.#make(key);
      found.bornEpoch = this.#epoch;
      this.#slots.set(key, found);
    }
    return found;
  }

  /** To be called before what the slot holds changes. */
  touch(slot: S): void {
    if (slot.dirtyEpoch === this.#epoch) return;
    if (this.#isPending(slot)) this.#begin(slot);
    slot.dirtyEpoch = this.#epoch;
    this.#dirty.push(slot);
  }

  begin(full: boolean): void {
    const first = this.#epoch === 0;
    const cutOff = this.#drainEpoch >= 0;
    if (cutOff && !this.#full) this.#abandon();
    this.#full = full || first || (cutOff && this.#full);
    this.#drainEpoch = this.#epoch;
    this.#epoch++;
    this.#draining = (this.#full ? this.#slots : this.#dirty).values();
    this.#current = null;
    this.#dirty = [];
  }

  drain(limit: number): readonly StateEntry[] | null {
    while (this.#drainEpoch >= 0) {
      if (this.#current === null) {
        const next = this.#draining.next();
        if (next.done === true) {
          this.#drainEpoch = -1;
          return null;
        }
        const slot = next.value;
        if (slot.begunEpoch !== this.#drainEpoch) {
          if (!this.#isPending(slot)) continue;
          this.#begin(slot);
        }
        this.#current = slot;
      }
      const { key, slot } = this.#current;
      const entries = slot.drain(limit);
      const prefix = `${escapeKey(key)}/`;
      if (entries !== null) return entries.map((entry) => ({ key: prefix + entry.key, value: entry.value }));
      this.#current = null;
    }
    return null;
  }

  restore(entries: Iterable<StateEntry>): void {
    const parts = new Map<string, StateEntry[]>();
    for (const { key, value } of entries) {
      const slash = key.indexOf('/');
      const prefix = key.slice(0, slash);
      const part = parts.get(prefix);
      const entry = { key: key.slice(slash + 1), value };
      if (part === undefined) parts.set(prefix, [entry]);
      else part.push(entry);
    }
    for (const [prefix, part] of parts) this.at(unescapeKey(prefix)).slot.restore(part);
    this.#epoch = 1;
  }

  #isPending(slot: S): boolean {
    if (this.#drainEpoch < 0 || slot.begunEpoch === this.#drainEpoch || slot.dirtyEpoch > this.#drainEpoch)
      return false;
    return this.#full ? slot.bornEpoch <= this.#drainEpoch : slot.dirtyEpoch === this.#drainEpoch;
  }

  #begin(slot: S): void {
    slot.begunEpoch = this.#drainEpoch;
    slot.slot.begin(this.#full);
  }

  /** What a checkpoint that was cut off has not handed out goes into the next one. */
  #abandon(): void {
    if (this.#current !== null) this.#dirty.push(this.#current);
    for (let next = this.#draining.next(); next.done !== true; next = this.#draining.next())
      this.#dirty.push(next.value);
    for (const slot of this.#dirty) slot.dirtyEpoch = this.#epoch;
  }
}

/** Keys within entries hold no slash. */
function escapeKey(key: string): string {
  return key.replaceAll('%', '%25').replaceAll('/', '%2F');
}

function unescapeKey(key: string): string {
  return key.replaceAll('%2F', '/').replaceAll('%25', '%');
}
