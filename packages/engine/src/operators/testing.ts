/** Parts that the tests of windows share: rows, aggregates of every capability, a run that records and can restart. */
import { ManualClock, rowError } from '@kuiper/base';
import type { Aggregation } from '@kuiper/sdk';
import type { WindowSpec } from '../plan/plan-node.ts';
import type { StateSlot } from '../state/state-slot.ts';
import type { AggregateProgram, GroupProgram, WindowOperator, WindowSetup, WindowView } from './types.ts';
import { createWindow } from './window.ts';

export interface TestRow {
  readonly ts: number;
  readonly a: number;
  readonly k: string;
}

export function testSpec(spec: Partial<WindowSpec> & Pick<WindowSpec, 'type' | 'length'>): WindowSpec {
  return {
    unit: 'ms',
    interval: 0,
    delayMs: 0,
    rawLength: spec.length,
    rawInterval: spec.interval ?? 0,
    trigger: null,
    begin: null,
    emit: null,
    partitionBy: [],
    calls: [],
    hits: [],
    sendTwice: false,
    version2: false,
    ...spec,
  };
}

/** Merges and removes; states are fixed in size. */
export const countRows: Aggregation<{ n: number }> = {
  returns: 'int',
  init: () => ({ n: 0 }),
  add: (state) => void state.n++,
  merge: (state, other) => void (state.n += other.n),
  remove: (state) => void state.n--,
  result: (state) => state.n,
};

/** Merges, cannot remove. */
export const largest: Aggregation<{ value: number | null }> = {
  returns: 'float',
  init: () => ({ value: null }),
  add: (state, value: number | null) => {
    if (value !== null && (state.value === null || value > state.value)) state.value = value;
  },
  merge: (state, other) => largest.add(state, other.value),
  result: (state) => state.value,
};

/** Merges; its states grow. */
export const listed: Aggregation<{ values: unknown[] }> = {
  returns: 'any',
  init: () => ({ values: [] }),
  add: (state, value: unknown) => void state.values.push(value),
  merge: (state, other) => void state.values.push(...other.values),
  result: (state) => state.values.slice(),
};

/** Neither: the first value decides. */
export const firstDecides: Aggregation<{ first: number | null; sum: number }> = {
  returns: 'any',
  init: () => ({ first: null, sum: 0 }),
  add: (state, value: number) => {
    state.first ??= value;
    state.sum += value * (1 + Math.abs(state.first % 7));
  },
  result: (state) => state.sum,
};

/** Combines, except where an odd sum meets an even one. */
export const combined: Aggregation<{ sum: number }> = {
  returns: 'any',
  init: () => ({ sum: 0 }),
  add: (state, value: number) => void (state.sum += value),
  combine: (state, other) => {
    if ((state.sum + other.sum) % 2 !== 0) return false;
    state.sum += other.sum;
    return true;
  },
  result: (state) => state.sum,
};

function overValues(impl: Aggregation): AggregateProgram<TestRow> {
  return {
    impl,
    add: (state, row) => impl.add(state, row.a === 13 ? rowError('unlucky') : row.a),
    remove: impl.remove === undefined ? null : (state, row) => impl.remove?.(state, row.a),
  };
}

/** Every kind of aggregate; those of `exact` also merge. A value of 13 is an error. */
export const exactAggregates: readonly AggregateProgram<TestRow>[] = [countRows, largest, listed].map(overValues);
export const allAggregates: readonly AggregateProgram<TestRow>[] = [
  ...exactAggregates,
  ...[firstDecides, combined].map(overValues),
];

export function byKey(aggregates: readonly AggregateProgram<TestRow>[], grouped = true): GroupProgram<TestRow> {
  return { keys: grouped ? [{ value: (row) => row.k, kind: 'string' }] : [], aggregates, where: null };
}

/** What a window shows, as text that compares: rows, or for each group first row, last row and results. */
export function described(view: WindowView<TestRow>, program: GroupProgram<TestRow> | null): unknown {
  const ids = (row: TestRow): string => `${row.ts}:${row.a}`;
  if (view.kind === 'rows') {
    const rows = view.items.slice(view.start, view.end);
    return program === null ? rows.map(ids) : grouped(rows, program);
  }
  return view.groups.map((group) => [
    group.key,
    ids(group.first),
    ids(group.last),
    ...(program?.aggregates.map((_, i) => resultOf(() => group.result(i))) ?? []),
  ]);
}

/** The naive way: every aggregate over all rows of its group. */
export function grouped(rows: readonly TestRow[], program: GroupProgram<TestRow>): unknown {
  const groups = new Map<string, TestRow[]>();
  for (const row of rows) {
    const key = program.keys.map(({ value }) => String(value(row))).join(',');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups].map(([key, members]) => [
    key,
    ...[members[0], members.at(-1)].map((row) => `${row?.ts}:${row?.a}`),
    ...program.aggregates.map(({ impl, add }) =>
      resultOf(() => {
        const state = impl.init();
        for (const row of members) add(state, row);
        return impl.result(state);
      }),
    ),
  ]);
}

function resultOf(compute: () => unknown): unknown {
  try {
    return compute();
  } catch (error) {
    return String(error);
  }
}

export interface Emitted {
  readonly start: number;
  readonly end: number;
  readonly trigger: number;
  readonly content: unknown;
}

/** A window on a manual clock with everything it emits. */
export class WindowRun {
  readonly clock: ManualClock;
  readonly window: WindowOperator<TestRow>;
  readonly emitted: Emitted[] = [];
  readonly conditionErrors: string[] = [];

  constructor(setup: Pick<WindowSetup<TestRow>, 'spec'> & Partial<WindowSetup<TestRow>>, startMs = 0) {
    this.clock = new ManualClock(startMs);
    const content = setup.content ?? { kind: 'rows' };
    const program = content.kind === 'groups' ? content.program : null;
    this.window = createWindow<TestRow>({
      name: '2_window',
      fingerprint: '',
      eventTime: false,
      emitEmpty: true,
      timeZone: 'UTC',
      codec: null,
      trigger: null,
      begin: null,
      emit: null,
      partitionBy: [],
      clock: this.clock,
      output: (view, { start, end, trigger }) => {
        this.emitted.push({ start, end, trigger, content: described(view, program) });
      },
      onConditionError: (error) => this.conditionErrors.push(String(error)),
      ...setup,
      content,
    });
  }

  /** Processing time: moves the clock to the row. Event time: hands it over. */
  row(row: TestRow): void {
    this.clock.advanceTo(row.ts);
    this.window.row(row, row.ts);
  }
}

/** A store that takes checkpoints of a slot piecemeal, and gives back what it holds. */
export class TestStore {
  readonly #entries = new Map<string, string>();
  #open: StateSlot | null = null;

  begin(slot: StateSlot, full = false): void {
    slot.begin(full);
    this.#open = slot;
  }

  /** @returns true when the checkpoint is complete */
  drain(limit: number): boolean {
    const entries = this.#open?.drain(limit) ?? null;
    if (entries === null) {
      this.#open = null;
      return true;
    }
    for (const { key, value } of entries) {
      if (value === undefined) this.#entries.delete(key);
      else this.#entries.set(key, JSON.stringify(value));
    }
    return false;
  }

  finish(): void {
    while (this.#open !== null) this.drain(7);
  }

  get size(): number {
    return this.#entries.size;
  }

  restore(slot: StateSlot): void {
    slot.restore([...this.#entries].map(([key, text]) => ({ key, value: JSON.parse(text) as unknown })));
  }
}
