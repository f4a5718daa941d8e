/** Positions in a string counted in bytes of its UTF-8 text, as `substring` and `indexof` count. */
import { decodeUtf8 } from '@kuiper/base';

const nonAscii = /[^\x00-\x7f]/; // biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range is meant

export function isAscii(text: string): boolean {
  return !nonAscii.test(text);
}

/** Bytes of the part before UTF-16 index `index`. */
export function byteOffset(text: string, index: number): number {
  return Buffer.byteLength(text.slice(0, index));
}

/** The part from byte `start` to byte `end`, which may lie beyond the text; a character cut in two becomes U+FFFD. */
export function sliceBytes(text: string, start: number, end: number): string {
  if (isAscii(text)) return text.slice(start, end);
  return decodeUtf8(Buffer.from(text).subarray(start, end));
}
