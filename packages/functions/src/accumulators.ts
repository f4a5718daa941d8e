/**
 * Accumulators over the life of a rule. With `begin` and `reset` they start when begin is true and stop after the
 * event for which reset is true; the value is cleared on the event after that. Source: behaviour spec, functions §5.1.
 */
import { rowError } from '@kuiper/base';
import {
  type AnalyticFunction,
  analytic,
  type Argument,
  type CallArgument,
  type FunctionDeclaration,
  t,
} from '@kuiper/sdk';

const group = 'analytic';

const accumulatorArguments: readonly Argument[] = [
  t.any('x'),
  t.any('begin', { optional: true }),
  t.any('reset', { optional: true }),
];

function checkAccumulator(args: readonly CallArgument[]): string | null {
  return args.length === 1 || args.length === 3 ? null : `Expect 1/3 arguments but found ${args.length}.`;
}

interface Accumulator {
  started: boolean;
  /** Events that counted. */
  count: number;
  value: number;
}

const fresh = (): Accumulator => ({ started: false, count: 0, value: 0 });

/** Steps 1 and 2 of an event. @returns true when the event is to be accumulated, should WHEN agree */
function begin(state: Accumulator, onBegin: unknown, onReset: unknown): boolean {
  if (onBegin === undefined) return true;
  if (!state.started) {
    state.count = 0;
    state.value = 0;
  }
  if (typeof onBegin !== 'boolean') return rowError('onBegin should be boolean');
  if (typeof onReset !== 'boolean') return rowError('onReset should be boolean');
  if (onBegin) state.started = true;
  return state.started;
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : rowError('the value should be number');
}

const threeArguments = [{ a: 1 }, { a: 2 }, { a: 1 }, { a: 3 }, { a: -1 }, { a: 1 }].map(({ a }) => ({
  a,
  on: a > 1,
  off: a < 0,
}));

const accSum: AnalyticFunction = analytic({
  name: 'acc_sum',
  group,
  args: accumulatorArguments,
  check: checkAccumulator,
  returns: 'float',
  summary: 'The sum of x so far, as a float. Nulls are skipped.',
  examples: [
    { call: 'acc_sum(a)', rows: [{ a: 3n }, { a: null }, { a: 1.5 }], gives: ['3.0', '3.0', '4.5'] },
    { call: 'acc_sum(a, on, off)', rows: threeArguments, gives: ['0.0', '2.0', '3.0', '6.0', '5.0', '0.0'] },
    { call: 'acc_sum(a)', rows: [{ a: 'x' }], fails: 'the value should be number' },
    { call: 'acc_sum(a, b)', rows: [], fails: 'Expect 1/3 arguments but found 2.' },
  ],
  init: fresh,
  next: (state: Accumulator, valid, value: unknown, onBegin?: unknown, onReset?: unknown) => {
    if (begin(state, onBegin, onReset) && valid && value !== null && value !== undefined)
      state.value += numberOf(value);
    if (onReset === true) state.started = false;
    return state.value;
  },
});

const accCount: AnalyticFunction = analytic({
  name: 'acc_count',
  group,
  args: accumulatorArguments,
  check: checkAccumulator,
  returns: 'int',
  summary: 'The number of values of x so far that are not null.',
  examples: [
    { call: 'acc_count(a)', rows: [{ a: 3 }, { a: null }, { a: 'x' }], gives: ['1', '1', '2'] },
    { call: 'acc_count(a, on, off)', rows: threeArguments, gives: ['0', '1', '2', '3', '4', '0'] },
    { call: 'acc_count(a, b, c)', rows: [{ a: 1, b: 1, c: true }], fails: 'onBegin should be boolean' },
    { call: 'acc_count(a, b, c)', rows: [{ a: 1, b: true, c: 'no' }], fails: 'onReset should be boolean' },
  ],
  init: fresh,
  next: (state: Accumulator, valid, value: unknown, onBegin?: unknown, onReset?: unknown) => {
    if (begin(state, onBegin, onReset) && valid && value !== null && value !== undefined) state.count++;
    if (onReset === true) state.started = false;
    return state.count;
  },
});

const accAvg: AnalyticFunction = analytic({
  name: 'acc_avg',
  group,
  args: accumulatorArguments,
  check: checkAccumulator,
  returns: 'float',
  summary: 'The mean of x so far, as a float; 0 before the first value. Null is an error.',
  examples: [
    { call: 'acc_avg(a)', rows: [{ a: 1 }, { a: 2 }, { a: 3 }], gives: ['1.0', '1.5', '2.0'] },
    { call: 'acc_avg(a)', rows: [{ a: null }], fails: 'the value should be number' },
  ],
  init: fresh,
  next: (state: Accumulator, valid, value: unknown, onBegin?: unknown, onReset?: unknown) => {
    if (begin(state, onBegin, onReset) && valid) {
      state.value += numberOf(value);
      state.count++;
    }
    if (onReset === true) state.started = false;
    return state.count === 0 ? 0 : state.value / state.count;
  },
});

const accMax: AnalyticFunction = analytic({
  name: 'acc_max',
  group,
  args: accumulatorArguments,
  check: checkAccumulator,
  returns: 'float',
  summary: 'The largest x so far, as a float; 0 before the first value. Null is an error.',
  examples: [
    { call: 'acc_max(a)', rows: [{ a: -3 }, { a: -1n }, { a: -8 }], gives: ['-3.0', '-1.0', '-1.0'] },
    { call: 'acc_max(a, on, off)', rows: threeArguments, gives: ['0.0', '2.0', '2.0', '3.0', '3.0', '0.0'] },
    { call: 'acc_max(a)', rows: [{ a: '1' }], fails: 'the value should be number' },
  ],
  init: fresh,
  next: (state: Accumulator, valid, value: unknown, onBegin?: unknown, onReset?: unknown) => {
    if (begin(state, onBegin, onReset) && valid) {
      const number = numberOf(value);
      if (state.count++ === 0 || number > state.value) state.value = number;
    }
    if (onReset === true) state.started = false;
    return state.value;
  },
});

const accMin: AnalyticFunction = analytic({
  name: 'acc_min',
  group,
  args: accumulatorArguments,
  check: checkAccumulator,
  returns: 'float',
  summary: 'The smallest x so far, as a float; 0 before the first value. Null is an error.',
  examples: [
    { call: 'acc_min(a)', rows: [{ a: 3 }, { a: 1 }, { a: 8 }], gives: ['3.0', '1.0', '1.0'] },
    { call: 'acc_min(a)', rows: [{}], fails: 'the value should be number' },
  ],
  init: fresh,
  next: (state: Accumulator, valid, value: unknown, onBegin?: unknown, onReset?: unknown) => {
    if (begin(state, onBegin, onReset) && valid) {
      const number = numberOf(value);
      if (state.count++ === 0 || number < state.value) state.value = number;
    }
    if (onReset === true) state.started = false;
    return state.value;
  },
});

export const accumulatorFunctions: readonly FunctionDeclaration[] = [accSum, accCount, accAvg, accMax, accMin];
