import { aggregate, scalar, t } from '@kuiper/sdk';
import { expect, test } from 'vitest';
import { checkExamples } from './run-examples.ts';

const twice = { name: 'twice', group: 'test', args: [t.number('x')], summary: 'Twice x.' };

test('an integer is not the float of its value', async () => {
  const wrong = scalar({
    ...twice,
    returns: 'float',
    onNull: 'null',
    examples: [{ call: 'twice(2)', gives: '4' }],
    eval: (x: number) => x * 2,
  });
  expect(await checkExamples(wrong)).toEqual(['twice(2): gives 4 (tagged)', 'twice(2): gives 4 (typed)']);
});

test('a result must be represented as its kind says', async () => {
  const wrong = scalar({
    ...twice,
    returns: 'int',
    onNull: 'null',
    examples: [{ call: 'twice(2)', gives: '4' }],
    eval: (x: number) => x * 2.25,
  });
  expect((await checkExamples(wrong))[0]).toContain('does not fit its kind "int"');
});

test('a failure must be the one that is announced', async () => {
  const failing = scalar({
    ...twice,
    returns: 'float',
    onNull: 'null',
    examples: [
      { call: 'twice("x")', fails: 'no' },
      { call: 'twice(2)', fails: 'no' },
      { call: 'other(2)', gives: '1' },
    ],
    eval: (x: number) => x,
  });
  expect(await checkExamples(failing)).toEqual([
    'twice("x"): fails with Expect number - float or int type for parameter 1',
    'twice(2): does not fail (tagged)',
    'twice(2): does not fail (typed)',
    'other(2): calls another function',
  ]);
});

test('an aggregate must merge to the same result', async () => {
  const forgetful = aggregate({
    ...twice,
    examples: [{ call: 'twice(a)', rows: [{ a: 1n }, { a: 2n }], gives: '3' }],
    implement: () => ({
      returns: 'any',
      init: () => ({ total: 0n }),
      add: (state: { total: bigint }, value: number | bigint) => {
        state.total += BigInt(value);
      },
      merge: () => {},
      result: (state: { total: bigint }) => state.total,
    }),
  });
  const problems = await checkExamples(forgetful);
  expect(problems.some((problem) => problem.includes('merged at 1'))).toBe(true);
});
