/**
 * Reads a zip archive into memory, with limits. Names that leave the archive's root, links and anything but files are
 * refused or left out before a byte of them is read.
 */
import type { Entry, ZipFile } from 'yauzl';
import { serverErrors } from '../errors.ts';

export interface ZipLimits {
  readonly maxEntries: number;
  readonly maxTotalBytes: number;
  /** How many times larger a file may be than what it takes in the archive. */
  readonly maxRatio: number;
}

export const defaultZipLimits: ZipLimits = { maxEntries: 10_000, maxTotalBytes: 512 << 20, maxRatio: 1000 };

/** Type bits of a UNIX mode in the attributes of an entry. */
const typeMask = 0o170000;
const linkType = 0o120000;

/** Path → content of the files that `wanted` names; directories and links are left out. Throws for a bad archive. */
export async function readZip(
  archive: Buffer,
  wanted: (path: string) => boolean,
  limits: ZipLimits = defaultZipLimits,
): Promise<Map<string, Buffer>> {
  const zip = await openZip(archive);
  const files = new Map<string, Buffer>();
  let totalBytes = 0;
  try {
    if (zip.entryCount > limits.maxEntries) throw bad(`it has more than ${limits.maxEntries} entries`);
    for (let entry = await nextEntry(zip); entry !== null; entry = await nextEntry(zip)) {
      const { fileName, uncompressedSize, compressedSize, externalFileAttributes } = entry;
      const isLink = ((externalFileAttributes >>> 16) & typeMask) === linkType;
      if (fileName.endsWith('/') || isLink || !wanted(fileName)) continue;
      totalBytes += uncompressedSize;
      if (totalBytes > limits.maxTotalBytes) throw bad(`it unpacks to more than ${limits.maxTotalBytes} bytes`);
      if (uncompressedSize > 1 << 20 && uncompressedSize > compressedSize * limits.maxRatio) {
        throw bad(`${fileName} is compressed beyond belief`);
      }
      files.set(fileName, await readEntry(zip, entry));
    }
  } finally {
    zip.close();
  }
  return files;
}

function bad(why: string): Error {
  return serverErrors.FILE(`invalid zip file: ${why}`);
}

async function openZip(archive: Buffer): Promise<ZipFile> {
  const { fromBuffer } = await import('yauzl');
  return new Promise((resolve, reject) => {
    fromBuffer(archive, { lazyEntries: true }, (error, zip) => {
      if (error === null) resolve(zip);
      else reject(bad(error.message));
    });
  });
}

function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      zip.removeAllListeners('entry').removeAllListeners('end').removeAllListeners('error');
    };
    zip.once('entry', (entry: Entry) => {
      settle();
      resolve(entry);
    });
    zip.once('end', () => {
      settle();
      resolve(null);
    });
    zip.once('error', (error: Error) => {
      settle();
      reject(bad(error.message));
    });
    zip.readEntry();
  });
}

function readEntry(zip: ZipFile, entry: Entry): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error !== null) return reject(bad(error.message));
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => resolve(Buffer.concat(chunks)));
      stream.on('error', (failure: Error) => reject(bad(failure.message)));
    });
  });
}
