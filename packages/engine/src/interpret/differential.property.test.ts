/**
 * Generated code and interpreter agree: random typed expressions over random rows give the same value, or fail with the
 * same text.
 */
import { type Kind, type RowType, tagValue } from '@kuiper/base';
import { scalar, t } from '@kuiper/sdk';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { caseKind, binaryKind, indexKind, pathKind, sliceKind } from '../analyze/expr-kind.ts';
import { compilePlan } from '../compile/compile-plan.ts';
import { counter, nodeCounters, type Program, type RunEnvironment } from '../compile/program.ts';
import type { RulePlan } from '../plan/plan-node.ts';

const type: RowType = {
  k: 'map',
  fields: {
    i: 'int',
    j: 'int',
    f: 'float',
    s: 'string',
    b: 'bool',
    l: { k: 'list', of: 'int' },
    m: { k: 'map', fields: { i: 'int', s: 'string' }, rest: null },
  },
  rest: 'any',
};
const span = { start: 0, end: 0 };
const base = (
  kind: Kind,
  text: string,
): { readonly type: Kind; readonly span: typeof span; readonly text: string } => ({ type: kind, span, text });

const ints = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(2 ** 53 - 1, -(2 ** 53 - 1), 2n ** 53n, -(2n ** 63n), 2n ** 63n - 1n, 3_037_000_500),
);
const floats = fc.oneof(
  fc.constantFrom(0, -0, 0.5, -2, 3, 1e21, 2 ** 53),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const texts = fc.constantFrom('', 'a', 'b', 'ab', 'é', '10', '%');

const literal: fc.Arbitrary<TypedExpr> = fc.oneof(
  ints.map((value): TypedExpr => ({ kind: 'literal', value, ...base('int', String(value)) })),
  floats.map((value): TypedExpr => ({ kind: 'literal', value, ...base('float', String(value)) })),
  texts.map((value): TypedExpr => ({ kind: 'literal', value, ...base('string', value) })),
  fc.boolean().map((value): TypedExpr => ({ kind: 'literal', value, ...base('bool', String(value)) })),
);
const names = ['i', 'j', 'f', 's', 'b', 'l', 'm', 'x', 'y', 'constructor', '__proto__', 'a b'];
const column: fc.Arbitrary<TypedExpr> = fc.constantFrom(...names).map(
  (name): TypedExpr => ({
    kind: 'column',
    source: 0,
    name,
    ...base(Object.hasOwn(type.fields, name) ? (type.fields[name] as Kind) : 'any', name),
  }),
);

const functions = [
  scalar({
    name: 'plus',
    group: 'test',
    args: [t.number('a'), t.number('b')],
    returns: 'any',
    onNull: 'null',
    summary: '',
    examples: [],
    eval: (a: unknown, b: unknown) => (typeof a === 'number' && typeof b === 'number' ? a + b : null),
  }),
  scalar({
    name: 'text',
    group: 'test',
    args: [t.rest(t.text('a'), 1)],
    returns: 'string',
    onNull: 'call',
    summary: '',
    examples: [],
    eval: (...args: unknown[]) => args.map(String).join('|'),
  }),
  scalar({
    name: 'fails',
    group: 'test',
    args: [t.any('a')],
    returns: 'bool',
    onNull: 'false',
    summary: '',
    examples: [],
    eval: (a: unknown) => {
      if (typeof a === 'string') throw new Error(`no ${a}`);
      return true;
    },
  }),
  scalar({
    name: 'zero',
    group: 'test',
    args: [t.float('a')],
    returns: 'int',
    onNull: 'zero',
    summary: '',
    examples: [],
    eval: () => 7,
  }),
];

const { tree: expression } = fc.letrec<{ tree: TypedExpr }>((tie) => {
  const e = tie('tree');
  const nullable = (x: fc.Arbitrary<TypedExpr>): fc.Arbitrary<TypedExpr | null> => fc.option(x, { nil: null });
  return {
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      column,
      literal,
      fc
        .tuple(
          fc.constantFrom('+', '-', '*', '/', '%', '&', '|', '^', '=', '!=', '<', '<=', '>', '>=', 'AND', 'OR'),
          e,
          e,
        )
        .map(
          ([op, left, right]): TypedExpr =>
            ({ kind: 'binary', op, left, right, ...base(binaryKind(op, left, right), 'binary') }) as TypedExpr,
        ),
      fc.tuple(e, e, e, fc.boolean()).map(
        ([value, low, high, negated]): TypedExpr => ({
          kind: 'between',
          value,
          low,
          high,
          negated,
          ...base('bool', 'between'),
        }),
      ),
      fc
        .tuple(e, fc.array(e, { minLength: 1, maxLength: 3 }), fc.boolean())
        .map(([value, among, negated]): TypedExpr => ({ kind: 'in', value, among, negated, ...base('bool', 'in') })),
      fc
        .tuple(e, fc.array(literal, { minLength: 1, maxLength: 3 }), fc.boolean())
        .map(([value, among, negated]): TypedExpr => ({ kind: 'in', value, among, negated, ...base('bool', 'in') })),
      fc
        .tuple(e, e, fc.boolean())
        .map(([value, among, negated]): TypedExpr => ({ kind: 'in', value, among, negated, ...base('bool', 'in') })),
      fc.tuple(e, fc.oneof(literal, e), fc.boolean()).map(
        ([value, pattern, negated]): TypedExpr => ({
          kind: 'like',
          value,
          pattern,
          negated,
          ...base('bool', 'like'),
        }),
      ),
      fc.tuple(nullable(e), fc.array(fc.record({ when: e, then: e }), { minLength: 1, maxLength: 2 }), nullable(e)).map(
        ([subject, whens, otherwise]): TypedExpr => ({
          kind: 'case',
          subject,
          whens,
          otherwise,
          ...base(
            caseKind(
              whens.map((w) => w.then),
              otherwise,
            ),
            'case',
          ),
        }),
      ),
      fc
        .tuple(e, e)
        .map(([list, index]): TypedExpr => ({ kind: 'index', list, index, ...base(indexKind(list.type), 'index') })),
      fc.tuple(e, nullable(e), nullable(e)).map(
        ([list, start, end]): TypedExpr => ({
          kind: 'slice',
          list,
          start,
          end,
          ...base(sliceKind(list.type, start, end), 'slice'),
        }),
      ),
      fc
        .tuple(e, fc.constantFrom('i', 's', 'k', '__proto__'))
        .map(
          ([object, name]): TypedExpr => ({ kind: 'path', object, name, ...base(pathKind(object.type, name), 'path') }),
        ),
      fc.tuple(fc.constantFrom(...functions), e, e).map(([fn, a, b]): TypedExpr => {
        const args = fn.args.length > 1 || fn.name === 'text' ? [a, b] : [a];
        return { kind: 'call', id: 1, fn, args, ...base(fn.returns as Kind, fn.name) };
      }),
      fc.constantFrom(0, 1).map(
        (alias): TypedExpr => ({
          kind: 'alias',
          alias,
          name: `x${alias}`,
          ...base(alias === 0 ? 'int' : 'any', 'alias'),
        }),
      ),
    ),
  };
});

