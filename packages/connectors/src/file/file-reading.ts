/** Reads one file to its end, in batches: lines as offsets into the read buffer, csv as rows, others as a whole. */
import { type FileHandle, open } from 'node:fs/promises';
import { type Row, setMember } from '@kuiper/base';
import type { Meta, SourceContext } from '@kuiper/sdk';
import { CsvRecords } from './csv-records.ts';
import type { FilePositions } from './file-position.ts';
import type { FileSourceProps } from './file-source.ts';
import { lineRange } from './line-range.ts';

const readBytes = 256 * 1024;
const newline = 10;
const carriageReturn = 13;

export class FileReading {
  readonly #context: SourceContext;
  readonly #props: FileSourceProps;
  readonly #positions: FilePositions;
  #stopped = false;
  #wake: () => void = () => {};
  #meta: Meta = {};
  #tickMs = 0;
  /** Messages of this file to pass over: they were safe before a restart. */
  #skip = 0;
  #sentBefore = false;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(context: SourceContext, p: FileSourceProps, positions: FilePositions) {
    this.#context = context;
    this.#props = p;
    this.#positions = positions;
  }

  /** Ends a read in progress; it returns without having delivered everything. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /**
   * Delivers the messages of a file, waiting whenever rules are full. Throws when it cannot be read on.
   * @param size bytes to read; what is appended meanwhile belongs to the next read
   * @param skip messages to pass over
   */
  async read(path: string, size: number, skip: number, tickMs: number): Promise<void> {
    this.#meta = { file: path };
    this.#tickMs = tickMs;
    this.#skip = skip;
    const { fileType, decompression } = this.#props;
    const file = await open(path, 'r');
    try {
      const ignores = decompression === '';
      const { start, end } = await lineRange(
        file,
        size,
        ignores ? this.#props.ignoreStartLines : 0,
        ignores ? this.#props.ignoreEndLines : 0,
      );
      if (fileType === 'lines') await this.#readLines(file, start, end);
      else if (fileType === 'csv') await this.#readCsv(file, start, end);
      else await this.#readWhole(file, start, end);
    } finally {
      await file.close();
    }
  }

  async #readWhole(file: FileHandle, start: number, end: number): Promise<void> {
    if (end <= start) return;
    const buffer = Buffer.allocUnsafe(end - start);
    const bytesRead = await fill(file, buffer, 0, start, end);
    this.#addMessage(0, bytesRead);
    await this.#flush(buffer);
  }

  async #readLines(file: FileHandle, start: number, end: number): Promise<void> {
    let buffer = Buffer.allocUnsafe(readBytes);
    let kept = 0;
    for (let position = start; position < end && !this.#stopped; ) {
      if (kept === buffer.length) {
        const larger = Buffer.allocUnsafe(buffer.length * 2);
        buffer.copy(larger);
        buffer = larger;
      }
      const bytesRead = await fill(file, buffer, kept, position, end);
      if (bytesRead === 0) break;
      position += bytesRead;
      const filled = kept + bytesRead;
      const view = buffer.subarray(0, filled);
      let from = 0;
      // what was kept has been searched already
      for (let at = view.indexOf(newline, kept); at !== -1; at = view.indexOf(newline, from)) {
        this.#addLine(buffer, from, at);
        from = at + 1;
      }
      if (position >= end && from < filled) {
        this.#addLine(buffer, from, filled);
        from = filled;
      }
      await this.#flush(buffer);
      buffer.copyWithin(0, from, filled);
      kept = filled - from;
    }
  }

  async #readCsv(file: FileHandle, start: number, end: number): Promise<void> {
    const records = new CsvRecords(this.#props.delimiter.slice(0, 1) || ',');
    const decoder = new TextDecoder();
    const buffer = Buffer.allocUnsafe(readBytes);
    let names: readonly string[] | null = this.#props.columns.length > 0 ? this.#props.columns : null;
    let headerDue = this.#props.hasHeader;
    let rows: Row[] = [];
    const take = (record: string[]): void => {
      if (headerDue) {
        headerDue = false;
        names = record;
        return;
      }
      names ??= record.map((_field, i) => `cols${i}`);
      if (this.#skip > 0) this.#skip--;
      else rows.push(toRow(names, record));
    };
    let failure: unknown = null;
    for (let position = start; position < end && !this.#stopped && failure === null; ) {
      const bytesRead = await fill(file, buffer, 0, position, end);
      if (bytesRead === 0) break;
      position += bytesRead;
      try {
        records.push(decoder.decode(buffer.subarray(0, bytesRead), { stream: true }), take);
        if (position >= end) records.end(take);
      } catch (error) {
        failure = error;
      }
      await this.#flushRows(rows);
      rows = [];
    }
    if (failure !== null) throw failure;
  }

  /** Notes a line without its line break; blank ones are no messages. */
  #addLine(buffer: Buffer, from: number, to: number): void {
    const end = to > from && buffer[to - 1] === carriageReturn ? to - 1 : to;
    if (end > from) this.#addMessage(from, end);
  }

  #addMessage(start: number, end: number): void {
    if (this.#skip > 0) {
      this.#skip--;
      return;
    }
    this.#starts.push(start);
    this.#ends.push(end);
  }

  async #flush(buffer: Buffer): Promise<void> {
    const count = this.#starts.length;
    const { sendInterval } = this.#props;
    if (sendInterval <= 0) {
      if (count > 0) await this.#ingest(buffer, this.#starts, this.#ends);
    } else {
      for (let i = 0; i < count; i++) {
        await this.#pause();
        if (this.#stopped) break;
        await this.#ingest(buffer, [this.#starts[i] as number], [this.#ends[i] as number]);
      }
    }
    this.#starts.length = 0;
    this.#ends.length = 0;
  }

  #ingest(buffer: Buffer, starts: readonly number[], ends: readonly number[]): Promise<void> | undefined {
    const meta = this.#meta;
    return this.#context.ingest({
      buffer,
      starts,
      ends,
      count: starts.length,
      timestampMs: this.#timestampMs(),
      position: this.#positions.add(starts.length),
      meta: () => meta,
    });
  }

  async #flushRows(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const meta = this.#meta;
    const ingest = (some: readonly Row[]): Promise<void> | undefined =>
      this.#context.ingestRows({
        rows: some,
        timestampMs: this.#timestampMs(),
        position: this.#positions.add(some.length),
        meta: () => meta,
      });
    if (this.#props.sendInterval <= 0) {
      await ingest(rows);
      return;
    }
    for (const row of rows) {
      await this.#pause();
      if (this.#stopped) return;
      await ingest([row]);
    }
  }

  /** With pauses between messages each has a time of its own. */
  #timestampMs(): number {
    return this.#props.sendInterval > 0 ? this.#context.clock.now() : this.#tickMs;
  }

  /** Between two messages, not before the first. */
  async #pause(): Promise<void> {
    if (!this.#sentBefore) {
      this.#sentBefore = true;
      return;
    }
    const { clock } = this.#context;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(clock.now() + this.#props.sendInterval, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
      if (this.#stopped) this.#wake();
    });
  }
}

/** Reads until the buffer is full or `end` is reached. @returns bytes read */
async function fill(file: FileHandle, buffer: Buffer, at: number, position: number, end: number): Promise<number> {
  const wanted = Math.min(buffer.length - at, end - position);
  let total = 0;
  while (total < wanted) {
    const { bytesRead } = await file.read(buffer, at + total, wanted - total, position + total);
    if (bytesRead === 0) break;
    total += bytesRead;
  }
  return total;
}

/** Fields beyond the names are dropped, names beyond the fields stay missing. */
function toRow(names: readonly string[], record: readonly string[]): Row {
  const row: Row = {};
  const count = Math.min(names.length, record.length);
  for (let i = 0; i < count; i++) setMember(row, names[i] as string, record[i]);
  return row;
}
