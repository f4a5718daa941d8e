/** What the CLI packs is what the engine unpacks. */
import { readArchive } from '@kuiper/extensions/install';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ZipFile, zipFiles } from '../../packages/cli/src/plugin/zip-file.ts';

const name = fc.stringMatching(/^[a-z0-9_ü-]{1,12}(\/[a-z0-9_.-]{1,8}[a-z])?$/);
const content = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.nat(5000).map((length) => new Uint8Array(length).fill(65)),
);
const mode = fc.constantFrom(0o644, 0o755, 0o600, 0o700);

describe('a zip file', () => {
  test('holds what was put in, with its permissions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.tuple(content, mode), { maxKeys: 12 }), async (entries) => {
        // A name is a file or a folder.
        const files = Object.entries(entries)
          .filter(([path]) => !path.includes('/') || !Object.hasOwn(entries, path.split('/')[0] as string))
          .map(([path, [bytes, bits]]): ZipFile => ({ path, content: Buffer.from(bytes), mode: bits }));
        const archive = await readArchive(zipFiles(files));
        expect([...archive.keys()].sort()).toEqual(files.map(({ path }) => path).sort());
        for (const file of files) {
          const entry = archive.get(file.path);
          expect(entry?.content.equals(file.content)).toBe(true);
          expect((entry?.mode ?? 0) & 0o777).toBe(file.mode);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('has the same bytes for the same files, in any order', () => {
    const a: ZipFile = { path: 'a', content: Buffer.from('1'), mode: 0o644 };
    const b: ZipFile = { path: 'b', content: Buffer.from('2'), mode: 0o755 };
    expect(zipFiles([a, b]).equals(zipFiles([b, a]))).toBe(true);
  });

  test('refuses more files than the format holds', () => {
    const file: ZipFile = { path: 'a', content: Buffer.alloc(0), mode: 0o644 };
    expect(() => zipFiles(new Array<ZipFile>(65_536).fill(file))).toThrow(
      'A package holds at most 65535 files and 4 GiB: there are 65536 files.',
    );
  });
});
