/** Which files are read when, and what becomes of them. The reading itself: `file-reading.ts`. */
import { type FSWatcher, type Stats, watch } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { errorText } from '@kuiper/base';
import type { PullSubscription, SourceContext } from '@kuiper/sdk';
import { connectorErrors } from '../errors.ts';
import { findPath } from './file-path.ts';
import { FilePositions, type FileState, toFileState } from './file-position.ts';
import { FileReading } from './file-reading.ts';
import type { FileSourceProps } from './file-source.ts';

interface FoundFile {
  readonly path: string;
  readonly changedMs: number;
  readonly size: number;
}

export class FileSubscription implements PullSubscription {
  readonly #context: SourceContext;
  readonly #props: FileSourceProps;
  readonly #path: string;
  readonly #isDirectory: boolean;
  readonly #moveTo: string;
  readonly #positions: FilePositions;
  readonly #reading: FileReading;
  /** Where reading continues; changes as files are done. */
  #state: FileState;
  #committed = -1;
  #watcher: FSWatcher | null = null;
  readonly #changed = new Set<string>();
  readonly #lastRead = new Map<string, FoundFile>();
  #busy: Promise<void> | null = null;
  #closed = false;

  /** Throws when the path or the target for moved files is not usable. */
  static async open(context: SourceContext, p: FileSourceProps, dataSource: string): Promise<FileSubscription> {
    const path = findPath(context.rootPath, p.path, dataSource);
    const found = await stat(path);
    const moveTo = p.actionAfterRead === 2 ? resolve(context.rootPath, p.moveTo) : '';
    if (moveTo !== '') {
      const target = await statOrNull(moveTo);
      if (target === null) await mkdir(moveTo, { recursive: true });
      else if (!target.isDirectory()) throw connectorErrors.MOVE_TO_FILE(p.moveTo);
    }
    context.status('connected');
    return new FileSubscription(context, p, path, found.isDirectory(), moveTo);
  }

  private constructor(context: SourceContext, p: FileSourceProps, path: string, isDirectory: boolean, moveTo: string) {
    this.#context = context;
    this.#props = p;
    this.#path = path;
    this.#isDirectory = isDirectory;
    this.#moveTo = moveTo;
    this.#state = toFileState(context.resumeFrom);
    this.#positions = new FilePositions(this.#state);
    this.#reading = new FileReading(context, p, this.#positions);
    if (isDirectory && p.interval === 0) this.#watch();
  }

  pull(tickMs: number): Promise<void> {
    return this.#exclusive(() => (this.#isDirectory ? this.#readDirectory(tickMs) : this.#readOne(tickMs)));
  }

  committed(position: number): void {
    this.#committed = position;
    this.#positions.commit(position);
  }

  stateAt(position: number): unknown {
    return this.#positions.stateAt(position);
  }

  reset(): void {
    throw connectorErrors.FILE_RESET();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher?.close();
    this.#reading.stop();
    await this.#busy;
  }

  /** One reader at a time: a tick or a change waits for what is being read. */
  #exclusive(run: () => Promise<void>): Promise<void> {
    const done = (this.#busy ?? Promise.resolve()).then(() => (this.#closed ? undefined : run()));
    const settled = done
      .catch(() => {})
      .then(() => {
        if (this.#busy === settled) this.#busy = null;
      });
    this.#busy = settled;
    return done;
  }

  async #readOne(tickMs: number): Promise<void> {
    const file = await find(this.#path);
    if (file === null) {
      this.#context.fail(connectorErrors.FILE_ABSENT(this.#path));
    } else if (this.#props.interval > 0 || this.#state.file !== null || file.changedMs > this.#state.doneMs) {
      await this.#read(file, tickMs);
    }
    if (this.#props.interval === 0 && !this.#closed) this.#context.end();
  }

  async #readDirectory(tickMs: number): Promise<void> {
    const names = await readdir(this.#path);
    const found = await Promise.all(names.map((name) => find(join(this.#path, name))));
    const files = found
      .filter((file) => file !== null)
      .filter((file) => file.changedMs > this.#state.doneMs)
      .sort((a, b) => a.changedMs - b.changedMs || (a.path < b.path ? -1 : 1));
    for (const file of files) if (!this.#closed) await this.#read(file, tickMs);
  }

  /** Reads one file from where the last run stopped, or from its start. */
  async #read(file: FoundFile, tickMs: number): Promise<void> {
    const skip = this.#state.file === file.path ? this.#state.records : 0;
    const { doneMs } = this.#state;
    const afterMs = Math.max(doneMs, file.changedMs);
    this.#positions.begin(file.path, doneMs, afterMs, skip);
    this.#lastRead.set(file.path, file);
    try {
      await this.#reading.read(file.path, file.size, skip, tickMs);
    } catch (error) {
      this.#context.fail(error as Error);
    }
    if (this.#closed) return;
    this.#state = { doneMs: afterMs, file: null, records: 0 };
    this.#positions.complete(this.#committed, () => void this.#finish(file.path));
  }

  /** All messages of the file are safe. */
  async #finish(path: string): Promise<void> {
    try {
      if (this.#props.actionAfterRead === 1) await rm(path, { force: true });
      else if (this.#props.actionAfterRead === 2) await move(path, join(this.#moveTo, basename(path)));
    } catch (error) {
      this.#context.logger.warn(`cannot put away ${path}: ${errorText(error)}`);
    }
  }

  #watch(): void {
    this.#watcher = watch(this.#path, (_event, name) => {
      if (name === null || this.#closed) return;
      this.#changed.add(name);
      void this.#exclusive(() => this.#readChanged());
    });
    this.#watcher.on('error', (error) => this.#context.fail(error));
  }

  async #readChanged(): Promise<void> {
    for (const name of [...this.#changed]) {
      this.#changed.delete(name);
      const file = await find(join(this.#path, name));
      if (file === null || this.#closed) continue;
      const last = this.#lastRead.get(file.path);
      // one change is often told several times
      if (last !== undefined && last.changedMs === file.changedMs && last.size === file.size) continue;
      if (file.size === 0) this.#context.logger.warn(`file ${file.path} is empty, skipped`);
      else await this.#read(file, this.#context.clock.now());
    }
  }
}

/** A regular file, null for anything else. */
async function find(path: string): Promise<FoundFile | null> {
  const found = await statOrNull(path);
  return found?.isFile() ? { path, changedMs: found.mtimeMs, size: found.size } : null;
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch {
    return null;
  }
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(from, to);
    await rm(from, { force: true });
  }
}
