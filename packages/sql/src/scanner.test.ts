import { describe, expect, test } from 'vitest';
import { Scanner } from './scanner.ts';
import { Token, tokenText } from './token.ts';

const kindNames = new Map(Object.entries(Token).map(([name, kind]) => [kind, name]));

function scan(text: string): string[] {
  const scanner = new Scanner(text);
  const tokens: string[] = [];
  for (scanner.next(); scanner.kind !== Token.eof; scanner.next()) {
    tokens.push(`${kindNames.get(scanner.kind)} ${tokenText(scanner.kind, scanner.value)}`.trim());
  }
  return tokens;
}

const cases: readonly [title: string, text: string, tokens: readonly string[]][] = [
  ['keywords in any case', 'SeLeCt limit', ['SELECT SELECT', 'LIMIT LIMIT']],
  ['words that only resemble keywords', 'selected fro mss', ['ident selected', 'ident fro', 'ident mss']],
  ['words that are not reserved', 'create null', ['ident create', 'ident null']],
  ['back-quoted keywords as names', '`select` ``', ['ident select', 'ident']],
  ['an unterminated back quote up to the end', '`a b', ['ident a b']],
  [
    'numbers glued to words',
    '1x 1e3 0x10',
    ['integer 1', 'ident x', 'integer 1', 'ident e3', 'integer 0', 'ident x10'],
  ],
  ['numbers with dots', '1. .5 1.5 1.2.3', ['number 1.', 'number .5', 'number 1.5', 'badNumber 1.2.3']],
  ['a minus glued to a point', 'a -.5 -. 5 - 5', ['ident a', 'number -.5', 'number -.5', 'minus -', 'integer 5']],
  ['operators split by white space', '! = < = > = - >', ['neq !=', 'lte <=', 'gte >=', 'arrow ->']],
  ['a lone bang as equals', 'a ! 5', ['ident a', 'eq =', 'integer 5']],
  ['two minus signs apart as two tokens', '- -1', ['minus -', 'minus -', 'integer 1']],
  ['comments as white space', 'a--x\nb/* ** - */c', ['ident a', 'ident b', 'ident c']],
  ['a comment to the end of input', 'a -- b', ['ident a']],
  ['an unterminated comment as illegal', 'a /* b', ['ident a', 'illegal']],
  ['other characters as illegal, one each', '_ é 😀$', ['illegal', 'illegal', 'illegal', 'illegal']],
  ['NUL as the end', 'a \0 b', ['ident a']],
  ['strings of both kinds', `"a" 'b' "" 'say "hi"'`, ['string a', 'singleQuoted b', 'string', 'singleQuoted say "hi"']],
  ['an escaped quote at the end of a string', `'it\\'' "\\"" x`, ["singleQuoted it'", 'string "', 'ident x']],
  ['escapes', '"\\a\\x41\\101\\u00e9\\U0001F600\\\\"', ['string \x07AAé😀\\']],
  ['byte escapes as UTF-8', '"\\xc3\\xa9\\xff"', ['string é\ufffd']],
  ['unknown escapes as a bad string', '"\\d" 1', ['badString invalid string: "\\d"', 'integer 1']],
  ['escapes out of range as a bad string', '"\\ud800"', ['badString invalid string: "\\ud800"']],
  ['octal escapes beyond a byte as a bad string', '"\\777"', ['badString invalid string: "\\777"']],
  ['a single-quote escape in double quotes as a bad string', `"\\'"`, [`badString invalid string: "\\'"`]],
  ['a raw line break as a bad string', '"a\nb" c', ['badString invalid string: "a\nb"', 'ident c']],
  ['an unterminated string up to the end', '"a b', ['badString a b']],
];

describe('the scanner reads', () => {
  for (const [title, text, tokens] of cases) {
    test(title, () => {
      expect(scan(text)).toEqual(tokens);
    });
  }
});
