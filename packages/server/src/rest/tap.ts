/**
 * `GET /rules/{name}/tap`: what a rule sends, live, as server-sent events. A client that reads too slowly loses events
 * and is told how many; the stream ends when the rule is deleted.
 */
import type { ServerResponse } from 'node:http';
import { jsonText } from '@kuiper/base';
import type { TapEvent } from '@kuiper/host';
import { serverErrors } from '../errors.ts';
import { param } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import type { Services } from '../services.ts';

/** Bytes that may wait for one client. */
const clientLimitBytes = 1 << 20;

export function tapRoutes({ rules }: Services): Route[] {
  return [
    {
      method: 'GET',
      path: '/rules/:name/tap',
      handle: (request) => {
        const name = param(request, 'name');
        if (rules.get(name) === undefined) throw serverErrors.NOT_FOUND(`tap rule error: Rule ${name} is not found`);
        return {
          status: 200,
          type: 'text/event-stream',
          body: '',
          headers: { 'Cache-Control': 'no-cache', 'X-Accel-Buffering': 'no' },
          stream: (response) => {
            const client = tapClient(response);
            const detach = rules.tap(name, {
              event: client.event,
              removed: () => response.end(),
            });
            response.once('close', detach);
          },
        };
      },
    },
  ];
}

/** Writes events to one response, bounded. */
export function tapClient(response: ServerResponse): { event(event: TapEvent): void } {
  let lost = 0;
  response.write(': connected\n\n');
  return {
    event(event) {
      if (response.writableLength > clientLimitBytes) {
        lost++;
        return;
      }
      if (lost > 0) response.write(`data: {"lost":${lost}}\n\n`);
      lost = 0;
      response.write(`data: ${eventText(event)}\n\n`);
    },
  };
}

/** Rows come as the JSON text of a list. */
function eventText({ timestampMs, kind, data }: TapEvent): string {
  return kind === 'rows'
    ? `{"timestamp":${timestampMs},"rows":${typeof data === 'string' ? data : jsonText(data)}}`
    : `{"timestamp":${timestampMs},"error":${jsonText(String(data))}}`;
}
