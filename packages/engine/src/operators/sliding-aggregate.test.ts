import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemQueue } from './item-queue.ts';
import { slidingAggregate } from './sliding-aggregate.ts';
import { allAggregates, combined, countRows, firstDecides, largest, listed, type TestRow } from './testing.ts';
import type { AggregateProgram } from './types.ts';

const names = new Map<unknown, string>([
  [countRows, 'removes'],
  [largest, 'merges'],
  [listed, 'grows'],
  [firstDecides, 'only adds'],
  [combined, 'combines at times'],
]);

function naive(program: AggregateProgram<TestRow>, rows: readonly TestRow[]): unknown {
  const state = program.impl.init();
  for (const row of rows) program.add(state, row);
  return program.impl.result(state);
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return String(error);
  }
}

describe('A sliding aggregate', () => {
  // long runs of rows coming and leaving fill, open and turn over many blocks
  const moves = fc.array(fc.record({ come: fc.nat(400), leave: fc.nat(400), seed: fc.nat(1000) }), { maxLength: 12 });

  for (const program of allAggregates) {
    for (const precision of ['exact', 'rounded'] as const) {
      it(`is the aggregate over the rows that are in, when its code ${names.get(program.impl)} (${precision})`, () => {
        fc.assert(
          fc.property(moves, fc.boolean(), (all, unlucky) => {
            const queue = new ItemQueue<TestRow>();
            const aggregate = slidingAggregate(program, queue, precision);
            let rows: TestRow[] = [];
            for (const { come, leave, seed } of all) {
              for (let i = 0; i < come; i++) {
                const value = ((seed + i) * 7919) % 997;
                const row = { ts: i, a: !unlucky && value === 13 ? 14 : value, k: '' };
                queue.push(row);
                rows.push(row);
                aggregate.push(row);
              }
              const leaving = Math.min(leave, rows.length);
              for (let i = 0; i < leaving; i++) {
                aggregate.shift(queue.at(0));
                queue.shift();
              }
              rows = rows.slice(leaving);
              expect(attempt(() => aggregate.result(queue))).toEqual(attempt(() => naive(program, rows)));
            }
          }),
          { numRuns: 60 },
        );
      });
    }
  }

  it('goes through few rows again, however many are in', () => {
    let added = 0;
    const program: AggregateProgram<TestRow> = {
      impl: largest,
      add: (state, row) => {
        added++;
        largest.add(state as { value: number }, row.a);
      },
      remove: null,
    };
    const queue = new ItemQueue<TestRow>();
    const aggregate = slidingAggregate(program, queue, 'rounded');
    let most = 0;
    for (let i = 0; i < 100_000; i++) {
      const row = { ts: i, a: i % 1000, k: '' };
      added = 0;
      queue.push(row);
      aggregate.push(row);
      if (i >= 50_000) {
        aggregate.shift(queue.at(0));
        queue.shift();
      }
      if (i % 10 === 0) aggregate.result(queue);
      most = Math.max(most, added);
    }
    expect(most).toBeLessThan(200);
    expect(aggregate.result(queue)).toBe(999);
  });

  it('adds few floats one by one, as they came', () => {
    const sum: AggregateProgram<TestRow> = {
      impl: combined,
      add: (state, row) => combined.add(state as { sum: number }, row.a),
      remove: null,
    };
    const queue = new ItemQueue<TestRow>();
    const aggregate = slidingAggregate(sum, queue, 'rounded');
    for (const a of [0.7, 0.1, 0.2, 0.3]) {
      const row = { ts: 0, a, k: '' };
      queue.push(row);
      aggregate.push(row);
    }
    aggregate.shift(queue.at(0));
    queue.shift();
    expect(aggregate.result(queue)).toBe(0.1 + 0.2 + 0.3);
  });
});
