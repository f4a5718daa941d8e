/** What may and may not stand in generated code, and who shares it. */
import type { Kind } from '@kuiper/base';
import { describe, expect, test } from 'vitest';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import type { RulePlan } from '../plan/plan-node.ts';
import { compilePlan } from './compile-plan.ts';
import { likePattern } from './operations.ts';
import { ProgramCache } from './program-cache.ts';
import type { RunEnvironment } from './program.ts';

const base = (
  type: Kind,
): { readonly type: Kind; readonly span: { start: number; end: number }; readonly text: string } => ({
  type,
  span: { start: 0, end: 0 },
  text: 'text of the user`);throw 1//',
});

function planOf(column: string, alias: string, constant: string, cacheKey = ''): RulePlan {
  const source = {
    index: 0,
    stream: 's',
    alias: 's',
    nodeName: 's',
    shared: false,
    role: 'stream',
    schemaless: true,
    columns: null,
    shownColumns: [],
    type: { k: 'map', fields: {}, rest: 'any' },
    metaKeys: [],
    splitNodes: [],
    strict: false,
    timestamp: null,
    retainSize: 1,
  } as const;
  const left: TypedExpr = { kind: 'column', source: 0, name: column, ...base('any') };
  const right: TypedExpr = { kind: 'literal', value: constant, ...base('string') };
  const equal: TypedExpr = { kind: 'binary', op: '=', left, right, ...base('bool') };
  return {
    root: {
      kind: 'project',
      name: '3_project',
      inputs: [
        {
          kind: 'filter',
          name: '2_filter',
          inputs: [{ kind: 'dataSource', name: 's', inputs: [], source }],
          condition: equal,
          index: null,
          hits: [],
        },
      ],
      aggregate: false,
      limit: null,
      sendMeta: false,
      sendNil: false,
      fields: [{ kind: 'alias', name: alias, expr: left, invisible: false, alias: 0, columns: null }],
    },
    sources: [source],
    aliases: [{ name: alias, expr: left }],
    analytics: [],
    aggregates: [],
    operators: ['2_filter', '3_project'],
    outputType: { k: 'map', fields: { [alias]: 'any' }, rest: null },
    outputFields: [alias],
    stateful: false,
    cacheKey,
  } as RulePlan;
}

function run(plan: RulePlan, row: Record<string, unknown>): unknown[] {
  const rows: unknown[] = [];
  const instance = compilePlan(plan).instantiate({
    counters: new Float64Array(8),
    sendError: true,
    onError: () => {},
    output: {
      emitRow: (made: unknown) => rows.push(made),
      emitRows: () => {},
      emitError: (text: string) => rows.push(text),
    },
  } as unknown as RunEnvironment);
  instance.inputs[0]?.row(row, 0, { meta: () => null }, 0);
  return rows;
}

describe('names of the user', () => {
  const names = [
    'a',
    'a b',
    '温度',
    'x"];throw 1;//',
    '`${1}`',
    '__proto__',
    'constructor',
    'toString',
    'then',
    '\u2028',
    '',
  ];
  test.each(names)('%j is a column and a key like any other', (name) => {
    const row = Object.defineProperty({}, name, { value: 'v', enumerable: true, configurable: true, writable: true });
    const [made] = run(planOf(name, name, 'v'), row) as [Record<string, unknown>];
    expect(Object.keys(made)).toEqual([name]);
    expect(Object.getOwnPropertyDescriptor(made, name)?.value).toBe('v');
    expect(run(planOf(name, name, 'v'), {})).toEqual([]);
  });

  test('no text of the user stands in the code', () => {
    const { code } = compilePlan(planOf('x"];throw 1;//', 'key of the user', 'constant of the user'));
    for (const text of ['throw 1', 'of the user']) expect(code).not.toContain(text);
  });
});

describe('sharing', () => {
  test('statements that differ in constants have one text', () => {
    expect(compilePlan(planOf('a', 'b', 'x')).code).toBe(compilePlan(planOf('a', 'b', 'y')).code);
  });

  test('plans with equal keys share a program, one per mode', () => {
    const cache = new ProgramCache();
    const first = cache.compile(planOf('a', 'b', 'x', 'one'));
    expect(cache.compile(planOf('a', 'b', 'x', 'one'))).toBe(first);
    expect(cache.compile(planOf('a', 'b', 'x', 'one'), 'interpreted')).not.toBe(first);
    expect(cache.compile(planOf('a', 'b', 'y', 'two'))).not.toBe(first);
  });

  test('the program unused for longest leaves a full cache', () => {
    const cache = new ProgramCache(2);
    const first = cache.compile(planOf('a', 'b', 'x', 'one'));
    cache.compile(planOf('a', 'b', 'x', 'two'));
    cache.compile(planOf('a', 'b', 'x', 'one'));
    cache.compile(planOf('a', 'b', 'x', 'three'));
    expect(cache.size).toBe(2);
    expect(cache.compile(planOf('a', 'b', 'x', 'one'))).toBe(first);
  });
});

describe('patterns of LIKE', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['a%', 'abc', true],
    ['a%', 'a\nb', false],
    ['a_c', 'a😀c', true],
    ['a.c', 'abc', false],
    ['(a|b)+', '(a|b)+', true],
    ['10\\%', '10\\%', true],
    ['10\\%', '10\\x', false],
    ['c:\\d', 'c:\\d', true],
    ['', '', true],
  ];
  test.each(cases)('%j on %j: %s', (pattern, text, matches) => {
    expect(likePattern(pattern).test(text)).toBe(matches);
  });
});
