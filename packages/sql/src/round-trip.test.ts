/** Print → parse gives the same tree, for random trees of every kind of node. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  BinaryOp,
  CallOver,
  ColumnDef,
  DataType,
  Expr,
  Join,
  SelectItem,
  SelectStatement,
  SortItem,
  SourceRef,
  Statement,
  StreamOptions,
  TimeUnit,
  Window,
  WindowOver,
} from './ast.ts';
import { parseExpression, parseStatement } from './parse.ts';
import { printExpression } from './print-expression.ts';
import { printStatement } from './print-statement.ts';
import { windowTypeOf } from './window-names.ts';

const span = { start: 0, end: 0 };

const name = fc.oneof(
  fc.constantFrom('a', 'b', 'temperature', 'x_1', 'select', 'Over', 'a b', 'a.b', '温度', '', '1x', '/t/#'),
  fc.string({ maxLength: 6 }).filter((text) => !/[`\0]/.test(text)),
);
const reservedCalls = /^(meta|mqtt|dedup_trigger)$/i;
const callName = name.filter((text) => windowTypeOf(text) === undefined && !reservedCalls.test(text));
const qualifier = fc.option(name, { nil: null });

const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((exact) => {
  const approximate = Number(exact);
  return Number.isSafeInteger(approximate) ? approximate : exact;
});
const float = fc.double({ noNaN: true, noDefaultInfinity: true });
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const units: readonly TimeUnit[] = ['dd', 'hh', 'mi', 'ss', 'ms'];
const unit = fc.constantFrom(...units);
const binaryOps: readonly BinaryOp[] = [
  ...(['+', '-', '*', '/', '%', '&', '|', '^', '=', '!='] as const),
  ...(['<', '<=', '>', '>=', 'AND', 'OR'] as const),
];
const conditionOps: readonly BinaryOp[] = ['=', '!=', '<', '<=', '>', '>=', 'AND', 'OR'];

const column: fc.Arbitrary<Expr> = fc.record({
  kind: fc.constant('column' as const),
  qualifier,
  name,
  span: fc.constant(span),
});

const leaf: fc.Arbitrary<Expr> = fc.oneof(
  int.map((value): Expr => ({ kind: 'int', value: value === 0 ? 0 : value, span })),
  float.map((value): Expr => ({ kind: 'float', value, span })),
  text.map((value): Expr => ({ kind: 'string', value, span })),
  fc.boolean().map((value): Expr => ({ kind: 'bool', value, span })),
  unit.map((value): Expr => ({ kind: 'timeUnit', unit: value, span })),
  name.map((value): Expr => ({ kind: 'wildcard', qualifier: value, except: [], replace: [], span })),
  column,
);

const { expr } = fc.letrec<{ expr: Expr }>((tie) => {
  const any = tie('expr');
  const list = fc.array(any, { minLength: 1, maxLength: 3 });
  const optional = fc.option(any, { nil: null });
  const negated = fc.boolean();
  const binary = (ops: readonly BinaryOp[]): fc.Arbitrary<Expr> =>
    fc
      .tuple(fc.constantFrom(...ops), any, any)
      .map(([op, left, right]): Expr => ({ kind: 'binary', op, left, right, span }));
  const branches = (when: fc.Arbitrary<Expr>) =>
    fc.array(fc.record({ when, result: any, span: fc.constant(span) }), { minLength: 1, maxLength: 2 });
  const sortItem: fc.Arbitrary<SortItem> = fc.record({
    expr: column,
    descending: fc.boolean(),
    span: fc.constant(span),
  });
  const over: fc.Arbitrary<CallOver> = fc
    .record({
      partitionBy: fc.array(any, { maxLength: 2 }),
      orderBy: fc.array(sortItem, { maxLength: 2 }),
      when: optional,
      span: fc.constant(span),
    })
    .filter((value) => value.partitionBy.length + value.orderBy.length > 0 || value.when !== null);
  const metaKey: fc.Arbitrary<Expr> = fc
    .tuple(qualifier, name, fc.array(name, { maxLength: 2 }))
    .map(([stream, key, path]) => {
      const first: Expr = { kind: 'metaKey', qualifier: stream, name: key, span };
      return path.reduce<Expr>((object, step) => ({ kind: 'path', object, name: step, span }), first);
    });
  return {
    expr: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      binary(binaryOps),
      any.map((inner): Expr => ({ kind: 'paren', expr: inner, span })),
      fc
        .tuple(any, any, any, negated)
        .map(([value, low, high, not]): Expr => ({ kind: 'between', value, low, high, negated: not, span })),
      fc
        .tuple(any, list, negated)
        .map(([value, items, not]): Expr => ({ kind: 'inList', value, items, negated: not, span })),
      fc
        .tuple(any, column, negated)
        .map(([value, source, not]): Expr => ({ kind: 'inExpr', value, source, negated: not, span })),
      fc
        .tuple(any, any, negated)
        .map(([value, pattern, not]): Expr => ({ kind: 'like', value, pattern, negated: not, span })),
      fc
        .tuple(any, branches(any), optional)
        .map(([subject, cases, otherwise]): Expr => ({ kind: 'case', subject, branches: cases, otherwise, span })),
      fc
        .tuple(branches(binary(conditionOps)), optional)
        .map(([cases, otherwise]): Expr => ({ kind: 'case', subject: null, branches: cases, otherwise, span })),
      fc.tuple(any, any).map(([object, index]): Expr => ({ kind: 'index', object, index, span })),
      fc
        .tuple(any, optional, optional)
        .map(([object, start, end]): Expr => ({ kind: 'slice', object, start, end, span })),
      fc.tuple(any, name).map(([object, key]): Expr => ({ kind: 'path', object, name: key, span })),
      fc
        .tuple(any, text)
        .map(
          ([object, key]): Expr => ({ kind: 'invalidPath', object, key: { kind: 'string', value: key, span }, span }),
        ),
      fc
        .tuple(callName, fc.array(any, { maxLength: 3 }), fc.option(over, { nil: null }))
        .map(([called, args, tail]): Expr => ({ kind: 'call', name: called, args, over: tail, span })),
      metaKey.map((key): Expr => ({ kind: 'call', name: 'meta', args: [key], over: null, span })),
      fc
        .tuple(fc.array(name, { maxLength: 2 }), fc.array(fc.tuple(any, qualifier), { maxLength: 2 }))
        .map(([except, replaced]): Expr => {
          const replace = replaced.map(([inner, as]) => ({ expr: inner, name: as, span }));
          return { kind: 'wildcard', qualifier: null, except, replace, span };
        }),
    ),
  };
});

const optionalExpr = fc.option(expr, { nil: null });
const count = fc.integer({ min: 1, max: 100_000 });
const windowOver: fc.Arbitrary<WindowOver | null> = fc.option(
  fc.record({ when: optionalExpr, partitionBy: fc.array(expr, { maxLength: 2 }), span: fc.constant(span) }),
  { nil: null },
);

const window: fc.Arbitrary<Window> = fc
  .tuple(fc.tuple(unit, count, count, fc.option(count, { nil: null })), expr, optionalExpr, windowOver, fc.nat(5))
  .map(([[timeUnit, length, second, third], begin, filter, over, which]): Window => {
    const base = { kind: 'window', filter, over, span } as const;
    const windows: readonly Window[] = [
      { ...base, type: 'tumbling', unit: timeUnit, length },
      { ...base, type: 'hopping', unit: timeUnit, length, hop: second },
      { ...base, type: 'sliding', unit: timeUnit, length, delay: third },
      { ...base, type: 'session', unit: timeUnit, maxDuration: length, timeout: second },
      { ...base, type: 'count', count: length + second, step: third === null ? null : Math.min(third, length) },
      { ...base, type: 'state', begin, emit: filter },
    ];
    return windows[which] as Window;
  });

const source: fc.Arbitrary<SourceRef> = fc.record({ name, alias: qualifier, span: fc.constant(span) });

const select: fc.Arbitrary<SelectStatement> = fc.record({
  kind: fc.constant('select' as const),
  items: fc.array(
    fc
      .record({ expr, alias: qualifier, invisible: fc.boolean(), span: fc.constant(span) })
      .map((item): SelectItem => (item.expr.kind === 'wildcard' ? { ...item, alias: null } : item)),
    { minLength: 1, maxLength: 3 },
  ),
  from: source,
  joins: fc.array(
    fc
      .record({
        type: fc.constantFrom('inner' as const, 'left' as const, 'right' as const, 'full' as const, 'cross' as const),
        source,
        on: optionalExpr,
        span: fc.constant(span),
      })
      .map((join): Join => (join.type === 'cross' ? { ...join, on: null } : join)),
    { maxLength: 2 },
  ),
  where: optionalExpr,
  groupBy: fc.array(fc.oneof(expr, window), { maxLength: 2 }),
  having: optionalExpr,
  orderBy: fc.array(fc.record({ expr: column, descending: fc.boolean(), span: fc.constant(span) }), { maxLength: 2 }),
  limit: fc.option(fc.integer(), { nil: null }),
  span: fc.constant(span),
});

const scalarColumn: fc.Arbitrary<Pick<ColumnDef, 'type' | 'defaultValue'>> = fc.oneof(
  fc.option(int, { nil: null }).map((value) => ({ type: { kind: 'bigint' as const, span }, defaultValue: value })),
  fc.option(float, { nil: null }).map((value) => ({ type: { kind: 'float' as const, span }, defaultValue: value })),
  fc.option(text, { nil: null }).map((value) => ({ type: { kind: 'string' as const, span }, defaultValue: value })),
  fc
    .option(fc.boolean(), { nil: null })
    .map((value) => ({ type: { kind: 'boolean' as const, span }, defaultValue: value })),
  fc.constant({ type: { kind: 'bytea' as const, span }, defaultValue: null }),
  fc.constant({ type: { kind: 'datetime' as const, span }, defaultValue: null }),
);

const { columnDef } = fc.letrec<{ columnDef: ColumnDef; dataType: DataType }>((tie) => ({
  dataType: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalarColumn.map(({ type }) => type),
    tie('dataType').map((element): DataType => ({ kind: 'array', element, span })),
    fc
      .array(tie('columnDef'), { minLength: 1, maxLength: 2 })
      .map((fields): DataType => ({ kind: 'struct', fields, span })),
  ),
  columnDef: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(name, scalarColumn).map(([column, rest]): ColumnDef => ({ name: column, ...rest, span })),
    fc
      .tuple(name, tie('dataType'))
      .map(([column, type]): ColumnDef => ({ name: column, type, defaultValue: null, span })),
  ),
}));

const options: fc.Arbitrary<StreamOptions> = fc.record(
  {
    datasource: text,
    key: text,
    format: fc.constantFrom('json', 'DELIMITED', ''),
    confKey: text,
    type: text,
    strictValidation: fc.boolean(),
    timestamp: text,
    timestampFormat: text,
    shared: fc.boolean(),
    schemaid: text,
    version: text.map((value) => value.toLowerCase()),
    extra: fc.json(),
    temp: fc.boolean(),
    retainSize: fc.nat(),
    kind: fc.constantFrom('', 'scan', 'lookup'),
    delimiter: text,
  },
  { requiredKeys: [] },
);

const target = fc.constantFrom('stream' as const, 'table' as const);
const streamStatement: fc.Arbitrary<Statement> = fc.oneof(
  fc.record({
    kind: fc.constant('create' as const),
    target,
    name,
    columns: fc.array(columnDef, { maxLength: 3 }),
    options,
    span: fc.constant(span),
  }),
  fc.record({ kind: fc.constant('show' as const), target, span: fc.constant(span) }),
  fc.record({
    kind: fc.constantFrom('describe' as const, 'explain' as const, 'drop' as const),
    target,
    name,
    span: fc.constant(span),
  }),
);

/** The tree without places; with `looseParens` also without the parentheses that the printer may have had to add. */
function bare(node: unknown, looseParens: boolean): unknown {
  if (Array.isArray(node)) return node.map((item) => bare(item, looseParens));
  if (typeof node !== 'object' || node === null) return node;
  const record = node as Record<string, unknown>;
  if (looseParens && record['kind'] === 'paren') return bare(record['expr'], looseParens);
  const entries = Object.entries(record).filter(([key]) => key !== 'span');
  return Object.fromEntries(entries.map(([key, value]) => [key, bare(value, looseParens)]));
}

describe('print then parse', () => {
  test('gives the same expression, added parentheses aside', () => {
    fc.assert(
      fc.property(expr, (tree) => {
        const parsed = parseExpression(printExpression(tree));
        expect(bare(parsed, true)).toEqual(bare(tree, true));
      }),
      { numRuns: 2000 },
    );
  });

  test('gives exactly the same expression once it came from text', () => {
    fc.assert(
      fc.property(expr, (tree) => {
        const parsed = parseExpression(printExpression(tree));
        expect(bare(parseExpression(printExpression(parsed)), false)).toEqual(bare(parsed, false));
      }),
      { numRuns: 500 },
    );
  });

  test('gives the same SELECT', () => {
    fc.assert(
      fc.property(select, (tree) => {
        expect(bare(parseStatement(printStatement(tree)), true)).toEqual(bare(tree, true));
      }),
      { numRuns: 1000 },
    );
  });

  test('gives the same stream statement', () => {
    fc.assert(
      fc.property(streamStatement, (tree) => {
        expect(bare(parseStatement(printStatement(tree)), false)).toEqual(bare(tree, false));
      }),
      { numRuns: 1000 },
    );
  });
});
