/** The parse errors among the recorded conformance cases, word for word. */

import { describe, expect, test } from 'vitest';
import { sqlErrors } from './errors.ts';
import type { FunctionCheck } from './function-check.ts';
import { parseSelect, parseStatement } from './parse.ts';

/** Just enough knowledge of functions: arguments are checked elsewhere. */
const functions: FunctionCheck = {
  checkCall(name, _args, span, clause) {
    if (/^(no_?such_?fn|nofn|percentile|.*INGWINDOW)$/.test(name)) {
      throw Object.assign(new Error(`function ${name} not found`), { span });
    }
    if (name === 'changed_cols' && clause !== 'select') {
      throw new Error('function changed_cols can only be used inside the select clause');
    }
  },
  isAnalytic: (name) => name === 'lag',
  isWindowFunction: (name) => name === 'row_number',
  isAggregate: (name) => name === 'count' || name === 'sum',
  isSetReturning: (name) => name === 'unnest',
};

const selects: readonly [sql: string, message: string][] = [
  ['SELECT', 'found "EOF", expected expression.'],
  ['SELECT FROM demo', 'found "FROM", expected expression.'],
  ['SELECT a', 'found "EOF", expected FROM.'],
  ['SELECT a FORM demo', 'found "FORM", expected FROM.'],
  ['SELECT a, FROM demo', 'found "FROM", expected expression.'],
  ['SELECT a,, b FROM demo', 'found ",", expected expression.'],
  ['SELECT a b FROM demo', 'found "b", expected FROM.'],
  ['SELECT a FROM demo WHERE a = 1 junk', 'found "junk", expected EOF.'],
  ['SELECT a FROM demo, other', 'found ",", expected EOF.'],
  ['SELECT a FROM (SELECT * FROM demo)', 'found "(", expected EOF.'],
  ['SELECT a FROM "demo"', 'found "demo", expected EOF.'],
  ['SELECT DISTINCT a FROM demo', 'found "a", expected FROM.'],
  ['SELECT count(*) FROM demo GROUP BY COUNTWINDOW(2) WHERE a > 1', 'found "WHERE", expected EOF.'],
  ['SELECT count(*) AS n FROM demo HAVING n > 1 GROUP BY COUNTWINDOW(2)', 'found "GROUP", expected EOF.'],
  ['SELECT a FROM demo LIMIT 1 ORDER BY a', 'found "ORDER", expected EOF.'],
  ['SELECT no_such_fn(a) FROM demo', 'function no_such_fn not found'],
  ['SELECT a FROM demo WHERE nofn(a)', 'function nofn not found'],
  ['SELECT percentile(a, 0.5) FROM demo GROUP BY COUNTWINDOW(2)', 'function percentile not found'],
  ['SELECT a AS 1 FROM demo', 'found "1", expected as alias.'],
  ['SELECT a AS FROM demo', 'found "FROM", expected as alias.'],
  ['SELECT a AS desc FROM demo', 'found "DESC", expected as alias.'],
  ['SELECT a AS end FROM demo', 'found "END", expected as alias.'],
  ['SELECT a AS ss FROM demo', 'found "SS", expected as alias.'],
  ['SELECT a AS true FROM demo', 'found "TRUE", expected as alias.'],
  ['SELECT select FROM demo', 'found "SELECT", expected expression.'],
  ['SELECT group FROM demo', 'found "GROUP", expected expression.'],
  ['SELECT over FROM demo', 'found "OVER", expected expression.'],
  ['SELECT join FROM demo', 'found "JOIN", expected expression.'],
  ['SELECT a->end FROM demo', 'found "END", expected expression.'],
  ['SELECT replace(s, "a", "b") FROM demo', 'found "REPLACE", expected expression.'],
  ['SELECT 温度 FROM demo', 'found "", expected expression.'],
  ['SELECT a$b FROM demo', 'found "", expected FROM.'],
  ['SELECT 1e3 FROM demo', 'found "e3", expected FROM.'],
  ['SELECT 0x10 AS x FROM demo', 'found "x10", expected FROM.'],
  ['SELECT "\\d+" AS x FROM demo', 'found "invalid string: \\"\\\\d+\\"", expected expression.'],
  [`SELECT "it\\'s" AS x FROM demo`, `found "invalid string: \\"it\\\\'s\\"", expected expression.`],
  ['SELECT "a\nb" AS x FROM demo', 'found "invalid string: \\"a\\nb\\"", expected expression.'],
  ['SELECT a /* never closed FROM demo', 'found "", expected FROM.'],
  ['SELECT `abc FROM demo', 'found "EOF", expected FROM.'],
  ['SELECT a FROM demo WHERE NOT ok', 'found "NOT", expected expression.'],
  ['SELECT a FROM demo WHERE a <> 1', 'found ">", expected expression.'],
  ['SELECT a FROM demo WHERE a IS NULL', 'found "IS", expected EOF.'],
  ['SELECT a -.5 FROM demo', 'found "-.5", expected FROM.'],
  ['SELECT a FROM demo WHERE', 'found "EOF", expected expression.'],
  ['SELECT a FROM demo WHERE a > 1 AND', 'found "EOF", expected expression.'],
  ['SELECT () FROM demo', 'found ")", expected expression.'],
  ['SELECT a FROM demo WHERE a BETWEEN 1, 2', 'expect AND expression after between but found ,'],
  ['SELECT a FROM demo WHERE a BETWEEN 1+1 AND 5', 'expect AND expression after between but found +'],
  ['SELECT a FROM demo WHERE a BETWEEN 1 AND', 'found "EOF", expected expression.'],
  ['SELECT a FROM demo WHERE a IN (1, 2,)', 'expect elements for IN expression, but found ")", expected expression.'],
  ['SELECT a FROM demo WHERE s LIKE', 'found "EOF", expected expression.'],
  ['SELECT CASE WHEN a > 1 THEN 2 FROM demo', 'invalid CASE expression, END expected'],
  ['SELECT CASE WHEN a > 1 2 END FROM demo', 'invalid CASE expression, THEN expected after WHEN'],
  ['SELECT CASE a ELSE 1 END FROM demo', 'invalid CASE expression, WHEN expected before ELSE'],
  ['SELECT CASE END FROM demo', 'found "END", expected expression.'],
  [
    'SELECT CASE WHEN (a > 1) THEN 1 END AS x FROM demo',
    'invalid CASE expression, WHEN expression must be a bool condition',
  ],
  [
    'SELECT CASE WHEN ok THEN 1 END AS x FROM demo',
    'invalid CASE expression, WHEN expression must be a bool condition',
  ],
  ['SELECT CASE WHEN a > 1 THEN 1 ELSE END FROM demo', 'found "END", expected expression.'],
  ['SELECT l[0:1 FROM demo', 'Found "FROM", expected right bracket.'],
  ['SELECT a-> FROM demo', 'found "FROM", expected expression.'],
  ['SELECT a.1 FROM demo', 'found ".1", expected FROM.'],
  ['SELECT * EXCEPT a FROM demo', 'Found "a" after EXCEPT, expect left parentheses.'],
  ['SELECT * EXCEPT(a FROM demo', 'Found "FROM" in EXCEPT'],
  ['SELECT * REPLACE(a+1 AS a FROM demo', 'Found "FROM" in REPLACE'],
  ['SELECT abs(a FROM demo', 'found function call "abs", expected ), but with "FROM".'],
  ['SELECT concat(a b) FROM demo', 'found function call "concat", expected ), but with "b".'],
  ['SELECT cast(a AS bigint) FROM demo', 'found function call "cast", expected ), but with "AS".'],
  ['SELECT meta(* EXCEPT(a)) FROM demo', '"EXCEPT" is not supported in meta function'],
  [
    'SELECT a FROM demo WHERE changed_cols("", true, a)',
    'function changed_cols can only be used inside the select clause',
  ],
  ['SELECT a FROM demo GROUP BY', 'found "EOF", expected expression.'],
  ['SELECT count(*) AS n FROM demo GROUP BY COUNTWINDOW(2) HAVING', 'found "EOF", expected expression.'],
  ['SELECT a FROM demo GROUP BY COUNTWINDOW(2) ORDER BY (a)', 'found "(", expected EOF.'],
  ['SELECT a FROM demo LIMIT 1.5', 'limit should be integer'],
  ['SELECT a FROM demo LIMIT a', 'limit should be integer'],
  ['SELECT a FROM demo LIMIT 1 OFFSET 2', 'found "OFFSET", expected EOF.'],
  ['SELECT abs(unnest(l)) FROM demo', `select clause shouldn't has nested set-returning-functions`],
  ['SELECT sum(a) OVER (PARTITION BY b) FROM demo', 'Found OVER after non analytic function sum'],
  ['SELECT lag(a) OVER () FROM demo', 'Found ")" after OVER (, expect partition by or when.'],
  [
    'SELECT lag(a) OVER (WHEN b > 1 PARTITION BY c) FROM demo',
    'Found "PARTITION", expect right parentheses after OVER ',
  ],
  ['SELECT count(*) FROM demo GROUP BY TUMBLINGWINDOW(ss, 10, 5)', 'The arguments for tumblingwindow should be 2.\n'],
  [
    'SELECT count(*) FROM demo GROUP BY TUMBLINGWINDOW("ss", 10)',
    'The 1st argument for tumblingwindow is expecting timer literal expression. One value of [dd|hh|mi|ss|ms].\n',
  ],
  [
    'SELECT count(*) FROM demo GROUP BY TUMBLINGWINDOW(us, 10)',
    'The 1st argument for tumblingwindow is expecting timer literal expression. One value of [dd|hh|mi|ss|ms].\n',
  ],
  ['SELECT count(*) FROM demo GROUP BY HOPPINGWINDOW(ss, 10)', 'The arguments for hoppingwindow should be 3.\n'],
  [
    'SELECT count(*) FROM demo GROUP BY HOPPINGWINDOW(ss, 10, a)',
    'The 2 argument for hoppingwindow is expecting interger literal expression. \n',
  ],
  ['SELECT count(*) FROM demo GROUP BY COUNTWINDOW(-2)', 'Invalid parameter value -2.'],
  ['SELECT count(*) FROM demo GROUP BY COUNTWINDOW(2.5)', 'Invalid parameter value 2.5.'],
  ['SELECT count(*) FROM demo GROUP BY COUNTWINDOW(a)', 'Invalid parameter value $$default.a.'],
  ['SELECT count(*) FROM demo GROUP BY COUNTWINDOW(3, 2, 1)', 'Invalid parameter count.'],
  [
    'SELECT count(*) FROM demo GROUP BY STATEWINDOW(a > 1, a > 2, a > 3)',
    'The arguments for statewindow should be 1 or 2.\n',
  ],
  ['SELECT count(*) FROM demo GROUP BY ROLLINGWINDOW(ss, 10)', 'function ROLLINGWINDOW not found'],
  ['SELECT count(*) FROM demo GROUP BY COUNTWINDOW(2) FILTER (a > 1)', 'Found "a" after FILTER(, expect WHERE.'],
  [
    'SELECT count(*) FROM demo GROUP BY SLIDINGWINDOW(ss, 1) OVER WHEN a > 1',
    'Found "WHEN" after OVER, expect parentheses.',
  ],
  [
    'SELECT count(*) FROM demo GROUP BY SLIDINGWINDOW(ss, 1) OVER (PARTITION BY b WHEN a > 1)',
    'Found "WHEN" after OVER, expect right parentheses.',
  ],
  ['SELECT * FROM demo JOIN other ON demo.a = other.a GROUP BY COUNTWINDOW(2)', 'found "JOIN", expected EOF.'],
  [
    'SELECT * FROM demo LEFT OUTER JOIN other ON demo.a = other.a GROUP BY COUNTWINDOW(2)',
    'found "LEFT", expected JOIN key word.',
  ],
  [
    'SELECT * FROM demo CROSS JOIN other ON demo.a = other.a GROUP BY COUNTWINDOW(2)',
    'On expression is not required for cross join type.\n',
  ],
  ['SELECT count(*) FILTER (WHERE a > 1) AS c FROM demo GROUP BY COUNTWINDOW(2)', 'found "FILTER", expected FROM.'],
  [
    'SELECT a FROM demo GROUP BY SLIDINGWINDOW(ss, 2) OVER (WHEN a > 1) FILTER (WHERE a > 0)',
    'found "FILTER", expected EOF.',
  ],
  [
    'SELECT a FROM demo GROUP BY SLIDINGWINDOW(ss, 10) OVER (PARTITION BY b WHEN a > 1)',
    'Found "WHEN" after OVER, expect right parentheses.',
  ],
  ['SELECT a FROM demo GROUP BY TUMBLINGWINDOW(ss)', 'The arguments for tumblingwindow should be 2.\n'],
  [
    'SELECT a FROM demo GROUP BY TUMBLINGWINDOW(ss, 1.5)',
    'The 1 argument for tumblingwindow is expecting interger literal expression. \n',
  ],
  [
    'SELECT a FROM demo GROUP BY COUNTWINDOW(2, 5)',
    'The second parameter value 5 should be less than the first parameter 2.',
  ],
  ['SELECT a FROM demo GROUP BY COUNTWINDOW(1.5)', 'Invalid parameter value 1.5.'],
  ['SELECT a FROM demo GROUP BY JUMPINGWINDOW(ss, 3)', 'function JUMPINGWINDOW not found'],
  ['SELECT a FROM demo GROUP BY COUNTWINDOW(2) ORDER BY 1', 'found "1", expected EOF.'],
  [
    'SELECT a FROM demo WHERE row_number() = 1 GROUP BY COUNTWINDOW(3)',
    'window functions can only be in select fields',
  ],
  [
    'SELECT a FROM s1 LEFT OUTER JOIN s2 ON s1.id = s2.id GROUP BY COUNTWINDOW(2)',
    'found "LEFT", expected JOIN key word.',
  ],
  ['SELECT a FROM s1, s2 GROUP BY COUNTWINDOW(2)', 'found ",", expected EOF.'],
  ['SELECT a FROM s1 INNER JOIN s2 ON GROUP BY COUNTWINDOW(2)', 'found "GROUP", expected expression.'],
  ['SELECT abs(a) OVER (PARTITION BY b) FROM demo', 'Found OVER after non analytic function abs'],
  ['SELECT lag(a) OVER (ORDER BY a) FROM demo', 'Found "ORDER" after OVER (, expect partition by or when.'],
  [
    'SELECT a FROM demo WHERE changed_cols("", true, a) = 1',
    'function changed_cols can only be used inside the select clause',
  ],
  ['SELECT percentile(a, 0.5) AS x FROM demo GROUP BY COUNTWINDOW(2)', 'function percentile not found'],
  [
    'SELECT count(DISTINCT a) AS x FROM demo GROUP BY COUNTWINDOW(2)',
    'found function call "count", expected ), but with "a".',
  ],
  [
    'SELECT sum(a) OVER (PARTITION BY b) AS x FROM demo GROUP BY COUNTWINDOW(2)',
    'Found OVER after non analytic function sum',
  ],
  ['SELECT unnest(l) AS x, unnest(m) AS y FROM demo', `select clause shouldn't has multi set-returning-functions`],
  ['SELECT unnest(unnest(l)) AS x FROM demo', `select clause shouldn't has nested set-returning-functions`],
  ['SELECT l FROM demo GROUP BY unnest(l), COUNTWINDOW(2)', `select statement shouldn't has srf except fields`],
  ['SELECT l FROM demo GROUP BY COUNTWINDOW(2) ORDER BY unnest(l)', `select statement shouldn't has srf except fields`],
  ['SELECT a, FROM s', 'found "FROM", expected expression.'],
  ['SELECT nosuchfn(a) FROM s', 'function nosuchfn not found'],
  ['SELECT a FROM s WHERE', 'found "EOF", expected expression.'],
  ['SELECT count(*) FROM s GROUP BY', 'found "EOF", expected expression.'],
  ['SELECT a FROM s LIMIT many', 'limit should be integer'],
  ['SELECT a FROM s GROUP BY TUMBLINGWINDOW(ss)', 'The arguments for tumblingwindow should be 2.\n'],
  [
    'SELECT a FROM s GROUP BY TUMBLINGWINDOW(xx, 10)',
    'The 1st argument for tumblingwindow is expecting timer literal expression. One value of [dd|hh|mi|ss|ms].\n',
  ],
];

