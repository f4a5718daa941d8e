/** Bytes and their texts. */

const STANDARD_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** Bytes of standard padded base64, line breaks ignored; undefined when the text is not that. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const packed = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, '') : text;
  return STANDARD_BASE64.test(packed) ? new Uint8Array(Buffer.from(packed, 'base64')) : undefined;
}

/** What a BYTEA slot takes from a string: the bytes it encodes in base64, else its UTF-8 bytes. Source: sql §5.2. */
export function base64OrRaw(text: string): Uint8Array {
  return decodeBase64(text) ?? utf8Encoder.encode(text);
}

export function encodeUtf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** Invalid sequences become U+FFFD; a byte order mark is kept. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes);
}
