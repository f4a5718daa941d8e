/**
 * Takes PUBLISH frames and acknowledgements out of the bytes of an MQTT connection before anybody parses them.
 *
 * A PUBLISH becomes a handful of offsets into the buffer of the read; no object, string or slice per message. What is
 * left (CONNACK, SUBACK, UNSUBACK, PINGRESP, DISCONNECT, AUTH) is handed on as it came. A frame that a read cuts off
 * waits for the rest. Works for MQTT 3.1, 3.1.1 and 5.
 */

/** PUBLISH frames of one read, in order. All arrays belong to the splitter and are reused for the next read. */
export interface PublishFrames {
  readonly buffer: Buffer;
  readonly count: number;
  /** First byte of the fixed header: DUP, QoS and RETAIN. */
  readonly headers: Uint8Array;
  readonly topicStarts: Uint32Array;
  readonly topicEnds: Uint32Array;
  /** Packet identifiers, 0 with QoS 0. */
  readonly ids: Uint16Array;
  /** The payload of message `i` is `buffer[starts[i], ends[i])`. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** True when a message has QoS 1 or 2. */
  readonly acknowledged: boolean;
}

export interface FrameReceiver {
  publishes(frames: PublishFrames): void;
  /** PUBACK, PUBREC, PUBREL or PUBCOMP; `reason` is 0 before MQTT 5. */
  acknowledgement(type: number, id: number, reason: number): void;
  /** A frame of any other type, fixed header included. The bytes are not reused. */
  control(frame: Buffer): void;
  /** The stream makes no sense; nothing more can be read from it. */
  malformed(why: string): void;
}

export const PacketType = { publish: 3, puback: 4, pubrec: 5, pubrel: 6, pubcomp: 7 } as const;

export function qosOf(header: number): number {
  return (header >> 1) & 3;
}

export class FrameSplitter {
  readonly #receiver: FrameReceiver;
  readonly #isVersion5: boolean;
  /** Bytes of a frame that is not complete yet. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** How many bytes must be there before it is worth looking again. */
  #neededBytes = 0;
  #broken = false;

  #capacity = 0;
  #headers = new Uint8Array(0);
  #topicStarts = new Uint32Array(0);
  #topicEnds = new Uint32Array(0);
  #ids = new Uint16Array(0);
  #starts = new Uint32Array(0);
  #ends = new Uint32Array(0);
  #acknowledged = false;

  constructor(receiver: FrameReceiver, isVersion5: boolean) {
    this.#receiver = receiver;
    this.#isVersion5 = isVersion5;
  }

