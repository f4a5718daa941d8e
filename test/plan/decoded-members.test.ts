/** Which members of STRUCT columns a rule of its own stream has decoded. */
import { expect, test } from 'vitest';
import { catalogOf, planStatement } from './test-catalog.ts';

const schema =
  '(a BIGINT, o STRUCT(n BIGINT, t STRING, p STRUCT(x BIGINT, y BIGINT)), l ARRAY(STRUCT(k BIGINT, m BIGINT)))';
const options = 'TYPE="httppush", DATASOURCE="demo", FORMAT="json"';
const catalog = catalogOf([
  `CREATE STREAM demo ${schema} WITH (${options})`,
  `CREATE STREAM checked ${schema} WITH (${options}, STRICT_VALIDATION="true")`,
]);

const all = 'o(n t p(x y)) l';
const cases: readonly (readonly [string, string])[] = [
  ['SELECT o->n AS x FROM demo', 'o(n) l'],
  ['SELECT o.n AS x, o->t AS y FROM demo', 'o(n t) l'],
  ['SELECT o->p->y AS x FROM demo', 'o(p(y)) l'],
  ['SELECT o->p->y AS x, o->p AS z FROM demo', 'o(p(x y)) l'],
  ['SELECT o->p AS z, o->p->y AS x FROM demo', 'o(p(x y)) l'],
  ['SELECT o->n AS x, o FROM demo', all],
  ['SELECT o AS q, q->n AS x FROM demo', all],
  ['SELECT o->n AS x, * FROM demo', all],
  ['SELECT o->n AS x, object_size(o) AS s FROM demo', all],
  ['SELECT a, o->none AS x FROM demo', 'o() l'],
  ['SELECT l[0]->k AS x FROM demo', all],
  ['SELECT o->n AS x FROM demo WHERE o->t = "k"', 'o(n t) l'],
  ['SELECT lag(o->n) OVER (PARTITION BY o->t) AS x FROM demo', 'o(n t) l'],
  ['SELECT count(a) AS c FROM demo GROUP BY o->t, TUMBLINGWINDOW(ss, 1) HAVING max(o->n) > 1', 'o(n t) l'],
  ['SELECT a FROM demo GROUP BY COUNTWINDOW(2) FILTER (WHERE o->n > 1) ORDER BY o->p->x', 'o(n p(x)) l'],
  ['SELECT unnest(array_create(o->n)) AS u FROM demo', 'o(n) l'],
  ['SELECT l.a FROM demo AS l INNER JOIN demo AS r ON l.o.n = r.o.t GROUP BY TUMBLINGWINDOW(ss, 1)', 'o(n) l'],
  ['SELECT o->n AS x FROM checked', all],
];

interface Column {
  readonly name: string;
  readonly type: { readonly kind: string; readonly fields?: readonly Column[] };
}

const shown = (columns: readonly Column[]): string =>
  columns
    .filter(({ name }) => name !== 'a')
    .map(({ name, type }) => (type.fields === undefined ? name : `${name}(${shown(type.fields)})`))
    .join(' ');

test.each(cases)('%s', (sql, expected) => {
  expect(shown(planStatement(sql, catalog).sources[0]?.decoded ?? [])).toBe(expected);
});

test('without the pass everything is decoded', () => {
  const changes = { planOptimizeStrategy: { disableOptimizeRules: ['columnPruner'] } };
  expect(shown(planStatement('SELECT o->n AS x FROM demo', catalog, changes).sources[0]?.decoded ?? [])).toBe(all);
});
