import { describe, expect, test } from 'vitest';
import { explainExpr } from './explain.ts';
import { parseExpression } from './parse.ts';
import { printExpression } from './print-expression.ts';

/** Explain text shows the grouping. `c` stands for a column. */
const groupings: readonly [text: string, explained: string][] = [
  ['2 + 3 * 4', 'binaryExpr:{ 2 + binaryExpr:{ 3 * 4 } }'],
  ['20 - 5 - 3', 'binaryExpr:{ binaryExpr:{ 20 - 5 } - 3 }'],
  ['1 | 6 & 3', 'binaryExpr:{ 1 | binaryExpr:{ 6 & 3 } }'],
  ['1 = 2 = 3', 'binaryExpr:{ binaryExpr:{ 1 = 2 } = 3 }'],
  ['true OR true AND 1 < 2', 'binaryExpr:{ true OR binaryExpr:{ true AND binaryExpr:{ 1 < 2 } } }'],
  ['5 - -3', 'binaryExpr:{ 5 - -3 }'],
  ['5 -3', 'binaryExpr:{ 5 - 3 }'],
  ['2 * c[0]', 'binaryExpr:{ 2 * binaryExpr:{ $$default.c[0] } }'],
  ['2 * c->k', 'binaryExpr:{ 2 * binaryExpr:{ $$default.c -> jsonFieldName:k } }'],
  ['2 * s.c.k', 'binaryExpr:{ 2 * binaryExpr:{ s.c -> jsonFieldName:k } }'],
  ['c->a.b', 'binaryExpr:{ binaryExpr:{ $$default.c -> jsonFieldName:a } -> jsonFieldName:b }'],
  ['f(c)[0]->k', 'binaryExpr:{ binaryExpr:{ Call:{ name:f, args:[$$default.c] }[0] } -> jsonFieldName:k }'],
  ['c IN (1, 2) = true', 'binaryExpr:{ binaryExpr:{ $$default.c IN valueSetExpr:{ literalExprs:[1, 2] } } = true }'],
  ['1 + 1 IN (2)', 'binaryExpr:{ binaryExpr:{ 1 + 1 } IN valueSetExpr:{ literalExprs:[2] } }'],
  ['1 NOT IN c->l', 'binaryExpr:{ 1 NOT IN binaryExpr:{ $$default.c -> jsonFieldName:l } }'],
  [
    'c NOT BETWEEN 1 AND c[1] AND true',
    'binaryExpr:{ binaryExpr:{ $$default.c NOT BETWEEN betweenExpr:{ 1, binaryExpr:{ $$default.c[1] } } } AND true }',
  ],
  ['c LIKE "a%_\\\\"', 'binaryExpr:{ $$default.c LIKE likePattern:^a.*.\\\\$ }'],
  ['c[:2]', 'binaryExpr:{ $$default.c[ColonExpr:{ start:{ 0 }, end:{ 2 } }] }'],
  ['c[]', 'binaryExpr:{ $$default.c[ColonExpr:{ start:{ 0 }, end:{ -2147483648 } }] }'],
  ['(c)', 'parenExpr:{ $$default.c }'],
  ['CASE c WHEN 1 THEN 2 END', 'caseExprValue:{ value:{ $$default.c }, whenClauses:[{ whenClause:{ 1 } }] }'],
  [
    'CASE WHEN c > 1 THEN 2 ELSE 3 END',
    'caseExprValue:{ whenClauses:[{ whenClause:{ binaryExpr:{ $$default.c > 1 } } }] }',
  ],
  ['meta(k)', 'Call:{ name:meta, args:[metaRef:{ streamName:$$default, fieldName:k }] }'],
  ['MQTT(s.k)', 'Call:{ name:MQTT, args:[metaRef:{ streamName:s, fieldName:k }] }'],
  [
    'meta(k->x) = k',
    'binaryExpr:{ Call:{ name:meta, args:[binaryExpr:{ metaRef:{ streamName:$$default, fieldName:k } -> jsonFieldName:x }] } = $$default.k }',
  ],
  ['lag(c) OVER (WHEN c > 1)', 'Call:{ name:lag, args:[$$default.c], when:{ binaryExpr:{ $$default.c > 1 } } }'],
  ['now()', 'Call:{ name:now }'],
  ['c->"k"', 'binaryExpr:{ $$default.c -> k }'],
  ['f(*, s.*, SS)', 'Call:{ name:f, args:[*, s.*, SS] }'],
  ['1000000.0 = 0.00001', 'binaryExpr:{ 1e+06 = 1e-05 }'],
];

const literals: readonly [text: string, literal: object][] = [
  ['42', { kind: 'int', value: 42 }],
  ['-42', { kind: 'int', value: -42 }],
  ['- 42', { kind: 'int', value: -42 }],
  ['-0', { kind: 'int', value: 0 }],
  ['9007199254740991', { kind: 'int', value: 9007199254740991 }],
  ['9007199254740993', { kind: 'int', value: 9007199254740993n }],
  ['99999999999999999999', { kind: 'int', value: 9223372036854775807n }],
  ['-99999999999999999999', { kind: 'int', value: -9223372036854775808n }],
  ['0000000000000000000007', { kind: 'int', value: 7 }],
  ['1.', { kind: 'float', value: 1 }],
  ['-. 3', { kind: 'float', value: -0.3 }],
  ["'a\"b'", { kind: 'string', value: 'a"b' }],
  ['True', { kind: 'bool', value: true }],
  ['Mi', { kind: 'timeUnit', unit: 'mi' }],
];

