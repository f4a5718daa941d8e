import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressionMethods, compressor, decompressor } from './compression.ts';

const text = Buffer.from('{"temperature":21.5,"room":"kitchen"}'.repeat(20));

describe('compression', () => {
  for (const name of compressionMethods) {
    it(`${name} unpacks what it packed`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
          const packed = compressor(name)?.(bytes) as Uint8Array;
          expect(Buffer.from(decompressor(name)?.(packed) as Uint8Array).equals(Buffer.from(bytes))).toBe(true);
        }),
        { numRuns: 50 },
      );
    });

    it(`${name} makes repeated text smaller`, () => {
      expect(compressor(name)?.(text).length).toBeLessThan(text.length / 4);
    });

    it(`${name} refuses bytes cut off in the middle`, () => {
      const packed = compressor(name)?.(text) as Uint8Array;
      const half = packed.subarray(0, packed.length / 2);
      expect(() => decompressor(name)?.(half)).toThrow(/^failed to decompress: /);
    });

    it(`${name} refuses bytes that were never packed`, () => {
      expect(() => decompressor(name)?.(text)).toThrow(/^failed to decompress: /);
    });
  }

  it('writes gzip that others read, and reads theirs', () => {
    expect(gunzipSync(compressor('gzip')?.(text) as Uint8Array).equals(text)).toBe(true);
    expect(Buffer.from(decompressor('gzip')?.(gzipSync(text)) as Uint8Array).equals(text)).toBe(true);
  });

  it('knows no other methods', () => {
    expect(compressor('lz4')).toBeUndefined();
    expect(decompressor('constructor')).toBeUndefined();
  });

  it.skipIf(compressionMethods.includes('zstd'))('says which runtime zstd needs where it is missing', () => {
    expect(() => compressor('zstd')).toThrow('zstd compression needs Node.js 22.15 or later');
    expect(() => decompressor('zstd')).toThrow('zstd compression needs Node.js 22.15 or later');
  });

  for (const windowSize of [1000, 512, 2 ** 30, 'big', -1]) {
    it(`refuses the zstd window ${windowSize}`, () => {
      expect(() => compressor('zstd', { windowSize })).toThrow(
        `invalid windowSize ${windowSize}, must be a power of two from 1024 to 536870912`,
      );
    });
  }
});
