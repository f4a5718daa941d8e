import { KuiperError } from '@kuiper/base';
import { describe, expect, test } from 'vitest';
import { sqlErrors } from './errors.ts';
import type { FunctionCheck } from './function-check.ts';
import { parseSelect, parseSelectItems, parseSortItems } from './parse.ts';
import { printStatement } from './print-statement.ts';

/** Text and its normal form: keywords in upper case, optional parts as the grammar has them. */
const accepted: readonly [title: string, sql: string, printed: string][] = [
  ['a bare select', 'select a from demo', 'SELECT a FROM demo'],
  [
    'aliases and INVISIBLE',
    'SELECT a AS x INVISIBLE, b INVISIBLE FROM s',
    'SELECT a AS x INVISIBLE, b INVISIBLE FROM s',
  ],
  ['no blanks', 'SELECT a+1AS x,b FROM s WHERE a>1AND b<5', 'SELECT a + 1 AS x, b FROM s WHERE a > 1 AND b < 5'],
  ['an empty stream name', 'SELECT a FROM', 'SELECT a FROM'],
  ['a stream name in pieces', 'SELECT a FROM x /+/ y/# AS z', 'SELECT a FROM `x/+/y/#` AS z'],
  [
    'every join',
    'SELECT a FROM x INNER JOIN y ON x.a=y.a LEFT JOIN z RIGHT JOIN u FULL JOIN v CROSS JOIN w',
    'SELECT a FROM x INNER JOIN y ON x.a = y.a LEFT JOIN z RIGHT JOIN u FULL JOIN v CROSS JOIN w',
  ],
  [
    'all clauses',
    'SELECT a FROM s WHERE b GROUP BY c HAVING d ORDER BY e DESC, f ASC LIMIT 5',
    'SELECT a FROM s WHERE b GROUP BY c HAVING d ORDER BY e DESC, f LIMIT 5',
  ],
  ['sort items without commas', 'SELECT a FROM s ORDER BY a b DESC f(c)', 'SELECT a FROM s ORDER BY a, b DESC, f(c)'],
  ['a negative limit', 'SELECT a FROM s LIMIT - 1', 'SELECT a FROM s LIMIT -1'],
  ['anything after a semicolon', 'SELECT a FROM s; nonsense !! "', 'SELECT a FROM s'],
  ['wildcards', 'SELECT *, s.*, count(*) FROM s', 'SELECT *, s.*, count(*) FROM s'],
  [
    'EXCEPT and REPLACE in any order',
    'SELECT * REPLACE(a+1 AS a, f(b)) EXCEPT(c d) EXCEPT() FROM s',
    'SELECT * EXCEPT(c, d) REPLACE(a + 1 AS a, f(b)) FROM s',
  ],
  ['a trailing comma in a call', 'SELECT abs(a,) FROM s', 'SELECT abs(a) FROM s'],
  [
    'quoted names',
    'SELECT `a b`, `select`, `a.b` AS `温度` FROM `demo`',
    'SELECT `a b`, `select`, `a.b` AS `温度` FROM demo',
  ],
  ['tumbling', 'SELECT a FROM s GROUP BY TumblingWindow(SS, 10)', 'SELECT a FROM s GROUP BY tumblingwindow(ss, 10)'],
  [
    'hopping',
    'SELECT a FROM s GROUP BY x, HOPPINGWINDOW(mi, 10, 5)',
    'SELECT a FROM s GROUP BY x, hoppingwindow(mi, 10, 5)',
  ],
  [
    'sliding',
    'SELECT a FROM s GROUP BY SLIDINGWINDOW(ms, 10) OVER (WHEN a > 1)',
    'SELECT a FROM s GROUP BY slidingwindow(ms, 10) OVER (WHEN a > 1)',
  ],
  [
    'sliding with delay',
    'SELECT a FROM s GROUP BY SLIDINGWINDOW(ms, 10, 5)',
    'SELECT a FROM s GROUP BY slidingwindow(ms, 10, 5)',
  ],
  [
    'sliding with no delay',
    'SELECT a FROM s GROUP BY SLIDINGWINDOW(ms, 10, 0)',
    'SELECT a FROM s GROUP BY slidingwindow(ms, 10)',
  ],
  ['session', 'SELECT a FROM s GROUP BY SESSIONWINDOW(dd, 2, 1)', 'SELECT a FROM s GROUP BY sessionwindow(dd, 2, 1)'],
  [
    'count',
    'SELECT a FROM s GROUP BY COUNTWINDOW(5) FILTER ( WHERE a > 1 ) OVER ()',
    'SELECT a FROM s GROUP BY countwindow(5) FILTER (WHERE a > 1) OVER ()',
  ],
  ['count with step', 'SELECT a FROM s GROUP BY COUNTWINDOW(5, 5)', 'SELECT a FROM s GROUP BY countwindow(5, 5)'],
  ['count with step 0', 'SELECT a FROM s GROUP BY COUNTWINDOW(2, 0)', 'SELECT a FROM s GROUP BY countwindow(2)'],
  [
    'state',
    'SELECT a FROM s GROUP BY STATEWINDOW(a > 1) OVER (PARTITION BY b, c)',
    'SELECT a FROM s GROUP BY statewindow(a > 1) OVER (PARTITION BY b, c)',
  ],
  ['a column named like a window', 'SELECT a FROM s GROUP BY countwindow', 'SELECT a FROM s GROUP BY countwindow'],
];

