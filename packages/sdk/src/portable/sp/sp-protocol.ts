/**
 * The greeting of nanomsg connections: 8 bytes, sent by each side at once. Source: behaviour spec, extension §4.4.
 */

/** Numbers of the scalability protocols that plugins use. */
export const SpProtocol = { pair: 0x10, req: 0x30, rep: 0x31, push: 0x50, pull: 0x51 } as const;
export type SpProtocol = (typeof SpProtocol)[keyof typeof SpProtocol];

export const GREETING_BYTES = 8;

/** A side that has not said what it is by then is hung up on. */
export const GREETING_TIMEOUT_MS = 10_000;

const peers: Readonly<Record<SpProtocol, SpProtocol>> = {
  [SpProtocol.pair]: SpProtocol.pair,
  [SpProtocol.req]: SpProtocol.rep,
  [SpProtocol.rep]: SpProtocol.req,
  [SpProtocol.push]: SpProtocol.pull,
  [SpProtocol.pull]: SpProtocol.push,
};

export function encodeGreeting(protocol: SpProtocol): Buffer {
  return Buffer.from([0, 0x53, 0x50, 0, 0, protocol, 0, 0]);
}

/**
 * What is wrong with the other side's greeting, null when it fits `protocol`, the one spoken here.
 * @param greeting exactly 8 bytes
 */
export function greetingFault(greeting: Buffer, protocol: SpProtocol): string | null {
  if (greeting.readUInt32BE(0) !== 0x00535000 || greeting.readUInt16BE(6) !== 0) {
    return `bad greeting ${greeting.toString('hex')}`;
  }
  const peer = greeting.readUInt16BE(4);
  const expected = peers[protocol];
  return peer === expected ? null : `peer speaks protocol ${hex(peer)}, expected ${hex(expected)}`;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
