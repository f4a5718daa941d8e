/** States joined by `combine` and `merge` against one state that has seen all values in order. */
import { errorText, type Kind } from '@kuiper/base';
import type { AggregateFunction, Aggregation } from '@kuiper/sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aggregateFunctions } from './aggregate-functions.ts';

const byName = (name: string): AggregateFunction =>
  aggregateFunctions.find((fn) => fn.name === name) as AggregateFunction;

const nil = fc.constantFrom(null, undefined);
const float = fc.oneof(
  fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e9, max: 1e9 }),
  fc.integer({ min: -50, max: 50 }),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
);
const int = fc.oneof(fc.integer({ min: -1000, max: 1000 }).map(BigInt), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
const valuesByKind: readonly (readonly [kind: Kind, value: fc.Arbitrary<unknown>])[] = [
  ['float', fc.oneof({ weight: 9, arbitrary: float }, nil, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY))],
  ['any', fc.oneof({ weight: 30, arbitrary: float }, nil)],
  ['any', fc.oneof({ weight: 30, arbitrary: int }, nil)],
  ['any', fc.oneof({ weight: 30, arbitrary: fc.string() }, nil)],
  ['any', fc.oneof(float, int, fc.string(), fc.boolean(), nil, fc.constant(Number.NaN))],
];

function stateOf(impl: Aggregation, values: readonly unknown[]): unknown {
  const state = impl.init();
  for (const value of values) impl.add(state, value);
  return state;
}

function outcome(impl: Aggregation, state: unknown): unknown {
  try {
    return impl.result(state);
  } catch (error) {
    return `fails: ${errorText(error)}`;
  }
}

const epsilon = Number.EPSILON;

/** The error that rounding may leave in the result of so many values of that size. */
function allowed(name: string, values: readonly unknown[]): number {
  const isExact = (value: unknown): boolean => typeof value === 'bigint' && !/^(stddev|var)/.test(name);
  const floats = values.filter((value) => typeof value === 'number' || typeof value === 'bigint');
  const largest = Math.max(0, ...floats.map((value) => Math.abs(Number(value))));
  const share = floats.some(isExact) ? 0 : 4 * epsilon * floats.length * largest;
  switch (name) {
    case 'sum':
      return share * floats.length;
    case 'avg':
      return share;
    case 'stddev':
    case 'stddevs':
      return 8 * share;
    case 'var':
    case 'vars':
      return 16 * share * largest;
    default:
      return 0;
  }
}

function expectClose(found: unknown, whole: unknown, tolerance: number): void {
  if (typeof found === 'number' && typeof whole === 'number' && !Object.is(found, whole) && tolerance > 0) {
    expect(Math.abs(found - whole)).toBeLessThanOrEqual(tolerance);
  } else expect(found).toEqual(whole);
}

describe.each(['sum', 'avg', 'min', 'max', 'stddev', 'stddevs', 'var', 'vars'])('%s', (name) => {
  test.each(valuesByKind)('combines to what adding gives, values of kind %s', (kind, value) => {
    const impl = byName(name).implement(kind);
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 12 }), { maxLength: 6 }), (blocks) => {
        const all = blocks.flat();
        const state = impl.init();
        for (const block of blocks) {
          const other = stateOf(impl, block);
          const copy = structuredClone(other);
          const before = structuredClone(state);
          if (impl.combine === undefined) {
            impl.merge?.(state, other);
          } else if (!impl.combine(state, other)) {
            expect(state).toEqual(before);
            return;
          }
          expect(other).toEqual(copy);
        }
        expectClose(outcome(impl, state), outcome(impl, stateOf(impl, all)), allowed(name, all));
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

test.each(['sum', 'avg', 'min', 'max', 'stddev', 'var'])('%s combines values of one kind without help', (name) => {
  for (const [kind, values] of [
    ['float', [1.5, 2, 3]],
    ['any', [1.5, 2, 3]],
    ['any', [1n, 2n, null]],
  ] as const) {
    const impl = byName(name).implement(kind);
    const [left, right] = [stateOf(impl, values.slice(0, 1)), stateOf(impl, values.slice(1))];
    const joined = impl.combine?.(left, right) ?? (impl.merge?.(left, right), true);
    expect(joined).toBe(true);
    expectClose(outcome(impl, left), outcome(impl, stateOf(impl, values)), 1e-15);
  }
});

test.each([true, false])('deduplicate combines to what adding gives, all: %s', (all) => {
  const impl = byName('deduplicate').implement('any', 'any', 'bool');
  const added = (state: unknown, keys: readonly unknown[], from: number): unknown => {
    keys.forEach((key, i) => impl.add(state, { key, row: from + i }, key, all));
    return state;
  };
  const keys = fc.array(fc.constantFrom<unknown>(1, '1', 2, null, 'toString'), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(keys, { maxLength: 5 }), (blocks) => {
      const state = impl.init();
      let rows = 0;
      for (const block of blocks) {
        expect(impl.combine?.(state, added(impl.init(), block, rows))).toBe(true);
        rows += block.length;
      }
      expect(impl.result(state)).toEqual(impl.result(added(impl.init(), blocks.flat(), 0)));
    }),
  );
});
