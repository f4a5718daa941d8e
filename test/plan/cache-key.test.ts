/** Programs are shared by key: equal for statements that mean the same, different as soon as an answer could differ. */
import { expect, test } from 'vitest';
import { catalogOf, type OptionChanges, planStatement } from './test-catalog.ts';

const catalog = catalogOf([
  'CREATE STREAM demo () WITH (TYPE="mqtt", DATASOURCE="demo", FORMAT="json")',
  'CREATE STREAM other () WITH (TYPE="mqtt", DATASOURCE="other", FORMAT="json")',
]);
const declared = catalogOf(['CREATE STREAM demo (a BIGINT) WITH (TYPE="mqtt", DATASOURCE="demo", FORMAT="json")']);

const base = 'SELECT a + 1 AS x FROM demo WHERE a > 1';
const key = (sql: string, changes: OptionChanges = {}, from = catalog): string =>
  planStatement(sql, from, changes).cacheKey;

test.each([
  ['white space and comments', 'SELECT  a + 1 AS x /* same */ FROM demo\nWHERE a > 1'],
  ['back quotes', 'SELECT `a` + 1 AS x FROM demo WHERE `a` > 1'],
  ['a qualified column', 'SELECT demo.a + 1 AS x FROM demo WHERE a > 1'],
])('the key does not depend on %s', (_, sql) => {
  expect(key(sql)).toBe(key(base));
});

test.each([
  ['a literal', 'SELECT a + 1 AS x FROM demo WHERE a > 2'],
  ['the kind of a literal', 'SELECT a + 1 AS x FROM demo WHERE a > 1.0'],
  ['a name', 'SELECT a + 1 AS y FROM demo WHERE a > 1'],
  ['a column', 'SELECT a + 1 AS x FROM demo WHERE b > 1'],
  ['a stream', 'SELECT a + 1 AS x FROM other WHERE a > 1'],
  ['what an error text quotes', 'SELECT (a + 1) AS x FROM demo WHERE a > 1'],
  ['visibility', 'SELECT a + 1 AS x INVISIBLE FROM demo WHERE a > 1'],
])('the key depends on %s', (_, sql) => {
  expect(key(sql)).not.toBe(key(base));
});

test('the key depends on options that change answers and on declared columns', () => {
  expect(key(base, { sendNilField: true })).not.toBe(key(base));
  expect(key(base, {}, declared)).not.toBe(key(base));
  expect(key(base, { qos: 1, bufferLength: 5 })).toBe(key(base));
});

test('expressions as high as the parser allows can be planned', () => {
  const sum = Array.from({ length: 1900 }, () => 'a').join(' + ');
  expect(planStatement(`SELECT ${sum} AS x FROM demo WHERE ${sum} > 1`, catalog).operators).toHaveLength(3);
});
