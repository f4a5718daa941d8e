/** Writes PUBLISH frames of many messages and short acknowledgements into one buffer. For MQTT 3.1, 3.1.1 and 5. */
import type { Payload } from '@kuiper/sdk';

/** What the messages of one write have in common. */
export interface PublishShape {
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  readonly isVersion5: boolean;
}

/** One run of messages to encode; entry `i` of each array belongs to message `i`. */
export interface PublishRun {
  readonly payloads: readonly Payload[];
  /** Topic of message `i`, UTF-8 without its length. */
  topic(i: number): Buffer;
  /** User properties of message `i` as MQTT 5 writes them, empty for none. */
  properties(i: number): Buffer;
  /** Packet identifier of message `i`; not asked with QoS 0. */
  id(i: number): number;
}

/** The frames of messages `[start, end)`, ready to be written. */
export function encodePublishes(shape: PublishShape, run: PublishRun, start: number, end: number): Buffer {
  const lengths = new Uint32Array(end - start);
  let total = 0;
  const idBytes = shape.qos > 0 ? 2 : 0;
  for (let i = start; i < end; i++) {
    const payload = run.payloads[i] as Payload;
    let length =
      2 + run.topic(i).length + idBytes + (typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length);
    if (shape.isVersion5) {
      const properties = run.properties(i).length;
      length += varintBytes(properties) + properties;
    }
    lengths[i - start] = length;
    total += 1 + varintBytes(length) + length;
  }
  const out = Buffer.allocUnsafe(total);
  const header = 0x30 | (shape.qos << 1) | (shape.retained ? 1 : 0);
  let at = 0;
  for (let i = start; i < end; i++) {
    const payload = run.payloads[i] as Payload;
    const topic = run.topic(i);
    out[at++] = header;
    at = writeVarint(out, at, lengths[i - start] as number);
    at = out.writeUInt16BE(topic.length, at);
    at += topic.copy(out, at);
    if (idBytes > 0) at = out.writeUInt16BE(run.id(i), at);
    if (shape.isVersion5) {
      const properties = run.properties(i);
      at = writeVarint(out, at, properties.length);
      at += properties.copy(out, at);
    }
    if (typeof payload === 'string') at += out.write(payload, at);
    else {
      out.set(payload, at);
      at += payload.length;
    }
  }
  return out;
}

const userProperty = 38;

/** User properties in MQTT 5 form. */
export function encodeUserProperties(properties: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(properties)) {
    parts.push(Buffer.from([userProperty]), lengthPrefixed(name), lengthPrefixed(value));
  }
  return Buffer.concat(parts);
}

/**
 * The user properties of a PUBLISH, the last value per name; null when it has none.
 * @param start offset of the properties' length
 */
export function decodeUserProperties(buffer: Buffer, start: number): Record<string, string> | null {
  let at = start;
  let length = 0;
  for (let shift = 0, digit = 128; digit > 127; shift += 7) {
    digit = buffer[at++] as number;
    length += (digit & 127) * 2 ** shift;
  }
  const end = at + length;
  let found: Record<string, string> | null = null;
  while (at < end) {
    const id = buffer[at++] as number;
    if (id === userProperty) {
      const nameEnd = at + 2 + buffer.readUInt16BE(at);
      const valueEnd = nameEnd + 2 + buffer.readUInt16BE(nameEnd);
      found ??= {};
      Object.defineProperty(found, buffer.toString('utf8', at + 2, nameEnd), {
        value: buffer.toString('utf8', nameEnd + 2, valueEnd),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      at = valueEnd;
    } else {
      const next = skipProperty(buffer, at, id);
      if (next === -1) return found;
      at = next;
    }
  }
  return found;
}

/** Where the property after this one starts; -1 for one that a PUBLISH cannot have. */
function skipProperty(buffer: Buffer, at: number, id: number): number {
  switch (id) {
    case 1: // payload format indicator
      return at + 1;
    case 2: // message expiry interval
      return at + 4;
    case 35: // topic alias
      return at + 2;
    case 3: // content type
    case 8: // response topic
    case 9: // correlation data
      return at + 2 + buffer.readUInt16BE(at);
    case 11: {
      // subscription identifier
      let end = at;
      while ((buffer[end] as number) > 127) end++;
      return end + 1;
    }
    default:
      return -1;
  }
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function varintBytes(value: number): number {
  return value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;
}

function writeVarint(out: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest > 127) {
    out[at++] = (rest & 127) | 128;
    rest = Math.floor(rest / 128);
  }
  out[at++] = rest;
  return at;
}

/** Short acknowledgement frames, collected and taken together. */
export class AcknowledgementWriter {
  #bytes: number[] = [];

  /** @param first the first byte of the frame, for instance 0x40 for PUBACK or 0x62 for PUBREL */
  add(first: number, id: number): void {
    this.#bytes.push(first, 2, id >> 8, id & 255);
  }

  /** All frames since the last call, null for none. */
  take(): Buffer | null {
    if (this.#bytes.length === 0) return null;
    const frames = Buffer.from(this.#bytes);
    this.#bytes = [];
    return frames;
  }
}
