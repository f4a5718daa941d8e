import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowSpec } from '../plan/plan-node.ts';
import { firstBoundary } from './alignment.ts';
import {
  allAggregates,
  byKey,
  type Emitted,
  exactAggregates,
  grouped,
  TestStore,
  type TestRow,
  testSpec,
  WindowRun,
} from './testing.ts';
import type { ContentPlan, GroupProgram, KeyExpr, WindowSetup } from './types.ts';

/** A window by its definition: all rows are kept, every window is looked for anew. */
interface Expected {
  readonly start: number;
  readonly end: number;
  readonly trigger: number;
  readonly rows: readonly TestRow[];
}

interface Trial {
  readonly setup: Pick<WindowSetup<TestRow>, 'spec'> & Partial<WindowSetup<TestRow>>;
  /** @param endMs clock, or watermark, after the last row */
  readonly oracle: (rows: readonly TestRow[], startMs: number, endMs: number) => Expected[];
}

const startMs = 1_700_000_000_123;
const trigger = (row: TestRow): boolean => row.a % 3 === 0;
const byK: readonly KeyExpr<TestRow>[] = [{ value: (row) => row.k, kind: 'string' }];

function aligned(fromMs: number, spec: WindowSpec, raw: number): number {
  return firstBoundary(fromMs, spec.unit ?? 'ms', raw, 'UTC');
}

function tumbling(spec: WindowSpec, eventTime: boolean): Trial {
  return {
    setup: { spec, eventTime },
    oracle: (rows, start, end) => {
      if (eventTime && rows.length === 0) return [];
      let from = eventTime ? (rows[0] as TestRow).ts : start;
      const windows: Expected[] = [];
      for (let to = aligned(from, spec, spec.rawLength); to <= end; to += spec.length) {
        const held = rows.filter(({ ts }) => ts >= from && ts < to);
        windows.push({ start: from, end: to, trigger: to, rows: held });
        from = to;
      }
      return windows;
    },
  };
}

function hopping(spec: WindowSpec, eventTime: boolean): Trial {
  return {
    setup: { spec, eventTime },
    oracle: (rows, start, end) => {
      if (eventTime && rows.length === 0) return [];
      const windows: Expected[] = [];
      const first = eventTime ? (rows[0] as TestRow).ts : start;
      for (let to = aligned(first, spec, spec.rawInterval); to <= end; to += spec.interval) {
        const from = to - spec.length;
        windows.push({ start: from, end: to, trigger: to, rows: rows.filter(({ ts }) => ts >= from && ts < to) });
      }
      return windows;
    },
  };
}

function sliding(spec: WindowSpec, eventTime: boolean): Trial {
  const { length, delayMs, sendTwice, version2 } = spec;
  return {
    setup: { spec, eventTime, trigger },
    oracle: (rows, _, end) => {
      const windows: (Expected & { order: number })[] = [];
      rows.forEach((row, i) => {
        if (!trigger(row)) return;
        // in processing time a window cannot hold rows that are still to come
        const known = eventTime ? rows : rows.slice(0, i + 1);
        const inside = (among: readonly TestRow[], from: number, to: number, leftOpen: boolean, rightOpen: boolean) =>
          among.filter(({ ts }) => (leftOpen ? ts > from : ts >= from) && (rightOpen ? ts < to : ts <= to));
        const from = row.ts - length;
        const to = row.ts + delayMs;
        // in processing time the timer at the right end comes before the rows of that very moment
        if (delayMs === 0) {
          const held = inside(known, from, to, version2, false);
          windows.push({ start: from, end: to, trigger: to, rows: held, order: row.ts });
        } else if (sendTwice) {
          const before = inside(known, from, row.ts, true, false);
          windows.push({ start: from, end: row.ts, trigger: row.ts, rows: before, order: row.ts - 0.5 });
          const after = inside(rows, row.ts, to, true, !eventTime);
          windows.push({ start: row.ts, end: to, trigger: row.ts, rows: after, order: eventTime ? to : to - 0.6 });
        } else {
          const held = inside(rows, from, to, version2, !version2 || !eventTime);
          windows.push({ start: from, end: to, trigger: to, rows: held, order: to });
        }
      });
      return windows.filter(({ order }) => order <= end).sort((a, b) => a.order - b.order);
    },
  };
}

