import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkKey, compareKeys, tablePrefix } from './kv-key.ts';

const wellFormed = fc.string({ unit: 'binary' });
const tricky = fc.string({ unit: fc.constantFrom('\u0000', '\u0001', '\u0002', 'a', '/', '\ud83d\ude00', '\uffff') });
const name = fc.oneof(wellFormed, tricky);

test('no table prefix begins another one', () => {
  fc.assert(
    fc.property(name, name, name, (a, b, key) => {
      if (a === b) return;
      expect((tablePrefix(a) + key).startsWith(tablePrefix(b))).toBe(false);
    }),
  );
});

test('keys are ordered as their UTF-8 bytes', () => {
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('half a surrogate pair is refused in names and keys', () => {
  for (const bad of ['\ud800', 'a\udc00b']) {
    expect(() => tablePrefix(bad)).toThrow('table name holds half of a surrogate pair');
    expect(() => checkKey(bad)).toThrow('key holds half of a surrogate pair');
  }
});
