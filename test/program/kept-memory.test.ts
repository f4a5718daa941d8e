/** Texts that outlive their message own their memory: a slice would keep the whole read alive. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const catalog = catalogOf([
  'CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")',
  'CREATE TABLE kept () WITH (DATASOURCE="kept", FORMAT="json", TYPE="httppush", RETAIN_SIZE="5000")',
]);
const messages = 1500;
const padding = 'x'.repeat(40_000);

const statements: readonly (readonly [what: string, sql: string, source?: string])[] = [
  ['rows of a window', 'SELECT name FROM s GROUP BY TUMBLINGWINDOW(ss, 10)'],
  ['first rows of groups', 'SELECT name, count(*) AS c FROM s GROUP BY id, TUMBLINGWINDOW(ss, 10)'],
  ['collected values', 'SELECT collect(name) AS names FROM s GROUP BY TUMBLINGWINDOW(ss, 10)'],
  [
    'extremes of groups',
    'SELECT max(name) AS m, last_value(name, true) AS l FROM s GROUP BY id, TUMBLINGWINDOW(ss, 10)',
  ],
  ['values before', 'SELECT lag(name) OVER (PARTITION BY id) AS p FROM s'],
  ['latest values', 'SELECT latest(name) OVER (PARTITION BY id) AS p FROM s'],
  ['values that changed', 'SELECT changed_col(true, name) OVER (PARTITION BY id) AS p FROM s'],
  ['comparisons', 'SELECT had_changed(true, name, o) OVER (PARTITION BY id) AS p FROM s'],
  ['rows of a table', 'SELECT s.id, kept.name FROM s INNER JOIN kept ON s.id = kept.id', 'kept'],
  ['waiting requests', 'SELECT name, dedup_trigger(id, far, id, 1) AS r FROM s'],
];

describe.each(statements)('%s', (_, sql, source = 's') => {
  test('do not keep their messages alive', () => {
    const run = new TestRun({ plan: planStatement(sql, catalog), mode: 'compiled' });
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let id = 0; id < messages; id++) {
      const name = `a name of some length, ${id}`;
      run.sendText(
        source,
        `{"id":${id},"name":"${name}","far":1e12,"o":{"in":"inside of it ${id}"},"pad":"${padding}"}`,
      );
      run.messages.length = 0;
    }
    collectGarbage();
    const kept = process.memoryUsage().heapUsed - before;
    expect(kept).toBeLessThan((messages * padding.length) / 4);
    run.instance.stop();
  });
});
