import type { StateEntry, StateSlot } from './state-slot.ts';

/**
 * One entry of a {@link KeyedState}. The owner extends it with its own fields and calls {@link KeyedState.write} before
 * it changes one of them.
 */
export class StateCell {
  /** Key among all cells of the state. */
  readonly stateKey: string;
  /** Checkpoints are numbered; these are the numbers at which the cell was made, last changed, last handed out. */
  bornEpoch = 0;
  dirtyEpoch = 0;
  drainedEpoch = -1;
  /** A checkpoint may hold this key, so that its end has to be told. */
  stored = false;
  gone = false;

  constructor(stateKey: string) {
    this.stateKey = stateKey;
  }
}

export interface KeyedStateSetup<C extends StateCell> {
  readonly name: string;
  readonly fingerprint: string;
  /** The cell as plain data that no later change of the cell reaches. */
  save(cell: C): unknown;
  /** A cell with the key and the stored data. */
  load(key: string, stored: unknown): C;
}

/**
 * Keyed entries, written incrementally. `begin`, `write` and `delete` take constant time whatever the number of
 * entries; nothing is tracked before the first checkpoint.
 */
export class KeyedState<C extends StateCell> implements StateSlot {
  readonly name: string;
  readonly fingerprint: string;
  readonly #setup: KeyedStateSetup<C>;
  readonly #cells = new Map<string, C>();
  /** 0 until the first checkpoint or restore. */
  #epoch = 0;
  /** Number of the checkpoint that is being handed out; -1 when none is. */
  #drainEpoch = -1;
  #full = false;
  #dirty: C[] = [];
  #goneKeys: string[] = [];
  #draining: { readonly next: () => IteratorResult<C, unknown> } = [].values();
  #drainingGone: Iterator<string> = [].values();
  /** Entries of the checkpoint that changed or ended since: copies, and cells that nobody changes any more. */
  #ready: (StateEntry | C)[] = [];

  constructor(setup: KeyedStateSetup<C>) {
    this.name = setup.name;
    this.fingerprint = setup.fingerprint;
    this.#setup = setup;
  }

  get size(): number {
    return this.#cells.size;
  }

  get(key: string): C | undefined {
    return this.#cells.get(key);
  }

  values(): IterableIterator<C> {
    return this.#cells.values();
  }

  /** Takes in a new cell; its key must be free. */
  add(cell: C): void {
    this.#cells.set(cell.stateKey, cell);
    cell.bornEpoch = this.#epoch;
    cell.dirtyEpoch = this.#epoch;
    if (this.#epoch > 0) this.#dirty.push(cell);
  }

  /** To be called before a cell changes. */
  write(cell: C): void {
    if (cell.dirtyEpoch !== this.#epoch) this.#mark(cell);
  }

  delete(cell: C): void {
    if (cell.gone) return;
    this.#cells.delete(cell.stateKey);
    if (this.#isPending(cell)) {
      cell.drainedEpoch = this.#drainEpoch;
      cell.stored = true;
      this.#ready.push(cell);
    }
    cell.gone = true;
    if (cell.stored) this.#goneKeys.push(cell.stateKey);
  }

  begin(full: boolean): void {
    const first = this.#epoch === 0;
    const left = this.#drainEpoch >= 0 ? this.#abandon() : null;
    this.#drainEpoch = this.#epoch;
    this.#epoch++;
    this.#full = full || first || left === 'full';
    this.#draining = (this.#full ? this.#cells : this.#dirty).values();
    this.#drainingGone = this.#goneKeys.values();
    this.#dirty = [];
    this.#goneKeys = [];
    this.#ready = [];
  }

  drain(limit: number): readonly StateEntry[] | null {
    if (this.#drainEpoch < 0) return null;
    const entries: StateEntry[] = [];
    // ends come first: a key that has begun anew follows with its value
    while (entries.length < limit) {
      const next = this.#drainingGone.next();
      if (next.done === true) break;
      entries.push({ key: next.value, value: undefined });
    }
    while (entries.length < limit) {
      const ready = this.#ready.pop();
      if (ready === undefined) break;
      entries.push(ready instanceof StateCell ? { key: ready.stateKey, value: this.#setup.save(ready) } : ready);
    }
    while (entries.length < limit) {
      const next = this.#draining.next();
      if (next.done === true) break;
      if (!this.#isPending(next.value)) continue;
      next.value.drainedEpoch = this.#drainEpoch;
      next.value.stored = true;
      entries.push({ key: next.value.stateKey, value: this.#setup.save(next.value) });
    }
    if (entries.length > 0) return entries;
    this.#drainEpoch = -1;
    return null;
  }

  restore(entries: Iterable<StateEntry>): void {
    for (const { key, value } of entries) {
      if (value === undefined) continue;
      const cell = this.#setup.load(key, value);
      cell.stored = true;
      this.#cells.set(key, cell);
    }
    this.#epoch = 1;
  }

  /** The cell belongs to the checkpoint that is being handed out, with its present content. */
  #isPending(cell: C): boolean {
    if (this.#drainEpoch < 0 || cell.drainedEpoch === this.#drainEpoch) return false;
    if (cell.dirtyEpoch > this.#drainEpoch) return false;
    return this.#full ? cell.bornEpoch <= this.#drainEpoch : cell.dirtyEpoch === this.#drainEpoch && !cell.gone;
  }

  #mark(cell: C): void {
    if (this.#isPending(cell)) {
      cell.drainedEpoch = this.#drainEpoch;
      cell.stored = true;
      this.#ready.push({ key: cell.stateKey, value: this.#setup.save(cell) });
    }
    cell.dirtyEpoch = this.#epoch;
    this.#dirty.push(cell);
  }

  /** A checkpoint was begun before the last one was out: what is left of it goes into the new one. */
  #abandon(): 'full' | 'changes' {
    for (let next = this.#drainingGone.next(); next.done !== true; next = this.#drainingGone.next()) {
      this.#goneKeys.push(next.value);
    }
    if (this.#full) return 'full';
    for (let next = this.#draining.next(); next.done !== true; next = this.#draining.next()) {
      if (!this.#isPending(next.value)) continue;
      next.value.dirtyEpoch = this.#epoch;
      this.#dirty.push(next.value);
    }
    return 'changes';
  }
}
