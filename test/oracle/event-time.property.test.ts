/**
 * Windows over rows that come out of order and late, against their definitions: the watermark decides which rows count
 * and which windows are due, then each window is looked for among all rows that counted. Source: sql §11.3, §12.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { play, type Sent } from './play.ts';

interface Row {
  readonly ts: number;
  readonly a: number;
}

interface AcceptedRow extends Row {
  /** The watermark that let it go on to the window; one as old as the watermark waits for the next. */
  readonly released: number;
}

interface Accepted {
  /** In the order of their time, then of arrival. */
  readonly rows: readonly AcceptedRow[];
  readonly watermark: number;
}

function accept(rows: readonly Row[], toleranceMs: number): Accepted {
  const kept: { ts: number; a: number; released: number }[] = [];
  let watermark = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    if (row.ts < watermark) continue;
    kept.push({ ...row, released: Number.POSITIVE_INFINITY });
    if (row.ts - toleranceMs <= watermark) continue;
    watermark = row.ts - toleranceMs;
    for (const one of kept) if (one.ts <= watermark) one.released = Math.min(one.released, watermark);
  }
  return { rows: kept.toSorted((x, y) => x.ts - y.ts || x.released - y.released), watermark };
}

type Window = readonly [end: number, rows: readonly Row[]];

const inside = (rows: readonly Row[], from: number, to: number): Row[] =>
  rows.filter(({ ts }) => ts >= from && ts < to);

function aligned({ rows, watermark }: Accepted, length: number, hop: number): Window[] {
  const windows: Window[] = [];
  const first = rows[0]?.ts ?? 0;
  for (let end = Math.floor(first / hop) * hop + hop; end <= watermark; end += hop) {
    windows.push([end, inside(rows, end - length, end)]);
  }
  return windows;
}

function sliding({ rows, watermark }: Accepted, fires: (row: Row) => boolean): Window[] {
  const known = rows.filter(({ released }) => released <= watermark);
  return known.filter(fires).map(({ ts, released }): Window => {
    return [ts, inside(known, ts - 30, ts + 1).filter((row) => (row as AcceptedRow).released <= released)];
  });
}

const windows: Readonly<Record<string, (accepted: Accepted) => Window[]>> = {
  'tumblingwindow(ms, 20)': (accepted) => aligned(accepted, 20, 20),
  'hoppingwindow(ms, 40, 20)': (accepted) => aligned(accepted, 40, 20),
  'hoppingwindow(ms, 10, 25)': (accepted) => aligned(accepted, 10, 25),
  'slidingwindow(ms, 30)': (accepted) => sliding(accepted, () => true),
  'slidingwindow(ms, 30, 10)': ({ rows, watermark }) =>
    rows.filter(({ ts }) => ts + 10 <= watermark).map(({ ts }) => [ts + 10, inside(rows, ts - 30, ts + 10)]),
  'slidingwindow(ms, 30) OVER (WHEN a > 5)': (accepted) => sliding(accepted, ({ a }) => a > 5),
  'sessionwindow(ms, 1000, 7)': sessions,
};

/** Rows closer than the timeout; the first boundary of the longest duration is beyond all of them. */
function sessions({ rows, watermark }: Accepted): Window[] {
  const all: Window[] = [];
  let held: Row[] = [];
  rows.forEach((row, i) => {
    held.push(row);
    const next = rows[i + 1];
    if (next !== undefined && next.ts - row.ts <= 7) return;
    if (row.ts + 7 < watermark) all.push([row.ts + 7, held]);
    held = [];
  });
  return all;
}

/** What the select list makes of a window; an empty one has no count. */
function shown([end, rows]: Window): unknown {
  const count = rows.length === 0 ? {} : { c: rows.length };
  return [{ ...count, l: rows.length === 0 ? null : rows.map(({ a }) => a), e: end }];
}

// pauses are short against hops, and some rows come long after their time
const arrivals = fc
  .array(
    fc.record({ step: fc.nat(12), back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(40)), a: fc.nat(9) }),
    {
      maxLength: 40,
    },
  )
  .map((steps) => {
    let now = 100_000;
    return steps.map(({ step, back, a }): Row => {
      now += step;
      return { ts: now - back, a };
    });
  });

describe('a window in event time', () => {
  for (const [window, oracle] of Object.entries(windows)) {
    for (const lateToleranceMs of [0, 15]) {
      test(`${window} with a tolerance of ${lateToleranceMs} ms`, () => {
        fc.assert(
          fc.property(arrivals, fc.constantFrom('compiled' as const, 'interpreted' as const), (rows, mode) => {
            const sql = `SELECT count(*) AS c, collect(a) AS l, window_end() AS e FROM s GROUP BY ${window}`;
            const sent = rows.map((row): Sent => ['s', { ...row }]);
            const played = play(sql, sent, mode, { isEventTime: true, lateToleranceMs });
            expect(played).toEqual(oracle(accept(rows, lateToleranceMs)).map(shown));
          }),
          { numRuns: 100 },
        );
      });
    }
  }
});
