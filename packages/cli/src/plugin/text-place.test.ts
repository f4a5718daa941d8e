import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonErrorPlace, jsonErrorText } from './text-place.ts';

describe('the place of a mistake in JSON', () => {
  const cases = [
    ['', '1:1'],
    ['{', '1:2'],
    ['{\n  "a": ,\n}', '2:8'],
    ['{"a":1,}', '1:8'],
    ['{"a" 1}', '1:6'],
    ['[1 2]', '1:4'],
    ['[1,]', '1:4'],
    ['[]]', '1:3'],
    ['{"a":1}\nx', '2:1'],
    ['{"a":tru}', '1:6'],
    ['["a\nb"]', '1:2'],
    ['{a:1}', '1:2'],
    ['[{"a":[]},', '1:11'],
  ] as const;
  for (const [text, place] of cases) {
    test(`is found in ${JSON.stringify(text)}`, () => expect(jsonErrorPlace('f', text)).toBe(`f:${place}`));
  }

  test('is where the first text that cannot become JSON ends, whatever is broken', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        const cut = text.slice(0, at % (text.length + 1));
        // A quote that nobody expects, or one that begins a text which never ends.
        const broken = `${cut}\u0000`;
        const [, line, column] = /^f:(\d+):(\d+)$/.exec(jsonErrorPlace('f', broken)) ?? [];
        expect(Number(line)).toBe(1);
        expect(Number(column)).toBeLessThanOrEqual(broken.length + 1);
        expect(Number(column)).toBeGreaterThan(0);
      }),
    );
  });

  const texts = ['{\n  "a": ,\n}', '{"a":1,}', '{', '[1 2]', `{"a":"${'x'.repeat(100)}", b}`];
  for (const text of texts) {
    test(`is left out of the words for ${JSON.stringify(text)}`, () => {
      try {
        JSON.parse(text);
      } catch (error) {
        expect(jsonErrorText(error)).toMatch(
          /^(Unexpected token '.'|Expected .*|Unexpected end of JSON input|Unexpected end)$/,
        );
      }
    });
  }
});
