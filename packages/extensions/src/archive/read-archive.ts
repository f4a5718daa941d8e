/**
 * Reads a zip archive into memory, strictly: files and folders under one root, nothing else. What a careful person
 * would not unpack is refused as a whole, with the entry's name.
 */
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import type { Archive, ArchiveEntry } from './archive.ts';
import { archiveErrors } from './errors.ts';

export interface ArchiveLimits {
  readonly maxEntries: number;
  /** Of all files, unpacked. */
  readonly maxTotalBytes: number;
  /** How many times larger a file beyond 1 MiB may be than what it takes in the archive. */
  readonly maxRatio: number;
}

export const defaultArchiveLimits: ArchiveLimits = { maxEntries: 10_000, maxTotalBytes: 512 << 20, maxRatio: 1000 };

/** UNIX modes: bits of the type and two of its values. */
const typeMask = 0o170000;
const fileType = 0o100000;
const folderType = 0o040000;
const permissionMask = 0o777;

const encrypted = 1;
const ratioFreeBytes = 1 << 20;
const longestPath = 1024;

/** Throws `invalid zip file: <why>`. */
export async function readArchive(buffer: Buffer, limits: ArchiveLimits = defaultArchiveLimits): Promise<Archive> {
  const zip = await openZip(buffer);
  const files = new Map<string, ArchiveEntry>();
  const folders = new Set<string>();
  let totalBytes = 0;
  try {
    if (zip.entryCount > limits.maxEntries) throw bad(`it has more than ${limits.maxEntries} entries`);
    for (let entry = await nextEntry(zip); entry !== null; entry = await nextEntry(zip)) {
      const path = pathOf(entry);
      if (isFolder(entry)) {
        folders.add(path);
        continue;
      }
      if (files.has(path)) throw bad(`${path} is in it twice`);
      totalBytes += entry.uncompressedSize;
      if (totalBytes > limits.maxTotalBytes) throw bad(`it unpacks to more than ${limits.maxTotalBytes} bytes`);
      checkRatio(entry, limits);
      const mode = (entry.externalFileAttributes >>> 16) & permissionMask;
      files.set(path, { path, content: await readEntry(zip, entry), mode });
    }
  } finally {
    zip.close();
  }
  checkFolders(files, folders);
  return files;
}

function pathOf(entry: Entry): string {
  const { fileName } = entry;
  const shown = JSON.stringify(fileName);
  if (fileName.length > longestPath) throw bad(`the path ${shown.slice(0, 80)}… is too long`);
  if (fileName.includes('\0')) throw bad(`the path ${shown} has a NUL character`);
  const parts = fileName.split('/').filter((part) => part !== '.');
  if (parts[parts.length - 1] === '') parts.pop();
  if (parts.length === 0 && fileName.endsWith('/')) return '.';
  if (parts.length === 0 || parts.includes('')) throw bad(`the path ${shown} has an empty name`);
  return parts.join('/');
}

function isFolder(entry: Entry): boolean {
  const { fileName, externalFileAttributes, generalPurposeBitFlag, uncompressedSize } = entry;
  if ((generalPurposeBitFlag & encrypted) !== 0) throw bad(`${fileName} is encrypted`);
  const type = (externalFileAttributes >>> 16) & typeMask;
  if (type !== 0 && type !== fileType && type !== folderType) {
    throw bad(`${fileName} is neither a file nor a folder; links and devices are refused`);
  }
  const folder = fileName.endsWith('/') || type === folderType;
  if (folder && (uncompressedSize > 0 || type === fileType)) throw bad(`${fileName} is both a file and a folder`);
  return folder;
}

function checkRatio({ fileName, uncompressedSize, compressedSize }: Entry, { maxRatio }: ArchiveLimits): void {
  if (uncompressedSize <= ratioFreeBytes || uncompressedSize <= compressedSize * maxRatio) return;
  throw bad(`${fileName} is compressed beyond belief`);
}

function checkFolders(files: Archive, folders: ReadonlySet<string>): void {
  for (const path of files.keys()) {
    if (folders.has(path)) throw bad(`${path} is both a file and a folder`);
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      if (files.has(path.slice(0, end))) throw bad(`${path.slice(0, end)} is both a file and a folder`);
    }
  }
}

function bad(why: string): Error {
  return archiveErrors.ARCHIVE(why);
}

async function openZip(buffer: Buffer): Promise<ZipFile> {
  const { fromBuffer } = await import('yauzl');
  return new Promise((resolve, reject) => {
    // Strict: a name with a backslash is an error. Absolute names and those with `..` are one in any case.
    fromBuffer(buffer, { lazyEntries: true, strictFileNames: true }, (error, zip) => {
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

/** The stream fails as soon as there is more than the entry's size; the sum is ours to check. */
function readEntry(zip: ZipFile, entry: Entry): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error !== null) return reject(bad(error.message));
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const content = Buffer.concat(chunks);
        if (crc32(content) === entry.crc32) resolve(content);
        else reject(bad(`${entry.fileName} is damaged`));
      });
      stream.on('error', (failure: Error) => reject(bad(`${entry.fileName}: ${failure.message}`)));
    });
  });
}
