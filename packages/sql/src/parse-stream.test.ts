import { describe, expect, test } from 'vitest';
import { parseStatement } from './parse.ts';
import { printStatement } from './print-statement.ts';

const accepted: readonly [title: string, sql: string, statement: object][] = [
  [
    'no columns and no options',
    'CREATE STREAM s () WITH ()',
    { kind: 'create', target: 'stream', name: 's', columns: [], options: {} },
  ],
  [
    'any case, missing and trailing commas',
    'create Table s (A bigint, b Array(Struct(c string)),) with (Type="memory" datasource="x/y", shared=True,);',
    {
      target: 'table',
      columns: [
        { name: 'A', type: { kind: 'bigint' }, defaultValue: null },
        {
          name: 'b',
          type: { kind: 'array', element: { kind: 'struct', fields: [{ name: 'c', type: { kind: 'string' } }] } },
        },
      ],
      options: { type: 'memory', datasource: 'x/y', shared: true },
    },
  ],
  [
    'every option',
    `CREATE STREAM s () WITH (DATASOURCE="a", FORMAT="JSON", KEY="k", CONF_KEY="C", SHARED="TRUE", STRICT_VALIDATION="false", TYPE="t",
      TIMESTAMP="ts", TIMESTAMP_FORMAT="yyyy", RETAIN_SIZE="7", SCHEMAID="f.M", EXTRA="{\\"x\\":1}", VERSION="V1", TEMP=FALSE,
      KIND="Lookup", DELIMITER=";")`,
    {
      options: {
        datasource: 'a',
        format: 'JSON',
        key: 'k',
        confKey: 'C',
        shared: true,
        strictValidation: false,
        type: 't',
        timestamp: 'ts',
        timestampFormat: 'yyyy',
        retainSize: 7,
        schemaid: 'f.M',
        extra: '{"x":1}',
        version: 'v1',
        temp: false,
        kind: 'lookup',
        delimiter: ';',
      },
    },
  ],
  [
    'a repeated option: the last one counts',
    'CREATE STREAM s () WITH (TYPE="a", TYPE="b")',
    { options: { type: 'b' } },
  ],
  ['a bare boolean as text', 'CREATE STREAM s () WITH (KEY=true)', { options: { key: 'TRUE' } }],
  [
    'quoted names',
    'CREATE STREAM `a b` (`select` BIGINT, `温度` FLOAT) WITH ()',
    { name: 'a b', columns: [{ name: 'select' }, { name: '温度' }] },
  ],
  ['text after a semicolon', 'CREATE STREAM s () WITH (); DROP STREAM s', { kind: 'create' }],
  ['SHOW', 'show Tables', { kind: 'show', target: 'table' }],
  ['DESCRIBE', 'DESCRIBE STREAM s;', { kind: 'describe', target: 'stream', name: 's' }],
  ['EXPLAIN', 'EXPLAIN TABLE t', { kind: 'explain', target: 'table', name: 't' }],
  ['DROP', 'DROP STREAM `a-b`', { kind: 'drop', target: 'stream', name: 'a-b' }],
];

const defaults: readonly [type: string, literal: string, value: unknown][] = [
  ['BIGINT', '5', 5],
  ['BIGINT', '-5', -5],
  ['BIGINT', '"12"', 12],
  ['BIGINT', '"0x1F"', 31],
  ['BIGINT', '"0b101"', 5],
  ['BIGINT', '010', 8],
  ['BIGINT', '9223372036854775807', 9223372036854775807n],
  ['FLOAT', '1.50', 1.5],
  ['FLOAT', '"1e3"', 1000],
  ['BOOLEAN', 'true', true],
  ['BOOLEAN', '"f"', false],
  ['BOOLEAN', '1', true],
  ['STRING', '"x y"', 'x y'],
  ['STRING', '5', '5'],
  ['STRING', "'q'", 'q'],
];

const refused: readonly [sql: string, message: string, offending: string][] = [
  ['', 'Invalid stream statement: ', ''],
  ['CREATE STREAM s (a BIGINT', 'found "EOF", expect comma or rparen.', ''],
  ['CREATE STREAM s () WITH TYPE', 'found "TYPE", expect stream options.', 'TYPE'],
  ['CREATE STREAM s () WITH (TYPE 5)', 'found "5", expect equals(=) in options.', '5'],
  ['CREATE STREAM s (a BIGINT DEFAULT "ten") WITH ()', 'cannot convert string(ten) to int64', '"ten"'],
  [
    'CREATE STREAM s (a BIGINT DEFAULT 9223372036854775808) WITH ()',
    'cannot convert string(9223372036854775808) to int64',
    '9223372036854775808',
  ],
  ['CREATE STREAM s (a BIGINT DEFAULT "08") WITH ()', 'cannot convert string(08) to int64', '"08"'],
  ['CREATE STREAM s (a FLOAT DEFAULT TRUE) WITH ()', 'cannot convert string(TRUE) to float64', 'TRUE'],
  ['CREATE STREAM s (a BOOLEAN DEFAULT "yes") WITH ()', 'strconv.ParseBool: parsing "yes": invalid syntax', '"yes"'],
  ['CREATE STREAM s (a STRING DEFAULT -TRUE) WITH ()', 'found "TRUE", expect default constraint value.', 'TRUE'],
  ['CREATE STREAM s (a DATETIME DEFAULT "x") WITH ()', 'DEFAULT clause is not supported for datetime', 'DEFAULT'],
  ['CREATE STREAM s (a STRUCT(b BIGINT,)) WITH ()', 'found ")", expect stream field name.', ')'],
  ['CREATE STREAM s () WITH (EXTRA="{")', 'invalid extra option, expect JSON string', '"{"'],
  [
    'CREATE STREAM s (a BYTEA, b BYTEA) WITH (FORMAT="Binary")',
    "'binary' format stream can have only one field",
    'b BYTEA',
  ],
  ['DROP STREAM', 'found "EOF", expected stream name.', ''],
  ['DROP STREAM s t', 'found "t", expected semicolon or EOF.', 't'],
];

describe('a stream statement with', () => {
  for (const [title, sql, statement] of accepted) {
    test(title, () => {
      const parsed = parseStatement(sql);
      expect(parsed).toMatchObject(statement);
      expect(parseStatement(printStatement(parsed))).toMatchObject(statement);
    });
  }
});

describe('DEFAULT', () => {
  for (const [type, literal, value] of defaults) {
    test(`${literal} of ${type} is converted`, () => {
      const sql = `CREATE STREAM s (a ${type} DEFAULT ${literal}) WITH ()`;
      expect(parseStatement(sql)).toMatchObject({ columns: [{ defaultValue: value }] });
    });
  }
});

describe('a stream statement is refused:', () => {
  for (const [sql, message, offending] of refused) {
    test(sql, () => {
      let error: unknown = null;
      try {
        parseStatement(sql);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ message });
      const { span } = error as { span: { start: number; end: number } };
      expect(sql.slice(span.start, span.end)).toBe(offending);
    });
  }
});
