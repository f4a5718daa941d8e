/** Files under `data/uploads`; those posted as JSON are remembered for exports. Source: rest-cli-config §4.8. */
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { Kv } from '@kuiper/host';
import { serverErrors } from '../errors.ts';
import { orderedText } from '../http/reply.ts';
import { StoredTable } from '../registry/stored-table.ts';
import type { FileFetcher } from './fetch-file.ts';
import { fileFailure } from './fetch-file.ts';

export interface UploadRequest {
  readonly name: string;
  readonly content: string;
  /** URL, in place of a content. */
  readonly file: string;
}

export class Uploads {
  readonly directory: string;
  readonly #table: StoredTable;
  readonly #files: FileFetcher;

  private constructor(directory: string, table: StoredTable, files: FileFetcher) {
    this.directory = directory;
    this.#table = table;
    this.#files = files;
  }

  static async open(kv: Kv, directory: string, files: FileFetcher): Promise<Uploads> {
    return new Uploads(directory, await StoredTable.open(kv, 'uploads'), files);
  }

  /** Top-level entries with their full paths, sorted. */
  async list(): Promise<string[]> {
    return (await readdir(this.directory)).sort().map((name) => join(this.directory, name));
  }

  /** Stores a file, replacing one of the same name, and remembers it. @returns its full path */
  async upload(request: UploadRequest): Promise<string> {
    checkUpload(request);
    const path = this.#inside(request.name);
    const content = request.content !== '' ? Buffer.from(request.content) : await this.#fetch(request.file);
    await this.#write(path, content);
    await this.#table.set(request.name, orderedText(uploadDocument(request)));
    return path;
  }

  /** Stores a file that is not part of exports. @returns its full path */
  async save(name: string, content: Uint8Array): Promise<string> {
    const path = this.#inside(name);
    await this.#write(path, content);
    return path;
  }

  async delete(name: string): Promise<void> {
    const path = this.#inside(name);
    try {
      await stat(path);
      await rm(path, { recursive: true });
    } catch (error) {
      throw fileFailure('remove', name, error);
    }
    await this.#table.delete(name);
  }

  /** File name → the JSON it was posted as. */
  exported(): Record<string, string> {
    return Object.fromEntries(this.#table.entries());
  }

  /** Forgets what was posted; the files stay. */
  forget(): Promise<void> {
    return this.#table.clear();
  }

  async #fetch(url: string): Promise<Buffer> {
    try {
      return await this.#files.read(url);
    } catch (error) {
      throw serverErrors.FILE(`getFile has error ${(error as Error).message}`, { cause: error });
    }
  }

  /** A file is written beside its place and then moved there, so nobody reads half of one. */
  async #write(path: string, content: Uint8Array): Promise<void> {
    const part = `${path}.part`;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(part, content);
    await rename(part, path);
  }

  #inside(name: string): string {
    const path = normalize(join(this.directory, name));
    if (!path.startsWith(this.directory + sep))
      throw serverErrors.FILE(`invalid file name ${name}: it leaves the uploads`);
    return path;
  }
}

export function checkUpload({ name, content, file }: UploadRequest): void {
  if (content === '' && file === '') throw serverErrors.FILE('invalid body: content or FilePath is required');
  if (name === '') throw serverErrors.FILE('invalid body: name is required');
}

function uploadDocument({ name, content, file }: UploadRequest): unknown {
  return { name, ...(content !== '' && { content }), ...(file !== '' && { file }) };
}
