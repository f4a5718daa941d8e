/** Metadata of a message: asked for only by rules that use it, kept through windows. */
import { describe, expect, test } from 'vitest';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

const catalog = catalogOf(['CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")']);

const cases: readonly (readonly [string, string, object, unknown])[] = [
  ['a key', 'SELECT meta(topic) AS t FROM s', { topic: 'x' }, [[{ t: 'x' }]]],
  ['a missing key', 'SELECT meta(topic) AS t, a FROM s', {}, [[{ a: 1 }]]],
  ['all keys', 'SELECT meta(*) AS m FROM s', { topic: 'x', qos: 1 }, [[{ m: { topic: 'x', qos: 1 } }]]],
  ['a name of every object', 'SELECT meta(constructor) AS t, a FROM s', {}, [[{ a: 1 }]]],
  ['in WHERE', 'SELECT a FROM s WHERE meta(topic) = "y"', { topic: 'x' }, []],
  ['of the rows of a window', 'SELECT meta(topic) AS t FROM s GROUP BY COUNTWINDOW(1)', { topic: 'x' }, [[{ t: 'x' }]]],
  [
    'of the first row of a group',
    'SELECT meta(topic) AS t, count(*) AS c FROM s GROUP BY COUNTWINDOW(1)',
    { topic: 'x' },
    [[{ t: 'x', c: 1 }]],
  ],
];

describe.each(['compiled', 'interpreted'] as const)('%s', (mode) => {
  test.each(cases)('%s', (_name, sql, meta, messages) => {
    const run = new TestRun({ plan: planStatement(sql, catalog), mode });
    run.instance.inputs[0]?.row({ a: 1 }, 0, { meta: () => meta as Record<string, unknown> }, 0);
    expect(run.messages).toEqual(messages);
  });

  test('there may be none at all', () => {
    const run = new TestRun({ plan: planStatement('SELECT meta(*) AS m, meta(topic) AS t FROM s', catalog), mode });
    run.instance.inputs[0]?.row({ a: 1 }, 0, { meta: () => null }, 0);
    expect(run.messages).toEqual([[{ m: {} }]]);
  });

  test('all of it goes to the sink where the rule asks for that', () => {
    const plan = planStatement('SELECT a FROM s', catalog, { sendMetaToSink: true });
    const run = new TestRun({ plan, mode });
    run.instance.inputs[0]?.row({ a: 1 }, 0, { meta: () => ({ topic: 'x' }) }, 0);
    expect(run.messages).toEqual([[{ a: 1, __meta: { topic: 'x' } }]]);
  });

  test('a rule that does not use it never asks', () => {
    const run = new TestRun({ plan: planStatement('SELECT a FROM s WHERE a > 0', catalog), mode });
    const meta = (): never => {
      throw new Error('asked');
    };
    run.instance.inputs[0]?.row({ a: 1 }, 0, { meta }, 0);
    expect(run.messages).toEqual([[{ a: 1 }]]);
  });
});
