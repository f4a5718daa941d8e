import { expect, test } from 'vitest';
import { DateTime } from './date-time.ts';
import { detachString, detachValue } from './detach.ts';

const long = 'a text of some length';

test('a detached text has the same characters', () => {
  for (const text of ['', 'short', long, `${long}${'\ud800'}`]) expect(detachString(text)).toBe(text);
});

test('values with longer texts are copied, all others are shared', () => {
  const shared: readonly unknown[] = [
    null,
    undefined,
    5,
    5n,
    true,
    'short',
    [],
    [1, 'short', [null]],
    { a: 1, b: { c: 'short' } },
    new Uint8Array(3),
    new DateTime(0, 0, 'UTC'),
  ];
  for (const value of shared) expect(detachValue(value)).toBe(value);
  const copied: readonly object[] = [
    [long],
    { a: long },
    { a: [{ b: long }], c: 1 },
    JSON.parse(`{"__proto__":"${long}"}`),
  ];
  for (const value of copied) {
    expect(detachValue(value)).not.toBe(value);
    expect(detachValue(value)).toEqual(value);
  }
});