  /** Takes one read. Calls the receiver before it returns: usually once for all PUBLISH frames of the read. */
  push(chunk: Buffer): void {
    if (this.#broken) return;
    const buffer = this.#join(chunk);
    if (buffer === null) return;
    const restStart = this.#split(buffer);
    if (restStart < buffer.length && !this.#broken) {
      this.#pending = [restStart === 0 ? buffer : buffer.subarray(restStart)];
      this.#pendingBytes = buffer.length - restStart;
    }
  }

  /** The chunk behind what was left over, null when the frame is not complete yet. */
  #join(chunk: Buffer): Buffer | null {
    if (this.#pendingBytes === 0) return chunk;
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < this.#neededBytes) return null;
    const buffer = Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    return buffer;
  }

  /** @returns where the first incomplete frame starts */
  #split(buffer: Buffer): number {
    const end = buffer.length;
    let count = 0;
    let at = 0;
    this.#neededBytes = 2;
    while (end - at >= 2) {
      let body = at + 1;
      let digit = buffer[body++] as number;
      let length = digit & 127;
      for (let shift = 7; digit > 127 && shift <= 28; shift += 7) {
        if (body >= end) digit = 256;
        else {
          digit = buffer[body++] as number;
          length += (digit & 127) * 2 ** shift;
          if (digit > 127 && shift >= 21)
            return this.#malformed('remaining length is longer than four bytes', count, buffer);
        }
      }
      if (digit === 256) {
        this.#neededBytes = end - at + 1;
        break;
      }
      const bodyEnd = body + length;
      if (bodyEnd > end) {
        this.#neededBytes = bodyEnd - at;
        break;
      }
      const header = buffer[at] as number;
      const type = header >> 4;
      if (type === PacketType.publish) {
        if (count === this.#capacity) this.#grow();
        const why = this.#publish(buffer, header, body, bodyEnd, count);
        if (why !== null) return this.#malformed(why, count, buffer);
        count++;
      } else if (type >= PacketType.puback && type <= PacketType.pubcomp) {
        if (length < 2) return this.#malformed('acknowledgement without packet identifier', count, buffer);
        // a PUBREL frees its identifier for the PUBLISH behind it, so what came before must be handed over first
        if (type === PacketType.pubrel) count = this.#flush(buffer, count);
        const id = ((buffer[body] as number) << 8) | (buffer[body + 1] as number);
        this.#receiver.acknowledgement(type, id, length > 2 ? (buffer[body + 2] as number) : 0);
      } else {
        count = this.#flush(buffer, count);
        this.#receiver.control(buffer.subarray(at, bodyEnd));
      }
      at = bodyEnd;
    }
    this.#flush(buffer, count);
    return at;
  }

  /** Notes the offsets of one PUBLISH; says what is wrong with it, or null. */
  #publish(buffer: Buffer, header: number, body: number, bodyEnd: number, i: number): string | null {
    const topicStart = body + 2;
    if (topicStart > bodyEnd) return 'PUBLISH without topic';
    const topicEnd = topicStart + (((buffer[body] as number) << 8) | (buffer[body + 1] as number));
    let at = topicEnd;
    let id = 0;
    const qos = (header >> 1) & 3;
    if (qos > 0) {
      if (qos === 3) return 'PUBLISH with QoS 3';
      if (at + 2 > bodyEnd) return 'PUBLISH without packet identifier';
      id = ((buffer[at] as number) << 8) | (buffer[at + 1] as number);
      if (id === 0) return 'PUBLISH with packet identifier 0';
      at += 2;
      this.#acknowledged = true;
    }
    if (this.#isVersion5) {
      let digit = 128;
      let length = 0;
      for (let shift = 0; digit > 127; shift += 7) {
        if (at >= bodyEnd || shift > 21) return 'PUBLISH with malformed properties';
        digit = buffer[at++] as number;
        length += (digit & 127) * 2 ** shift;
      }
      at += length;
    }
    if (at > bodyEnd) return 'PUBLISH is cut off';
    this.#headers[i] = header;
    this.#topicStarts[i] = topicStart;
    this.#topicEnds[i] = topicEnd;
    this.#ids[i] = id;
    this.#starts[i] = at;
    this.#ends[i] = bodyEnd;
    return null;
  }

  #flush(buffer: Buffer, count: number): 0 {
    if (count === 0) return 0;
    const acknowledged = this.#acknowledged;
    this.#acknowledged = false;
    this.#receiver.publishes({
      buffer,
      count,
      headers: this.#headers,
      topicStarts: this.#topicStarts,
      topicEnds: this.#topicEnds,
      ids: this.#ids,
      starts: this.#starts,
      ends: this.#ends,
      acknowledged,
    });
    return 0;
  }

  #malformed(why: string, count: number, buffer: Buffer): number {
    this.#flush(buffer, count);
    this.#broken = true;
    this.#receiver.malformed(why);
    return buffer.length;
  }

  #grow(): void {
    const capacity = Math.max(256, this.#capacity * 2);
    const wider = new Uint8Array(capacity);
    wider.set(this.#headers);
    this.#headers = wider;
    const ids = new Uint16Array(capacity);
    ids.set(this.#ids);
    this.#ids = ids;
    this.#topicStarts = widen(this.#topicStarts, capacity);
    this.#topicEnds = widen(this.#topicEnds, capacity);
    this.#starts = widen(this.#starts, capacity);
    this.#ends = widen(this.#ends, capacity);
    this.#capacity = capacity;
  }
}

function widen(array: Uint32Array, capacity: number): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(capacity);
  wider.set(array);
  return wider;
}
