/**
 * The few file operations that a log needs. The real one is {@link nodeFileSystem}; {@link MemoryFileSystem} fails,
 * lags and crashes on demand. Methods reject with what the system reports, such as an error with `code: 'ENOSPC'`.
 */
export interface FileSystem {
  /** `create` makes the file or empties it; the others want it to exist. */
  open(path: string, mode: 'create' | 'read' | 'readWrite'): Promise<StoreFile>;
  /** Names in a directory, in any order. */
  list(directory: string): Promise<string[]>;
  /** Makes missing parents too; an existing directory is fine. */
  makeDirectory(directory: string): Promise<void>;
  /** Only an empty one. */
  removeDirectory(directory: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes created and removed names durable, where the system can. */
  syncDirectory(directory: string): Promise<void>;
  /** What an ordinary user may still write on the disk of this directory. */
  freeBytes(directory: string): Promise<number>;
}

export interface StoreFile {
  /** @returns bytes read, 0 at the end */
  read(into: Uint8Array, position: number): Promise<number>;
  /** @returns bytes written, possibly fewer than given */
  writev(buffers: readonly Uint8Array[], position: number): Promise<number>;
  truncate(sizeBytes: number): Promise<void>;
  /** Resolves when the content is on the disk. */
  sync(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Separator-free: names are joined with `/`, which every system accepts. */
export function joinPath(directory: string, name: string): string {
  return `${directory}/${name}`;
}
