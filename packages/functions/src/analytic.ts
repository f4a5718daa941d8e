/**
 * Analytic functions: computed once per event, before WHERE and windows; state per call and partition.
 * Values arrive and leave tagged. Source: behaviour spec, functions §5.
 */
import { asInt, deepEqual, describeValue, detachValue, type Kind, rowError, valueText } from '@kuiper/base';
import { type AnalyticFunction, analytic, type CallArgument, type FunctionDeclaration, t } from '@kuiper/sdk';
import { isNegativeIntLiteral, isNumericLiteral, isStringLiteral, isTimeLiteral } from './check-arguments.ts';
import { isNil } from './map-value.ts';

const group = 'analytic';

/** The kind of a value that is handed on: integers leave tagged. */
function handedOn(kind: Kind): Kind {
  return kind === 'float' || kind === 'string' || kind === 'bool' || kind === 'datetime' || kind === 'bytes'
    ? kind
    : 'any';
}

function isOtherLiteralThanBool(arg: CallArgument): boolean {
  return isNumericLiteral(arg) || isTimeLiteral(arg) || isStringLiteral(arg);
}

interface Lagged {
  /** 0 until the first event. */
  offset: number;
  default: unknown;
  /** A ring of the last `offset` values; `head` is the oldest once it is full. */
  values: unknown[];
  head: number;
}

const lag: AnalyticFunction = analytic({
  name: 'lag',
  group,
  args: [
    t.any('x'),
    t.int('offset', { optional: true }),
    t.any('default', { optional: true }),
    t.bool('ignoreNull', { optional: true }),
  ],
  check: (args) => {
    if (args.length < 1 || args.length > 4) return `expect one two or three args but got ${args.length}`;
    const [, offset, , ignoreNull] = args;
    if (offset !== undefined) {
      if (offset.literal !== 'int' && (offset.literal !== null || offset.isCondition)) {
        return 'Expect int type for parameter 2';
      }
      if (isNegativeIntLiteral(offset)) return 'the index should not be a nagtive integer';
    }
    return ignoreNull !== undefined && isOtherLiteralThanBool(ignoreNull) ? 'Expect bool type for parameter 4' : null;
  },
  returns: (kind, _offset, fallback) => (fallback === undefined || fallback === kind ? handedOn(kind) : 'any'),
  summary:
    'The value of x some events ago (offset, default 1), or the default before there are that many. Events whose ' +
    'value is null are not remembered, unless ignoreNull is false.',
  examples: [
    { call: 'lag(a)', rows: [{ a: 1n }, { a: 2n }, { a: null }, { a: 3n }], gives: ['null', '1', '2', '2'] },
    { call: 'lag(a, 2, 9)', rows: [{ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }], gives: ['9', '9', '1.0', '2.0'] },
    { call: 'lag(a, 1, 0, false)', rows: [{ a: 1n }, { a: null }, { a: 3n }], gives: ['0', '1', 'null'] },
    { call: 'lag(a, 0)', rows: [{ a: 1n }, { a: 2n }], gives: ['null', 'null'] },
    { call: 'lag(a, b)', rows: [], fails: 'Expect int type for parameter 2' },
    { call: 'lag(a, -1)', rows: [], fails: 'the index should not be a nagtive integer' },
  ],
  init: (): Lagged => ({ offset: -1, default: null, values: [], head: 0 }),
  next: (
    state: Lagged,
    valid,
    value: unknown,
    offset: unknown = 1,
    fallback: unknown = null,
    ignoreNull: unknown = true,
  ) => {
    if (typeof ignoreNull !== 'boolean') {
      return rowError(`The fourth arg is not a bool but got ${valueText(ignoreNull, 'any')}`);
    }
    if (state.offset < 0) {
      state.offset = lagOffset(offset);
      state.default = fallback;
    }
    if (state.offset === 0) return null;
    const full = state.values.length === state.offset;
    const result = full ? state.values[state.head] : state.default;
    if (valid && (!ignoreNull || !isNil(value))) {
      const kept = detachValue(value);
      if (!full) state.values.push(kept);
      else {
        state.values[state.head] = kept;
        state.head = (state.head + 1) % state.offset;
      }
    }
    return result;
  },
});

function lagOffset(value: unknown): number {
  const offset = typeof value === 'number' && Number.isSafeInteger(value) ? value : asInt(value, 'any', 'strict');
  if (offset === undefined) {
    return rowError(
      `error converting second arg ${valueText(value, 'any')} to int: cannot convert ${describeValue(value, 'any')} to int`,
    );
  }
  return offset < 0 ? rowError('the index should not be a nagtive integer') : Number(offset);
}

interface Latest {
  value: unknown;
}

