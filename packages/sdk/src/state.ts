/** What an extension keeps: one map per call site of a function, per source and per sink of a rule. */

/** Values are JSON, `bigint` or bytes. With `qos` ≥ 1 they are part of the rule's checkpoints, else they last as long as the run. */
export interface ExtensionState {
  /** Undefined when there is none. */
  getState(key: string): unknown;
  putState(key: string, value: unknown): void;
  deleteState(key: string): void;
  /** @returns the new value. Throws when the key holds something else than an integer. */
  incrCounter(key: string, amount: number): number;
  /** 0 when there is none. Throws when the key holds something else than an integer. */
  getCounter(key: string): number;
}
