import { describe, expect, it } from 'vitest';
import { type ZipEntry, zipArchive } from '../../testing/zip-archive.ts';
import { type ArchiveLimits, readArchive } from './read-archive.ts';

const shown = async (buffer: Buffer, limits?: ArchiveLimits): Promise<Record<string, string>> => {
  const entries = [...(await readArchive(buffer, limits)).values()];
  return Object.fromEntries(entries.map(({ path, content, mode }) => [path, `${content} ${mode.toString(8)}`]));
};

describe('an archive', () => {
  it('gives files with their mode; folders and `./` are only ways to them', async () => {
    const archive = zipArchive([
      { name: 'a/', mode: 0o040755 },
      { name: 'a/run.sh', content: 'x', mode: 0o104755 },
      { name: './b.txt', content: 'y'.repeat(3), deflate: true },
      { name: 'a/ü b', content: 'z', mode: 0 },
    ]);
    expect(await shown(archive)).toEqual({ 'a/run.sh': 'x 755', 'b.txt': 'yyy 644', 'a/ü b': 'z 0' });
    expect(await shown(zipArchive([]))).toEqual({});
  });

  const hostile: [name: string, entries: ZipEntry[], why: string][] = [
    ['a path upward', [{ name: '../a' }], 'invalid relative path: ../a'],
    ['a path upward further on', [{ name: 'b/../../a' }], 'invalid relative path'],
    ['an absolute path', [{ name: '/a' }], 'absolute path: /a'],
    ['a drive', [{ name: 'c:/a' }], 'absolute path: c:/a'],
    ['a backslash', [{ name: 'b\\a' }], 'invalid characters in fileName: b\\a'],
    ['a NUL character', [{ name: 'a\0.txt' }], 'the path "a\\u0000.txt" has a NUL character'],
    ['an empty name', [{ name: 'a//b' }], 'the path "a//b" has an empty name'],
    ['no name', [{ name: '' }], 'the path "" has an empty name'],
    ['a path without end', [{ name: 'a/'.repeat(600) }], 'is too long'],
    ['a link', [{ name: 'l', content: '/etc/passwd', mode: 0o120777 }], 'l is neither a file nor a folder'],
    ['a device', [{ name: 'd', mode: 0o060666 }], 'd is neither a file nor a folder'],
    ['a pipe', [{ name: 'p', mode: 0o010666 }], 'p is neither a file nor a folder'],
    ['a name twice', [{ name: 'a' }, { name: './a' }], 'a is in it twice'],
    ['a file as folder', [{ name: 'a' }, { name: 'a/b' }], 'a is both a file and a folder'],
    ['a folder as file', [{ name: 'a/' }, { name: 'a' }], 'a/ is both a file and a folder'],
    ['a folder with content', [{ name: 'a/', content: 'x', mode: 0o040755 }], 'a/ is both a file and a folder'],
    ['encryption', [{ name: 'a', flags: 1, deflate: true }], 'a is encrypted'],
    ['a wrong sum', [{ name: 'a', content: 'x', claimedSum: 7 }], 'a is damaged'],
    ['more than it says', [{ name: 'a', content: 'x'.repeat(99), deflate: true, claimedSize: 9 }], 'a: too many bytes'],
    ['less than it says', [{ name: 'a', content: 'x', deflate: true, claimedSize: 9 }], 'a: not enough bytes'],
    ['a bomb', [{ name: 'a', content: Buffer.alloc(4 << 20), deflate: true }], 'a is compressed beyond belief'],
  ];
  for (const [name, entries, why] of hostile) {
    it(`with ${name} is refused`, async () => {
      const limits = { maxEntries: 10, maxTotalBytes: 8 << 20, maxRatio: 100 };
      await expect(shown(zipArchive(entries), limits)).rejects.toThrow(`invalid zip file: `);
      await expect(shown(zipArchive(entries), limits)).rejects.toThrow(why);
    });
  }

  it('is refused when it holds too much, or is none', async () => {
    const limits = { maxEntries: 2, maxTotalBytes: 10, maxRatio: 100 };
    const cases: [Buffer, string][] = [
      [zipArchive({ a: '1', b: '2', c: '3' }), 'more than 2 entries'],
      [zipArchive({ a: '12345', b: '123456' }), 'more than 10 bytes'],
      [Buffer.from('no archive'), 'End of central directory record signature not found'],
      [Buffer.alloc(0), 'End of central directory record signature not found'],
      [zipArchive({ a: '1' }).subarray(10), 'invalid'],
    ];
    for (const [buffer, why] of cases) await expect(shown(buffer, limits)).rejects.toThrow(why);
  });
});
