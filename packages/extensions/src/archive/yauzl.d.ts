/** The part of yauzl that is used here; the package brings no types. */
declare module 'yauzl' {
  import type { EventEmitter } from 'node:events';
  import type { Readable } from 'node:stream';

  export interface Entry {
    readonly fileName: string;
    readonly uncompressedSize: number;
    readonly compressedSize: number;
    readonly externalFileAttributes: number;
    readonly generalPurposeBitFlag: number;
    readonly crc32: number;
  }

  export interface ZipFile extends EventEmitter {
    readonly entryCount: number;
    readEntry(): void;
    openReadStream(entry: Entry, callback: (error: Error | null, stream: Readable) => void): void;
    close(): void;
  }

  export function fromBuffer(
    buffer: Buffer,
    options: { readonly lazyEntries: true; readonly strictFileNames?: boolean },
    callback: (error: Error | null, zip: ZipFile) => void,
  ): void;
}