/** The message, and the part of the text that the error's span covers. */
const refusals: readonly [text: string, message: string, offending: string][] = [
  ['-a', 'found "-", expected expression.', '-'],
  ['- -1', 'found "-", expected expression.', '-'],
  ['NOT a', 'found "NOT", expected expression.', 'NOT'],
  ['a NOT b', 'found "NOT", expected EOF.', 'NOT'],
  ['1.2.3', 'found "1.2.3", invalid number value.', '1.2.3'],
  ['(a', 'found "EOF", expected right paren.', ''],
  ['a BETWEEN 1 + 1 AND 5', 'expect AND expression after between but found +', '+'],
  ['a IN ()', 'expect elements for IN expression, but found ")", expected expression.', ')'],
  ['a IN (1 2)', 'expect ) for IN expression, but got "2"', '2'],
  ['a IN', 'expect expression after IN, but got error found "EOF", expected expression.', ''],
  ['l[1 2]', 'Unexpected token "2". when parsing bracket expressions.', '2'],
  ['l[FROM]', 'The start index FROM is invalid in bracket expression.', 'FROM'],
  ['l[1:2', 'Found "EOF", expected right bracket.', ''],
  ['a.b.', 'found "EOF", expected expression.', ''],
  ['a.end', 'found "END", expected expression.', 'end'],
  ['CASE WHEN (a > 1) THEN 1 END', 'invalid CASE expression, WHEN expression must be a bool condition', '(a > 1)'],
  ['CASE a END', 'invalid CASE expression, WHEN expected before END', 'END'],
  ['CASE a WHEN 1 THEN 2 ELSE 3 ELSE 4 END', 'invalid CASE expression, END expected', 'ELSE'],
  ['* EXCEPT a', 'Found "a" after EXCEPT, expect left parentheses.', 'a'],
  ['* REPLACE a', 'Found "a" after REPLACE, expect left parentheses.', 'a'],
  ['* REPLACE(a AS 1)', 'found "1", expected as alias.', '1'],
  ['meta(* REPLACE(a AS b))', '"REPLACE" is not supported in meta function', 'REPLACE'],
  ['f(a b)', 'found function call "f", expected ), but with "b".', 'b'],
  ['lag(a) OVER WHEN a', 'Found "WHEN" after OVER, expect parentheses.', 'WHEN'],
  ['lag(a) OVER (PARTITION a)', 'found "a", expected by after partition.', 'a'],
  ['lag(a) OVER ()', 'Found ")" after OVER (, expect partition by or when.', ')'],
  ['tumblingwindow(ss, 10)', 'window tumblingwindow can only be used in the GROUP BY clause', 'tumblingwindow'],
  ['dedup_trigger(a, b, c)', 'dedup_trigger function should have 4 arguments', 'dedup_trigger(a, b, c)'],
  ['dedup_trigger(a, 1, c, 5)', 'dedup_trigger function should have fieldRef as the 2 argument', '1'],
  ['dedup_trigger(a, b, c, d)', 'dedup_trigger function should have integer as the fourth argument', 'd'],
  ['"say \\"hi\\"" 1 "\\d"', 'found "1", expected EOF.', '1'],
  ['1 "a\\"b"', 'found "a\\"b", expected EOF.', '"a\\"b"'],
];

describe('an expression', () => {
  for (const [text, explained] of groupings) {
    test(`${text} groups as specified`, () => {
      expect(explainExpr(parseExpression(text))).toBe(explained);
    });
  }

  for (const [text, literal] of literals) {
    test(`${text} is a literal`, () => {
      expect(parseExpression(text)).toEqual({ ...literal, span: { start: 0, end: text.length } });
    });
  }

  for (const [text, message, offending] of refusals) {
    test(`${text} is refused at "${offending}"`, () => {
      try {
        parseExpression(text);
      } catch (error) {
        const { span } = error as { span: { start: number; end: number } };
        expect(error).toMatchObject({ message, code: 2001, domain: 'user' });
        expect(text.slice(span.start, span.end)).toBe(offending);
        return;
      }
      expect.unreachable('was accepted');
    });
  }

  test('covers its own text with every span', () => {
    const text = ' a + f(b, 1)[2] * (c -> `d`) ';
    const expr = parseExpression(text);
    const slices: string[] = [];
    const collect = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      const { span, ...rest } = node as { span?: { start: number; end: number } };
      if (span !== undefined) slices.push(text.slice(span.start, span.end));
      for (const value of Object.values(rest)) collect(value);
    };
    collect(expr);
    expect(slices).toEqual([
      'a + f(b, 1)[2] * (c -> `d`)',
      'a',
      'f(b, 1)[2] * (c -> `d`)',
      'f(b, 1)[2]',
      'f(b, 1)',
      'b',
      '1',
      '2',
      '(c -> `d`)',
      'c -> `d`',
      'c',
    ]);
  });

  test('built by a pass gets the parentheses it needs when printed', () => {
    const span = { start: 0, end: 0 };
    const left = parseExpression('a OR b');
    const right = parseExpression('c - d');
    expect(printExpression({ kind: 'binary', op: 'AND', left, right: left, span })).toBe('(a OR b) AND (a OR b)');
    expect(printExpression({ kind: 'binary', op: '-', left: right, right, span })).toBe('c - d - (c - d)');
    expect(printExpression({ kind: 'index', object: left, index: left, span })).toBe('(a OR b)[a OR b]');
  });
});
