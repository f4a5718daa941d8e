import { encodeUtf8 } from '@kuiper/base';
import type { ScalarFunction } from '@kuiper/sdk';
import { beforeAll, describe, expect, test } from 'vitest';
import { builtinTable } from '../builtin-functions.ts';
import { exampleContext } from '../examples/example-context.ts';
import { prepareZstd } from './zstd.ts';

const compress = builtinTable().find('compress') as ScalarFunction;
const decompress = builtinTable().find('decompress') as ScalarFunction;

beforeAll(prepareZstd);

describe('what is compressed comes back', () => {
  for (const method of ['zlib', 'gzip', 'flate', 'zstd']) {
    for (const text of ['', 'edge', '你😀', 'ab'.repeat(300), 'x'.repeat(3_000_000)]) {
      test(`${method}, ${text.length} characters`, () => {
        const packed = compress.eval(exampleContext(), text, method);
        const unpacked: Uint8Array = decompress.eval(exampleContext(), packed, method);
        expect(Buffer.from(text).equals(unpacked)).toBe(true);
        if (text.length > 100) expect(packed.length).toBeLessThan(text.length / 10);
      });
    }
  }
});

test('the method of the first call stays', () => {
  const context = exampleContext();
  compress.eval(context, 'x', 'gzip');
  expect(() => compress.eval(context, 'x', 'zlib')).toThrow(
    'compress type must be consistent, previous gzip, now zlib',
  );
  expect(compress.eval(context, 'x', 'gzip')).toBeInstanceOf(Uint8Array);
});

describe('damaged zstd data is refused', () => {
  const frame = (): Uint8Array => compress.eval(exampleContext(), 'ab'.repeat(300), 'zstd');
  const hugeSize = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xe0, 255, 255, 255, 255, 255, 255, 255, 127, 0, 0, 0);
  const cases: readonly (readonly [string, () => Uint8Array])[] = [
    ['not a frame', () => encodeUtf8('hello world')],
    ['cut short', () => frame().subarray(0, 10)],
    ['a size beyond all memory', () => hugeSize],
  ];
  for (const [name, data] of cases) {
    test(name, () => {
      expect(() => decompress.eval(exampleContext(), data(), 'zstd')).toThrow('failed to decompress: ');
    });
  }
});