function session(spec: WindowSpec, eventTime: boolean): Trial {
  const { length, interval: timeout } = spec;
  return {
    setup: { spec, eventTime },
    oracle: (rows, start, end) => {
      if (rows.length === 0) return [];
      const origin = aligned(eventTime ? (rows[0] as TestRow).ts : start, spec, spec.rawLength);
      const windows: Expected[] = [];
      let held: TestRow[] = [];
      let lastMs = Number.NaN;
      let cut = Number.NaN;
      const emit = (to: number): void => {
        const first = held[0];
        if (first === undefined) return;
        windows.push({ start: Number.isNaN(cut) ? first.ts : cut, end: to, trigger: to, rows: held });
        held = [];
      };
      /** Every boundary and timeout, millisecond by millisecond, up to a moment. */
      const pass = (fromMs: number, toMs: number, rowsFollow: boolean): void => {
        for (let now = fromMs; now <= toMs; now++) {
          const first = held[0];
          const isBoundary = now >= origin && (now - origin) % length === 0;
          const isOver = now > lastMs + timeout || (now === lastMs + timeout && !rowsFollow && !eventTime);
          if (isBoundary && first !== undefined && now - first.ts >= length && !(now > lastMs + timeout)) {
            emit(now);
            cut = now;
          }
          if (isOver || (now === lastMs + timeout && now < toMs)) {
            emit(lastMs + timeout);
            lastMs = Number.NaN;
            cut = Number.NaN;
          }
        }
      };
      let now = start;
      for (const row of rows) {
        pass(now, row.ts, eventTime || row.ts !== lastMs + timeout || false);
        now = row.ts;
        held.push(row);
        lastMs = row.ts;
      }
      pass(now, end, false);
      return windows;
    },
  };
}

function counting(length: number, step: number): Trial {
  const spec = testSpec({ type: 'count', length, interval: step });
  return {
    setup: { spec },
    oracle: (rows) =>
      rows.flatMap((row, i) => {
        const count = i + 1;
        if (count < length || count % (step === 0 ? length : step) !== 0) return [];
        return [{ start: row.ts, end: row.ts, trigger: row.ts, rows: rows.slice(count - length, count) }];
      }),
  };
}

function stateful(single: boolean, partitioned: boolean): Trial {
  const begin = (row: TestRow): boolean => row.a % 3 === 0;
  const emit = (row: TestRow): boolean => row.a % 4 === 1;
  const spec = testSpec({ type: 'state', length: 0 });
  return {
    setup: { spec, begin, emit: single ? null : emit, partitionBy: partitioned ? byK : [] },
    oracle: (rows) => {
      const open = new Map<string, TestRow[]>();
      const windows: Expected[] = [];
      for (const row of rows) {
        const key = partitioned ? row.k : '';
        const held = open.get(key);
        const ends = held !== undefined && (single ? begin(row) : emit(row));
        if (held !== undefined && !(single && ends)) held.push(row);
        if (ends) {
          windows.push({ start: (held[0] as TestRow).ts, end: row.ts, trigger: row.ts, rows: held });
          open.delete(key);
        }
        if (begin(row) && (held === undefined || (single && ends))) open.set(key, [row]);
      }
      return windows;
    },
  };
}

const both = [false, true] as const;
const time = (eventTime: boolean): string => (eventTime ? 'event time' : 'processing time');
const trials: Record<string, Trial> = {};
for (const eventTime of both) {
  trials[`tumbling 30, ${time(eventTime)}`] = tumbling(testSpec({ type: 'tumbling', length: 30 }), eventTime);
  for (const [length, interval] of [
    [40, 10],
    [30, 20],
    [10, 25],
    [500, 1],
  ] as const) {
    const spec = testSpec({ type: 'hopping', length, interval });
    trials[`hopping ${length} every ${interval}, ${time(eventTime)}`] = hopping(spec, eventTime);
  }
  for (const [form, options] of Object.entries({
    plain: {},
    delayed: { delayMs: 15 },
    'version 2': { version2: true },
    'version 2 delayed': { version2: true, delayMs: 15 },
    twice: { delayMs: 15, sendTwice: true },
  })) {
    const spec = testSpec({ type: 'sliding', length: 40, ...options });
    trials[`sliding ${form}, ${time(eventTime)}`] = sliding(spec, eventTime);
  }
  const spec = testSpec({ type: 'session', length: 50, interval: 12 });
  trials[`session, ${time(eventTime)}`] = session(spec, eventTime);
}
for (const [length, step] of [
  [3, 0],
  [5, 2],
  [4, 3],
  [7, 7],
] as const) {
  trials[`count ${length} step ${step}`] = counting(length, step);
}
for (const single of both) {
  for (const partitioned of both) {
    trials[`state${single ? ' of one condition' : ''}${partitioned ? ' by partition' : ''}`] = stateful(
      single,
      partitioned,
    );
  }
}

