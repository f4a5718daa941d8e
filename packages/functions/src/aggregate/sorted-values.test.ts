import type { AggregateFunction, Aggregation } from '@kuiper/sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { builtinTable } from '../builtin-functions.ts';

const value = fc.oneof(
  { arbitrary: fc.integer({ min: -4, max: 4 }), weight: 8 },
  { arbitrary: fc.constantFrom<unknown>(-0, Number.NaN, null, 3n, 2n ** 60n, 'x', 1.5), weight: 1 },
);
/** A share is given for a value that enters; null lets the oldest leave; true asks for the result. */
const step = fc.oneof(
  { arbitrary: fc.tuple(value, fc.constantFrom<unknown>(0.5, 0.5, 0.5, 0.9, null, 'p')), weight: 4 },
  { arbitrary: fc.constantFrom<null | true>(null, true), weight: 3 },
);

function outcome(impl: Aggregation, state: unknown): unknown {
  try {
    return impl.result(state);
  } catch (error) {
    return String(error);
  }
}

describe('values that leave leave no trace', () => {
  for (const name of ['median', 'percentile_cont', 'percentile_disc']) {
    const { implement } = builtinTable().find(name) as AggregateFunction;
    test(name, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const impl = implement();
          const state = impl.init();
          let held: (readonly unknown[])[] = [];
          for (const next of [...steps, true]) {
            if (next === true) {
              const anew = impl.init();
              for (const row of held) impl.add(anew, ...row);
              expect(outcome(impl, state)).toEqual(outcome(impl, anew));
            } else if (next !== null) {
              impl.add(state, ...next);
              held.push(next);
            } else if (held.length > 0) {
              impl.remove?.(state, ...(held[0] ?? []));
              held = held.slice(1);
            }
          }
        }),
      );
    });
  }
});

test('a long row of values is picked from by rank', () => {
  const impl = (builtinTable().find('median') as AggregateFunction).implement('float');
  const state = impl.init();
  for (let i = 0; i < 5000; i++) {
    impl.add(state, (i * 7919) % 5000);
    if (i >= 1001) impl.remove?.(state, ((i - 1001) * 7919) % 5000);
    if (i % 3 === 0) impl.result(state);
  }
  const last = Array.from({ length: 1001 }, (_, i) => ((3999 + i) * 7919) % 5000).sort((a, b) => a - b);
  expect(impl.result(state)).toBe(last[500]);
});
