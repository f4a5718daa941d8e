import { KeyedRows } from './keyed-rows.ts';
import type { JoinOperator, JoinRow, JoinSetup, JoinStepProgram, TableRows } from './types.ts';

/**
 * Joins the rows of a window, source by source, to what has been joined so far. Where ON has equalities the rows of the
 * joined source are found by key; the answer and its order are those of nested loops: for each row so far, each row of
 * the source, in order of arrival. A right join loops the other way round. Source: behaviour spec, sql §10.2, D6, D7.
 */
export class Join<T> implements JoinOperator<T> {
  readonly #setup: JoinSetup<T>;
  /** Rows of a scan table by key, kept while the table does not change. */
  readonly #tableKeys: ({ readonly version: number; readonly keyed: KeyedRows<T> } | undefined)[] = [];

  constructor(setup: JoinSetup<T>) {
    this.#setup = setup;
  }

  join(items: readonly T[], start: number, end: number, tables: readonly (TableRows<T> | undefined)[]): JoinRow<T>[] {
    const { sources, from, steps, sourceOf } = this.#setup;
    const bySource: T[][] = Array.from({ length: sources }, () => []);
    for (let i = start; i < end; i++) {
      const item = items[i] as T;
      bySource[sourceOf(item)]?.push(item);
    }
    let joined: JoinRow<T>[] = [];
    for (const item of tables[from]?.rows ?? (bySource[from] as T[])) {
      const row = new Array<T | null>(sources).fill(null);
      row[from] = item;
      joined.push(row);
    }
    for (const step of steps) {
      const table = tables[step.source];
      joined = this.#step(step, joined, table?.rows ?? (bySource[step.source] as T[]), table);
    }
    return joined;
  }

  #step(
    step: JoinStepProgram<T>,
    lefts: readonly JoinRow<T>[],
    rights: readonly T[],
    table: TableRows<T> | undefined,
  ): JoinRow<T>[] {
    const keyed = this.#keyed(step, lefts, rights, table);
    const pairs = keyed === null ? nestedPairs(step, lefts, rights) : keyedPairs(step, lefts, rights, keyed);
    const { sources } = this.#setup;
    return step.type === 'right'
      ? rightRows(step, lefts, rights, pairs, sources)
      : leftRows(step, lefts, rights, pairs, sources);
  }

  /** Null when the step has no equalities, or hashing could hide an error that comparing the rows would raise. */
  #keyed(
    step: JoinStepProgram<T>,
    lefts: readonly JoinRow<T>[],
    rights: readonly T[],
    table: TableRows<T> | undefined,
  ): KeyedRows<T> | null {
    // a pair or two is quicker compared than keyed
    if (step.equalities.length === 0 || lefts.length === 0 || rights.length < 2) return null;
    const known = this.#tableKeys[step.source];
    let keyed: KeyedRows<T>;
    if (table !== undefined && known !== undefined && known.version === table.version) keyed = known.keyed;
    else {
      keyed = new KeyedRows(step, rights);
      if (table !== undefined) this.#tableKeys[step.source] = { version: table.version, keyed };
    }
    return keyed.accepts(lefts) ? keyed : null;
  }
}

/** For each row so far, positions of the rows of the source it pairs with, ascending. */
type Pairs = readonly (readonly number[])[];

function nestedPairs<T>(step: JoinStepProgram<T>, lefts: readonly JoinRow<T>[], rights: readonly T[]): Pairs {
  const { on, source } = step;
  if (on === null) {
    const all = rights.map((_, i) => i);
    return lefts.map(() => all);
  }
  const pairs: number[][] = lefts.map(() => []);
  const compare = (i: number, j: number): void => {
    const left = lefts[i] as JoinRow<T>;
    left[source] = rights[j] as T;
    if (on(left) === true) pairs[i]?.push(j);
  };
  if (step.type === 'right') {
    for (let j = 0; j < rights.length; j++) for (let i = 0; i < lefts.length; i++) compare(i, j);
  } else {
    for (let i = 0; i < lefts.length; i++) for (let j = 0; j < rights.length; j++) compare(i, j);
  }
  for (const left of lefts) left[source] = null;
  return pairs;
}

function keyedPairs<T>(
  step: JoinStepProgram<T>,
  lefts: readonly JoinRow<T>[],
  rights: readonly T[],
  keyed: KeyedRows<T>,
): Pairs {
  const { residual, source } = step;
  return lefts.map((left, i) => {
    const candidates = keyed.find(i);
    if (residual === null || candidates.length === 0) return candidates;
    const matches: number[] = [];
    for (const j of candidates) {
      left[source] = rights[j] as T;
      if (residual(left) === true) matches.push(j);
    }
    left[source] = null;
    return matches;
  });
}

function leftRows<T>(
  step: JoinStepProgram<T>,
  lefts: readonly JoinRow<T>[],
  rights: readonly T[],
  pairs: Pairs,
  sources: number,
): JoinRow<T>[] {
  const { type, source } = step;
  const rows: JoinRow<T>[] = [];
  const matched = type === 'full' ? new Uint8Array(rights.length) : null;
  for (let i = 0; i < lefts.length; i++) {
    const left = lefts[i] as JoinRow<T>;
    const matches = pairs[i] as readonly number[];
    for (const j of matches) {
      rows.push(combined(left, source, rights[j] as T));
      if (matched !== null) matched[j] = 1;
    }
    if (matches.length === 0 && (type === 'left' || type === 'full')) rows.push(left);
  }
  if (matched === null) return rows;
  for (let j = 0; j < rights.length; j++) {
    if (matched[j] === 0) rows.push(alone(sources, source, rights[j] as T));
  }
  return rows;
}

function rightRows<T>(
  step: JoinStepProgram<T>,
  lefts: readonly JoinRow<T>[],
  rights: readonly T[],
  pairs: Pairs,
  sources: number,
): JoinRow<T>[] {
  const matches: number[][] = rights.map(() => []);
  for (let i = 0; i < lefts.length; i++) {
    for (const j of pairs[i] as readonly number[]) matches[j]?.push(i);
  }
  const rows: JoinRow<T>[] = [];
  for (let j = 0; j < rights.length; j++) {
    const right = rights[j] as T;
    const partners = matches[j] as readonly number[];
    for (const i of partners) rows.push(combined(lefts[i] as JoinRow<T>, step.source, right));
    if (partners.length === 0) rows.push(alone(sources, step.source, right));
  }
  return rows;
}

function combined<T>(left: JoinRow<T>, source: number, right: T): JoinRow<T> {
  const row = left.slice();
  row[source] = right;
  return row;
}

function alone<T>(sources: number, source: number, right: T): JoinRow<T> {
  const row = new Array<T | null>(sources).fill(null);
  row[source] = right;
  return row;
}
