/**
 * JSON objects to JSON objects with sorted keys, as bytes.
 *
 * Messages of a stream repeat their keys in the same order with the same white space. The bytes between the values of
 * one message (`{"a":`, `, "b":`, … `}`) are learned as a layout; a message that has the same bytes there is taken
 * apart by comparing them, and its values, mere ranges of bytes, are put together in sorted order. A value is copied
 * when its text is the one the encoder would write; otherwise (escapes, exponents, nested values) it alone is parsed
 * and written anew. Anything else is left to decoding and encoding.
 */
import { jsonString, jsonText, mostNested, sortKeys } from '@kuiper/base';
import type { DecodeSpec, EncodeSpec, Payload, Transcoder } from '@kuiper/sdk';
import { isUtf8 } from 'node:buffer';
import { skipString, skipValue, skipWhite } from './json-skip.ts';

/** A transcoder for rows that pass through unchanged, null when the specs ask for more than that. */
export function createJsonTranscoder(decode: DecodeSpec, encode: EncodeSpec): Transcoder | null {
  const changes =
    decode.schema !== null ||
    decode.columns !== null ||
    Object.keys(decode.renames ?? {}).length > 0 ||
    decode.options['useInt64ForWholeNumber'] === true ||
    encode.type.rest === null ||
    Object.keys(encode.type.fields).length > 0;
  return changes ? null : new JsonTranscoder();
}

interface Layout {
  /** The bytes before each value, and behind the last one, one after the other. */
  readonly glue: Uint8Array;
  /** Where in `glue` the bytes before value `i` begin; one more entry for those behind the last, one for the end. */
  readonly glueAt: Int32Array;
  /** Values in the order of the output, by their position in the message. */
  readonly order: Int32Array;
  /** What is written before each value, in the order of the output: `{"a":`, `,"b":` … */
  readonly heads: Uint8Array;
  readonly headAt: Int32Array;
}

/** Learning costs a few times a transcoded message: after failures in a row, wait before the next attempt. */
const MAX_WAIT = 1024;

class JsonTranscoder implements Transcoder {
  #layout: Layout | null = null;
  #starts = new Int32Array(0);
  #ends = new Int32Array(0);
  /** Values written anew, by position in the message; `#starts` holds -1 for them. */
  readonly #rewritten: Uint8Array[] = [];
  /** Messages to leave alone before a layout is learned again. */
  #wait = 0;
  #nextWait = 1;

  transcode(buffer: Buffer, start: number, end: number): Payload | null {
    const layout = this.#layout;
    if (layout !== null && this.#takeApart(layout, buffer, start, end)) {
      this.#nextWait = 1;
      return this.#putTogether(layout, buffer);
    }
    if (this.#wait > 0) {
      this.#wait--;
      return null;
    }
    const learned = learnLayout(buffer, start, end);
    this.#wait = this.#nextWait;
    this.#nextWait = Math.min(this.#nextWait * 2, MAX_WAIT);
    if (learned === null) return null;
    this.#layout = learned;
    this.#starts = new Int32Array(learned.glueAt.length);
    this.#ends = new Int32Array(learned.glueAt.length);
    return this.#takeApart(learned, buffer, start, end) ? this.#putTogether(learned, buffer) : null;
  }

  /** Finds the ranges of the values; false when the message does not have this layout or is not valid. */
  #takeApart({ glue, glueAt }: Layout, buffer: Buffer, start: number, end: number): boolean {
    const values = glueAt.length - 2;
    const starts = this.#starts;
    const ends = this.#ends;
    let at = start;
    let high = 0;
    for (let i = 0; i <= values; i++) {
      const glueEnd = glueAt[i + 1] as number;
      for (let k = glueAt[i] as number; k < glueEnd; k++) if (buffer[at++] !== glue[k]) return false;
      if (i === values) break;
      if (at >= end) return false;
      starts[i] = at;
      const first = buffer[at] as number;
      let plain = true;
      if (first === 0x22) {
        for (at++; ; at++) {
          const byte = buffer[at] as number;
          if (byte === 0x22) break;
          if (byte > 0x5c) {
            high |= byte;
            // U+2028 and U+2029 are E2 80 A8 and E2 80 A9
            if (byte === 0xe2 && buffer[at + 1] === 0x80 && ((buffer[at + 2] as number) | 1) === 0xa9) plain = false;
          } else if (byte === 0x5c) {
            plain = false;
            at++;
          } else if (byte < 0x3f) {
            if (byte < 0x20) return false;
            if (byte === 0x26 || byte === 0x3c || byte === 0x3e) plain = false;
          }
          if (at >= end) return false;
        }
        at++;
      } else if (first === 0x7b || first === 0x5b) {
        at = nestedEnd(buffer, at, end);
        if (at < 0) return false;
        plain = false;
      } else {
        const from = at;
        while (at < end && isScalarByte(buffer[at] as number)) at++;
        plain = isWord(buffer, from, at) || isPlainNumber(buffer, from, at);
      }
      ends[i] = at;
      if (!plain) {
        const text = rewrite(buffer, starts[i] as number, at);
        if (text === null) return false;
        this.#rewritten[i] = text;
        starts[i] = -1;
        ends[i] = text.length - 1;
      }
    }
    return at === end && ((high & 0x80) === 0 || isUtf8(buffer.subarray(start, end)));
  }

  #putTogether({ order, heads, headAt }: Layout, buffer: Buffer): Uint8Array {
    const starts = this.#starts;
    const ends = this.#ends;
    let length = heads.length + (order.length === 0 ? 2 : 1);
    for (let j = 0; j < order.length; j++) {
      const i = order[j] as number;
      length += (ends[i] as number) - (starts[i] as number);
    }
    const out = Buffer.allocUnsafe(length);
    let to = 0;
    for (let j = 0; j < order.length; j++) {
      const headEnd = headAt[j + 1] as number;
      for (let k = headAt[j] as number; k < headEnd; k++) out[to++] = heads[k] as number;
      const i = order[j] as number;
      const from = starts[i] as number;
      if (from < 0) to = copyBytes(this.#rewritten[i] as Uint8Array, 0, (ends[i] as number) + 1, out, to);
      else to = copyBytes(buffer, from, ends[i] as number, out, to);
    }
    if (order.length === 0) out[to++] = 0x7b;
    out[to] = 0x7d;
    return out;
  }
}

