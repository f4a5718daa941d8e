import { crc32 as native } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32, tableCrc32 } from './crc32.ts';

test('known checksums', () => {
  for (const [text, sum] of [
    ['', 0],
    ['a', 0xe8b7be43],
    ['123456789', 0xcbf43926],
  ] as const) {
    expect(tableCrc32(Buffer.from(text), 0)).toBe(sum);
  }
});

test('the tables agree with the native code, whole or in pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(600), (bytes, cut) => {
      const expected = native(bytes);
      expect(tableCrc32(bytes, 0)).toBe(expected);
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut), 0))).toBe(expected);
    }),
  );
});
