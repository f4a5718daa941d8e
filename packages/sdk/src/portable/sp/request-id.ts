/** Ids of requests: 32 bits, the top one set, rising by one. Source: behaviour spec, extension §4.4. */

/** False for a message that is too short for an id or that came through a relay; such messages are dropped. */
export function isRequestId(buffer: Buffer, start: number, end: number): boolean {
  return end - start >= 4 && (buffer[start] as number) >= 0x80;
}

export function nextRequestId(id: number): number {
  return (0x8000_0000 | ((id + 1) & 0x7fff_ffff)) >>> 0;
}
