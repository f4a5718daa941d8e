import type { Payload } from '@kuiper/sdk';

/**
 * Turns an encoded message into an encoded row without making the row: what `SELECT *` needs when nothing but an
 * encoder looks at its rows. The result is byte for byte what decoding and encoding would give.
 */
export interface Transcoder {
  /**
   * The one row of the message `buffer[start, end)`, encoded; null when it has to be decoded and encoded instead: a list
   * of rows, a damaged message, an order of keys not met before. The payload is the caller's.
   */
  transcode(buffer: Buffer, start: number, end: number): Payload | null;
}
