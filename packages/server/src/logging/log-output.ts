/**
 * Where log lines go: the console, and files in the log directory. A file is closed when it is full or old and a new one
 * begun; `stream.log` always names the present one. Source: behaviour spec, rest-cli-config §10 and §11.
 */
import { createWriteStream, openSync, readdirSync, rmSync, statSync, symlinkSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config/settings.ts';

export interface LogOutputOptions {
  readonly directory: string;
  readonly settings: Pick<Settings, 'consoleLog' | 'fileLog'>;
  /** Age at which a file is closed. */
  readonly rotateTimeMs: number;
  /** Age at which a closed file is deleted, when `rotateCount` is 0. */
  readonly maxAgeMs: number;
  readonly rotateSizeBytes: number;
  /** Closed files to keep. */
  readonly rotateCount: number;
  readonly nowMs: () => number;
}

const pattern = /^stream\.\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}(\.\d+)?\.log$/;

export class LogOutput {
  readonly #options: LogOutputOptions;
  #file: WriteStream | null = null;
  #openedMs = 0;
  #sizeBytes = 0;

  constructor(options: LogOutputOptions) {
    this.#options = options;
  }

  readonly write = (line: string): void => {
    const { settings } = this.#options;
    if (settings.consoleLog) process.stdout.write(`${line}\n`);
    if (settings.fileLog) this.#toFile(`${line}\n`);
  };

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (file !== null) await new Promise<void>((resolve) => file.end(() => resolve()));
  }

  #toFile(text: string): void {
    const { rotateSizeBytes, rotateTimeMs, nowMs } = this.#options;
    const isFull = rotateSizeBytes > 0 && this.#sizeBytes >= rotateSizeBytes;
    const isOld = rotateTimeMs > 0 && nowMs() - this.#openedMs >= rotateTimeMs;
    if (this.#file === null || isFull || isOld) this.#begin();
    this.#sizeBytes += Buffer.byteLength(text);
    this.#file?.write(text);
  }

  #begin(): void {
    const { directory, nowMs } = this.#options;
    this.#file?.end();
    this.#file = null;
    this.#openedMs = nowMs();
    this.#sizeBytes = 0;
    const stamp = new Date(this.#openedMs).toISOString().slice(0, 19).replaceAll(':', '-');
    const name = this.#freeName(stamp);
    const file = openFile(join(directory, name));
    if (file === null) return;
    // A full disk must not end the server: lines are lost until there is room again.
    file.on('error', () => {
      if (this.#file === file) this.#file = null;
    });
    this.#file = file;
    const link = join(directory, 'stream.log');
    rmSync(link, { force: true });
    try {
      symlinkSync(name, link);
    } catch {
      // file systems without links
    }
    this.#prune(name);
  }

  #freeName(stamp: string): string {
    const taken = new Set(readdirSync(this.#options.directory));
    let name = `stream.${stamp}.log`;
    for (let i = 1; taken.has(name); i++) name = `stream.${stamp}.${i}.log`;
    return name;
  }

  #prune(present: string): void {
    const { directory, rotateCount, maxAgeMs, nowMs } = this.#options;
    const closed = readdirSync(directory)
      .filter((name) => pattern.test(name) && name !== present)
      .sort();
    const tooMany = rotateCount > 0 ? closed.slice(0, Math.max(0, closed.length - rotateCount)) : [];
    const tooOld =
      rotateCount > 0 || maxAgeMs <= 0
        ? []
        : closed.filter((name) => nowMs() - statSync(join(directory, name)).mtimeMs > maxAgeMs);
    for (const name of [...tooMany, ...tooOld]) rmSync(join(directory, name), { force: true });
  }
}

/** Null when it cannot be made. */
function openFile(path: string): WriteStream | null {
  try {
    return createWriteStream(path, { fd: openSync(path, 'a') });
  } catch {
    return null;
  }
}
