/** Statements that parse, and what the analyzer or the planner says to them. */
import { readFileSync } from 'node:fs';
import { KuiperError } from '@kuiper/base';
import { describe, expect, test } from 'vitest';
import { catalogOf, type OptionChanges, planStatement } from './test-catalog.ts';

const catalog = catalogOf(
  readFileSync(new URL('streams.sql', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('CREATE')),
);

interface Refusal {
  readonly sql: string;
  readonly text: string;
  readonly options?: OptionChanges;
  readonly code?: number;
  /** What the span of the error covers. */
  readonly at?: string;
  /** What may have been meant. */
  readonly hint?: string;
}

const refusals: readonly Refusal[] = [
  { sql: 'SELECT a FROM ', text: 'fail to get stream , please check if stream is created' },
  { sql: 'SELECT a FROM DEMO', text: 'fail to get stream DEMO, please check if stream is created', at: 'DEMO' },
  {
    sql: 'SELECT demo.a FROM demo INNER JOIN nope ON demo.a = nope.a GROUP BY COUNTWINDOW(2)',
    text: 'fail to get stream nope, please check if stream is created',
    at: 'nope',
  },
  { sql: 'SELECT a FROM secret', text: 'temp stream secret can only be used by temp rules' },
  { sql: 'SELECT nofn(a) FROM demo', text: 'function nofn not found', code: 2001, at: 'nofn' },
  { sql: 'SELECT cuont(a) FROM demo', text: 'function cuont not found', at: 'cuont', hint: 'count' },
  {
    sql: 'SELECT a FROM demo GROUP BY tumblngwindow(ss, 1)',
    text: 'function tumblngwindow not found',
    at: 'tumblngwindow',
    hint: 'tumblingwindow',
  },
  { sql: 'SELECT vv FROM typed', text: 'unknown field vv', at: 'vv' },
  { sql: 'SELECT naem FROM typed', text: 'unknown field naem', at: 'naem', hint: 'name' },
  {
    sql: 'SELECT abs(a, b) FROM demo',
    text: 'validate function abs error: Expect 1 arguments but found 2.',
    code: 2001,
  },
  {
    sql: 'SELECT a FROM demo WHERE changed_cols("", true, a)',
    text: 'function changed_cols can only be used inside the select clause',
  },
  { sql: 'SELECT zz FROM typed', text: 'unknown field zz', at: 'zz' },
  { sql: 'SELECT id FROM typed WHERE zz > 1', text: 'unknown field zz', at: 'zz' },
  { sql: 'SELECT typed.zz FROM typed', text: 'unknown field zz', at: 'typed.zz' },
  { sql: 'SELECT nosuch.id FROM typed', text: 'unknown field nosuch' },
  { sql: 'SELECT ID FROM typed', text: 'field ID not found in stream typed', at: 'ID' },
  { sql: 'SELECT count(*) AS n FROM typed GROUP BY zz, COUNTWINDOW(2)', text: 'unknown field zz' },
  {
    sql: 'SELECT right_side.a FROM left_side INNER JOIN right_side ON left_side.id = right_side.id GROUP BY COUNTWINDOW(2)',
    text: 'unknown field right_side.a',
  },
  {
    sql: 'SELECT id FROM left_side INNER JOIN right_side ON left_side.id = right_side.id GROUP BY COUNTWINDOW(2)',
    text: 'ambiguous field id',
    at: 'id',
  },
  {
    sql: 'SELECT demo.a AS x, other.a AS y FROM demo INNER JOIN other ON demo.id = other.id WHERE a > 1 GROUP BY COUNTWINDOW(2)',
    text: 'ambiguous field a',
  },
  { sql: 'SELECT a, a FROM demo', text: 'duplicate field definition a' },
  { sql: 'SELECT a.k, b.k FROM demo', text: 'duplicate field definition k', at: 'b.k' },
  { sql: 'SELECT COUNT(*), count(a) FROM demo GROUP BY COUNTWINDOW(2)', text: 'duplicate field definition count' },
  { sql: 'SELECT a AS x, b AS x FROM demo', text: 'duplicate field definition x' },
  { sql: 'SELECT count(*), count(a) FROM demo GROUP BY COUNTWINDOW(2)', text: 'duplicate field definition count' },
  { sql: 'SELECT a+1 AS b, b+1 AS a FROM demo', text: 'select fields have cycled alias' },
  { sql: 'SELECT id+1 AS b, b+1 AS id FROM typed', text: 'select fields have cycled alias' },
  { sql: 'SELECT z+1 AS x, x+1 AS y, y+1 AS z FROM demo', text: 'select fields have cycled alias' },
  { sql: 'SELECT l[2:1] FROM demo', text: "colon start value can't be greater than end value", at: 'l[2:1]' },
  { sql: 'SELECT l[2:2] FROM demo', text: "colon start value can't be greater than end value" },
  {
    sql: 'SELECT sum(count(a)) AS x FROM demo GROUP BY COUNTWINDOW(2)',
    text: 'invalid argument for func sum: aggregate argument is not allowed',
    at: 'sum(count(a))',
  },
  {
    sql: 'SELECT count(a) AS n, sum(n) AS x FROM demo GROUP BY COUNTWINDOW(2)',
    text: 'invalid argument for func sum: aggregate argument is not allowed',
  },
  {
    sql: 'SELECT lag(avg(a)) FROM demo GROUP BY COUNTWINDOW(2)',
    text: 'invalid argument for func lag: aggregate argument is not allowed',
  },
  {
    sql: 'SELECT count(*) AS n FROM demo GROUP BY n, COUNTWINDOW(2)',
    text: 'Not allowed to call aggregate functions in GROUP BY clause: $$alias.n,aliasRef:Call:{ name:count, args:[*] }.',
  },
  {
    sql: 'SELECT count(*) AS n FROM demo GROUP BY a, COUNTWINDOW(2) HAVING abs(a) > 1',
    text: 'Not allowed to call non-aggregate functions in HAVING clause: binaryExpr:{ Call:{ name:abs, args:[demo.a] } > 1 }.',
    at: 'abs(a) > 1',
  },
  {
    sql: 'SELECT count(*) AS c FROM demo GROUP BY b, COUNTWINDOW(2) HAVING count(*) > a',
    text: 'Not allowed to call non-aggregate functions in HAVING clause: binaryExpr:{ Call:{ name:count, args:[*] } > demo.a }.',
  },
  {
    sql: 'SELECT last_hit_count() AS n FROM demo GROUP BY COUNTWINDOW(2)',
    text: 'function last_hit_count is not allowed in an aggregate query',
  },
  { sql: 'SELECT a FROM demo GROUP BY a', text: 'select stmt group by should be used with window' },
  {
    sql: 'SELECT a FROM demo GROUP BY COUNTWINDOW(2)',
    options: { sendMetaToSink: true },
    text: 'Invalid option sendMetaToSink, it can not be applied to window',
  },
  {
    sql: 'SELECT a FROM untimed',
    options: { isEventTime: true },
    text: 'preprocessor is set to be event time but stream option TIMESTAMP not found',
  },
  {
    sql: 'SELECT count(*) AS n FROM timed GROUP BY COUNTWINDOW(2)',
    options: { isEventTime: true },
    text: 'unsupported window type 5',
    code: 2201,
  },
  {
    sql: 'SELECT count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 2)',
    options: { planOptimizeStrategy: { windowVersion: 'v2' } },
    text: 'unsupported window type:TUMBLING_WINDOW',
    code: 2201,
  },
  {
    sql: 'SELECT a FROM shared',
    options: { disableBufferFullDiscard: true },
    text: "disableBufferFullDiscard can't be enabled with shared stream shared",
  },
  {
    sql: 'SELECT a, b FROM left_side INNER JOIN right_side ON left_side.id = right_side.id',
    text: 'a time window or count window is required to join multiple streams',
  },
  { sql: 'SELECT label FROM scanned GROUP BY COUNTWINDOW(2)', text: 'cannot run window for TABLE sources' },
  { sql: 'SELECT label FROM looked', text: 'cannot find lookup table looked in any join' },
  {
    sql: 'SELECT a FROM demo LEFT JOIN looked ON demo.id > looked.id',
    text: 'join condition binaryExpr:{ demo.id > looked.id } is invalid, at least one equi-join predicate is required',
  },
  {
    sql: 'SELECT a FROM demo LEFT JOIN looked ON demo.id = looked.id AND demo.b = looked.id',
    text: 'join condition binaryExpr:{ binaryExpr:{ demo.id = looked.id } AND binaryExpr:{ demo.b = looked.id } } is invalid, at least one equi-join predicate is required',
  },
  {
    sql: 'SELECT a FROM demo GROUP BY COUNTWINDOW(2) ORDER BY a',
    options: { useSliceTuple: true },
    text: 'slice tuple mode do not support sort yet',
  },
];

describe('statements that are refused', () => {
  test.each(refusals)('$sql: $text', ({ sql, text, options, code, at, hint }) => {
    let thrown: unknown;
    try {
      planStatement(sql, catalog, options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(KuiperError);
    const error = thrown as KuiperError;
    expect(error.message).toBe(text);
    expect(error.code).toBe(code ?? error.code);
    if (at !== undefined) expect(sql.slice(error.span?.start, error.span?.end)).toBe(at);
    if (hint !== undefined) expect(error.hint).toBe(hint);
  });
});

const accepted: readonly string[] = [
  'SELECT id AS x, v AS x FROM typed',
  'SELECT a INVISIBLE, a FROM demo',
  'SELECT count(*) AS n FROM demo GROUP BY a, COUNTWINDOW(2) HAVING (a > 1)',
  'SELECT count(*) AS n FROM demo GROUP BY a, COUNTWINDOW(2) HAVING n > 1 AND abs(sum(a)) > 2',
  'SELECT a FROM demo GROUP BY SLIDINGWINDOW(ss, 5) OVER (WHEN last_hit_count() < 3)',
  'SELECT left_side.id AS id, b FROM left_side INNER JOIN right_side ON left_side.id = right_side.id WHERE id > 2 GROUP BY COUNTWINDOW(2)',
  'SELECT demo.a FROM demo INNER JOIN scanned ON demo.id = scanned.id',
];

test.each(accepted)('accepts %s', (sql) => {
  expect(planStatement(sql, catalog).operators.length).toBeGreaterThan(0);
});
