import { describe, expect, test } from 'vitest';
import { locate, underline } from './span-text.ts';

const cases: readonly [title: string, text: string, start: number, end: number, expected: string][] = [
  ['a word', 'SELECT a FORM demo', 9, 13, 'line 1, column 10:\nSELECT a FORM demo\n         ^^^^'],
  ['the end of input', 'SELECT', 6, 6, 'line 1, column 7:\nSELECT\n      ^'],
  ['a later line, tabs kept', 'SELECT a\r\n\tFORM s\r\n', 11, 15, 'line 2, column 2:\n\tFORM s\n\t^^^^'],
  ['the first line only of a long span', 'a (\nb)', 2, 6, 'line 1, column 3:\na (\n  ^'],
  ['nothing past the end', 'a', 5, 9, 'line 1, column 2:\na\n ^'],
];

describe('underline marks', () => {
  for (const [title, text, start, end, expected] of cases) {
    test(title, () => {
      expect(underline(text, { start, end })).toBe(expected);
    });
  }
});

test('locate counts lines and columns from 1', () => {
  expect(locate('a\nbc', { start: 3, end: 4 })).toEqual({ line: 2, column: 2 });
  expect(locate('a\nbc', { start: 1, end: 2 })).toEqual({ line: 1, column: 2 });
});
