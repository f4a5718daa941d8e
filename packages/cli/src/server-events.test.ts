import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { serverEvents } from './server-events.ts';

const stream = Buffer.from(
  ': connected\n\ndata: {"a":"ä€😀"}\n\nid: 7\r\ndata:one\r\ndata: two\r\n\r\n\ndata: unfinished',
);

async function eventsOf(chunks: readonly Buffer[]): Promise<string[]> {
  const events: string[] = [];
  for await (const event of serverEvents(Readable.from(chunks))) events.push(event);
  return events;
}

describe('an event stream', () => {
  it('gives the same events however it is cut', async () => {
    for (let size = 1; size <= stream.length; size++) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
      expect(await eventsOf(chunks), `chunks of ${size}`).toEqual(['{"a":"ä€😀"}', 'one\ntwo']);
    }
  });
});
