/** `delay`: a row waits on the rule's clock, those behind it keep their order, and what fails is a row error. */
import { expect, test } from 'vitest';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

const catalog = catalogOf(['CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")']);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test.each(['compiled', 'interpreted'] as const)('rows come out late and in order (%s)', async (mode) => {
  const run = new TestRun({ plan: planStatement('SELECT delay(pause, i) AS r FROM s', catalog, {}), mode });
  for (const [i, pause] of [200, 50, null, '5', 100].entries()) run.send('s', { i, pause });
  await turn();
  expect(run.messages).toEqual([]);
  run.clock.advance(199);
  await turn();
  expect(run.messages).toEqual([]);
  run.clock.advance(1);
  await turn();
  expect(run.messages).toEqual([
    [{ r: 0 }],
    [{ r: 1 }],
    [{}],
    'run Select error: alias: r expr: Call:{ name:delay, args:[s.pause, s.i] } meet error, ' +
      'err:call func delay error: cannot convert string(5) to int',
    [{ r: 4 }],
  ]);
  run.instance.stop();
});
