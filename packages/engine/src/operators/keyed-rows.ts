import type { JoinRow, JoinStepProgram } from './types.ts';

/** What `=` compares: values of one comparable class never raise an error. */
type ValueClass = 'number' | 'string' | 'bool' | 'other';

type Level = Map<unknown, Level | number[]>;

const none: readonly number[] = [];

/** Rows of the joined source by the values of a join's equalities. */
export class KeyedRows<T> {
  readonly #step: JoinStepProgram<T>;
  /** Per equality: values of the joined source's rows, null where nil. */
  readonly #rights: readonly (readonly unknown[])[] | null;
  readonly #rightClasses: readonly (ValueClass | null)[];
  readonly #root: Level = new Map();
  #lefts: readonly (readonly unknown[])[] = [];
  /** Some integer has no exact double: candidates are compared once more. */
  #inexact = false;

  constructor(step: JoinStepProgram<T>, rights: readonly T[]) {
    this.#step = step;
    this.#rights = evaluated(() => step.equalities.map(({ right }) => rights.map(right)));
    this.#rightClasses = this.#rights?.map(classOf) ?? [];
    if (this.#rights !== null) this.#index(this.#rights, rights.length);
  }

  /**
   * Evaluates the other side. False when an expression fails or values of different classes meet: then only comparing
   * row by row raises the right error, or none.
   */
  accepts(lefts: readonly JoinRow<T>[]): boolean {
    const values = evaluated(() => this.#step.equalities.map(({ left }) => lefts.map(left)));
    if (values === null || this.#rights === null) return false;
    this.#lefts = values;
    for (let e = 0; e < values.length; e++) {
      const left = classOf(values[e] as readonly unknown[]);
      const right = this.#rightClasses[e] as ValueClass | null;
      if (left === 'other' || right === 'other') return false;
      if (left !== null && right !== null && left !== right) return false;
      if (!this.#inexact && (values[e] as readonly unknown[]).some(isInexact)) this.#inexact = true;
    }
    return true;
  }

  /** Positions of the rows that equal the `i`-th row given to {@link accepts}, ascending. */
  find(i: number): readonly number[] {
    let level: Level | number[] | undefined = this.#root;
    for (const lefts of this.#lefts) {
      if (level === undefined) return none;
      const value = lefts[i];
      if (isNever(value)) return none;
      level = (level as Level).get(hashed(value));
    }
    if (level === undefined) return none;
    const found = level as number[];
    return this.#inexact ? found.filter((j) => this.#equal(i, j)) : found;
  }

  #index(rights: readonly (readonly unknown[])[], count: number): void {
    const last = rights.length - 1;
    rows: for (let j = 0; j < count; j++) {
      let level = this.#root;
      for (let e = 0; e <= last; e++) {
        const value = rights[e]?.[j];
        if (isNever(value)) continue rows;
        if (isInexact(value)) this.#inexact = true;
        const key = hashed(value);
        const next = level.get(key);
        if (e < last) {
          const deeper: Level = (next as Level | undefined) ?? new Map();
          if (next === undefined) level.set(key, deeper);
          level = deeper;
        } else if (next === undefined) level.set(key, [j]);
        else (next as number[]).push(j);
      }
    }
  }

  #equal(i: number, j: number): boolean {
    return this.#step.equalities.every(({ leftKind, rightKind }, e) => {
      const left = this.#lefts[e]?.[i];
      const right = this.#rights?.[e]?.[j];
      const ints =
        (typeof left === 'bigint' || leftKind === 'int') && (typeof right === 'bigint' || rightKind === 'int');
      // biome-ignore lint/suspicious/noDoubleEquals: an int is a number or a bigint, and both compare exactly
      return ints ? left == right : hashed(left) === hashed(right);
    });
  }
}

function evaluated<R>(evaluate: () => R): R | null {
  try {
    return evaluate();
  } catch {
    return null;
  }
}

/** The class of all values that are not nil; null when there are none, `other` when they differ. */
function classOf(values: readonly unknown[]): ValueClass | null {
  let found: ValueClass | null = null;
  for (const value of values) {
    if (value === null || value === undefined) continue;
    const its = classes[typeof value] ?? 'other';
    if (found === null) found = its;
    else if (found !== its) return 'other';
  }
  return found;
}

const classes: Readonly<Record<string, ValueClass>> = {
  number: 'number',
  bigint: 'number',
  string: 'string',
  boolean: 'bool',
};

/** Nil and NaN equal nothing. */
function isNever(value: unknown): boolean {
  return value === null || value === undefined || Number.isNaN(value);
}

function hashed(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function isInexact(value: unknown): boolean {
  return typeof value === 'bigint' && !Number.isSafeInteger(Number(value));
}
