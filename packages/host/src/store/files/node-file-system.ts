import { type FileHandle, mkdir, open, readdir, rmdir, statfs, unlink } from 'node:fs/promises';
import type { FileSystem, StoreFile } from './file-system.ts';

/** The disk. */
export const nodeFileSystem: FileSystem = {
  async open(path, mode) {
    return new NodeFile(await open(path, mode === 'create' ? 'w+' : mode === 'read' ? 'r' : 'r+'));
  },
  list: (directory) => readdir(directory),
  async makeDirectory(directory) {
    await mkdir(directory, { recursive: true });
  },
  removeDirectory: (directory) => rmdir(directory),
  unlink: (path) => unlink(path),
  async syncDirectory(directory) {
    // Windows cannot open a directory for this, and keeps names durable by itself.
    if (process.platform === 'win32') return;
    const handle = await open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async freeBytes(directory) {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  },
};

class NodeFile implements StoreFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.byteLength, position)).bytesRead;
  }

  async writev(buffers: readonly Uint8Array[], position: number): Promise<number> {
    return (await this.#handle.writev(buffers as Uint8Array[], position)).bytesWritten;
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#handle.truncate(sizeBytes);
  }

  // The size of a file is part of what fdatasync saves; access times are not.
  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
