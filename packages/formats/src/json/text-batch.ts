import type { BytesBatch } from '@kuiper/sdk';
import { isAscii } from 'node:buffer';

/**
 * The messages of a batch as text. When the whole read is ASCII it becomes one string, and messages are ranges of it;
 * otherwise each message is decoded as UTF-8 by itself.
 */
export class TextBatch {
  /** The text that holds the current message at `[start, end)`. */
  text = '';
  start = 0;
  end = 0;
  #batch: BytesBatch | null = null;
  /** Where `text` begins in the buffer; -1 when messages are decoded one by one. */
  #base = -1;

  open(batch: BytesBatch): void {
    this.#batch = batch;
    this.#base = -1;
    const { starts, ends, count, buffer } = batch;
    if (count < 2) return;
    let from = starts[0] as number;
    let to = ends[0] as number;
    for (let i = 1; i < count; i++) {
      if ((starts[i] as number) < from) from = starts[i] as number;
      if ((ends[i] as number) > to) to = ends[i] as number;
    }
    if (!isAscii(buffer.subarray(from, to))) return;
    this.#base = from;
    this.text = buffer.toString('latin1', from, to);
  }

  /** Moves to message `i`. */
  select(i: number): void {
    const { buffer, starts, ends } = this.#batch as BytesBatch;
    const from = starts[i] as number;
    const to = ends[i] as number;
    if (this.#base >= 0) {
      this.start = from - this.#base;
      this.end = to - this.#base;
    } else {
      this.text = buffer.toString('utf8', from, to);
      this.start = 0;
      this.end = this.text.length;
    }
  }

  /** Lets go of the batch and its text. */
  close(): void {
    this.#batch = null;
    this.text = '';
  }
}
