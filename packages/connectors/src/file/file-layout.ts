/**
 * How messages lie in a file: what comes before the first, between two and after the last.
 *
 * The footer is written behind every write and overwritten by the next one, so a json file is complete at any time.
 */
import type { Payload } from '@kuiper/sdk';

export type SinkFileType = 'json' | 'csv' | 'lines';

export interface FileLayout {
  /** Before the first message of a new file. */
  readonly header: string;
  readonly separator: string;
  readonly footer: string;
}

export function fileLayout(type: SinkFileType, csvHeader: string): FileLayout {
  if (type === 'json') return { header: '[', separator: ',', footer: ']' };
  return { header: type === 'csv' && csvHeader !== '' ? `${csvHeader}\n` : '', separator: '\n', footer: '' };
}

/** The messages `[start, end)` with separators between them; `first` adds none in front. */
export function joinPayloads(
  payloads: readonly Payload[],
  start: number,
  end: number,
  before: string,
  separator: string,
  after: string,
): Buffer {
  let text: string | null = before;
  for (let i = start; i < end; i++) {
    const payload = payloads[i] as Payload;
    if (typeof payload !== 'string') {
      text = null;
      break;
    }
    text += i === start ? payload : separator + payload;
  }
  if (text !== null) return Buffer.from(text + after);
  const parts: Uint8Array[] = [Buffer.from(before)];
  const between = Buffer.from(separator);
  for (let i = start; i < end; i++) {
    const payload = payloads[i] as Payload;
    if (i > start) parts.push(between);
    parts.push(typeof payload === 'string' ? Buffer.from(payload) : payload);
  }
  parts.push(Buffer.from(after));
  return Buffer.concat(parts);
}

/**
 * Parts the header that the delimited encoder puts before its first message: the delimiter, the header's length in
 * four bytes, the header. Source: behaviour spec, io §8.3.
 * @returns null when the message has none
 */
export function embeddedHeader(
  payload: Payload,
  delimiter: string,
): { readonly header: string; readonly message: Buffer } | null {
  if (typeof payload === 'string') return null;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const mark = Buffer.from(delimiter);
  const start = mark.length + 4;
  if (bytes.length < start || !bytes.subarray(0, mark.length).equals(mark)) return null;
  const end = start + bytes.readUInt32BE(mark.length);
  if (end > bytes.length) return null;
  return { header: bytes.toString('utf8', start, end), message: bytes.subarray(end) };
}