const refused: readonly [sql: string, message: string, offending: string][] = [
  ['SHOW STREAMS', 'Found "SHOW", Expected SELECT.\n', 'SHOW'],
  ['SELECT * AS x FROM s', 'alias is not supported for *', 'AS'],
  ['SELECT a FROM s GROUP a', 'found "a", expected BY statement.', 'a'],
  ['SELECT a FROM s ORDER a', 'found "a", expected BY keyword.', 'a'],
  ['SELECT a FROM s LEFT OUTER JOIN t', 'found "LEFT", expected JOIN key word.', 'LEFT'],
  ['SELECT a FROM s CROSS JOIN t ON true', 'On expression is not required for cross join type.\n', 'ON'],
  ['SELECT a FROM s LIMIT 1.5', 'limit should be integer', '1.5'],
  [
    'SELECT a FROM s GROUP BY COUNTWINDOW(2) FILTER WHERE a',
    'Found "WHERE" after FILTER, expect parentheses.',
    'WHERE',
  ],
  [
    'SELECT a FROM s GROUP BY TUMBLINGWINDOW(ss, 0)',
    'The 1 argument for tumblingwindow should be greater than 0.\n',
    '0',
  ],
  [
    'SELECT a FROM s GROUP BY HOPPINGWINDOW(ss, 5, -1)',
    'The 2 argument for hoppingwindow should be greater than 0.\n',
    '-1',
  ],
  ['SELECT a FROM s GROUP BY COUNTWINDOW(0, 0)', 'Invalid parameter value 0.', '0'],
  ['SELECT a FROM s GROUP BY COUNTWINDOW(a + 1)', 'Invalid parameter value binaryExpr:{ $$default.a + 1 }.', 'a + 1'],
  [
    'SELECT a FROM s GROUP BY COUNTWINDOW(3, 5)',
    'The second parameter value 5 should be less than the first parameter 3.',
    '5',
  ],
  ['SELECT a FROM s GROUP BY STATEWINDOW()', 'The arguments for statewindow should be 1 or 2.\n', 'STATEWINDOW()'],
  [
    'SELECT tumblingwindow(ss, 1) FROM s',
    'window tumblingwindow can only be used in the GROUP BY clause',
    'tumblingwindow',
  ],
];

