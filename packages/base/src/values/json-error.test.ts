import { describe, expect, test } from 'vitest';
import { findJsonError } from './json-error.ts';

describe('the first character that cannot stand where it stands is named; the end counts as a space', () => {
  const cutOff = 'unexpected end of JSON input';
  const cases: readonly (readonly [string, string])[] = [
    ['', cutOff],
    ['{', cutOff],
    ['[1,', cutOff],
    ['{"a":', cutOff],
    ['"abc', cutOff],
    ['nul', "invalid character ' ' in literal null (expecting 'l')"],
    ['tr', "invalid character ' ' in literal true (expecting 'u')"],
    ['-', "invalid character ' ' in numeric literal"],
    ['1.', "invalid character ' ' after decimal point in numeric literal"],
    ['[1e', "invalid character ' ' in exponent of numeric literal"],
    ['"\\', "invalid character ' ' in string escape code"],
    ['"\\u12', "invalid character ' ' in \\u hexadecimal character escape"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['1 2', "invalid character '2' after top-level value"],
    ["{'k':1}", "invalid character '\\'' looking for beginning of object key string"],
  ];
  for (const [text, error] of cases) test(JSON.stringify(text), () => expect(findJsonError(text)).toBe(error));
});
