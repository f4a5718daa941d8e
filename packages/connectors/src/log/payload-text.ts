import type { SinkItems } from '@kuiper/sdk';

/** Calls with each payload as text; bytes are read as UTF-8. */
export function eachPayloadText(items: SinkItems, take: (text: string) => void): void {
  if (items.kind !== 'bytes') return;
  for (const payload of items.payloads) {
    take(
      typeof payload === 'string'
        ? payload
        : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'),
    );
  }
}
