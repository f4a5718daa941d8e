/**
 * Named state of a run, written incrementally.
 *
 * Between two events a single-threaded rule is quiescent, so a checkpoint needs no barrier: `begin` marks the moment,
 * `drain` then hands out the changed entries in slices while events go on. An entry that is about to change and has
 * not been handed out yet is copied first.
 */
export interface StateEntry {
  readonly key: string;
  /** JSON values, `bigint`, `Uint8Array`, `DateTime`, nested; undefined: the entry is gone. */
  readonly value: unknown;
}

export interface StateSlot {
  /** Named before optimisation, stable over restarts: `4_window`, `$$func2`. */
  readonly name: string;
  /** Changes when stored state can no longer be read: kinds, aggregate functions, window type. */
  readonly fingerprint: string;
  /** Everything that changes from now on belongs to the next checkpoint. With `full`, every entry counts as changed. */
  begin(full: boolean): void;
  /** Up to `limit` entries of the checkpoint begun last; null when all are out. */
  drain(limit: number): readonly StateEntry[] | null;
  /** Before `start`, on an empty slot. */
  restore(entries: Iterable<StateEntry>): void;
}
