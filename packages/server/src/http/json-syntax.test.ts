import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonProblem, scanJson } from './json-syntax.ts';

describe('what is wrong with a JSON text', () => {
  const cases: readonly (readonly [text: string, problem: string])[] = [
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{"id":"r"', 'unexpected end of JSON input'],
    ['"ab', 'unexpected end of JSON input'],
    ['tru', 'unexpected end of JSON input'],
    ['nope', "invalid character 'o' in literal null (expecting 'u')"],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{} trailing', "invalid character 't' after top-level value"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['"\t"', "invalid character '\\t' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
  ];
  for (const [text, problem] of cases) {
    it(`${JSON.stringify(text)}: ${problem}`, () => expect(jsonProblem(text)).toBe(problem));
  }

  it('takes any value that JSON.parse takes, to its end', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', ' x', '{'), (json, rest) => {
        expect(scanJson(json + rest)).toEqual({ kind: 'value', end: json.length });
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:0-1.e+tnua\\ ') }), (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        const scan = scanJson(text);
        const isWhole = scan.kind === 'value' && text.slice(scan.end).trim() === '';
        expect(isWhole).toBe(isJson);
      }),
      { numRuns: 2000 },
    );
  });
});
