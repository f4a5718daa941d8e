/** Collects what a statement needs of its sources, in the order of binding. */
import type { SourceUsage } from './query.ts';

export class UsageRecorder {
  readonly #columns = new Set<string>();
  readonly #beforeWildcard = new Set<string>();
  readonly #excluded = new Set<string>();
  #metaKeys: Set<string> | null = new Set();
  #wildcard = false;
  #starred = false;

  column(name: string): void {
    this.#columns.add(name);
    if (!this.#starred) this.#beforeWildcard.add(name);
  }

  /** @param needsRow false for `count(*)`, which counts rows without looking at them */
  wildcard(needsRow: boolean, excluded: readonly string[]): void {
    this.#starred = true;
    if (!needsRow) return;
    // a column that one wildcard leaves out and another takes is needed
    if (this.#wildcard) {
      for (const name of this.#excluded) if (!excluded.includes(name)) this.#excluded.delete(name);
    } else for (const name of excluded) this.#excluded.add(name);
    this.#wildcard = true;
  }

  meta(path: readonly string[] | null): void {
    const key = path?.[0];
    if (key === undefined) this.#metaKeys = null;
    else this.#metaKeys?.add(key);
  }

  finish(): SourceUsage {
    return {
      columns: [...this.#columns],
      wildcard: this.#wildcard,
      excluded: [...this.#excluded].filter((name) => !this.#columns.has(name)),
      columnsBeforeWildcard: [...this.#beforeWildcard],
      starred: this.#starred,
      metaKeys: this.#metaKeys === null ? null : [...this.#metaKeys].sort(),
    };
  }
}
