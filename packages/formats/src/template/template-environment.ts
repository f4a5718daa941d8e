/** What templates take from outside. */

/** A regular expression that never takes more than time linear in the text. */
export interface TemplatePattern {
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  /**
   * The leftmost match at or after UTF-16 index `from`.
   * @returns start and end of the match and of each group, -1 where a group took no part; null for no match
   */
  find(text: string, from: number): number[] | null;
}

export interface TemplateEnvironment {
  /** Milliseconds since the epoch. */
  now(): number;
  /** At least 0, below 1. */
  random(): number;
  /** In which `date` and `toDate` work: an IANA name, `UTC` or `Local`. */
  readonly zone: string;
  /** Compiles the pattern of a `regex…` function; fails with the row error `error parsing regexp: …`. */
  pattern(text: string): TemplatePattern;
  /** What `prop` answers; undefined for an unknown key. */
  property?(key: string): string | undefined;
}
