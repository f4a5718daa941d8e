/** What a plugin says when it has nothing to answer. */

const plain = Buffer.from('handshake');
/** Followed by the JSON of what an SDK offers beyond the common protocol. */
const extended = Buffer.from('handshake {');

/**
 * Exactly `handshake`, or `handshake {…}` of an SDK that offers more: an error text that begins alike is none.
 * Source: behaviour spec, extension §4.13.
 */
export function isHandshake(buffer: Buffer, start: number, end: number): boolean {
  const length = end - start;
  // results are JSON or `ok` nearly always: one byte tells
  if (length < plain.length || buffer[start] !== 0x68) return false;
  if (length === plain.length) return buffer.compare(plain, 0, plain.length, start, end) === 0;
  return length > extended.length && buffer.compare(extended, 0, extended.length, start, start + extended.length) === 0;
}
