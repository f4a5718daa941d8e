import type { AnalyticFunction } from '@kuiper/sdk';
import { describe, expect, test } from 'vitest';
import { builtinTable } from './builtin-functions.ts';

type Event = readonly [valid: boolean, ...args: unknown[]];

/** Events whose WHEN condition is false, among others; recorded in the conformance cases. */
const cases: readonly (readonly [name: string, events: readonly Event[], results: readonly unknown[]])[] = [
  [
    'lag',
    [
      [false, 1n],
      [true, 3n],
      [false, 2n],
      [true, 5n],
      [false, 1n],
      [true, 7n],
    ],
    [null, null, 3n, 3n, 5n, 5n],
  ],
  [
    'latest',
    [
      [true, 1],
      [false, 2],
      [true, null],
      [true, 3],
    ],
    [1, 1, 1, 3],
  ],
  [
    'changed_col',
    [
      [true, true, 1],
      [false, true, 2],
      [true, true, 2],
    ],
    [1, null, 2],
  ],
  [
    'had_changed',
    [
      [true, true, 2],
      [false, true, 1],
      [true, true, 2],
      [true, true, 3],
      [false, true, 1],
      [true, true, 3],
    ],
    [true, false, false, true, false, false],
  ],
  [
    'acc_count',
    [
      [true, 1, false, false],
      [true, 2, true, false],
      [false, 5, true, false],
      [true, -1, false, true],
      [true, 2, true, false],
    ],
    [0, 1, 1, 2, 1],
  ],
  [
    'acc_sum',
    [
      [true, 1],
      [false, 2],
      [true, 3],
    ],
    [1, 1, 4],
  ],
];

describe('an event whose condition is false is not recorded', () => {
  for (const [name, events, results] of cases) {
    test(name, () => {
      const fn = builtinTable().find(name) as AnalyticFunction;
      const state = fn.init();
      expect(events.map(([valid, ...args]) => fn.next(state, valid, ...args))).toEqual(results);
    });
  }
});

test('a failing event leaves an accumulator usable', () => {
  const sum = builtinTable().find('acc_sum') as AnalyticFunction;
  const state = sum.init();
  sum.next(state, true, 1);
  expect(() => sum.next(state, true, 'x')).toThrow('the value should be number');
  expect(sum.next(state, true, 2)).toBe(3);
});
