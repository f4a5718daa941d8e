/** Server-sent events to one client, bounded: a client that reads too slowly loses events and is told how many. */
import type { ServerResponse } from 'node:http';
import type { Reply } from './reply.ts';

/** Bytes that may wait for one client. */
const clientLimitBytes = 1 << 20;

export interface EventClient {
  /** @param text JSON without line breaks */
  send(text: string): void;
  end(): void;
}

/** @param attach starts to send; returns what ends it when the client has gone */
export function eventStreamReply(attach: (client: EventClient) => () => void): Reply {
  return {
    status: 200,
    type: 'text/event-stream',
    body: '',
    headers: { 'Cache-Control': 'no-cache', 'X-Accel-Buffering': 'no' },
    stream: (response) => {
      const detach = attach(eventClient(response));
      response.once('close', detach);
    },
  };
}

function eventClient(response: ServerResponse): EventClient {
  let lost = 0;
  response.write(': connected\n\n');
  return {
    send(text) {
      if (response.writableLength > clientLimitBytes) {
        lost++;
        return;
      }
      if (lost > 0) response.write(`data: {"lost":${lost}}\n\n`);
      lost = 0;
      response.write(`data: ${text}\n\n`);
    },
    end: () => response.end(),
  };
}