function expectRefusal(sql: string, message: string, offending: string, functions?: FunctionCheck): void {
  let error: unknown = null;
  try {
    parseSelect(sql, functions && { functions });
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(KuiperError);
  const { span, ...refusal } = error as KuiperError;
  expect((error as KuiperError).message).toBe(message);
  expect(refusal.code).toBe(2001);
  expect(sql.slice(span?.start, span?.end)).toBe(offending);
}

describe('SELECT accepts', () => {
  for (const [title, sql, printed] of accepted) {
    test(title, () => {
      expect(printStatement(parseSelect(sql))).toBe(printed);
    });
  }
});

describe('SELECT refuses', () => {
  for (const [sql, message, offending] of refused) {
    test(sql, () => expectRefusal(sql, message, offending));
  }
});

const windows: readonly [text: string, window: object][] = [
  ['TUMBLINGWINDOW(ss, 10)', { type: 'tumbling', unit: 'ss', length: 10 }],
  ['HOPPINGWINDOW(hh, 10, 3)', { type: 'hopping', unit: 'hh', length: 10, hop: 3 }],
  ['SLIDINGWINDOW(ms, 10)', { type: 'sliding', unit: 'ms', length: 10, delay: null }],
  ['SESSIONWINDOW(mi, 5, 2)', { type: 'session', unit: 'mi', maxDuration: 5, timeout: 2 }],
  ['COUNTWINDOW(5, 2)', { type: 'count', count: 5, step: 2 }],
  ['STATEWINDOW(a, b)', { type: 'state', begin: { name: 'a' }, emit: { name: 'b' } }],
];

describe('a window in GROUP BY', () => {
  for (const [text, window] of windows) {
    test(`${text} carries its arguments`, () => {
      const sql = `SELECT a FROM s GROUP BY ${text}`;
      const [dimension] = parseSelect(sql).groupBy;
      expect(dimension).toMatchObject({ kind: 'window', filter: null, over: null, ...window });
      expect(sql.slice(dimension?.span.start, dimension?.span.end)).toBe(text);
    });
  }
});

describe('what is known about functions', () => {
  const calls: string[] = [];
  const functions: FunctionCheck = {
    checkCall(name, args, span, clause) {
      calls.push(`${clause} ${name}/${args.length} ${span.start}-${span.end}`);
      if (name === 'nofn') throw sqlErrors.CASE('unknown', { span });
    },
    isAnalytic: (name) => name === 'lag',
    isWindowFunction: (name) => name === 'row_number',
    isAggregate: (name) => name === 'count',
    isSetReturning: (name) => name === 'unnest',
  };

  test('is asked for each call, arguments first, with the clause', () => {
    calls.length = 0;
    const sql = `SELECT f(g(a)) FROM s INNER JOIN t ON j() WHERE w() GROUP BY d(), COUNTWINDOW(2) FILTER (WHERE x()) HAVING h()
      ORDER BY o()`;
    parseSelect(sql, { functions });
    expect(calls.map((call) => call.split(' ').slice(0, 2).join(' '))).toEqual([
      'select g/1',
      'select f/1',
      'from j/0',
      'where w/0',
      'groupBy d/0',
      'groupBy x/0',
      'having h/0',
      'orderBy o/0',
    ]);
    expect(calls[0]).toBe('select g/1 9-13');
  });

  test('is not asked for dedup_trigger and windows', () => {
    calls.length = 0;
    parseSelect('SELECT dedup_trigger(a, b, c, 5) FROM s GROUP BY COUNTWINDOW(2)', { functions });
    expect(calls).toEqual([]);
  });

  const rules: readonly [sql: string, message: string, offending: string][] = [
    ['SELECT nofn(a), FROM s', 'invalid CASE expression, unknown', 'nofn(a)'],
    ['SELECT f(a) OVER (PARTITION BY b) FROM s', 'Found OVER after non analytic function f', 'OVER'],
    ['SELECT lag(a) OVER (ORDER BY b) FROM s', 'Found "ORDER" after OVER (, expect partition by or when.', 'ORDER'],
    ['SELECT abs(unnest(a)) FROM s', "select clause shouldn't has nested set-returning-functions", 'unnest(a)'],
    ['SELECT unnest(a), unnest(b) FROM s', "select clause shouldn't has multi set-returning-functions", 'unnest(b)'],
    ['SELECT a FROM s WHERE unnest(b) = 1', "select statement shouldn't has srf except fields", 'unnest(b)'],
    ['SELECT a FROM s WHERE 1 = row_number();', 'window functions can only be in select fields', 'row_number()'],
    [
      'SELECT a FROM s GROUP BY 1 + count(s.a), COUNTWINDOW(2)',
      'Not allowed to call aggregate functions in GROUP BY clause: binaryExpr:{ 1 + Call:{ name:count, args:[s.a] } }.',
      'count(s.a)',
    ],
  ];
  for (const [sql, message, offending] of rules) {
    test(`refuses ${sql}`, () => expectRefusal(sql, message, offending, functions));
  }

  test('lets window functions sort within OVER', () => {
    const sql = 'SELECT row_number() OVER (PARTITION BY a ORDER BY b DESC) FROM s';
    expect(printStatement(parseSelect(sql, { functions }))).toBe(sql);
  });
});

describe('parts of a SELECT on their own', () => {
  test('a select list', () => {
    const items = parseSelectItems('a, b + 1 AS c INVISIBLE, *');
    expect(items.map(({ alias, invisible }) => [alias, invisible])).toEqual([
      [null, false],
      ['c', true],
      [null, false],
    ]);
    expect(() => parseSelectItems('a FROM s')).toThrow('found "FROM", expected EOF.');
  });

  test('a sort list', () => {
    expect(parseSortItems('a DESC, f(b)').map(({ descending }) => descending)).toEqual([true, false]);
    expect(() => parseSortItems('(a)')).toThrow('found "(", expected EOF.');
  });
});