const anything = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, false, 0, 2.5, 3n, -(2n ** 63n), 'a', '10'),
  fc.constant([1, 2n, null, 'a']),
  fc.constant([]),
  fc.constant({ k: 1, i: 2n, s: 'x' }),
  fc.constant({}),
);
const nil = fc.constantFrom(null, undefined);
const row = fc
  .record({
    i: fc.oneof(ints, nil),
    j: fc.oneof(ints, nil),
    f: fc.oneof(floats, nil),
    s: fc.oneof(texts, nil),
    b: fc.oneof(fc.boolean(), nil),
    l: fc.oneof(fc.array(fc.oneof(ints, fc.constant(null)), { maxLength: 3 }), nil),
    m: fc.oneof(fc.constant({ i: 5, s: 'q' }), nil),
    x: anything,
    y: anything,
    constructor: anything,
    'a b': anything,
  })
  .map(
    (record) =>
      Object.defineProperty({ ...record }, '__proto__', {
        value: record.x,
        enumerable: true,
        configurable: true,
        writable: true,
      }) as Record<string, unknown>,
  );

function plan(condition: TypedExpr | null, value: TypedExpr): RulePlan {
  const source = {
    index: 0,
    stream: 's',
    alias: 's',
    nodeName: 's',
    shared: false,
    role: 'stream',
    schemaless: false,
    columns: null,
    shownColumns: [],
    type,
    metaKeys: [],
    splitNodes: [],
    strict: false,
    timestamp: null,
    retainSize: 1,
  } as const;
  const leaf = { kind: 'dataSource', name: 's', inputs: [], source } as const;
  const filter =
    condition === null
      ? leaf
      : ({ kind: 'filter', name: '2_filter', inputs: [leaf], condition, index: null, hits: [] } as const);
  return {
    root: {
      kind: 'project',
      name: '3_project',
      inputs: [filter],
      aggregate: false,
      limit: null,
      sendMeta: false,
      sendNil: true,
      fields: [{ kind: 'alias', name: 'r', expr: value, invisible: false, alias: 2, columns: null }],
    },
    sources: [source],
    aliases: [
      {
        name: 'x0',
        expr: {
          kind: 'binary',
          op: '+',
          left: { kind: 'column', source: 0, name: 'i', ...base('int', 'i') },
          right: { kind: 'literal', value: 1, ...base('int', '1') },
          ...base('int', 'x0'),
        },
      },
      {
        name: 'x1',
        expr: {
          kind: 'binary',
          op: '/',
          left: { kind: 'column', source: 0, name: 'x', ...base('any', 'x') },
          right: { kind: 'column', source: 0, name: 'y', ...base('any', 'y') },
          ...base('any', 'x1'),
        },
      },
      { name: 'r', expr: value },
    ],
    analytics: [],
    aggregates: [],
    operators: ['2_filter', '3_project'],
    outputType: { k: 'map', fields: { r: value.type }, rest: null },
    outputFields: ['r'],
    stateful: false,
    cacheKey: '',
  } as RulePlan;
}

