/** Where a file source stands: which messages came from where, so that a position becomes something to resume from. */

/** Small JSON value that a source resumes from. */
export interface FileState {
  /** Files changed no later than this are done; 0 at the start. Milliseconds since the epoch, with fractions. */
  readonly doneMs: number;
  /** The file that is being read, null between files. */
  readonly file: string | null;
  /** Messages of that file that are done. */
  readonly records: number;
}

export const freshState: FileState = { doneMs: 0, file: null, records: 0 };

/** Reads what was stored; anything else means a fresh start. */
export function toFileState(stored: unknown): FileState {
  if (typeof stored !== 'object' || stored === null) return freshState;
  const { doneMs, file, records } = stored as Partial<FileState>;
  if (typeof doneMs !== 'number' || typeof records !== 'number') return freshState;
  return { doneMs, file: typeof file === 'string' ? file : null, records };
}

interface Stretch {
  readonly file: string;
  /** `doneMs` when the file was begun, and when it is done. */
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly firstRecord: number;
  readonly firstPosition: number;
  lastPosition: number;
  /** Runs when the last message of the file is safe. */
  onSafe: (() => void) | null;
  complete: boolean;
}

export class FilePositions {
  #stretches: Stretch[] = [];
  #base: FileState;
  #next = 0;

  constructor(start: FileState) {
    this.#base = start;
  }

  /** The position of the next message. */
  get next(): number {
    return this.#next;
  }

  begin(file: string, beforeMs: number, afterMs: number, firstRecord: number): void {
    this.#stretches.push({
      file,
      beforeMs,
      afterMs,
      firstRecord,
      firstPosition: this.#next,
      lastPosition: this.#next - 1,
      onSafe: null,
      complete: false,
    });
  }

  /** @returns the position of the first of `count` messages of the file begun last */
  add(count: number): number {
    const position = this.#next;
    this.#next += count;
    const stretch = this.#stretches.at(-1);
    if (stretch !== undefined) stretch.lastPosition = this.#next - 1;
    return position;
  }

  /** The file begun last has been read to its end. `onSafe` runs when its messages are safe, at once without any. */
  complete(committed: number, onSafe: () => void): void {
    const stretch = this.#stretches.at(-1);
    if (stretch === undefined) return;
    stretch.complete = true;
    stretch.onSafe = onSafe;
    this.commit(committed);
  }

  stateAt(position: number): FileState {
    let state = this.#base;
    for (const stretch of this.#stretches) {
      if (stretch.firstPosition > position && stretch.firstPosition <= stretch.lastPosition) break;
      if (stretch.complete && stretch.lastPosition <= position) {
        state = { doneMs: stretch.afterMs, file: null, records: 0 };
      } else {
        const records = stretch.firstRecord + Math.max(0, position - stretch.firstPosition + 1);
        state = { doneMs: stretch.beforeMs, file: stretch.file, records };
      }
    }
    return state;
  }

  commit(position: number): void {
    while (this.#stretches.length > 0) {
      const [first] = this.#stretches as [Stretch];
      if (!first.complete || first.lastPosition > position) return;
      this.#base = { doneMs: first.afterMs, file: null, records: 0 };
      this.#stretches.shift();
      first.onSafe?.();
    }
  }
}