const streamStatements: readonly [sql: string, message: string][] = [
  [
    'CREATE STREAM demo (a) WITH ()',
    'found ")", expect valid stream field types(BIGINT | FLOAT | STRING | DATETIME | BOOLEAN | BYTEA | ARRAY | STRUCT).',
  ],
  ['CREATE STREAM demo (a bigint b float) WITH ()', 'found "b", expect comma or rparen.'],
  ['CREATE STREAM demo (a bigint WITH ()', 'found "WITH", expect comma or rparen.'],
  ['CREATE STREAM demo (a bigint default) WITH ()', 'found ")", expect default constraint value.'],
  ['CREATE STREAM demo (a array(bigint) default "x") WITH ()', 'DEFAULT clause is not supported for *ast.ArrayType'],
  [
    'CREATE STREAM demo () WITH (NOPE="1")',
    'found "NOPE", unknown option keys(DATASOURCE|FORMAT|KEY|CONF_KEY|SHARED|STRICT_VALIDATION|TYPE|TIMESTAMP|TIMESTAMP_FORMAT|RETAIN_SIZE|SCHEMAID|EXTRA|VERSION|TEMP|KIND|DELIMITER).',
  ],
  [
    'CREATE STREAM demo () WITH (STRICT_VALIDATION="maybe")',
    'found "maybe", expect TRUE/FALSE value in STRICT_VALIDATION option.',
  ],
  ['CREATE STREAM demo () WITH (EXTRA="not json")', 'invalid extra option, expect JSON string'],
  ['CREATE STREAM demo (a bytea, b bytea) WITH (FORMAT="binary")', `'binary' format stream can have only one field`],
  ['CREATE STREAM demo (a bigint) WITH (FORMAT="binary")', `'binary' format stream can have only 'bytea' type field`],
  [
    'CREATE STREAM demo WITH (TYPE="httppush", DATASOURCE="/x", FORMAT="json")',
    'found "WITH", expected lparen after stream name.',
  ],
  ['CREATE STREAM (a bigint) WITH (TYPE="httppush", DATASOURCE="/x")', 'found "(", expected stream name.'],
  [
    'CREATE STREAM demo () WITH (TYPE="httppush", DATASOURCE=100)',
    'found "100", expect string or boolean value in option.',
  ],
  [`CREATE STREAM demo () WITH (TYPE='httppush')`, 'found "httppush", expect string or boolean value in option.'],
  ['CREATE STREAM demo () WITH (TYPE)', 'found ")", expect equals(=) in options.'],
  [
    'CREATE STREAM demo () WITH (TYPE="httppush"',
    'found "EOF", unknown option keys(DATASOURCE|FORMAT|KEY|CONF_KEY|SHARED|STRICT_VALIDATION|TYPE|TIMESTAMP|TIMESTAMP_FORMAT|RETAIN_SIZE|SCHEMAID|EXTRA|VERSION|TEMP|KIND|DELIMITER).',
  ],
  ['CREAT STREAM demo () WITH ()', 'Invalid stream statement: CREAT STREAM demo () WITH ()'],
  [
    'CREATE STREAM s1 (a BYTEA DEFAULT "x") WITH (TYPE="memory", DATASOURCE="x", FORMAT="json")',
    'DEFAULT clause is not supported for bytea',
  ],
  [
    'CREATE STREAM s2 (a DATETIME DEFAULT "2020-01-01") WITH (TYPE="memory", DATASOURCE="x", FORMAT="json")',
    'DEFAULT clause is not supported for datetime',
  ],
  [
    'CREATE STREAM s3 (a ARRAY(BIGINT) DEFAULT "x") WITH (TYPE="memory", DATASOURCE="x", FORMAT="json")',
    'DEFAULT clause is not supported for *ast.ArrayType',
  ],
  [
    'CREATE STREAM s4 (a STRUCT(b BIGINT) DEFAULT "x") WITH (TYPE="memory", DATASOURCE="x", FORMAT="json")',
    'found "DEFAULT", expected is with.',
  ],
  [
    'CREATE STREAM s5 (a BIGINT DEFAULT "ten") WITH (TYPE="memory", DATASOURCE="x", FORMAT="json")',
    'cannot convert string(ten) to int64',
  ],
  [
    'CREATE STREAM s6 (a BIGINT DEFAULT 1.5) WITH (TYPE="memory", DATASOURCE="x", FORMAT="json")',
    'cannot convert string(1.5) to int64',
  ],
  [
    'CREATE STREAM s10 (a BIGINT DEFAULT) WITH (TYPE="memory", DATASOURCE="x", FORMAT="json")',
    'found ")", expect default constraint value.',
  ],
  ['CREATE STWREAM s1 () WITH (TYPE="memory")', 'found "STWREAM", expected keyword stream or table.'],
  ['CREATE STREAM () WITH (TYPE="memory")', 'found "(", expected stream name.'],
  ['CREATE STREAM s3 WITH (TYPE="memory")', 'found "WITH", expected lparen after stream name.'],
  ['CREATE STREAM s4 (a BIGINT)', 'found "EOF", expected is with.'],
  [
    'CREATE STREAM s5 (a) WITH (TYPE="memory")',
    'found ")", expect valid stream field types(BIGINT | FLOAT | STRING | DATETIME | BOOLEAN | BYTEA | ARRAY | STRUCT).',
  ],
  [
    'CREATE STREAM s6 (a NUMBER) WITH (TYPE="memory")',
    'found "NUMBER", expect valid stream field types(BIGINT | FLOAT | STRING | DATETIME | BOOLEAN | BYTEA | ARRAY | STRUCT).',
  ],
  ['CREATE STREAM s7 (a BIGINT b FLOAT) WITH (TYPE="memory")', 'found "b", expect comma or rparen.'],
  ['CREATE STREAM s8 (a ARRAY) WITH (TYPE="memory")', 'found "WITH", expect comma or rparen.'],
  ['CREATE STREAM s9 (a STRUCT()) WITH (TYPE="memory")', 'found ")", expected is with.'],
  ['CREATE STREAM s10 (1a BIGINT) WITH (TYPE="memory")', 'found "1", expect stream field name.'],
  ['CREATE STREAM s11 () TYPE="memory"', 'found "TYPE", expected is with.'],
  ['CREATE STREAM s12 () WITH (TYPE "memory")', 'found "memory", expect equals(=) in options.'],
  [
    'CREATE STREAM s13 () WITH (TYPE="memory"',
    'found "EOF", unknown option keys(DATASOURCE|FORMAT|KEY|CONF_KEY|SHARED|STRICT_VALIDATION|TYPE|TIMESTAMP|TIMESTAMP_FORMAT|RETAIN_SIZE|SCHEMAID|EXTRA|VERSION|TEMP|KIND|DELIMITER).',
  ],
  ['CREATE STREAM s14 () WITH (TYPE="memory") extra', 'found "extra", expected semicolon or EOF.'],
  ['CREATE', 'found "EOF", expected keyword stream or table.'],
  ['CREATE STREAM 5 () WITH (TYPE="memory")', 'found "5", expected stream name.'],
  [
    'CREATE STREAM s1 () WITH (COLOR="red")',
    'found "COLOR", unknown option keys(DATASOURCE|FORMAT|KEY|CONF_KEY|SHARED|STRICT_VALIDATION|TYPE|TIMESTAMP|TIMESTAMP_FORMAT|RETAIN_SIZE|SCHEMAID|EXTRA|VERSION|TEMP|KIND|DELIMITER).',
  ],
  ['CREATE STREAM s2 () WITH (TYPE=memory)', 'found "memory", expect string or boolean value in option.'],
  [`CREATE STREAM s3 () WITH (TYPE='memory')`, 'found "memory", expect string or boolean value in option.'],
  ['CREATE STREAM s4 () WITH (RETAIN_SIZE=5)', 'found "5", expect string or boolean value in option.'],
  ['CREATE STREAM s5 () WITH (SHARED="yes")', 'found "yes", expect TRUE/FALSE value in SHARED option.'],
  [
    'CREATE STREAM s6 () WITH (STRICT_VALIDATION="true1")',
    'found "true1", expect TRUE/FALSE value in STRICT_VALIDATION option.',
  ],
  [
    'CREATE STREAM s7 () WITH (TYPE="memory", RETAIN_SIZE="many")',
    'found "many", expect number value in RETAIN_SIZE option.',
  ],
  ['CREATE STREAM s8 () WITH (TYPE="memory", TEMP="1")', 'found "1", expect TRUE/FALSE value in TEMP option.'],
  ['CREATE STREAM s9 () WITH (EXTRA="{bad")', 'invalid extra option, expect JSON string'],
  [
    'CREATE STREAM s2 (a BYTEA, b BYTEA) WITH (TYPE="memory", DATASOURCE="x", FORMAT="binary")',
    `'binary' format stream can have only one field`,
  ],
  [
    'CREATE STREAM s3 (a BIGINT) WITH (TYPE="memory", DATASOURCE="x", FORMAT="BINARY")',
    `'binary' format stream can have only 'bytea' type field`,
  ],
  [
    'CREATE TABLE s4 () WITH (TYPE="memory", DATASOURCE="x", FORMAT="binary")',
    `'binary' format is not supported for table`,
  ],
  ['SHOW', 'found "EOF", expected keyword streams or tables.'],
  ['DESCRIBE s', 'found "s", expected keyword stream or table.'],
  ['DROP s', 'found "s", expected keyword stream or table.'],
  ['UPDATE STREAM s', 'Invalid stream statement: UPDATE STREAM s'],
  ['CREATE STREAM s (', 'found "EOF", expect stream field name.'],
  ['', 'Invalid stream statement: '],
  ['CREATE TABLE', 'found "EOF", expected stream name.'],
  [
    'CREATE TABLE t () WITH (X="y")',
    'found "X", unknown option keys(DATASOURCE|FORMAT|KEY|CONF_KEY|SHARED|STRICT_VALIDATION|TYPE|TIMESTAMP|TIMESTAMP_FORMAT|RETAIN_SIZE|SCHEMAID|EXTRA|VERSION|TEMP|KIND|DELIMITER).',
  ],
];

describe('a recorded refusal of a SELECT', () => {
  test.each(selects)('%s', (sql, message) => {
    expect(() => parseSelect(sql, { functions })).toThrow(expect.objectContaining({ message }));
  });
});

describe('a recorded refusal of a stream statement', () => {
  test.each(streamStatements)('%s', (sql, message) => {
    expect(() => parseStatement(sql)).toThrow(expect.objectContaining({ message }));
  });
});

test('what is no SELECT is told apart by its error id', () => {
  const notSelect = expect.objectContaining({
    id: sqlErrors.NOT_SELECT.id,
    message: 'Found "UPDATE", Expected SELECT.\n',
  });
  expect(() => parseSelect('UPDATE demo SET a = 1')).toThrow(notSelect);
  const invalid = expect.objectContaining({ id: sqlErrors.INVALID_STREAM_STATEMENT.id });
  expect(() => parseStatement('UPDATE demo SET a = 1')).toThrow(invalid);
});
