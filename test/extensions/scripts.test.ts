/** JavaScript functions of users, called from SQL on the real server: the cases of the specification. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { uniqueName } from '../portable/plugin-rig.ts';
import { ExtensionServer } from './extension-server.ts';

let rig: ExtensionServer;

beforeAll(async () => {
  rig = await ExtensionServer.start();
  await rig.stream('one', { type: 'simulator', extra: { data: [{ a: 1 }], interval: '1ms', loop: false } });
  const rows = [{ a: 1 }, { a: 2 }, { a: 3.5 }];
  await rig.stream('three', { type: 'simulator', extra: { data: rows, interval: '1ms', loop: false } });
});
afterAll(() => rig.stop());

const area = 'function NAME(x, y) { return x * y; }';
const cases: readonly (readonly [what: string, script: string, call: string, gives: unknown, isAgg?: boolean])[] = [
  ['two whole numbers', area, 'NAME(2, 3)', 6],
  ['arguments too many', area, 'NAME(2, 3, 4)', 6],
  ['an argument too few', area, 'NAME(2)', /call func NAME error: .*result is NaN/],
  ['texts that are numbers', area, 'NAME("2", "3")', 6],
  ['fractions', area, 'NAME(2.5, 3.5)', 8.75],
  ['an infinite result', 'function NAME(x) { return x / 0; }', 'NAME(2)', /result is Inf/],
  ['a text that is thrown', 'function NAME() { throw "not today"; }', 'NAME(a)', /call func NAME error: .*not today/],
  ['nothing as a result', 'function NAME() {}', 'isNull(NAME(a))', true],
  ['the values of a group', 'function NAME(l) { return l.reduce((s, v) => s + v, 0); }', 'NAME(a)', 6.5, true],
];
it.each(cases)('%s', async (_, script, call, gives, isAgg = false) => {
  const id = uniqueName('script');
  await rig.server.must('POST', '/udf/javascript', { id, script: script.replaceAll('NAME', id), isAgg });
  const rule = await rig.rule({
    sql: `SELECT ${call.replaceAll('NAME', id)} AS v FROM ${isAgg ? 'three GROUP BY COUNTWINDOW(3)' : 'one'}`,
  });
  if (!(gives instanceof RegExp)) {
    await rig.eventually('a result', () => rig.rows(rule).length > 0);
    expect(rig.rows(rule)).toEqual([{ v: gives }]);
    return;
  }
  const text = new RegExp(gives.source.replaceAll('NAME', id));
  await rig.eventually('an error', async () => text.test(JSON.stringify(await rig.metrics(rule))));
});