const latest: AnalyticFunction = analytic({
  name: 'latest',
  group,
  args: [t.any('x'), t.any('default', { optional: true })],
  check: (args) => (args.length === 1 || args.length === 2 ? null : `expect one or two args but got ${args.length}`),
  returns: (kind, fallback) => (fallback === undefined || fallback === kind ? handedOn(kind) : 'any'),
  summary: 'The latest value of x that is not null, or the default while there is none.',
  examples: [
    { call: 'latest(a)', rows: [{ a: 5 }, { a: null }, { a: 7 }], gives: ['5.0', '5.0', '7.0'] },
    { call: 'latest(a, 0)', rows: [{}, { a: false }, {}], gives: ['0', 'false', 'false'] },
    { call: 'latest()', rows: [], fails: 'expect one or two args but got 0' },
  ],
  init: (): Latest => ({ value: null }),
  next: (state: Latest, valid, value: unknown, fallback: unknown = null) => {
    if (valid && !isNil(value) && value !== state.value) state.value = detachValue(value);
    return state.value ?? fallback;
  },
});

interface Stored {
  value: unknown;
}

const changedCol: AnalyticFunction = analytic({
  name: 'changed_col',
  group,
  args: [t.bool('ignoreNull'), t.any('x')],
  check: (args) => {
    if (args.length !== 2) return `Expect 2 arguments but found ${args.length}.`;
    return isOtherLiteralThanBool(args[0] as CallArgument) ? 'Expect boolean type for parameter 1' : null;
  },
  returns: (_ignoreNull, kind) => handedOn(kind),
  summary: 'The value of x when it differs from the one before, otherwise null. With ignoreNull, nulls are no change.',
  examples: [
    {
      call: 'changed_col(true, a)',
      rows: [{ a: 3 }, { a: 3 }, { a: null }, { a: 4 }],
      gives: ['3.0', 'null', 'null', '4.0'],
    },
    { call: 'changed_col(true, a)', rows: [{ a: 1 }, { a: 1n }, { a: '1' }], gives: ['1.0', '1', '"1"'] },
    { call: 'changed_col(false, a)', rows: [{ a: 3 }, { a: null }, { a: 3 }], gives: ['3.0', 'null', '3.0'] },
    { call: 'changed_col(b, a)', rows: [{ a: 3, b: 1 }], fails: 'first arg is not a bool but got 1' },
  ],
  init: (): Stored => ({ value: null }),
  next: (state: Stored, valid, ignoreNull: unknown, value: unknown) => {
    checkFirstBool(ignoreNull);
    if (!valid || (ignoreNull && isNil(value)) || deepEqual(value, 'any', state.value, 'any')) return null;
    state.value = detachValue(value);
    return value;
  },
});

function checkFirstBool(value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') rowError(`first arg is not a bool but got ${valueText(value, 'any')}`);
}

interface StoredValues {
  values: unknown[];
}

const hadChanged: AnalyticFunction = analytic({
  name: 'had_changed',
  group,
  args: [t.bool('ignoreNull'), t.rest(t.any('x'), 1)],
  check: (args) => {
    if (args.length < 2) return `expect more than one arg but got ${args.length}`;
    return isOtherLiteralThanBool(args[0] as CallArgument) ? 'Expect bool type for parameter 1' : null;
  },
  returns: 'bool',
  summary: 'True when any of the values differs from the event before. With ignoreNull, nulls are no change.',
  examples: [
    {
      call: 'had_changed(true, a)',
      rows: [{ a: 1 }, { a: 1 }, { a: null }, { a: 2 }],
      gives: ['true', 'false', 'false', 'true'],
    },
    { call: 'had_changed(false, a)', rows: [{ a: null }, { a: 1 }, {}], gives: ['false', 'true', 'true'] },
    {
      call: 'had_changed(true, a, b)',
      rows: [
        { a: 1, b: 1 },
        { a: 1, b: 2 },
      ],
      gives: ['true', 'true'],
    },
    { call: 'had_changed(true, *)', rows: [{ a: 1 }, { a: 1 }], gives: ['true', 'false'] },
  ],
  init: (): StoredValues => ({ values: [] }),
  next: (state: StoredValues, valid, ignoreNull: unknown, ...values: unknown[]) => {
    checkFirstBool(ignoreNull);
    if (!valid) return false;
    let changed = false;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? null;
      if ((ignoreNull && value === null) || deepEqual(value, 'any', state.values[i] ?? null, 'any')) continue;
      while (state.values.length < i) state.values.push(null);
      state.values[i] = detachValue(value);
      changed = true;
    }
    return changed;
  },
});

export const analyticFunctions: readonly FunctionDeclaration[] = [lag, latest, changedCol, hadChanged];