/** The tagged result, or the error's text, with the counters. */
function outcome(p: RulePlan, mode: Program['mode'], rows: readonly Record<string, unknown>[]): unknown {
  const seen: unknown[] = [];
  const counters = new Float64Array(p.operators.length * nodeCounters);
  const instance = compilePlan(p, mode).instantiate({
    counters,
    sendError: true,
    onError: (operator: number) => {
      const at = operator * nodeCounters + counter.exceptions;
      counters[at] = (counters[at] as number) + 1;
    },
    output: {
      emitRow: (r: Record<string, unknown>) =>
        seen.push(['value', tagValue(r.r, p.outputType.fields.r as Kind) ?? null]),
      emitRows: () => {},
      emitError: (text: string) => seen.push(['error', text]),
    },
  } as unknown as RunEnvironment);
  rows.forEach((r, i) => instance.inputs[0]?.row(r, 0, { meta: () => null }, i));
  return { seen, counters: [...counters] };
}

test('a projected expression gives the same value or error', () => {
  fc.assert(
    fc.property(expression, fc.array(row, { minLength: 1, maxLength: 4 }), (e, rows) => {
      const p = plan(null, e);
      expect(outcome(p, 'compiled', rows)).toStrictEqual(outcome(p, 'interpreted', rows));
    }),
    { numRuns: 3000 },
  );
});

test('a condition keeps, drops or refuses the same rows, and aliases are shared with the select list', () => {
  fc.assert(
    fc.property(expression, expression, fc.array(row, { minLength: 1, maxLength: 3 }), (condition, e, rows) => {
      const p = plan(condition, e);
      expect(outcome(p, 'compiled', rows)).toStrictEqual(outcome(p, 'interpreted', rows));
    }),
    { numRuns: 1500 },
  );
});
