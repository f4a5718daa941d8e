/** Puts messages into frames, see frame-reader.ts. */
import type { Writable } from 'node:stream';

export type SpBody = string | Uint8Array;

/** Up to this size a message is copied behind its header: one buffer costs less than two. */
const COPIED_BYTES = 16_384;

/** A frame that carries this instead of a request id has none. */
export const NO_ID = -1;

/**
 * Writes one message.
 * @param id of the request that this is or answers, 32 bits with the top bit set; {@link NO_ID} for none
 * @param body kept by reference until it is written when it is long
 */
export function writeFrame(stream: Writable, transport: 'ipc' | 'tcp', id: number, body: SpBody): void {
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const idBytes = id === NO_ID ? 0 : 4;
  const leadBytes = transport === 'ipc' ? 1 : 0;
  const headerBytes = leadBytes + 8 + idBytes;
  const copied = bodyBytes <= COPIED_BYTES;
  const frame = Buffer.allocUnsafe(copied ? headerBytes + bodyBytes : headerBytes);
  fillHeader(frame, 0, leadBytes, bodyBytes + idBytes);
  if (idBytes === 4) frame.writeUInt32BE(id, leadBytes + 8);
  if (copied) {
    if (typeof body === 'string') frame.write(body, headerBytes);
    else frame.set(body, headerBytes);
    stream.write(frame);
    return;
  }
  stream.cork();
  stream.write(frame);
  stream.write(body);
  stream.uncork();
}

/** Writes several messages without ids in one go. @param onWritten called when the last has left or cannot */
export function writeFrames(
  stream: Writable,
  transport: 'ipc' | 'tcp',
  bodies: readonly SpBody[],
  onWritten: () => void,
): void {
  const leadBytes = transport === 'ipc' ? 1 : 0;
  const headerBytes = leadBytes + 8;
  const sizes = new Array<number>(bodies.length);
  let joinedBytes = 0;
  for (let i = 0; i < bodies.length; i++) {
    const body = bodies[i] as SpBody;
    const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    sizes[i] = bytes;
    joinedBytes += headerBytes + (bytes <= COPIED_BYTES ? bytes : 0);
  }
  const joined = Buffer.allocUnsafe(joinedBytes);
  const last = bodies.length - 1;
  let from = 0;
  let to = 0;
  stream.cork();
  for (let i = 0; i <= last; i++) {
    const body = bodies[i] as SpBody;
    const bytes = sizes[i] as number;
    fillHeader(joined, to, leadBytes, bytes);
    to += headerBytes;
    if (bytes > COPIED_BYTES) {
      stream.write(joined.subarray(from, to));
      if (i === last) stream.write(body, onWritten);
      else stream.write(body);
      from = to;
    } else if (typeof body === 'string') to += joined.write(body, to);
    else {
      joined.set(body, to);
      to += bytes;
    }
  }
  if (to > from) stream.write(joined.subarray(from, to), onWritten);
  stream.uncork();
}

function fillHeader(frame: Buffer, at: number, leadBytes: number, bytes: number): void {
  if (leadBytes === 1) frame[at] = 1;
  frame.writeUInt32BE(Math.floor(bytes / 0x1_0000_0000), at + leadBytes);
  frame.writeUInt32BE(bytes % 0x1_0000_0000, at + leadBytes + 4);
}
