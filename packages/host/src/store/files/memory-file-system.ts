import type { FileSystem, StoreFile } from './file-system.ts';

/** How the next operation of a kind goes wrong; see {@link MemoryFileSystem.fault}. */
export type FileFault =
  /** `writev` takes this many bytes, then fails with the code. */
  | { readonly on: 'write'; readonly afterBytes: number; readonly code: string }
  /** `writev` takes this many bytes and says so. */
  | { readonly on: 'shortWrite'; readonly afterBytes: number }
  /** The operation fails with the code; a failed sync forgets what it should have saved, as Linux does. */
  | { readonly on: 'sync' | 'open' | 'truncate' | 'unlink' | 'read'; readonly code: string };

interface MemoryContent {
  bytes: Uint8Array;
  size: number;
  /** What the disk itself holds: a crash falls back to it. */
  durable: Uint8Array;
  /** False until its name was saved by `syncDirectory`. */
  isNamed: boolean;
}

/**
 * Files in memory that can be told to fail and to crash: for simulation and tests. It tells the content that reached
 * the disk from what only the page cache knows, so a forgotten sync shows.
 */
export class MemoryFileSystem implements FileSystem {
  /** Counts calls per operation, for example how often something was synced. */
  readonly calls: Record<string, number> = {};
  /** Resolves before a sync goes on; replace it to make the disk slow. */
  beforeSync: () => Promise<void> = async () => {};
  #free: number = Number.POSITIVE_INFINITY;
  readonly #files = new Map<string, MemoryContent>();
  readonly #directories = new Set<string>();
  readonly #faults: FileFault[] = [];

  /** Queues a fault for the next operation of its kind. */
  fault(fault: FileFault): void {
    this.#faults.push(fault);
  }

  /** Limits the disk to `bytes` more; beyond, writes fail with ENOSPC after taking what fits. */
  limit(bytes: number): void {
    this.#free = bytes;
  }

  /**
   * Loses power, and returns the disk as the next start finds it; this object is left to whoever still holds files.
   * Each file keeps what was synced; of later writes every 64-byte sector survives or not as `keeps` says, and so does
   * a file whose name was never synced.
   */
  crash(keeps: () => boolean): MemoryFileSystem {
    const survivor = new MemoryFileSystem();
    survivor.#free = this.#free;
    for (const directory of this.#directories) survivor.#directories.add(directory);
    for (const [path, content] of this.#files) {
      if (!content.isNamed && !keeps()) continue;
      const size = keeps() ? content.size : content.durable.length;
      const bytes = new Uint8Array(size);
      bytes.set(content.durable.subarray(0, size));
      for (let at = 0; at < size; at += 64) {
        if (keeps()) bytes.set(content.bytes.subarray(at, Math.min(at + 64, size)), at);
      }
      survivor.#files.set(path, { bytes, size, durable: bytes.slice(), isNamed: true });
    }
    return survivor;
  }

  /** The bytes of a file, to be changed in place; undefined when there is none. */
  content(path: string): Uint8Array | undefined {
    const content = this.#files.get(path);
    return content?.bytes.subarray(0, content.size);
  }

  async open(path: string, mode: 'create' | 'read' | 'readWrite'): Promise<StoreFile> {
    this.#begin('open', path);
    let content = this.#files.get(path);
    if (content === undefined && mode !== 'create') throw systemError('ENOENT', 'open', path);
    if (content === undefined) {
      content = { bytes: new Uint8Array(256), size: 0, durable: new Uint8Array(0), isNamed: false };
      this.#files.set(path, content);
    } else if (mode === 'create') {
      this.#free += content.size;
      content.size = 0;
      content.durable = new Uint8Array(0);
    }
    return this.#file(path, content);
  }

  async list(directory: string): Promise<string[]> {
    if (!this.#directories.has(directory)) throw systemError('ENOENT', 'scandir', directory);
    const below = [...this.#files.keys(), ...this.#directories].filter((path) => path.startsWith(`${directory}/`));
    return [...new Set(below.map((path) => path.slice(directory.length + 1).split('/')[0] as string))];
  }

  async makeDirectory(directory: string): Promise<void> {
    for (let end = directory.length; end > 0; end = directory.lastIndexOf('/', end - 1)) {
      this.#directories.add(directory.slice(0, end));
    }
  }

  async removeDirectory(directory: string): Promise<void> {
    if ((await this.list(directory)).length > 0) throw systemError('ENOTEMPTY', 'rmdir', directory);
    this.#directories.delete(directory);
  }

  async unlink(path: string): Promise<void> {
    this.#begin('unlink', path);
    const content = this.#files.get(path);
    if (content === undefined) throw systemError('ENOENT', 'unlink', path);
    this.#free += content.size;
    this.#files.delete(path);
  }

  async syncDirectory(directory: string): Promise<void> {
    for (const name of await this.list(directory)) {
      const content = this.#files.get(`${directory}/${name}`);
      if (content !== undefined) content.isNamed = true;
    }
  }

  async freeBytes(): Promise<number> {
    return this.#free;
  }

  #file(path: string, content: MemoryContent): StoreFile {
    return {
      read: async (into, position) => {
        this.#begin('read', path);
        const part = content.bytes.subarray(position, Math.min(content.size, position + into.byteLength));
        into.set(part);
        return part.byteLength;
      },
      writev: async (buffers, position) => this.#write(path, content, Buffer.concat(buffers), position),
      truncate: async (sizeBytes) => {
        this.#begin('truncate', path);
        this.#free += content.size - sizeBytes;
        content.bytes.fill(0, sizeBytes);
        content.size = sizeBytes;
        content.durable = content.durable.slice(0, sizeBytes);
      },
      sync: async () => {
        await this.beforeSync();
        try {
          this.#begin('sync', path);
        } catch (error) {
          content.bytes.fill(0, content.durable.length);
          throw error;
        }
        content.durable = content.bytes.slice(0, content.size);
      },
      size: async () => content.size,
      close: async () => {},
    };
  }

  #write(path: string, content: MemoryContent, data: Uint8Array, position: number): number {
    const fault = this.#take('write') ?? this.#take('shortWrite');
    const growth = Math.max(0, position + data.byteLength - content.size);
    let taken = data.byteLength - Math.max(0, growth - this.#free);
    if (fault !== undefined && 'afterBytes' in fault) taken = Math.min(taken, fault.afterBytes);
    const end = position + taken;
    if (end > content.bytes.length) {
      const grown = new Uint8Array(Math.max(end, content.bytes.length * 2));
      grown.set(content.bytes);
      content.bytes = grown;
    }
    content.bytes.set(data.subarray(0, taken), position);
    this.#free -= Math.max(0, end - content.size);
    content.size = Math.max(content.size, end);
    if (fault?.on === 'write') throw systemError(fault.code, 'write', path);
    if (taken < data.byteLength && fault === undefined) throw systemError('ENOSPC', 'write', path);
    return taken;
  }

  #begin(on: 'sync' | 'open' | 'truncate' | 'unlink' | 'read', path: string): void {
    this.calls[on] = (this.calls[on] ?? 0) + 1;
    const fault = this.#take(on);
    if (fault !== undefined && 'code' in fault) throw systemError(fault.code, on, path);
  }

  #take(on: FileFault['on']): FileFault | undefined {
    const index = this.#faults.findIndex((fault) => fault.on === on);
    return index < 0 ? undefined : this.#faults.splice(index, 1)[0];
  }
}

function systemError(code: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code });
}
