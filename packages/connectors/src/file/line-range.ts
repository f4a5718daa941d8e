/** Which bytes of a file remain when lines at its start and end are left out. Blank lines count. */
import type { FileHandle } from 'node:fs/promises';

const chunkBytes = 64 * 1024;
const newline = 10;

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** @param size bytes of the file to look at. @returns an empty range when fewer lines are there than left out */
export async function lineRange(
  file: FileHandle,
  size: number,
  ignoreStartLines: number,
  ignoreEndLines: number,
): Promise<ByteRange> {
  const start = ignoreStartLines > 0 ? await afterLines(file, size, ignoreStartLines) : 0;
  const end = ignoreEndLines > 0 ? await beforeLines(file, size, ignoreEndLines) : size;
  return { start, end: Math.max(start, end) };
}

async function afterLines(file: FileHandle, size: number, lines: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let left = lines;
  for (let position = 0; position < size; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(chunkBytes, size - position), position);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) {
      if (--left === 0) return position + at + 1;
    }
    position += bytesRead;
  }
  return size;
}

async function beforeLines(file: FileHandle, size: number, lines: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let left = lines;
  // the newline at the very end belongs to the last line
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunkBytes);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    const chunk = buffer.subarray(0, bytesRead);
    for (let at = lastNewline(chunk, bytesRead); at !== -1; at = lastNewline(chunk, at)) {
      if (start + at === size - 1) continue;
      if (--left === 0) return start + at + 1;
    }
    end = start;
  }
  return 0;
}

/** The last newline before `end`, -1 for none. */
function lastNewline(chunk: Buffer, end: number): number {
  return end === 0 ? -1 : chunk.lastIndexOf(newline, end - 1);
}
