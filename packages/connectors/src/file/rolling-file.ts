/** The writer of one path: opens a file with the first message, closes it when it is full, opens the next. */
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Clock } from '@kuiper/base';
import type { Payload } from '@kuiper/sdk';
import { embeddedHeader, fileLayout, joinPayloads, type FileLayout, type SinkFileType } from './file-layout.ts';
import { openStoredFile, type SinkCompression, type StoredFile } from './stored-file.ts';

export interface RollingFileOptions {
  readonly clock: Clock;
  readonly rootPath: string;
  readonly path: string;
  readonly type: SinkFileType;
  readonly hasHeader: boolean;
  readonly delimiter: string;
  readonly fields: readonly string[];
  /** 0 for no limit. */
  readonly rollingCount: number;
  readonly rollingSizeBytes: number;
  /** '', `none`, `prefix` or `suffix`. */
  readonly namePattern: string;
  readonly compression: SinkCompression;
  readonly aesKey: Uint8Array | null;
}

export class RollingFile {
  readonly #options: RollingFileOptions;
  #file: StoredFile | null = null;
  #layout: FileLayout;
  #header: string;
  #count = 0;
  #sizeBytes = 0;
  /** Two files opened within a millisecond must not have one name. */
  #lastNameMs = 0;
  openedAtMs = 0;

  constructor(options: RollingFileOptions) {
    this.#options = options;
    this.#header = options.hasHeader ? options.fields.join(options.delimiter) : '';
    this.#layout = fileLayout(options.type, this.#header);
  }

  /**
   * Appends messages of `[start, end)` in one write, as many as the file takes before it is full.
   * @returns the first one that is not written; everything before is safe
   */
  async append(payloads: readonly Payload[], start: number, end: number): Promise<number> {
    const { messages, from } = this.#withoutHeader(payloads, start);
    this.#file ??= await this.#open();
    const until = this.#fitting(messages, from, from + end - start);
    const { separator, footer } = this.#layout;
    await this.#file.append((lead) => joinPayloads(messages, from, until, lead, separator, footer));
    this.#count += until - from;
    if (this.#isFull()) await this.close();
    return start + until - from;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  /** The first message of a csv file may bring the header with it. */
  #withoutHeader(payloads: readonly Payload[], start: number): { messages: readonly Payload[]; from: number } {
    const { type, hasHeader, delimiter } = this.#options;
    if (type !== 'csv' || !hasHeader || this.#header !== '') return { messages: payloads, from: start };
    const found = embeddedHeader(payloads[start] as Payload, delimiter);
    if (found === null) return { messages: payloads, from: start };
    this.#header = found.header;
    this.#layout = fileLayout(type, found.header);
    return { messages: [found.message, ...payloads.slice(start + 1)], from: 0 };
  }

  /** How far the messages fit; always at least one. */
  #fitting(payloads: readonly Payload[], start: number, end: number): number {
    const { rollingCount, rollingSizeBytes } = this.#options;
    const limit = rollingCount > 0 ? Math.min(end, start + rollingCount - this.#count) : end;
    if (rollingSizeBytes === 0) return limit;
    let i = start;
    do {
      const payload = payloads[i++] as Payload;
      this.#sizeBytes += typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
    } while (i < limit && this.#sizeBytes < rollingSizeBytes);
    return i;
  }

  #isFull(): boolean {
    const { rollingCount, rollingSizeBytes } = this.#options;
    return (
      (rollingCount > 0 && this.#count >= rollingCount) || (rollingSizeBytes > 0 && this.#sizeBytes >= rollingSizeBytes)
    );
  }

  #open(): Promise<StoredFile> {
    const { clock, rootPath, path, namePattern, compression, aesKey } = this.#options;
    this.#count = 0;
    this.#sizeBytes = 0;
    this.openedAtMs = clock.now();
    this.#lastNameMs = Math.max(this.openedAtMs, this.#lastNameMs + 1);
    const name = rolledName(basename(path), namePattern, this.#lastNameMs);
    return openStoredFile(join(dirname(resolve(rootPath, path)), name), { layout: this.#layout, compression, aesKey });
  }
}

/** `<ms>-<name>`, `<base>-<ms><ext>` or the plain name. */
function rolledName(name: string, pattern: string, nowMs: number): string {
  if (pattern === 'prefix') return `${nowMs}-${name}`;
  if (pattern !== 'suffix') return name;
  const extension = extname(name);
  return `${name.slice(0, name.length - extension.length)}-${nowMs}${extension}`;
}
