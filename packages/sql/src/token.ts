const kinds = {
  eof: 1,
  illegal: 2,
  badString: 3,
  badNumber: 4,
  ident: 5,
  /** In double quotes. */
  string: 6,
  singleQuoted: 7,
  integer: 8,
  number: 9,

  lparen: 10,
  rparen: 11,
  lbracket: 12,
  rbracket: 13,
  comma: 14,
  semicolon: 15,
  colon: 16,
  dot: 17,
  hash: 18,
  arrow: 19,

  plus: 20,
  minus: 21,
  star: 22,
  slash: 23,
  percent: 24,
  amp: 25,
  pipe: 26,
  caret: 27,
  eq: 28,
  neq: 29,
  lt: 30,
  lte: 31,
  gt: 32,
  gte: 33,

  // From here on keywords, named as error texts show them.
  SELECT: 40,
  AS: 41,
  FROM: 42,
  WHERE: 43,
  AND: 44,
  OR: 45,
  GROUP: 46,
  HAVING: 47,
  ORDER: 48,
  BY: 49,
  DESC: 50,
  ASC: 51,
  FILTER: 52,
  INNER: 53,
  LEFT: 54,
  RIGHT: 55,
  FULL: 56,
  CROSS: 57,
  JOIN: 58,
  ON: 59,
  CASE: 60,
  WHEN: 61,
  THEN: 62,
  DEFAULT: 63,
  ELSE: 64,
  END: 65,
  IN: 66,
  NOT: 67,
  BETWEEN: 68,
  LIKE: 69,
  OVER: 70,
  PARTITION: 71,
  REPLACE: 72,
  EXCEPT: 73,
  INVISIBLE: 74,
  TRUE: 75,
  FALSE: 76,
  DD: 77,
  HH: 78,
  MI: 79,
  SS: 80,
  MS: 81,
  LIMIT: 82,
} as const;

/** Kinds of tokens: small integers, so that tables can be indexed by them. 0 is no token. */
export const Token: { readonly [Name in keyof typeof kinds]: number } = kinds;

export const firstKeyword: number = Token.SELECT;

/** Size of a table indexed by token kind. */
export const tokenKinds = 83;

const symbols: (string | undefined)[] = [];
symbols[Token.eof] = 'EOF';
symbols[Token.lparen] = '(';
symbols[Token.rparen] = ')';
symbols[Token.lbracket] = '[';
symbols[Token.rbracket] = ']';
symbols[Token.comma] = ',';
symbols[Token.semicolon] = ';';
symbols[Token.colon] = ':';
symbols[Token.dot] = '.';
symbols[Token.hash] = '#';
symbols[Token.arrow] = '->';
symbols[Token.plus] = '+';
symbols[Token.minus] = '-';
symbols[Token.star] = '*';
symbols[Token.slash] = '/';
symbols[Token.percent] = '%';
symbols[Token.amp] = '&';
symbols[Token.pipe] = '|';
symbols[Token.caret] = '^';
symbols[Token.eq] = '=';
symbols[Token.neq] = '!=';
symbols[Token.lt] = '<';
symbols[Token.lte] = '<=';
symbols[Token.gt] = '>';
symbols[Token.gte] = '>=';

/** How an error text names a token: symbols and keywords in their own form, everything else by its content. */
export function tokenText(kind: number, value: string): string {
  return symbols[kind] ?? (kind >= firstKeyword ? value.toUpperCase() : value);
}
