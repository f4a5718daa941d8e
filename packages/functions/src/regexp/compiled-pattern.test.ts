import { errorText } from '@kuiper/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Automaton } from './automaton.ts';
import { CompiledPattern } from './compiled-pattern.ts';
import { parsePattern } from './parse-pattern.ts';

const matches: readonly (readonly [pattern: string, text: string, match: string | null])[] = [
  ['a|ab', 'ab', 'a'],
  ['(?U)a+', 'aaa', 'a'],
  ['(?U)a+?', 'aaa', 'aaa'],
  ['a{2,3}', 'aaaa', 'aaa'],
  ['a{,3}', 'a{,3}', 'a{,3}'],
  ['x{', 'x{', 'x{'],
  ['.', '\n', null],
  ['(?s).', '\n', '\n'],
  ['.', '😀', '😀'],
  ['^b', 'a\nb', null],
  ['(?m)^b$', 'a\nb\nc', 'b'],
  ['a$', 'a\n', null],
  ['\\Aa\\z', 'a', 'a'],
  ['(?i)straße', 'STRAẞE', 'STRAẞE'],
  ['(?i:k)k', '\u212ak', '\u212ak'],
  ['(?i)[a-c]+x', 'ABCX', 'ABCX'],
  ['a(?i)b', 'aB', 'aB'],
  ['(a(?i)b)c', 'aBC', null],
  ['\\bfoo\\b', 'a foo.', 'foo'],
  ['\\d+', '٣3', '3'],
  ['\\w+', 'é_1', '_1'],
  ['[[:upper:]]+', 'abCD', 'CD'],
  ['[^[:digit:]]', '1a', 'a'],
  ['[]a]+', 'a]b', 'a]'],
  ['[a-]+', 'x-a', '-a'],
  ['[^a]', 'a\n', '\n'],
  ['\\pL+', '1é2', 'é'],
  ['\\p{Greek}', 'aλ', 'λ'],
  ['\\P{Greek}', 'λa', 'a'],
  ['\\p{^Greek}', 'λa', 'a'],
  ['\\Qa.b\\E+', 'a.bb', 'a.bb'],
  ['\\x41\\x{1F600}\\101', 'A😀A', 'A😀A'],
  ['\\_\\-\\/', '_-/', '_-/'],
  ['(a*)*b', 'aab', 'aab'],
  ['(|a)+', 'aa', ''],
  ['$^', '', ''],
];

describe('finds the preferred leftmost match', () => {
  for (const [pattern, text, match] of matches) {
    test(`${pattern} in ${JSON.stringify(text)}`, () => {
      const compiled = new CompiledPattern(pattern);
      const found = compiled.find(text, 0);
      expect(found === null ? null : text.slice(found[0], found[1])).toBe(match);
      expect(compiled.test(text)).toBe(match !== null);
      expect(new Automaton(parsePattern(pattern)).find(text, 0)).toEqual(found);
    });
  }
});

const refused: readonly (readonly [pattern: string, text: string])[] = [
  ['(a', 'missing closing ): `(a`'],
  ['a)', 'unexpected ): `a)`'],
  ['[a', 'missing closing ]: `[a`'],
  ['[z-a]', 'invalid character class range: `z-a`'],
  ['[[:no:]]', 'invalid character class range: `[:no:]`'],
  ['*', 'missing argument to repetition operator: `*`'],
  ['a|*', 'missing argument to repetition operator: `*`'],
  ['a**', 'invalid nested repetition operator: `**`'],
  ['a{1001}', 'invalid repeat count: `{1001}`'],
  ['a{3,2}', 'invalid repeat count: `{3,2}`'],
  ['((a{100}){100}){100}', 'invalid repeat count: `((a{100}){100}){100}`'],
  ['\\1', 'invalid escape sequence: `\\1`'],
  ['\\y', 'invalid escape sequence: `\\y`'],
  ['\\', 'trailing backslash at end of expression: ``'],
  ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
  ['(?<=a)', 'invalid or unsupported Perl syntax: `(?<`'],
  ['\\p{Nope}', 'invalid character class range: `\\p{Nope}`'],
  ['(?P<a>x)(?P<a>y)', 'duplicate capture group name: `(?P<a>`'],
];

describe('refuses what has no linear-time meaning', () => {
  for (const [pattern, text] of refused) {
    test(pattern, () => {
      let thrown: unknown;
      try {
        new CompiledPattern(pattern);
      } catch (error) {
        thrown = error;
      }
      expect(errorText(thrown)).toBe(`error parsing regexp: ${text}`);
    });
  }
});

test('groups of a repeated group keep their last match', () => {
  expect(new CompiledPattern('(?:a|(b))*').find('ba', 0)).toEqual([0, 2, 0, 1]);
});

describe('no pattern makes a long text slow', () => {
  const text = `${'a'.repeat(30_000)}!`;
  for (const pattern of ['(a+)+$', '(a|aa)+$', '(a|a?)+b', 'a*a*a*a*b', '(.*)(.*)(.*)x$', '[a-z]+[a-y]+b']) {
    test(pattern, () => {
      const start = performance.now();
      expect(new CompiledPattern(pattern).test(text)).toBe(false);
      expect(performance.now() - start).toBeLessThan(3000);
    });
  }
});

const patternText: fc.Arbitrary<string> = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\b', '^', '$', '\\w'),
    tie('pattern').map((inner) => `(${inner})`),
    tie('pattern').map((inner) => `(?:${inner})`),
  ),
  pattern: fc.oneof(
    { maxDepth: 4 },
    tie('atom'),
    fc
      .tuple(tie('atom'), fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}'))
      .map((parts) => parts.join('')),
    fc.tuple(tie('pattern'), tie('pattern')).map((parts) => parts.join('')),
    fc.tuple(tie('pattern'), tie('pattern')).map((parts) => parts.join('|')),
  ),
})).pattern;

test('both engines give the same matches and groups', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '😀'), maxLength: 12 });
  fc.assert(
    fc.property(patternText, text, (pattern, subject) => {
      let compiled: CompiledPattern;
      try {
        compiled = new CompiledPattern(pattern);
      } catch {
        return; // a repetition of a repetition
      }
      const automaton = new Automaton(parsePattern(pattern));
      expect(automaton.find(subject, 0)).toEqual(compiled.find(subject, 0));
    }),
    { numRuns: 3000 },
  );
});