/** Short ranges are copied byte by byte: a call into the platform costs more than they do. */
function copyBytes(source: Uint8Array, from: number, end: number, target: Buffer, to: number): number {
  if (end - from > 100) {
    target.set(source.subarray(from, end), to);
    return to + end - from;
  }
  let at = to;
  for (let k = from; k < end; k++) target[at++] = source[k] as number;
  return at;
}

function isScalarByte(byte: number): boolean {
  return byte > 0x20 && byte !== 0x2c && byte !== 0x7d && byte !== 0x5d;
}

function isWord(buffer: Buffer, from: number, end: number): boolean {
  switch (end - from) {
    case 4: {
      const word =
        (((buffer[from] as number) << 24) |
          ((buffer[from + 1] as number) << 16) |
          ((buffer[from + 2] as number) << 8) |
          (buffer[from + 3] as number)) >>>
        0;
      return word === 0x74727565 || word === 0x6e756c6c;
    }
    case 5:
      return (
        buffer[from] === 0x66 &&
        buffer[from + 1] === 0x61 &&
        buffer[from + 2] === 0x6c &&
        buffer[from + 3] === 0x73 &&
        buffer[from + 4] === 0x65
      );
    default:
      return false;
  }
}

/**
 * True when the range is a number in the form in which the encoder writes it: at most 15 digits, no exponent, no zeros
 * at the end of a fraction, not so small that it would get an exponent. Such a text is the shortest form of its double.
 */
function isPlainNumber(buffer: Buffer, from: number, end: number): boolean {
  let at = buffer[from] === 0x2d ? from + 1 : from;
  const first = at < end ? (buffer[at] as number) : 0;
  const digits = at;
  while (at < end && isDigit(buffer[at] as number)) at++;
  const whole = at - digits;
  if (whole === 0 || (whole > 1 && first === 0x30)) return false;
  if (at === end) return whole <= 15;
  if (buffer[at] !== 0x2e || end - at - 1 + whole > 15) return false;
  const fraction = ++at;
  let significant = first !== 0x30;
  for (; at < end; at++) {
    const byte = buffer[at] as number;
    if (!isDigit(byte)) return false;
    if (byte !== 0x30 && at - fraction < 6) significant = true;
  }
  return at > fraction && significant && buffer[end - 1] !== 0x30;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** The end of an object or list, told by its brackets alone; -1 when it does not end or nests too deep. */
function nestedEnd(buffer: Buffer, from: number, end: number): number {
  let open = 0;
  for (let at = from; at < end; at++) {
    const byte = buffer[at] as number;
    if (byte === 0x22) {
      for (at++; at < end && buffer[at] !== 0x22; at++) if (buffer[at] === 0x5c) at++;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++open >= mostNested) return -1;
    } else if (byte === 0x7d || byte === 0x5d) {
      open--;
      if (open === 0) return at + 1;
    }
  }
  return -1;
}

/** The bytes the encoder writes for the value in a range; null when it is no valid JSON. */
function rewrite(buffer: Buffer, from: number, end: number): Uint8Array | null {
  try {
    return Buffer.from(jsonText(JSON.parse(buffer.toString('utf8', from, end))));
  } catch {
    return null;
  }
}

/** The layout of a message that is one valid object; null for anything else. */
function learnLayout(buffer: Buffer, start: number, end: number): Layout | null {
  // one character per byte, so that positions in the text are positions in the buffer
  const text = buffer.toString('latin1', start, end);
  const length = text.length;
  let at = skipWhite(text, 0, length);
  if (text.charCodeAt(at) !== 0x7b || skipWhite(text, skipValue(text, at, length), length) !== length) return null;
  const keys: string[] = [];
  const glue: string[] = [];
  let glueFrom = 0;
  at = skipWhite(text, at + 1, length);
  while (text.charCodeAt(at) !== 0x7d) {
    const keyEnd = skipString(text, at, length);
    keys.push(JSON.parse(buffer.toString('utf8', start + at, start + keyEnd)) as string);
    at = skipWhite(text, skipWhite(text, keyEnd, length) + 1, length);
    glue.push(text.slice(glueFrom, at));
    glueFrom = skipValue(text, at, length);
    at = skipWhite(text, glueFrom, length);
    if (text.charCodeAt(at) === 0x2c) at = skipWhite(text, at + 1, length);
  }
  glue.push(text.slice(glueFrom));
  const last = new Map(keys.map((key, i) => [key, i]));
  const sorted = sortKeys([...last.keys()]);
  const heads = sorted.map((key, j) => Buffer.from(`${j === 0 ? '{' : ','}${jsonString(key)}:`));
  return {
    glue: Buffer.from(glue.join(''), 'latin1'),
    glueAt: offsets(glue.map((part) => part.length)),
    order: Int32Array.from(sorted, (key) => last.get(key) as number),
    heads: Buffer.concat(heads),
    headAt: offsets(heads.map((head) => head.length)),
  };
}

function offsets(lengths: readonly number[]): Int32Array {
  const result = new Int32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) result[i + 1] = (result[i] as number) + (lengths[i] as number);
  return result;
}
