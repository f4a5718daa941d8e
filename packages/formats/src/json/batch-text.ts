import type { BytesBatch } from '@kuiper/sdk';
import { isAscii } from 'node:buffer';

/** A whole read as one string; message `i` is `text.slice(starts[i] - base, ends[i] - base)`. */
export interface BatchText {
  readonly text: string;
  readonly base: number;
}

/**
 * The text of a read that is ASCII from its first message to its last: then one character is one byte. null when it is
 * not, or when there is only one message: each is then decoded as UTF-8 by itself.
 */
export function asciiTextOf({ buffer, starts, ends, count }: BytesBatch): BatchText | null {
  if (count < 2) return null;
  let from = starts[0] as number;
  let to = ends[0] as number;
  for (let i = 1; i < count; i++) {
    if ((starts[i] as number) < from) from = starts[i] as number;
    if ((ends[i] as number) > to) to = ends[i] as number;
  }
  return isAscii(buffer.subarray(from, to)) ? { text: buffer.toString('latin1', from, to), base: from } : null;
}