const contents: Record<string, ContentPlan<TestRow>> = {
  rows: { kind: 'rows' },
  'groups that merge': { kind: 'groups', program: byKey(exactAggregates) },
  'groups of every kind': { kind: 'groups', program: byKey(allAggregates) },
  'one group': { kind: 'groups', program: byKey(allAggregates, false) },
};

const someRows = fc
  .array(
    fc.record({
      // pauses shorter than, equal to and longer than the timeouts and hops above
      pause: fc.oneof({ weight: 4, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(90) }, fc.constant(12)),
      a: fc.integer({ min: 0, max: 20 }),
      k: fc.constantFrom('x', 'y', 'z'),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let ts = startMs;
    return steps.map(({ pause, a, k }): TestRow => {
      ts += pause;
      return { ts, a, k };
    });
  });

/** Feeds rows from index `from` on; in event time every row brings the watermark of the row before. */
function feed(run: WindowRun, rows: readonly TestRow[], eventTime: boolean, from = 0, to = rows.length): void {
  for (let i = from; i < to; i++) {
    const row = rows[i] as TestRow;
    const last = rows[i - 1];
    if (eventTime && last !== undefined && last.ts < row.ts) run.window.watermark(last.ts);
    run.row(row);
  }
}

function finish(run: WindowRun, eventTime: boolean, endMs: number): void {
  if (eventTime) run.window.watermark(endMs);
  else run.clock.advanceTo(endMs);
}

function wanted(expected: readonly Expected[], program: GroupProgram<TestRow> | null): Emitted[] {
  return expected.map(({ rows, start, end, trigger }) => ({
    start,
    end,
    trigger,
    content: program === null ? rows.map(({ ts, a }) => `${ts}:${a}`) : grouped(rows, program),
  }));
}

for (const [name, { setup, oracle }] of Object.entries(trials)) {
  describe(`A window (${name})`, () => {
    const eventTime = setup.eventTime === true;
    for (const [kept, content] of Object.entries(contents)) {
      const program = content.kind === 'groups' ? content.program : null;

      it(`emits what its definition says, keeping ${kept}`, () => {
        fc.assert(
          fc.property(someRows, fc.nat(200), (rows, rest) => {
            const endMs = (rows.at(-1)?.ts ?? startMs) + rest;
            const run = new WindowRun({ ...setup, content }, startMs);
            run.window.start();
            feed(run, rows, eventTime);
            finish(run, eventTime, endMs);
            expect(run.emitted).toEqual(wanted(oracle(rows, startMs, endMs), program));
          }),
          { numRuns: 60 },
        );
      });

      it(`goes on from a checkpoint as if nothing had happened, keeping ${kept}`, () => {
        fc.assert(
          fc.property(someRows, fc.nat(60), fc.nat(60), fc.nat(5), (rows, first, second, slices) => {
            const [early, late] = [first, second].map((n) => Math.min(n, rows.length)).sort((a, b) => a - b) as [
              number,
              number,
            ];
            const endMs = (rows.at(-1)?.ts ?? startMs) + 100;
            const store = new TestStore();
            const before = new WindowRun({ ...setup, content }, startMs);
            before.window.start();
            feed(before, rows, eventTime, 0, early);
            store.begin(before.window.state);
            store.drain(3);
            feed(before, rows, eventTime, early, late);
            store.finish();
            store.begin(before.window.state);
            const { length } = before.emitted;
            const now = before.clock.now();
            // the second checkpoint is handed out while rows go on changing what it holds
            for (let i = late; i < rows.length; i++) {
              feed(before, rows, eventTime, i, i + 1);
              if (i % 6 >= slices) store.drain(2);
            }
            store.finish();
            finish(before, eventTime, endMs);

            const after = new WindowRun({ ...setup, content }, now);
            store.restore(after.window.state);
            after.window.start();
            feed(after, rows, eventTime, late);
            finish(after, eventTime, endMs);
            expect(after.emitted).toEqual(before.emitted.slice(length));
          }),
          { numRuns: 60 },
        );
      });
    }
  });
}
